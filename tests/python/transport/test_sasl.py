"""SASL: the negotiation, the frames after it, and what a server may send that is neither."""

from __future__ import annotations

import copy
import struct
from typing import Any, Optional

import pytest

from fastthrift.protocol import TBinaryProtocol, TCompactProtocol
from fastthrift.thrift import TException, TPayload, TTransportException, TType
from fastthrift.transport import TBufferedTransport, TMemoryBuffer
from fastthrift.transport import TSaslClientTransport as TDefault
from fastthrift.transport import TSaslClientTransportFactory as TDefaultFactory
from fastthrift.transport.sasl import (
    TCySaslClientTransport,
    TCySaslClientTransportFactory,
    TSaslClientTransport,
    TSaslClientTransportFactory,
)

START, OK, BAD, ERROR, COMPLETE = 1, 2, 3, 4, 5


class Mechanism:
    """A `sasl.Client`: `layer` is put in front of the data by one that protects them."""

    def __init__(self, layer: bytes = b"", answers: bool = True, initial: Any = b"first") -> None:
        self.layer = layer
        self.answers = answers
        self.initial = initial
        self.challenges: list[bytes] = []
        self.encoded = 0

    def start(self, mechanism: str) -> tuple[bool, str, Any]:
        return self.answers, mechanism, self.initial

    def step(self, challenge: bytes) -> tuple[bool, bytes]:
        self.challenges.append(challenge)
        return challenge != b"unknown", b"answer"

    def encode(self, data: bytes) -> tuple[bool, bytes]:
        self.encoded += 1
        return True, frame(self.layer + data) if self.layer else data

    def decode(self, data: bytes) -> tuple[bool, bytes]:
        body = data[4:]
        return body.startswith(self.layer), body[len(self.layer) :]

    def getError(self) -> str:
        return "the mechanism's reason"


class Wire:
    """What is below: gives the bytes it was given, and keeps what is written."""

    def __init__(self, incoming: bytes = b"", most: Optional[int] = None) -> None:
        self.incoming = incoming
        self.most = most
        self.written: list[bytes] = []
        self.flushes = 0
        self.opened = False

    def is_open(self) -> bool:
        return self.opened

    def open(self) -> None:
        self.opened = True

    def close(self) -> None:
        self.opened = False

    def read(self, count: int) -> bytes:
        count = count if self.most is None else min(count, self.most)
        taken, self.incoming = self.incoming[:count], self.incoming[count:]
        return taken

    def write(self, data: bytes) -> None:
        self.written.append(bytes(data))

    def flush(self) -> None:
        self.flushes += 1


def message(status: int, body: bytes = b"") -> bytes:
    return struct.pack(">BI", status, len(body)) + body


