"""TZlibTransport and THeaderTransport in Apache's face: the classes' own ways, errors, limits."""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import Any

import pytest

import apache_side
from test_header import BINARY_CALL, COMPACT_CALL, MALFORMED, VECTORS, framed, headed

side = apache_side.Side("fastthrift.apache")
TTransportException = side.TTransport.TTransportException
TProtocolException = side.TProtocol.TProtocolException
TApplicationException = side.Thrift.TApplicationException
TMemoryBuffer = side.TTransport.TMemoryBuffer
TZlibTransport = side.TZlibTransport.TZlibTransport
THeaderTransport = side.THeaderTransport.THeaderTransport
THeaderProtocol = side.THeaderProtocol.THeaderProtocol
ALL = (0, 1, 2, 3, 4)

HELLO_TWICE = bytes.fromhex("78daca48cdc9c907000000ffffca001100000000ffff")


class Wire(side.TTransport.TTransportBase):  # type: ignore[misc,name-defined]
    """Gives its bytes in pieces, keeps what is written."""

    def __init__(self, data: bytes = b"", piece: int = 1 << 20) -> None:
        self.data = data
        self.piece = piece
        self.written = b""
        self.calls: list[str] = []

    def isOpen(self) -> bool:
        return True

    def open(self) -> None:
        self.calls.append("open")

    def close(self) -> None:
        self.calls.append("close")

    def listen(self) -> None:
        self.calls.append("listen")

    def accept(self) -> Any:
        return "accepted"

    def read(self, sz: int) -> bytes:
        chunk, self.data = self.data[: min(sz, self.piece)], self.data[min(sz, self.piece) :]
        return chunk

    def write(self, buf: bytes) -> None:
        self.written += buf

    def flush(self) -> None:
        self.calls.append("flush")


# ---- zlib


def test_zlib_bytes_are_apaches_and_a_flush_of_nothing_is_fine() -> None:
    wire = Wire()
    trans = TZlibTransport(wire)
    for _ in range(2):
        trans.write(b"hello")
        trans.flush()
    trans.flush()
    assert wire.written == HELLO_TWICE
    assert wire.calls == ["flush"] * 3


@pytest.mark.parametrize("piece", [1, 3, 1000])
def test_zlib_reads_in_any_pieces_and_ends(piece: int) -> None:
    trans = TZlibTransport(Wire(HELLO_TWICE, piece))
    assert trans.readAll(3) == b"hel"
    assert trans.readAll(7) == b"lohello"
    assert trans.read(1) == b""
    with pytest.raises(EOFError):
        trans.readAll(1)


def test_zlib_counts_as_apaches() -> None:
    wire = Wire()
    trans = TZlibTransport(wire)
    assert (trans.getCompRatio(), trans.getCompSavings()) == ((None, None), (0, 0))
    trans.write(b"a" * 1000)
    trans.flush()
    assert (trans.getCompRatio(), trans.getCompSavings()) == ((None, 0.017), (0, 983))
    back = TZlibTransport(Wire(wire.written))
    assert back.readAll(1000) == b"a" * 1000
    assert back.getCompRatio() == (1000 / 17, None)
    assert back.getCompSavings() == (-983, 0)
    assert (back.bytes_in, back.bytes_in_comp, back.bytes_out, back.bytes_out_comp) == (17, 1000, 0, 0)


def test_zlib_passes_on_what_is_below() -> None:
    wire = Wire(HELLO_TWICE)
    trans = TZlibTransport(wire)
    trans.listen()
    assert trans.accept() == "accepted"
    assert trans.isOpen()
    assert trans.readComp(3)
    trans.open()
    trans.close()
    assert wire.calls == ["listen", "open", "close"]


def test_zlib_refills_without_dropping_a_byte() -> None:
    trans = TZlibTransport(Wire(HELLO_TWICE, 4))
    assert trans.read(1) == b"h"
    # What is left of the buffer comes back as the beginning of the next one.
    rest = trans.cstringio_buf.getvalue()[trans.cstringio_buf.tell() :]
    buffer = trans.cstringio_refill(rest, 4)
    assert isinstance(buffer, BytesIO)
    assert buffer is trans.cstringio_buf
    assert buffer.read(4) == b"ello"
    assert trans.readAll(5) == b"hello"
    with pytest.raises(EOFError):
        trans.cstringio_refill(b"x", 2)


