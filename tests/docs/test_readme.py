"""The README's code runs as it stands, and prints what the README says."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import fastthrift

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PACKAGE = str(Path(fastthrift.__file__).resolve().parents[1])


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def block_with(language: str, text: str) -> str:
    found = [block for block in blocks(language) if text in block]
    assert len(found) == 1, (language, text)
    return found[0]


def run(program: Path) -> str:
    done = subprocess.run(
        [sys.executable, program.name], check=False, cwd=program.parent, env={"PYTHONPATH": PACKAGE}, capture_output=True,
        text=True, timeout=30,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files of the service, with a free port in place of 9090."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    (tmp_path / "chat.thrift").write_text(block_with("thrift", "service Chat"))
    for name in ("server.py", "client.py"):
        (tmp_path / name).write_text(block_with("python", f"# {name}").replace("9090", str(port)))
    (tmp_path / "port").write_text(str(port))
    return tmp_path


@pytest.fixture
def server(folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "server.py"], cwd=folder, env={"PYTHONPATH": PACKAGE}, text=True, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", int((folder / "port").read_text()))) == 0:
                break
        time.sleep(0.02)
    yield process
    process.kill()
    process.communicate(timeout=10)


def test_client_and_server_talk(folder: Path, server: subprocess.Popen[str]) -> None:
    assert run(folder / "client.py") == "1"
    assert run(folder / "client.py") == "2"
    assert "prints `1`." in README


def test_server_ends_on_sigterm(server: subprocess.Popen[str]) -> None:
    server.send_signal(signal.SIGTERM)
    _, errors = server.communicate(timeout=20)
    assert server.returncode in (0, -signal.SIGTERM)
    assert "Traceback" not in errors


def test_struct_example_prints_what_it_says(tmp_path: Path) -> None:
    program = tmp_path / "example.py"
    program.write_text(block_with("python", "fastthrift.loads"))
    assert f"prints `{run(program)}`." in README


def test_every_python_block_is_run() -> None:
    assert len(blocks("python")) == 3


def test_every_link_leads_to_a_file() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_make_target_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`make (\w+)`|\$ make (\w+)", README):
        assert re.search(rf"^{''.join(target)}:", makefile, re.MULTILINE), target


def test_changelog_has_the_version() -> None:
    assert f"## {fastthrift.__version__}" in (ROOT / "CHANGELOG.md").read_text()
