"""Servers that are told to end while their processes, or handlers in the thread of `serve`, are busy: nothing stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import served_calc as calc
from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocol
from fastthrift.apache.transport.TSocket import TSocket
from fastthrift.apache.transport.TTransport import TBufferedTransport

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")

PROGRAM = """
import os, sys, threading
sys.path.insert(0, sys.argv[1])
import served_calc as calc
from fastthrift.apache.server import TProcessPoolServer, TServer
from fastthrift.apache.transport import TSocket

class Handler(calc.Handler):
    def add(self, a, b):
        print("asked", flush=True)
        threading.Event().wait(b)
        return a

class Impatient(TServer.TSimpleServer):
    def close(self):
        self.stop(100)

listener = TSocket.TServerSocket("127.0.0.1", 0)
listener.listen()
print(listener.handle.getsockname()[1], flush=True)
kinds = {"fork": TServer.TForkingServer, "pool": TProcessPoolServer.TProcessPoolServer, "simple": Impatient}
server = kinds[sys.argv[2]](calc.Processor(Handler()), listener)
if sys.argv[2] == "pool":
    server.setNumWorkers(2)
    server.setPostForkCallback(lambda: os.write(1, b"forked\\n"))
server.serve()
print("served", flush=True)
"""


@contextmanager
def program(kind: str) -> Iterator[tuple[Any, int]]:
    """Its output ends when the last of its processes does."""
    command = [sys.executable, "-c", PROGRAM, str(Path(__file__).parent), kind]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline())
            if kind == "pool":
                assert [process.stdout.readline() for _ in range(2)] == ["forked\n"] * 2
            yield process, port
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


@contextmanager
def connected(port: int) -> Iterator[calc.Client]:
    sock = TSocket("127.0.0.1", port)
    sock.setTimeout(10_000)
    trans = TBufferedTransport(sock)
    trans.open()
    try:
        yield calc.Client(TBinaryProtocol(trans))
    finally:
        trans.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("kind", ["fork", "pool"])
def test_an_idle_connection_keeps_no_process_alive(kind: str, number: signal.Signals) -> None:
    with program(kind) as (process, port), connected(port) as client:
        assert client.joined("b", "a") == "ab"
        process.send_signal(number)
        process.communicate(timeout=20)
        assert process.returncode in (0, -number)


def test_a_call_in_flight_is_answered_by_its_process() -> None:
    with program("fork") as (process, port), connected(port) as client:
        client.send_add(7, 0)
        assert process.stdout.readline() == "asked\n"
        process.send_signal(signal.SIGTERM)
        assert client.recv_add() == 7
        out, errors = process.communicate(timeout=20)
        assert (process.returncode, out.split()[-1]) == (0, "served"), errors


def test_ctrl_c_that_goes_to_all_processes_lets_the_call_in_flight_finish() -> None:
    with program("fork") as (process, port), connected(port) as client:
        client.send_add(7, 0)
        assert process.stdout.readline() == "asked\n"
        os.killpg(process.pid, signal.SIGINT)
        assert client.recv_add() == 7
        process.communicate(timeout=20)
        assert process.returncode == -signal.SIGINT


def test_workers_end_with_a_parent_that_was_killed() -> None:
    with program("pool") as (process, port), connected(port) as client:
        assert client.joined("b", "a") == "ab"
        process.kill()
        process.communicate(timeout=20)


def test_a_handler_in_the_thread_of_serve_is_cut_off_when_its_time_is_over() -> None:
    with program("simple") as (process, port), connected(port) as client:
        client.send_add(7, 60)
        assert process.stdout.readline() == "asked\n"
        process.send_signal(signal.SIGTERM)
        out, errors = process.communicate(timeout=20)
        assert (process.returncode, out.split()[-1]) == (0, "served"), errors
        assert "took too long" in errors