@pytest.mark.parametrize("size", [100, 50_000])
@pytest.mark.parametrize("accelerated", ["TBinaryProtocol", "TCompactProtocol"])
def test_accelerated_protocols_over_zlib_lose_nothing(accelerated: str, size: int) -> None:
    make = getattr(getattr(side, accelerated), accelerated + "Accelerated")
    wire = Wire()
    writer = make(TZlibTransport(wire))
    values = [side.types.Small(name="x" * size, id=number, inn=side.types.Inner(n=number)) for number in range(5)]
    for value in values:
        value.write(writer)
        writer.trans.flush()
    for piece in (7, 1 << 20):
        reader = make(TZlibTransport(Wire(wire.written, piece)))
        for value in values:
            found = side.types.Small()
            found.read(reader)
            assert found == value


def bomb(size: int) -> bytes:
    deflater = zlib.compressobj(9)
    return deflater.compress(bytes(size)) + deflater.flush(zlib.Z_SYNC_FLUSH)


def test_zlib_limits_a_message_and_not_the_connection() -> None:
    trans = TZlibTransport(Wire(bomb(90_000)), 9, 40_000)
    assert len(trans.readAll(40_000)) == 40_000
    trans.flush()
    assert len(trans.readAll(40_000)) == 40_000
    trans.begin_message()
    assert len(trans.readAll(10_000)) == 10_000
    for size in (40_001, 5_000_000):
        trans = TZlibTransport(Wire(bomb(size)), 9, 40_000)
        with pytest.raises(TTransportException) as raised:
            trans.readAll(40_001)
        assert raised.value.type == TTransportException.SIZE_LIMIT
    with pytest.raises(ValueError, match="positive"):
        TZlibTransport(Wire(), 9, 0)


def test_zlib_refuses_other_bytes() -> None:
    with pytest.raises(TProtocolException) as raised:
        TZlibTransport(Wire(b"no zlib at all")).read(1)
    assert raised.value.type == TProtocolException.INVALID_DATA


def test_zlib_factory_keeps_the_last_one() -> None:
    factory = side.TZlibTransport.TZlibTransportFactory()
    one, other = Wire(), Wire()
    first = factory.getTransport(one)
    assert factory.getTransport(one) is first
    assert factory.getTransport(other, 1, 10) is not first
    assert factory.getTransport(other).compresslevel == 1


# ---- headers


@pytest.mark.parametrize("name", VECTORS)
def test_header_frames_are_apaches(name: str) -> None:
    frame, how = VECTORS[name]
    data = bytes.fromhex(frame)
    wire = TMemoryBuffer()
    protocol = THeaderProtocol(wire, (0,), how.get("default_protocol", 0))
    if "pair" in how:
        protocol.set_header(*how["pair"])
    if "transform" in how:
        protocol.add_transform(how["transform"])
    protocol.writeMessageBegin("add", 1, 0)
    side.types.calls["add"][0](a=1, b=-2).write(protocol)
    protocol.writeMessageEnd()
    protocol.trans.flush()
    assert wire.getvalue() == data

    protocol = THeaderProtocol(TMemoryBuffer(data), (0,))
    assert protocol.readMessageBegin() == ("add", 1, 0)
    args = side.types.calls["add"][0]()
    args.read(protocol)
    protocol.readMessageEnd()
    assert (args.a, args.b) == (1, -2)
    assert protocol.get_headers() == dict([how["pair"]] if "pair" in how else [])


def test_header_values_one_by_one() -> None:
    for number in (0, 2):
        wire = TMemoryBuffer()
        out = THeaderProtocol(wire, (0,), number)
        out._fast_encode = None
        out.writeMessageBegin("echo", 1, 3)
        out._fast_encode = None
        side.small().write(out)
        out.writeMessageEnd()
        out.trans.flush()
        back = THeaderProtocol(TMemoryBuffer(wire.getvalue()), (0,))
        assert back.readMessageBegin() == ("echo", 1, 3)
        back._fast_decode = None
        found = side.types.Small()
        found.read(back)
        assert found == side.small()
        back = THeaderProtocol(TMemoryBuffer(wire.getvalue()), (0,))
        back.readMessageBegin()
        back.skip(12)
        back.readMessageEnd()


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_frames_are_refused_in_apaches_words(name: str) -> None:
    protocol = THeaderProtocol(TMemoryBuffer(MALFORMED[name]), ALL)
    with pytest.raises((TTransportException, TProtocolException, EOFError)):
        protocol.readMessageBegin()


