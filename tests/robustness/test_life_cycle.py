"""Descriptors run out, servers are told to stop, clients are closed under a call (robust.md B3)."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import fastthrift
from fastthrift.rpc import make_client
from fastthrift.thrift import TException

from .served import IDL, Server, eventually, robust

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@pytest.fixture(params=["binary", "framed compact"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    started = Server(request.param, tmp_path / "log")
    yield started
    started.stop()


@pytest.mark.skipif(
    "asan" in os.environ.get("LD_PRELOAD", ""), reason="the sanitizer makes a pipe to look at a virtual object"
)
def test_without_descriptors_a_server_rests_and_is_back_at_once(server: Server) -> None:
    import resource

    with contextlib.ExitStack() as opened:
        # Room for a few connections only.
        most = server.descriptors() + 8
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (most, most))  # type: ignore[attr-defined]
        waiting = [opened.enter_context(server.connect()) for _ in range(40)]
        assert eventually(lambda: server.descriptors() >= most)
        assert eventually(lambda: server.log.stat().st_size > 0)
        before, size, start = server.cpu(), server.log.stat().st_size, time.monotonic()
        with pytest.raises(TException):
            server.client(timeout=500).add(1, 2)  # meanwhile nobody is served
        seconds = time.monotonic() - start
        assert server.cpu() - before <= 0.05 * seconds + 0.01  # a tick of the clock that counts
        assert server.log.stat().st_size - size <= 1000 * (seconds + 1)
        for sock in waiting:
            sock.close()
        server.serves()


ASYNCIO = """
import resource, socket, sys
import fastthrift
from fastthrift.rpc import make_aio_server
robust = fastthrift.load(sys.argv[1], module_name="robust_thrift")
class Handler:
    async def add(self, a, b):
        return a + b
server = make_aio_server(robust.Robust, Handler(), "127.0.0.1", 0, client_timeout=20_000)
server.init_server()
print(server.trans.sock.getsockname()[1], flush=True)
sys.stdin.readline()
most = max(int(each) for each in __import__("os").listdir("/proc/self/fd")) + 6
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
print("limited", flush=True)
server.serve()
"""


@pytest.mark.skipif(
    "asan" in os.environ.get("LD_PRELOAD", ""), reason="the sanitizer makes a pipe to look at a virtual object"
)
def test_an_asyncio_server_without_descriptors_logs_little(tmp_path: Path) -> None:
    package = str(Path(fastthrift.__file__).resolve().parents[1])
    log = tmp_path / "log"
    with log.open("wb") as stderr, contextlib.ExitStack() as opened:
        process = subprocess.Popen(
            [sys.executable, "-c", ASYNCIO, str(IDL)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env={**os.environ, "PYTHONPATH": package},
        )
        opened.callback(process.wait, 20)
        opened.callback(process.kill)
        assert process.stdin is not None and process.stdout is not None
        opened.enter_context(process.stdin), opened.enter_context(process.stdout)
        port = int(process.stdout.readline())
        process.stdin.write(b"go on\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"limited\n"
        for _ in range(30):
            opened.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
        assert eventually(lambda: b"Too many open files" in log.read_bytes())
        client = make_client(robust.Robust, "127.0.0.1", port, timeout=300)  # waits in the backlog, which is long
        with pytest.raises(TException):
            client.add(1, 2)
        assert log.stat().st_size < 4000  # it tries again each second, two accepts a time


def test_sigterm_under_load_ends_the_server_behind_whole_answers(server: Server) -> None:
    endings: list[int] = []
    busy, told = threading.Barrier(9), threading.Event()

    def call_until_the_end() -> None:
        client = server.client(timeout=20_000)
        count = 0
        try:
            while True:
                assert len(client.big(2000)) == 2000
                count += 1
                if count == 20:
                    busy.wait(20)
        except (TException, ConnectionError) as error:  # a call that the server had not read yet may find a reset
            assert told.is_set(), error
            endings.append(count)

    callers = [threading.Thread(target=call_until_the_end) for _ in range(8)]
    for caller in callers:
        caller.start()
    busy.wait(20)
    told.set()
    server.process.send_signal(signal.SIGTERM)
    for caller in callers:
        caller.join(20)
    assert len(endings) == 8
    assert server.process.wait(20) == 0
    assert server.log.read_text() == ""


def test_closing_a_client_under_its_call_touches_no_other_descriptor() -> None:
    """The number of the closed descriptor goes to the next socket: its bytes must not become the call's reply."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        for _ in range(100):
            client: Any = make_client(robust.Robust, *mute.getsockname()[:2], timeout=20_000)
            peer, _ = mute.accept()
            failures: list[BaseException] = []

            def call(client: Any = client, failures: list[BaseException] = failures) -> None:
                try:
                    client.add(1, 2)
                except BaseException as error:  # noqa: BLE001 - looked at below
                    failures.append(error)

            thread = threading.Thread(target=call)
            thread.start()
            peer.recv(100)  # it waits for the answer now
            client.close()
            near, far = socket.socketpair()
            far.sendall(b"not for you")
            thread.join(20)
            assert isinstance(failures[0], (TException, OSError))
            near.settimeout(5)
            assert near.recv(100) == b"not for you"
            for sock in (near, far, peer):
                sock.close()


def test_a_client_closed_under_its_call_leaves_no_descriptor() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(20):
            client: Any = make_client(robust.Robust, *mute.getsockname()[:2], timeout=20_000)
            peer, _ = mute.accept()
            thread = threading.Thread(target=_call, args=(client,))
            thread.start()
            peer.recv(100)
            client.close()
            thread.join(20)
            peer.close()
            assert not client._iprot.trans.is_open()
        assert len(os.listdir("/proc/self/fd")) <= before


def _call(client: Any) -> None:
    with contextlib.suppress(TException, OSError):
        client.add(1, 2)
