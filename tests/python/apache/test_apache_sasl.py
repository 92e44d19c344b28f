"""SASL under Apache's names: the negotiation, the frames after it, and what a server may send that is neither."""

from __future__ import annotations

import struct
import sys
import types
from typing import Any

import pytest

import served_calc as calc
from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocol, TBinaryProtocolAccelerated
from fastthrift.apache.protocol.TCompactProtocol import TCompactProtocol
from fastthrift.apache.protocol.TProtocol import TProtocolException
from fastthrift.apache.Thrift import TApplicationException
from fastthrift.apache.transport.TTransport import (
    TMemoryBuffer,
    TSaslClientTransport,
    TTransportBase,
    TTransportException,
)

START, OK, BAD, ERROR, COMPLETE = 1, 2, 3, 4, 5


class SASLClient:
    """What pure-sasl has under this name; ``layer`` is put in front of data by a quality of protection."""

    def __init__(self, host: str, service: str, mechanism: str, layer: bytes = b"", **kwargs: Any) -> None:
        self.made = host, service, kwargs
        self.mechanism = mechanism
        self.layer = layer
        self.complete = True
        self.challenges: list[bytes | None] = []
        self.disposed = False

    def process(self, challenge: bytes | None = None) -> bytes | None:
        self.challenges.append(challenge)
        return b"first" if challenge is None else None if challenge == b"silent" else b"answer"

    def wrap(self, data: bytes) -> bytes:
        return self.layer + data

    def unwrap(self, data: bytes) -> bytes:
        assert data.startswith(self.layer)
        return data[len(self.layer) :]

    def dispose(self) -> None:
        self.disposed = True


class Wire(TTransportBase):
    """Gives the bytes it was given and keeps what is written."""

    def __init__(self, incoming: bytes = b"") -> None:
        self.incoming = incoming
        self.written: list[bytes] = []
        self.opened = False

    def isOpen(self) -> bool:
        return self.opened

    def open(self) -> None:
        self.opened = True

    def close(self) -> None:
        self.opened = False

    def read(self, sz: int) -> bytes:
        taken, self.incoming = self.incoming[:sz], self.incoming[sz:]
        return taken

    def write(self, buf: bytes) -> None:
        self.written.append(bytes(buf))


class Server(Wire):
    """Answers each frame by a processor, with ``piece`` bytes a frame."""

    def __init__(self, processor: Any, protocol: Any, layer: bytes = b"", piece: int = 1 << 20) -> None:
        super().__init__(message(COMPLETE))
        self.processor, self.protocol, self.layer, self.piece = processor, protocol, layer, piece

    def flush(self) -> None:
        sent = b"".join(self.written)
        if sent[:1] in (b"\x01", b"\x02"):  # the negotiation
            self.written.clear()
            return
        self.written.clear()
        (length,) = struct.unpack_from(">I", sent)
        assert len(sent) == 4 + length
        assert sent[4:].startswith(self.layer)
        received, answer = TMemoryBuffer(sent[4 + len(self.layer) :]), TMemoryBuffer()
        self.processor.process(self.protocol(received), self.protocol(answer))
        data = answer.getvalue()
        for at in range(0, len(data), self.piece):
            self.incoming += frame(self.layer + data[at : at + self.piece])


def message(status: int, body: bytes = b"") -> bytes:
    return struct.pack(">BI", status, len(body)) + body


def frame(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body


@pytest.fixture(autouse=True)
def puresasl(monkeypatch: pytest.MonkeyPatch) -> None:
    client = types.ModuleType("puresasl.client")
    client.SASLClient = SASLClient  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "puresasl", types.ModuleType("puresasl"))
    monkeypatch.setitem(sys.modules, "puresasl.client", client)


def transport(wire: Wire, **options: Any) -> Any:
    return TSaslClientTransport(wire, "hive.example", "hive", mechanism="PLAIN", **options)


def test_challenges_are_answered_until_the_server_is_content() -> None:
    wire = Wire(message(OK, b"one") + message(OK, b"silent") + message(COMPLETE, b"done"))
    trans = transport(wire, username="u", password="p")
    assert not trans.isOpen()
    trans.open()
    assert trans.isOpen()
    assert wire.written == [
        message(START, b"PLAIN"),
        message(OK, b"first"),
        message(OK, b"answer"),
        message(OK, b""),
    ]
    assert trans.sasl.made == ("hive.example", "hive", {"username": "u", "password": "p"})
    assert trans.sasl.challenges == [None, b"one", b"silent"]
    trans.close()
    assert trans.sasl.disposed
    assert not trans.isOpen()


