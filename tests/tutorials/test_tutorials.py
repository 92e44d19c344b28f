"""Programs as a reader of ThriftPy tutorials types them: server and client in processes, nothing but their files beside them.

Each runs on thriftpy2 too, with the imports' name replaced, where thriftpy2 can: both must print the same.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import fastthrift
from background import free_port

HERE = Path(__file__).parent
PACKAGE = str(Path(fastthrift.__file__).resolve().parents[1])

PRINTED = {
    "chat": """\
received 1
received 2
['alice: hello', 'bob: hi, alice']
""",
    "forward": """\
7 7 1999
True
True
[Book(title='Solaris', author=Author(name='Lem', wrote=None), year=1961)]
['Dick', 'Lem'] 0
no such book: Dune
None 1
""",
    "person": """\
None
1
2
Person(id=1, name='Alice', email=None, phones=[PhoneNumber(type=0, number='555-0101')], tags=None)
True
MOBILE
[1, 2] Zoë zoe@example.org
3 nobody has this id
""",
    "weather": """\
unknown: Atlantis
Report(city='Lisboa', temperature=21.5, sky=2, hours={'12:00': 23.0}, storm=False, at=1099511627776, picture=b'\\x00\\xff')
[22.5, 23.5]
""",
    "user": """\
1.0 ['admin', 'guest']
too young 7
2 Grace admin 5550102 Ada [1]
True
2
""",
    "message": """\
Message(id=2, body='hello 2', to=['you'], headers={'lang': 'en', 'seen': '3'})
3
True
""",
}
# What thriftpy2 0.7.1 cannot run: a string as the port; names used before their definition.
NOT_ON_THRIFTPY2 = {"chat", "forward"}
SECONDS = 20


class Server:
    """A tutorial's server.py, running."""

    def __init__(self, folder: Path, where: str) -> None:
        self.where = where
        self.process = subprocess.Popen(
            [sys.executable, "server.py", where], cwd=folder, env=environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def wait_until_it_listens(self) -> None:
        deadline = time.monotonic() + SECONDS
        family, address = (
            (socket.AF_UNIX, self.where) if "/" in self.where else (socket.AF_INET, ("127.0.0.1", int(self.where)))
        )
        while self.process.poll() is None and time.monotonic() < deadline:
            with socket.socket(family, socket.SOCK_STREAM) as s:
                if s.connect_ex(address) == 0:  # type: ignore[arg-type]
                    return
            time.sleep(0.02)  # another process's listen() gives no event to wait on
        raise AssertionError(f"the server does not listen: {self.stop(signal.SIGKILL)}")

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Its exit status and what it printed."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            printed, _ = self.process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            printed = f"did not stop; {self.process.communicate()[0]}"
        return self.process.returncode, printed


def environment() -> dict[str, str]:
    return {
        "PYTHONPATH": PACKAGE,
        "PATH": os.environ.get("PATH", ""),
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def copied(name: str, package: str, folder: Path) -> Path:
    """The tutorial's files in a folder of their own, importing the package."""
    target = folder / name
    shutil.copytree(HERE / name, target, ignore=shutil.ignore_patterns("__pycache__"))
    for program in target.glob("*.py"):
        program.write_text(program.read_text().replace("fastthrift", package))
    return target


def run_client(folder: Path, where: str) -> str:
    done = subprocess.run(
        [sys.executable, "client.py", where], check=False, cwd=folder, env=environment(), capture_output=True, text=True,
        timeout=SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def started() -> Iterator[list[Server]]:
    servers: list[Server] = []
    yield servers
    for server in servers:
        server.stop(signal.SIGKILL)


def start(started: list[Server], folder: Path, where: str) -> Server:
    server = Server(folder, where)
    started.append(server)
    server.wait_until_it_listens()
    return server


def cases() -> list[tuple[str, str]]:
    return [(name, "fastthrift") for name in PRINTED] + [
        (name, "thriftpy2") for name in PRINTED if name not in NOT_ON_THRIFTPY2
    ]


@pytest.mark.parametrize(("name", "package"), cases())
def test_tutorial_over_tcp(name: str, package: str, tmp_path: Path, started: list[Server]) -> None:
    if package != "fastthrift":
        pytest.importorskip(package, reason="thriftpy2 is not installed to compare with")
    folder = copied(name, package, tmp_path)
    server = start(started, folder, str(free_port()))
    assert run_client(folder, server.where) == PRINTED[name]


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="the system has no UNIX sockets")
@pytest.mark.parametrize("name", ["person", "weather", "user", "message"])
def test_tutorial_over_a_unix_socket(name: str, tmp_path: Path, started: list[Server]) -> None:
    folder = copied(name, "fastthrift", tmp_path)
    server = start(started, folder, str(tmp_path / "s.sock"))
    assert run_client(folder, server.where) == PRINTED[name]


@pytest.mark.parametrize(("ours", "theirs"), [("client", "server"), ("server", "client")])
@pytest.mark.parametrize("name", ["person", "weather", "user", "message"])
def test_one_side_may_be_thriftpy2(name: str, ours: str, theirs: str, tmp_path: Path, started: list[Server]) -> None:
    pytest.importorskip("thriftpy2", reason="thriftpy2 is not installed to talk to")
    folder = {ours: copied(name, "fastthrift", tmp_path / "a"), theirs: copied(name, "thriftpy2", tmp_path / "b")}
    server = start(started, folder["server"], str(free_port()))
    assert run_client(folder["client"], server.where) == PRINTED[name]


def test_server_serves_one_client_after_the_other(tmp_path: Path, started: list[Server]) -> None:
    folder = copied("message", "fastthrift", tmp_path)
    server = start(started, folder, str(free_port()))
    printed = [run_client(folder, server.where) for _ in range(3)]
    assert [p.splitlines()[1] for p in printed] == ["3", "6", "9"]


@pytest.mark.parametrize("name", sorted(PRINTED))
def test_sigterm_ends_the_server(name: str, tmp_path: Path, started: list[Server]) -> None:
    folder = copied(name, "fastthrift", tmp_path)
    server = start(started, folder, str(free_port()))
    code, printed = server.stop(signal.SIGTERM)
    assert code in (0, -signal.SIGTERM)
    assert "Traceback" not in printed


@pytest.mark.parametrize("name", ["chat", "person"])
def test_ctrl_c_ends_the_server(name: str, tmp_path: Path, started: list[Server]) -> None:
    folder = copied(name, "fastthrift", tmp_path)
    server = start(started, folder, str(free_port()))
    code, printed = server.stop(signal.SIGINT)
    assert code in (0, 1, -signal.SIGINT)  # a KeyboardInterrupt that the tutorial does not catch
    assert "did not stop" not in printed


def test_second_server_on_a_port_is_refused(tmp_path: Path, started: list[Server]) -> None:
    folder = copied("person", "fastthrift", tmp_path)
    first = start(started, folder, str(free_port()))
    second = Server(folder, first.where)
    started.append(second)
    second.process.wait(SECONDS)
    code, printed = second.stop()
    assert code == 1
    assert "in use" in printed