def frame(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body


@pytest.fixture(params=[TSaslClientTransport, TCySaslClientTransport])
def cls(request: pytest.FixtureRequest) -> Any:
    return request.param


def opened(cls: Any, mechanism: Mechanism, incoming: bytes = b"", most: Optional[int] = None) -> tuple[Any, Wire]:
    wire = Wire(message(COMPLETE) + incoming, most)
    trans = cls(lambda: mechanism, "PLAIN", wire)
    trans.open()
    wire.written.clear()
    return trans, wire


def test_the_names_without_cy_of_the_package_are_the_compiled_ones_of_thriftpy2() -> None:
    assert TDefault is TCySaslClientTransport
    assert TDefaultFactory is TCySaslClientTransportFactory
    assert issubclass(TCySaslClientTransport, TSaslClientTransport)
    assert [TDefault.START, TDefault.OK, TDefault.BAD, TDefault.ERROR, TDefault.COMPLETE] == [1, 2, 3, 4, 5]


def test_a_challenge_is_answered_until_the_server_is_content(cls: Any) -> None:
    mechanism = Mechanism()
    wire = Wire(message(OK, b"one") + message(OK, b"two") + message(COMPLETE))
    trans = cls(lambda: mechanism, "PLAIN", wire)
    assert not trans.is_open()
    trans.open()
    assert trans.is_open()
    assert wire.written == [
        message(START, b"PLAIN"),
        message(OK, b"first"),
        message(OK, b"answer"),
        message(OK, b"answer"),
    ]
    assert mechanism.challenges == [b"one", b"two"]


@pytest.mark.parametrize(("initial", "sent"), [(None, b""), ("é", "é".encode()), (b"\x00\xff", b"\x00\xff")])
def test_the_first_answer_may_be_text_or_bytes_or_nothing(cls: Any, initial: Any, sent: bytes) -> None:
    wire = Wire(message(COMPLETE))
    cls(lambda: Mechanism(initial=initial), b"PLAIN", wire).open()
    assert wire.written == [message(START, b"PLAIN"), message(OK, sent)]


@pytest.mark.parametrize(
    ("mechanism", "incoming", "kind", "text"),
    [
        (
            Mechanism(answers=False),
            b"",
            TTransportException.NOT_OPEN,
            "Could not start SASL: the mechanism's reason",
        ),
        (Mechanism(), message(BAD, b"denied"), TTransportException.NOT_OPEN, "Bad status: 3 (denied)"),
        (Mechanism(), message(ERROR, b"\xff"), TTransportException.NOT_OPEN, "Bad status: 4 (\ufffd)"),
        (Mechanism(), message(START), TTransportException.NOT_OPEN, "Bad status: 1 ()"),
        (Mechanism(), message(0), TTransportException.NOT_OPEN, "Bad status: 0 ()"),
        (
            Mechanism(),
            message(OK, b"unknown"),
            TTransportException.NOT_OPEN,
            "Bad SASL result: the mechanism's reason",
        ),
        (
            Mechanism(),
            message(OK) * 200,
            TTransportException.NOT_OPEN,
            "Bad SASL result: no end after 100 challenges",
        ),
        (
            Mechanism(),
            b"\x05\x7f\xff\xff\xff",
            TTransportException.SIZE_LIMIT,
            "a SASL message of 2147483647 bytes; the limit is 1048576",
        ),
        (Mechanism(), b"", TTransportException.END_OF_FILE, "End of file reading from transport"),
        (Mechanism(), b"\x05\x00", TTransportException.END_OF_FILE, "End of file reading from transport"),
        (
            Mechanism(),
            b"\x05\x00\x00\x00\x05abc",
            TTransportException.END_OF_FILE,
            "End of file reading from transport",
        ),
    ],
)
def test_a_failed_negotiation_says_why_and_leaves_nothing_open(
    cls: Any, mechanism: Mechanism, incoming: bytes, kind: int, text: str
) -> None:
    wire = Wire(incoming)
    mechanism = copy.deepcopy(mechanism)
    trans = cls(lambda: mechanism, "PLAIN", wire)
    with pytest.raises(TTransportException) as caught:
        trans.open()
    assert (caught.value.type, caught.value.message) == (kind, text)
    assert not trans.is_open()
    assert not wire.opened
    wire.incoming = message(COMPLETE)
    mechanism.answers = True
    trans.open()
    assert trans.is_open()


def test_opening_twice_is_refused(cls: Any) -> None:
    trans, _ = opened(cls, Mechanism())
    with pytest.raises(TTransportException, match="Already open!") as caught:
        trans.open()
    assert caught.value.type == TTransportException.ALREADY_OPEN
    assert trans.is_open()


def test_a_transport_below_that_is_open_is_not_opened_again(cls: Any) -> None:
    wire = Wire(message(COMPLETE))
    wire.opened = True
    wire.open = lambda: pytest.fail("opened twice")  # type: ignore[assignment, return-value]
    cls(lambda: Mechanism(), "PLAIN", wire).open()


def test_what_is_written_leaves_as_one_frame_with_flush(cls: Any) -> None:
    trans, wire = opened(cls, Mechanism())
    trans.write(b"he")
    trans.write(bytearray(b"llo"))
    assert wire.written == []
    before = wire.flushes
    trans.flush()
    assert wire.written == [frame(b"hello")]
    assert wire.flushes == before + 1


def test_flush_without_data_sends_no_frame(cls: Any) -> None:
    trans, wire = opened(cls, Mechanism(layer=b"X"))
    trans.flush()
    assert wire.written == []
    assert trans.encode is None


def test_a_mechanism_that_protects_encodes_each_piece_once(cls: Any) -> None:
    mechanism = Mechanism(layer=b"X")
    trans, wire = opened(cls, mechanism)
    for piece in (b"a", b"bc"):
        trans.write(piece)
        trans.flush()
    assert wire.written == [frame(b"Xa"), frame(b"Xbc")]
    assert mechanism.encoded == 2
    wire.incoming = frame(b"Xworld") + frame(b"X!")
    assert trans.read(6) == b"world!"


def test_a_mechanism_that_does_not_protect_is_asked_once(cls: Any) -> None:
    mechanism = Mechanism()
    trans, wire = opened(cls, mechanism)
    for piece in (b"a", b"bc"):
        trans.write(piece)
        trans.flush()
    assert wire.written == [frame(b"a"), frame(b"bc")]
    assert mechanism.encoded == 1


@pytest.mark.parametrize("most", [None, 1, 3])
def test_reads_are_exact_across_frames(cls: Any, most: Optional[int]) -> None:
    trans, _ = opened(cls, Mechanism(), frame(b"ab") + frame(b"cdef") + frame(b"g"), most)
    assert trans.read(1) == b"a"
    assert trans.read(4) == b"bcde"
    assert trans.read(0) == b""
    assert trans.read(2) == b"fg"


@pytest.mark.parametrize(
    ("incoming", "kind", "text"),
    [
        (frame(b""), TTransportException.END_OF_FILE, "Received empty SASL frame while more data expected"),
        (frame(b"ab"), TTransportException.END_OF_FILE, "End of file reading from transport"),
        (frame(b"abcd")[:-1], TTransportException.END_OF_FILE, "End of file reading from transport"),
        (b"\x00\x00", TTransportException.END_OF_FILE, "End of file reading from transport"),
        (
            b"\x7f\xff\xff\xff",
            TTransportException.SIZE_LIMIT,
            "a SASL frame of 2147483647 bytes; the limit is 16384000",
        ),
    ],
)
def test_bad_frames_are_transport_exceptions(cls: Any, incoming: bytes, kind: int, text: str) -> None:
    trans, _ = opened(cls, Mechanism(), incoming)
    with pytest.raises(TTransportException) as caught:
        trans.read(4)
    assert (caught.value.type, caught.value.message) == (kind, text)


def test_a_frame_that_the_mechanism_refuses_is_a_transport_exception(cls: Any) -> None:
    trans, wire = opened(cls, Mechanism(layer=b"X"))
    trans.write(b"a")
    trans.flush()
    wire.incoming = frame(b"Yworld")
    with pytest.raises(TTransportException, match="Bad SASL result: the mechanism's reason"):
        trans.read(5)


def test_nothing_goes_over_a_transport_that_is_not_open(cls: Any) -> None:
    trans = cls(Mechanism, "PLAIN", Wire(frame(b"abc")))
    trans.write(b"a")
    for action in (trans.flush, lambda: trans.read(1)):
        with pytest.raises(TTransportException) as caught:
            action()
        assert caught.value.type == TTransportException.NOT_OPEN


def test_a_closed_transport_opens_again_with_a_new_mechanism(cls: Any) -> None:
    made: list[Mechanism] = []

    def factory() -> Mechanism:
        made.append(Mechanism(layer=b"X" * len(made)))
        return made[-1]

    wire = Wire(message(COMPLETE) + frame(b"rest"))
    trans = cls(factory, "PLAIN", wire)
    trans.open()
    trans.write(b"a")
    trans.flush()
    assert trans.read(2) == b"re"
    trans.write(b"unsent")
    trans.close()
    assert not wire.opened
    wire.incoming = message(COMPLETE)
    trans.open()
    trans.write(b"b")
    trans.flush()
    assert wire.written[-1] == frame(b"Xb")
    assert len(made) == 2


def test_clean_drops_half_a_message(cls: Any) -> None:
    trans, wire = opened(cls, Mechanism(), frame(b"abc") + frame(b"d"))
    trans.write(b"half")
    assert trans.read(1) == b"a"
    trans.clean()
    trans.flush()
    assert wire.written == []
    assert trans.read(1) == b"d"


def test_the_socket_below_is_reachable(cls: Any) -> None:
    wire = Wire()
    assert cls(Mechanism, "PLAIN", wire).sock is None
    wire.sock = "the sock"  # type: ignore[attr-defined]
    assert cls(Mechanism, "PLAIN", wire).sock == "the sock"


@pytest.mark.parametrize(
    ("factory", "made"),
    [
        (TSaslClientTransportFactory, TSaslClientTransport),
        (TCySaslClientTransportFactory, TCySaslClientTransport),
    ],
)
def test_a_factory_gives_each_transport_its_own_negotiation(factory: Any, made: Any) -> None:
    clients: list[Mechanism] = []

    def new() -> Mechanism:
        clients.append(Mechanism())
        return clients[-1]

    maker = factory(new, "PLAIN")
    for _ in range(2):
        trans = maker.get_transport(Wire(message(COMPLETE)))
        assert type(trans) is made
        trans.open()
    assert len(clients) == 2


class Item(TPayload):
    thrift_spec = {1: (TType.I32, "number", False), 2: (TType.STRING, "text", False)}
    default_spec = [("number", None), ("text", None)]


@pytest.mark.parametrize("layer", [b"", b"secret"])
@pytest.mark.parametrize("protocol", [TBinaryProtocol, TCompactProtocol])
@pytest.mark.parametrize("outer", [lambda trans: trans, TBufferedTransport])
def test_protocols_work_over_it(cls: Any, layer: bytes, protocol: Any, outer: Any) -> None:
    trans, wire = opened(cls, Mechanism(layer=layer))
    proto = protocol(outer(trans))
    for number in (1, 2):
        proto.write_struct(Item(number, "é" * number))
        proto.trans.flush()
    wire.incoming = b"".join(wire.written)
    assert [proto.read_struct(Item()) for _ in range(2)] == [Item(1, "é"), Item(2, "éé")]


def test_every_prefix_of_a_session_is_a_thrift_exception(cls: Any) -> None:
    plain = TMemoryBuffer()
    TBinaryProtocol(plain).write_struct(Item(1, "abc"))
    session = message(OK, b"one") + message(COMPLETE) + frame(plain.getvalue())
    for end in range(len(session)):
        trans = cls(Mechanism, "PLAIN", Wire(session[:end]))
        with pytest.raises(TException):
            trans.open()
            TBinaryProtocol(trans).read_struct(Item())
