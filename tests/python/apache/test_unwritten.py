"""Messages that were begun and could not be written to their end, by code that writes them step by step, as Apache's compiler's does."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import served_calc as calc
from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocol, TBinaryProtocolFactory
from fastthrift.apache.protocol.TCompactProtocol import TCompactProtocol, TCompactProtocolFactory
from fastthrift.apache.protocol.THeaderProtocol import THeaderProtocol, THeaderProtocolFactory
from fastthrift.apache.protocol.TJSONProtocol import TJSONProtocol, TJSONProtocolFactory
from fastthrift.apache.protocol.TMultiplexedProtocol import TMultiplexedProtocol
from fastthrift.apache.protocol.TProtocol import TProtocolException
from fastthrift.apache.server import THttpServer, TNonblockingServer, TServer
from fastthrift.apache.Thrift import TApplicationException, TMessageType, TProcessor
from fastthrift.apache.transport.THttpClient import THttpClient
from fastthrift.apache.transport.TSocket import TServerSocket, TSocket
from fastthrift.apache.transport.TTransport import (
    TBufferedTransport,
    TBufferedTransportFactory,
    TFramedTransport,
    TFramedTransportFactory,
    TMemoryBuffer,
    TTransportFactoryBase,
)
from fastthrift.apache.transport.TZlibTransport import TZlibTransport, TZlibTransportFactory

TOO_MUCH = 1 << 40


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("fastthrift"), "propagate", False)


class Plus(TProcessor):
    """``add`` as Apache's compiler has it: the head of the answer is written before the result is."""

    def process(self, iprot: Any, oprot: Any) -> Any:
        name, _, seqid = iprot.readMessageBegin()
        args = calc.add_args()
        args.read(iprot)
        iprot.readMessageEnd()
        assert args.a is not None
        oprot.writeMessageBegin(name, TMessageType.REPLY, seqid)
        calc.add_result(success=TOO_MUCH if args.a == 13 else args.a + 1).write(oprot)
        oprot.writeMessageEnd()
        oprot.trans.flush()
        return True


def send(protocol: Any, a: int) -> None:
    protocol.writeMessageBegin("add", TMessageType.CALL, 5)
    calc.add_args(a=a, b=1).write(protocol)
    protocol.writeMessageEnd()
    protocol.trans.flush()


def receive(protocol: Any) -> Any:
    name, mtype, seqid = protocol.readMessageBegin()
    assert (name, seqid) == ("add", 5)
    answer: Any = TApplicationException() if mtype == TMessageType.EXCEPTION else calc.add_result()
    answer.read(protocol)
    protocol.readMessageEnd()
    return answer.type if mtype == TMessageType.EXCEPTION else answer.success


def header(trans: Any) -> Any:
    return THeaderProtocol(trans, (0,))


def multiplexed(trans: Any) -> Any:
    return TMultiplexedProtocol(TCompactProtocol(trans), "Calc")


@pytest.mark.parametrize("protocol", [TBinaryProtocol, TCompactProtocol, TJSONProtocol, header, multiplexed])
@pytest.mark.parametrize("transport", [TBufferedTransport, TFramedTransport, TZlibTransport])
def test_the_next_call_is_whole_after_one_that_did_not_fit(transport: Any, protocol: Any) -> None:
    expected, found = TMemoryBuffer(), TMemoryBuffer()
    send(protocol(transport(expected)), 7)
    client = protocol(transport(found))
    for _ in range(2):
        with pytest.raises(TProtocolException):
            send(client, TOO_MUCH)
    assert found.getvalue() == b""
    send(client, 7)
    assert found.getvalue() == expected.getvalue()