def test_dialects_that_are_not_allowed() -> None:
    for number, data in ((1, framed(BINARY_CALL)), (2, BINARY_CALL), (3, framed(COMPACT_CALL)), (4, COMPACT_CALL)):
        with pytest.raises(TTransportException, match=f"Client type {number} not allowed by server") as raised:
            THeaderProtocol(TMemoryBuffer(data), (0,)).readMessageBegin()
        assert raised.value.type == TTransportException.INVALID_CLIENT_TYPE
        assert THeaderProtocol(TMemoryBuffer(data), ALL).readMessageBegin() == ("add", 1, 0)
    factory = side.THeaderProtocol.THeaderProtocolFactory()
    with pytest.raises(TTransportException):
        factory.getProtocol(TMemoryBuffer(BINARY_CALL)).readMessageBegin()


class _Wire(Wire):
    pass


def test_unknown_protocols_and_transforms_are_answered() -> None:
    for data, kind in ((headed(b"x", 1, seqid=7), 9), (headed(b"x", 0, b"\1\2", seqid=7), 8)):
        wire = _Wire(data + headed(BINARY_CALL))
        protocol = THeaderProtocol(wire, ALL)
        assert protocol.readMessageBegin() == ("add", 1, 0)
        answer = THeaderProtocol(TMemoryBuffer(wire.written), (0,))
        assert answer.readMessageBegin() == ("", 3, 7)
        error = TApplicationException()
        error.read(answer)
        assert error.type == kind


def test_a_client_raises_what_it_cannot_understand() -> None:
    wire = _Wire(headed(b"x", 0, b"\1\2", seqid=7))
    protocol = THeaderProtocol(wire, (0,))
    protocol.writeMessageBegin("add", 1, 0)
    protocol.writeMessageEnd()
    with pytest.raises(TApplicationException) as raised:
        protocol.readMessageBegin()
    assert raised.value.type == TApplicationException.INVALID_TRANSFORM


@pytest.mark.parametrize(
    "what",
    [
        lambda t: t.add_transform(2),
        lambda t: t.set_header("k", b"v"),
        lambda t: t.set_header(b"k", "v"),
        lambda t: t.set_max_frame_size(0),
        lambda t: t.set_max_frame_size(0x40000000),
        lambda t: t.set_max_decompressed_size(0),
    ],
)
def test_header_misuse_is_a_value_error(what: Any) -> None:
    with pytest.raises(ValueError):
        what(THeaderTransport(TMemoryBuffer(), (0,)))
    with pytest.raises(TProtocolException) as raised:
        THeaderProtocol(TMemoryBuffer(), (0,), 1)
    assert raised.value.type == TProtocolException.INVALID_PROTOCOL


def test_header_limits_hold_both_ways() -> None:
    trans = THeaderTransport(TMemoryBuffer(headed(BINARY_CALL)), (0,))
    trans.set_max_frame_size(20)
    with pytest.raises(TTransportException) as raised:
        trans.readFrame(0)
    assert raised.value.type == TTransportException.SIZE_LIMIT
    trans.write(b"x" * 30)
    with pytest.raises(TTransportException):
        trans.flush()
    trans = THeaderTransport(TMemoryBuffer(headed(zlib.compress(bytes(2000)), 0, b"\1\1")), (0,))
    trans.set_max_decompressed_size(1999)
    with pytest.raises(TTransportException):
        trans.readFrame(0)


def test_header_transport_by_itself() -> None:
    wire = TMemoryBuffer()
    trans = THeaderTransport(wire, (0,), 2)
    assert trans.protocol_id == 2
    trans.flags, trans.sequence_id = 5, 6
    trans.write(COMPACT_CALL)
    trans.flush()
    trans.flush()
    back = THeaderTransport(TMemoryBuffer(wire.getvalue()), (0,))
    assert back.readAll(len(COMPACT_CALL)) == COMPACT_CALL
    assert (back.protocol_id, back.flags, back.sequence_id) == (2, 5, 6)
    assert back.isOpen()
    back.close()
    back.open()
