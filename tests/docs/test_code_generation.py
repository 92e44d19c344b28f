"""docs/code-generation.md: its files, commands and programs do what it says, and its tables are those of the program."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import fastthrift
from fastthrift.generate.flags import FLAGS
from fastthrift.generate.options import PY_OPTIONS

ROOT = Path(__file__).resolve().parents[2]
DOC = (ROOT / "docs" / "code-generation.md").read_text(encoding="utf-8")
ENVIRONMENT = {"PYTHONPATH": str(Path(fastthrift.__file__).resolve().parents[1])}
# What the console script `fastthrift` does.
COMMAND = [sys.executable, "-m", "fastthrift"]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", DOC, re.MULTILINE | re.DOTALL)


def commands() -> list[tuple[list[str], str]]:
    """What is typed, and what is printed below it."""
    found = []
    for block in blocks("console"):
        typed, _, printed = block.partition("\n")
        found.append((typed.removeprefix("$ ").split(), printed))
    return found


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*command], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=40)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "notes.thrift").write_text(blocks("thrift")[0])
    (tmp_path / "tutorial.thrift").write_text("service Calculator {}")
    (tmp_path / "wrong.thrift").write_text("struct A {\n  1: optional Nope a\n}")
    return tmp_path


def test_every_command_does_what_is_printed_below_it(folder: Path) -> None:
    typed = [words for words, _ in commands()]
    assert len(typed) == 6
    for words, printed in commands():
        if words[0] != "fastthrift":
            continue  # the remote script: below
        done = run(folder, *COMMAND, *words[1:])
        assert (done.stdout + done.stderr, done.returncode) == (printed, 1 if printed else 0)
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"gen-json/notes.json", "gen-pyi/notes_thrift.pyi", "gen-py/notes/Notes-remote"} <= written
    assert {
        f"gen-py/tutorial/{name}" for name in ("ttypes.py", "constants.py", "Calculator.py", "Calculator-remote")
    } <= written


def test_the_programs_print_what_it_says(folder: Path) -> None:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = str(s.getsockname()[1])
    assert run(folder, *COMMAND, "--gen", "py", "notes.thrift").returncode == 0
    server_text, client_text = blocks("python")
    (folder / "server.py").write_text(server_text.replace("9090", port))
    (folder / "client.py").write_text(client_text.replace("9090", port))
    server = subprocess.Popen([sys.executable, "server.py"], cwd=folder, env=ENVIRONMENT)
    try:
        deadline = time.monotonic() + 20
        while server.poll() is None and time.monotonic() < deadline:
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", int(port))) == 0:
                    break
            time.sleep(0.02)
        done = run(folder, sys.executable, "client.py")
        assert (done.stdout, done.stderr) == (blocks("text")[0], "")
        ((script, *arguments), printed) = next(each for each in commands() if each[0][0] != "fastthrift")
        done = run(folder, sys.executable, script, *(word.replace("9090", port) for word in arguments))
        assert (done.stdout, done.stderr) == (printed, "")
    finally:
        server.send_signal(signal.SIGKILL)
        server.wait(20)


def test_every_option_has_a_row() -> None:
    table = DOC.partition("## Options of `py`")[2].partition("## Flags")[0]
    for option in PY_OPTIONS:
        if option.name not in ("dynfrozen", "dynexc", "dynfrozenexc"):  # "..."
            assert f"`{option.name}`" in table or f"`{option.name}=" in table, option.name


def test_every_flag_is_named() -> None:
    for flag in FLAGS:
        if not flag.refusal and flag.names[0] not in ("gen", "debug"):
            assert f"-{flag.names[0]}`" in DOC or f"-{flag.names[0]} " in DOC, flag.names


def test_the_types_of_its_table_are_generated(folder: Path) -> None:
    (folder / "t.thrift").write_text("struct A {1: uuid a, 2: set<list<i32>> b, 3: binary c}")
    assert run(folder, *COMMAND, "--gen", "py", "t.thrift").returncode == 0
    text = (folder / "gen-py/t/ttypes.py").read_text()
    for line in ("a: Optional[UUID]", "b: Optional[set[tuple[int, ...]]]", "c: Optional[bytes]"):
        assert f"    {line}\n" in text
