"""Servers that speak Apache's JSON run on the engine: messages end with their bracket, and bad ones are answered where they can be."""

from __future__ import annotations

import json
import logging
import socket
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from calc import Handler, Running, calc, make, serving
from fastthrift.engine import engine_for
from fastthrift.protocol import TApacheJSONProtocolFactory
from fastthrift.protocol.apache_json import TApacheJSONProtocol
from fastthrift.rpc import client_context
from fastthrift.server import TThreadedServer
from fastthrift.thrift import TApplicationException
from fastthrift.transport import TBufferedTransportFactory, TFramedTransportFactory

TRANSPORTS = {"buffered": TBufferedTransportFactory(), "framed": TFramedTransportFactory()}


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("fastthrift"), "propagate", False)


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> Any:
    return TRANSPORTS[request.param]


@pytest.fixture
def running(transport: Any) -> Iterator[Running]:
    server = make(Handler(), iprot_factory=TApacheJSONProtocolFactory(), itrans_factory=transport)
    with serving(server) as running:
        yield running
        assert getattr(server, "_engine", None) is not None


def raw(running: Running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", running.port), timeout=20)


def read_message(sock: socket.socket) -> Any:
    """The next message, which nothing may stand behind."""
    text = b""
    while True:
        piece = sock.recv(65536)
        assert piece, text
        text += piece
        try:
            return json.loads(text)
        except ValueError:
            continue


def test_calls_are_answered_as_in_other_protocols(running: Running, transport: Any) -> None:
    with client_context(
        calc.Calc, "127.0.0.1", running.port, proto_factory=TApacheJSONProtocolFactory(), trans_factory=transport
    ) as client:
        assert client.add(20, 22) == 42
        assert client.echo('é "]}[{\\ \U0001f600') == 'é "]}[{\\ \U0001f600'
        with pytest.raises(calc.Overflow) as refused:
            client.add(1000, 1)
        assert refused.value.limit == 1000
        client.note("told")
        with pytest.raises(TApplicationException) as failed:
            client.fail("ValueError")
        assert failed.value.type == TApplicationException.INTERNAL_ERROR
        assert client.add(1, 2) == 3


def test_a_subclass_of_the_protocol_is_asked_itself() -> None:
    class Own(TApacheJSONProtocol):
        pass

    class Factory:
        def get_protocol(self, trans: Any) -> Any:
            return Own(trans)

    server = make(Handler(), iprot_factory=Factory(), itrans_factory=TRANSPORTS["buffered"])
    server.trans.listen()
    assert engine_for(server, TThreadedServer) is None
    server.trans.close()


CALL = b'[1,"add",1,%d,{"1":{"i32":%d},"2":{"i32":1}}]'


@pytest.fixture
def unframed() -> Iterator[Running]:
    with serving(
        make(Handler(), iprot_factory=TApacheJSONProtocolFactory(), itrans_factory=TRANSPORTS["buffered"])
    ) as running:
        yield running


def test_messages_may_come_in_any_pieces_and_together(unframed: Running) -> None:
    with raw(unframed) as sock:
        for byte in b" \r\n" + CALL % (1, 4):
            sock.send(bytes((byte,)))
        assert read_message(sock) == [1, "add", 2, 1, {"0": {"i32": 5}}]
        sock.sendall(b"".join(CALL % (n, n) for n in range(50)))
        text = b""
        while text.count(b'"add"') < 50 or not text.endswith(b"]"):
            text += sock.recv(65536)
        answers = json.loads(b"[" + text.replace(b"][", b"],[") + b"]")
        assert answers == [[1, "add", 2, n, {"0": {"i32": n + 1}}] for n in range(50)]


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        (b'[1,"add",1,7,{"1":{"i32":"x"}}]', "add", TApplicationException.PROTOCOL_ERROR),
        (b'[1,"add",1,7,{"1":{"i32":99999999999}}]', "add", TApplicationException.PROTOCOL_ERROR),
        (b'[1,"add",1,7,5]', "add", TApplicationException.PROTOCOL_ERROR),
        (b'[1,"other",1,7,{}]', "other", TApplicationException.UNKNOWN_METHOD),
        (b'[1,"a\\u0062c",1,7,{}]', "abc", TApplicationException.UNKNOWN_METHOD),
        (b'[1,"add",2,7,{}]', "add", TApplicationException.INVALID_MESSAGE_TYPE),
    ],
)
def test_a_bad_call_is_answered_and_the_connection_lives_on(
    unframed: Running, text: bytes, name: str, kind: int
) -> None:
    with raw(unframed) as sock:
        sock.sendall(text)
        answer = read_message(sock)
        assert answer[:4] == [1, name, 3, 7]
        assert answer[4]["2"] == {"i32": kind}
        sock.sendall(CALL % (8, 1))
        assert read_message(sock) == [1, "add", 2, 8, {"0": {"i32": 2}}]


@pytest.mark.parametrize(
    "text", [b"GET / HTTP/1.1\r\n\r\n", b'{"a": 1}', b'[2,"add",1,7,{}]', b'["add"]', b"[]", b'[1,"\xff",1,7,{}]', b"]"]
)
def test_what_is_no_message_ends_its_connection_only(unframed: Running, text: bytes) -> None:
    with raw(unframed) as sock, raw(unframed) as other:
        sock.sendall(text)
        assert sock.recv(100) == b""
        other.sendall(CALL % (8, 1))
        assert read_message(other)[3] == 8


def test_a_frame_holds_one_message() -> None:
    server = make(Handler(), iprot_factory=TApacheJSONProtocolFactory(), itrans_factory=TRANSPORTS["framed"])
    with serving(server) as running, raw(running) as sock:
        body = CALL % (3, 2)
        sock.sendall(struct.pack("!I", len(body)) + body)
        (size,) = struct.unpack("!I", sock.recv(4, socket.MSG_WAITALL))
        assert json.loads(sock.recv(size, socket.MSG_WAITALL)) == [1, "add", 2, 3, {"0": {"i32": 3}}]
