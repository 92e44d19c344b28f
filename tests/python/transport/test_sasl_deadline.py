"""A server whose half of a SASL negotiation trickles: opening ends with the client's timeout, in each of the three transports."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
import types
from typing import Any

import pytest

from background import answering, trickle
from fastthrift.apache.transport.TSocket import TSocket as ApachesSocket
from fastthrift.apache.transport.TTransport import TSaslClientTransport as ApachesSasl
from fastthrift.apache.transport.TTransport import TTransportException as ApachesException
from fastthrift.contrib.aio.socket import TAsyncSocket
from fastthrift.contrib.aio.transport.sasl import TAsyncSaslClientTransport
from fastthrift.thrift import TTransportException
from fastthrift.transport import TSocket
from fastthrift.transport.sasl import TSaslClientTransport


class Mechanism:
    """One for `sasl.Client` and for pure-sasl's SASLClient."""

    mechanism = "PLAIN"
    complete = True
    made = 0

    def __init__(self, *args: Any) -> None:
        Mechanism.made += 1

    def start(self, mechanism: Any) -> Any:
        return True, mechanism, b"first"

    def process(self, challenge: Any = None) -> bytes:
        return b"first"

    def dispose(self) -> None:
        pass


def thriftpy2s(port: int) -> None:
    TSaslClientTransport(Mechanism, "PLAIN", TSocket("127.0.0.1", port, socket_timeout=200)).open()


def asyncios(port: int) -> None:
    below = TAsyncSocket("127.0.0.1", port, socket_timeout=200)
    asyncio.run(TAsyncSaslClientTransport(Mechanism, "PLAIN", below).open())


def apaches(port: int) -> None:
    sock = ApachesSocket("127.0.0.1", port)
    sock.setTimeout(200)
    ApachesSasl(sock, "127.0.0.1", "hive").open()


@pytest.fixture(autouse=True)
def puresasl(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = types.ModuleType("puresasl.client")
    module.SASLClient = Mechanism
    monkeypatch.setitem(sys.modules, "puresasl", types.ModuleType("puresasl"))
    monkeypatch.setitem(sys.modules, "puresasl.client", module)


@pytest.mark.parametrize("connect", [thriftpy2s, asyncios, apaches])
def test_a_negotiation_that_trickles_ends_with_the_timeout(connect: Any) -> None:
    with answering(lambda sock: trickle(sock, b"\2\0\0\1\0" + bytes(256))) as port:
        began = time.monotonic()
        with pytest.raises((TTransportException, ApachesException)) as failed:
            connect(port)
        assert failed.value.type == TTransportException.TIMED_OUT
        assert time.monotonic() - began < 2


def test_each_connection_of_apaches_has_a_negotiation_of_its_own() -> None:
    def accept(sock: socket.socket) -> None:
        sock.sendall(b"\5\0\0\0\0")

    with answering(accept, accept) as port:
        sock = ApachesSocket("127.0.0.1", port)
        sock.setTimeout(10_000)
        trans = ApachesSasl(sock, "127.0.0.1", "hive")
        before = Mechanism.made
        trans.open()
        first = trans.sasl
        assert Mechanism.made == before
        trans.close()
        trans.open()
        assert trans.sasl is not first
        trans.close()
