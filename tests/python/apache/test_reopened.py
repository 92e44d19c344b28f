"""Clients whose server lies, in the steps that are not native: they end in time, and work again once they are opened again."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest

import fastthrift
import served_calc as calc
from background import answering, trickle
from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocol
from fastthrift.apache.protocol.TCompactProtocol import TCompactProtocol
from fastthrift.apache.protocol.TJSONProtocol import TJSONProtocol
from fastthrift.apache.Thrift import TException
from fastthrift.apache.transport.THttpClient import THttpClient
from fastthrift.apache.transport.TSocket import TSocket
from fastthrift.apache.transport.TTransport import (
    TBufferedTransport,
    TFramedTransport,
    TMemoryBuffer,
    TTransportException,
)
from fastthrift.apache.transport.TZlibTransport import TZlibTransport

loaded: Any = fastthrift.loads("service Calc { i32 add(1: i32 a, 2: i32 b) }", module_name="reopened_thrift")


class ByValue(TBinaryProtocol):
    """One that somebody has changed: nothing is native."""

    def readMessageBegin(self) -> Any:
        return super().readMessageBegin()


TRANSPORTS = {"buffered": TBufferedTransport, "framed": TFramedTransport, "zlib": TZlibTransport}
PROTOCOLS = {"binary": TBinaryProtocol, "compact": TCompactProtocol, "json": TJSONProtocol, "by value": ByValue}
CLIENTS = {"generated": calc.Client, "loaded": loaded.Calc.Client}


def reply(protocol: Any, transport: Any, seqid: int, name: str = "add") -> bytes:
    buffer = TMemoryBuffer()
    trans = transport(buffer)
    prot = protocol(trans)
    prot.writeMessageBegin(name, 2, seqid)
    calc.add_result(success=42).write(prot)
    prot.writeMessageEnd()
    trans.flush()
    return buffer.getvalue()


@pytest.mark.parametrize("client_class", CLIENTS.values(), ids=CLIENTS)
@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
@pytest.mark.parametrize("transport", TRANSPORTS.values(), ids=TRANSPORTS)
def test_what_a_dead_connection_left_is_not_the_beginning_of_the_next(
    transport: Any, protocol: Any, client_class: Any
) -> None:
    wrong = reply(protocol, transport, 1, "other")

    def answers(sock: socket.socket) -> None:
        sock.sendall(reply(protocol, transport, 2))

    with answering(lambda sock: sock.sendall(wrong + wrong[:-2]), answers) as port:
        sock = TSocket("127.0.0.1", port)
        sock.setTimeout(10_000)
        trans = transport(sock)
        client = client_class(protocol(trans))
        trans.open()
        with pytest.raises(TException):
            client.add(1, 2)
        trans.open()
        assert client.add(1, 2) == 42
        trans.close()


@pytest.mark.parametrize("client_class", CLIENTS.values(), ids=CLIENTS)
@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
def test_bytes_that_trickle_do_not_stretch_the_deadline(protocol: Any, client_class: Any) -> None:
    with answering(lambda sock: trickle(sock, b"\0\0\1\0" + bytes(252))) as port:
        sock = TSocket("127.0.0.1", port)
        sock.setTimeout(200)
        trans = TFramedTransport(sock)
        client = client_class(protocol(trans))
        trans.open()
        began = time.monotonic()
        with pytest.raises(TTransportException) as failed:
            client.add(1, 2)
        assert failed.value.type == TTransportException.TIMED_OUT
        assert time.monotonic() - began < 2
        trans.close()


def test_a_timeout_by_hand_is_that_of_each_read() -> None:
    def twice(sock: socket.socket) -> None:
        sock.sendall(b"a")
        sock.recv(1)
        sock.sendall(b"b")

    with answering(twice) as port:
        sock = TSocket("127.0.0.1", port)
        sock.setTimeout(10_000)
        sock.open()
        sock.write(b"x")
        assert sock.read(1) == b"a"
        sock.write(b"y")
        assert sock.read(1) == b"b"
        assert sock.handle.gettimeout() == 10
        sock.close()


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
@pytest.mark.parametrize("transport", TRANSPORTS.values(), ids=TRANSPORTS)
def test_a_value_that_does_not_fit_leaves_a_loaded_services_connection_usable(transport: Any, protocol: Any) -> None:
    with answering(lambda sock: sock.sendall(reply(protocol, transport, 2))) as port:
        sock = TSocket("127.0.0.1", port)
        sock.setTimeout(10_000)
        trans = transport(sock)
        client = loaded.Calc.Client(protocol(trans))
        trans.open()
        with pytest.raises(Exception, match="a"):
            client.add("no number", 2)
        assert client.add(1, 2) == 42
        trans.close()


def test_a_lost_connection_says_what_happened() -> None:
    def reset(sock: socket.socket) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        sock.close()

    with answering(reset) as port:
        sock = TSocket("127.0.0.1", port)
        sock.setTimeout(10_000)
        sock.open()
        sock.write(b"x")
        with pytest.raises(TTransportException, match="reset by peer"):
            sock.read(1)
        sock.close()


@pytest.mark.parametrize("client_class", CLIENTS.values(), ids=CLIENTS)
def test_by_http_the_call_after_a_failed_one_connects_again(client_class: Any) -> None:
    def answers(sock: socket.socket) -> None:
        body = reply(TBinaryProtocol, lambda trans: trans, 2)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    with answering(lambda sock: sock.shutdown(socket.SHUT_RDWR), answers) as port:
        trans = THttpClient(f"http://127.0.0.1:{port}/")
        trans.setTimeout(10_000)
        client = client_class(TBinaryProtocol(trans))
        trans.open()
        with pytest.raises(TTransportException):
            client.add(1, 2)
        assert client.add(1, 2) == 42
        trans.close()