def test_the_mechanism_is_gssapi_unless_told_otherwise() -> None:
    assert TSaslClientTransport(Wire(), "host", "hive").sasl.mechanism == "GSSAPI"


@pytest.mark.parametrize(
    ("incoming", "kind", "text"),
    [
        (
            message(BAD, b"denied \xff"),
            TTransportException.NOT_OPEN,
            "Bad SASL negotiation status: 3 (b'denied \\xff')",
        ),
        (message(ERROR), TTransportException.NOT_OPEN, "Bad SASL negotiation status: 4 (b'')"),
        (message(START), TTransportException.NOT_OPEN, "Bad SASL negotiation status: 1 (b'')"),
        (message(99), TTransportException.NOT_OPEN, "Bad SASL negotiation status: 99 (b'')"),
        (
            struct.pack(">BI", OK, 1_048_577),
            TTransportException.SIZE_LIMIT,
            "SASL negotiation payload (1048577) larger than the maximum (1048576)",
        ),
        (
            struct.pack(">BI", OK, 0xFFFFFFFF),
            TTransportException.SIZE_LIMIT,
            "SASL negotiation payload (4294967295) larger than the maximum (1048576)",
        ),
        (
            message(OK, b"again") * 200,
            TTransportException.NOT_OPEN,
            "SASL negotiation is not complete after 100 challenges",
        ),
        (b"", TTransportException.END_OF_FILE, None),
        (message(OK, b"cut off")[:-1], TTransportException.END_OF_FILE, None),
    ],
)
def test_a_negotiation_that_fails_leaves_the_transport_closed(incoming: bytes, kind: int, text: str | None) -> None:
    wire = Wire(incoming)
    trans = transport(wire)
    with pytest.raises(TTransportException) as failed:
        trans.open()
    assert failed.value.type == kind
    assert text is None or str(failed.value) == text
    assert not wire.opened
    assert not trans.isOpen()


def test_a_server_that_is_content_before_the_mechanism_is_not_believed() -> None:
    trans = transport(Wire(message(COMPLETE)))
    trans.sasl.complete = False
    with pytest.raises(TTransportException, match="erroneously indicated that SASL negotiation was complete") as failed:
        trans.open()
    assert failed.value.type == TTransportException.NOT_OPEN


@pytest.mark.parametrize("layer", [b"", b"sealed:"])
@pytest.mark.parametrize("piece", [1, 5, 1 << 20])
@pytest.mark.parametrize("protocol", [TBinaryProtocol, TBinaryProtocolAccelerated, TCompactProtocol])
def test_calls_go_over_wrapped_frames_of_any_size(protocol: Any, piece: int, layer: bytes) -> None:
    handler = calc.Handler()
    trans = transport(Server(calc.Processor(handler), protocol, layer, piece), layer=layer)
    trans.open()
    client = calc.Client(protocol(trans))
    assert client.add(1, 2) == 3
    assert client.joined("ü" * 3000, "a") == "a" + "ü" * 3000
    with pytest.raises(calc.Refused):
        client.add(1, 1000)
    with pytest.raises(TApplicationException):
        client.add(1, 1001)
    client.tell("hello")
    assert client.add(20, 22) == 42
    assert handler.told == ["hello"]


def test_a_frame_above_the_limit_is_not_read() -> None:
    trans = transport(Wire(message(COMPLETE) + b"\x00\x00\x04\x01" + bytes(1025)), max_frame_size=1024)
    trans.open()
    with pytest.raises(TTransportException, match=r"Frame size \(1025\) larger than the maximum \(1024\)") as failed:
        trans.read(1)
    assert failed.value.type == TTransportException.SIZE_LIMIT


@pytest.mark.parametrize("at", range(0, 12, 3))
def test_an_answer_that_is_cut_off_is_an_end_of_file(at: int) -> None:
    answer = frame(bytes.fromhex("80010002000000036164640000000008000000000003 00".replace(" ", "")))
    trans = transport(Wire(message(COMPLETE) + answer[:at]))
    trans.open()
    with pytest.raises((TTransportException, TProtocolException)) as failed:
        TBinaryProtocol(trans).readMessageBegin()
    assert isinstance(failed.value, EOFError)
