"""The programs of docs/transports.md run as they stand, and print what the page says."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import fastthrift
from fastthrift import protocol, transport

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "transports.md").read_text(encoding="utf-8")
PACKAGE = str(Path(fastthrift.__file__).resolve().parents[1])
PROGRAMS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
IDLS = re.findall(r"^```thrift\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def name_of(program: str) -> str:
    return program.splitlines()[0].removeprefix("# ")


@pytest.mark.parametrize("program", PROGRAMS, ids=name_of)
def test_program_prints_what_the_page_says(program: str, tmp_path: Path) -> None:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    (tmp_path / "notes.thrift").write_text(IDLS[0])
    (tmp_path / name_of(program)).write_text(program.replace("9090", str(port)))
    done = subprocess.run(
        [sys.executable, name_of(program)], check=False, cwd=tmp_path, env={"PYTHONPATH": PACKAGE}, capture_output=True,
        text=True, timeout=30,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    said = "prints " + " and ".join(f"`{line}`" for line in done.stdout.splitlines())
    assert said in PAGE


def test_every_example_is_there() -> None:
    assert [name_of(program) for program in PROGRAMS] == ["one_port.py", "deflated.py", "over_http.py"]
    assert len(IDLS) == 1


def test_every_factory_that_is_named_exists() -> None:
    named = set(re.findall(r"`(T\w+Factory)", PAGE))
    assert len(named) >= 8
    for name in named:
        assert hasattr(protocol, name) or hasattr(transport, name), name