def test_whole_messages_before_it_stay() -> None:
    found = TMemoryBuffer()
    trans = TBufferedTransport(found)
    client = TBinaryProtocol(trans)
    for a in (1, TOO_MUCH, 2):
        client.writeMessageBegin("add", TMessageType.CALL, 5)
        with contextlib.suppress(TProtocolException):
            calc.add_args(a=a, b=1).write(client)
            client.writeMessageEnd()
    trans.flush()
    back = TBinaryProtocol(TMemoryBuffer(found.getvalue()))
    for a in (1, 2):
        back.readMessageBegin()
        args = calc.add_args()
        args.read(back)
        assert args.a == a
    assert back.trans.read(1) == b""


def test_what_has_left_is_not_taken_back() -> None:
    found = TMemoryBuffer()
    client = TBinaryProtocol(TBufferedTransport(found))
    client.writeMessageBegin("first", TMessageType.CALL, 1)
    client.trans.flush()
    client.trans.write(b"more")
    assert client.take_back() is None
    client.trans.flush()
    assert found.getvalue() == bytes.fromhex("80010001000000056669727374") + b"\0\0\0\1more"


def test_memory_keeps_messages_that_are_not_ended() -> None:
    found = TMemoryBuffer()
    protocol = TBinaryProtocol(found)
    protocol.writeMessageBegin("a", TMessageType.CALL, 1)
    one = len(found.getvalue())
    protocol.writeMessageBegin("a", TMessageType.CALL, 1)
    assert len(found.getvalue()) == 2 * one


PROTOCOLS = {
    "binary": TBinaryProtocolFactory(),
    "compact": TCompactProtocolFactory(),
    "json": TJSONProtocolFactory(),
    "header": THeaderProtocolFactory(),
}
TRANSPORTS = {
    "buffered": TBufferedTransportFactory(),
    "framed": TFramedTransportFactory(),
    "zlib": TZlibTransportFactory(),
    "none": TTransportFactoryBase(),
}


@contextlib.contextmanager
def serving(server: Any) -> Iterator[None]:
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.stop(0)
        thread.join(10)
        assert not thread.is_alive()


def check(protocol: Any) -> None:
    protocol.trans.open()
    try:
        for a, answer in ((1, 2), (13, TApplicationException.INTERNAL_ERROR), (13, 6), (3, 4)):
            send(protocol, a)
            assert receive(protocol) == answer
    finally:
        protocol.trans.close()


def socket_to(listener: TServerSocket) -> TSocket:
    sock = TSocket("127.0.0.1", listener.handle.getsockname()[1])
    sock.setTimeout(10_000)
    return sock


@pytest.mark.parametrize(
    ("kind", "transport", "protocol"),
    [
        (TServer.TSimpleServer, "buffered", "binary"),
        (TServer.TThreadedServer, "framed", "compact"),
        (TServer.TThreadedServer, "zlib", "binary"),
        (TServer.TThreadedServer, "none", "header"),
        (TServer.TThreadPoolServer, "buffered", "json"),
    ],
)
def test_a_result_that_does_not_fit_is_answered_and_the_connection_lives_on(
    kind: Any, transport: str, protocol: str
) -> None:
    listener = TServerSocket("127.0.0.1", 0)
    listener.listen()
    with serving(kind(Plus(), listener, TRANSPORTS[transport], PROTOCOLS[protocol])):
        check(PROTOCOLS[protocol].getProtocol(TRANSPORTS[transport].getTransport(socket_to(listener))))


@pytest.mark.parametrize("protocol", ["binary", "compact", "json"])
def test_the_nonblocking_server_does_so_too(protocol: str) -> None:
    listener = TServerSocket("127.0.0.1", 0)
    listener.listen()
    with serving(TNonblockingServer.TNonblockingServer(Plus(), listener, PROTOCOLS[protocol])):
        check(PROTOCOLS[protocol].getProtocol(TFramedTransport(socket_to(listener))))


def test_so_does_the_http_server() -> None:
    server = THttpServer.THttpServer(Plus(), ("127.0.0.1", 0), PROTOCOLS["binary"])
    with serving(server):
        port = server.httpd.server_address[1]
        check(TBinaryProtocol(THttpClient(f"http://127.0.0.1:{port}/")))
