"""Processes that handlers start: they have no socket of the server, and end when they are told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

import pytest

import fastthrift
from background import running
from fastthrift import http, rpc

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")

starter: Any = fastthrift.loads(
    "service Starter { i32 status_of_a_terminated_child(), i32 status_of_a_terminated_fork(), list<string> sockets_of_a_child() }",
    module_name="starter_thrift",
)

SOCKETS = """
import os
for number in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else ():
    try:
        print(os.readlink("/proc/self/fd/" + number))
    except OSError:
        pass
"""


class Handler:
    def status_of_a_terminated_child(self) -> int:
        child = subprocess.Popen(
            [sys.executable, "-c", "import time; print(flush=True); time.sleep(60)"], stdout=subprocess.PIPE
        )
        with child:
            assert child.stdout is not None
            child.stdout.readline()
            child.terminate()
            try:
                return child.wait(10)
            finally:
                child.kill()

    def status_of_a_terminated_fork(self) -> int:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.alarm(10)  # if it could be blocked it would not end at all
            os.kill(os.getpid(), signal.SIGTERM)
            os._exit(0)
        return -os.WTERMSIG(os.waitpid(pid, 0)[1])

    def sockets_of_a_child(self) -> list[str]:
        listed = subprocess.run(
            [sys.executable, "-c", SOCKETS], stdout=subprocess.PIPE, text=True, close_fds=False, check=True
        )
        return [each for each in listed.stdout.split() if each.startswith("socket") or "event" in each]


def open_here() -> set[str]:
    return set(
        subprocess.run(
            [sys.executable, "-c", SOCKETS], stdout=subprocess.PIPE, text=True, close_fds=False
        ).stdout.split()
    )


@pytest.mark.parametrize(
    "make_server,make_client",
    [(rpc.make_server, rpc.make_client), (http.make_server, http.make_client)],
    ids=["socket", "http"],
)
def test_what_a_handler_starts_can_be_terminated_and_has_none_of_the_sockets(
    make_server: Any, make_client: Any
) -> None:
    before = open_here()
    server = make_server(starter.Starter, Handler(), "127.0.0.1", 0)
    with running(server, lambda: server.stop(0)) as port:
        client = make_client(starter.Starter, "127.0.0.1", port, timeout=30_000)
        assert client.status_of_a_terminated_child() == -signal.SIGTERM
        assert client.status_of_a_terminated_fork() == -signal.SIGTERM
        assert set(client.sockets_of_a_child()) <= before
        client.close()
