"""TZlibTransport: what it writes and reads, in any pieces, and how much it lets a peer inflate."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import pytest

from fastthrift.inflation import Inflater, inflated
from fastthrift.protocol import TBinaryProtocol, TProtocolBase
from fastthrift.protocol.exc import TProtocolException
from fastthrift.transport import (
    TBufferedTransport,
    TMemoryBuffer,
    TTransportBase,
    TTransportException,
    TZlibTransport,
    TZlibTransportFactory,
)

# "hello" flushed twice, as Apache's Python writes it.
HELLO_TWICE = bytes.fromhex("78daca48cdc9c907000000ffffca001100000000ffff")


class Wire(TTransportBase):
    """Gives its bytes in pieces, keeps what is written."""

    def __init__(self, data: bytes = b"", piece: int = 1 << 20) -> None:
        self.data = data
        self.piece = piece
        self.written: list[bytes] = []
        self.flushes = 0
        self.is_closed = False

    def is_open(self) -> bool:
        return not self.is_closed

    def open(self) -> None:
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True

    def _read(self, sz: int) -> bytes:
        chunk, self.data = self.data[: min(sz, self.piece)], self.data[min(sz, self.piece) :]
        return chunk

    def write(self, buf: Any) -> None:
        self.written.append(bytes(buf))

    def flush(self) -> None:
        self.flushes += 1


def test_bytes_are_apaches() -> None:
    wire = Wire()
    trans = TZlibTransport(wire)
    for _ in range(2):
        trans.write(b"hel")
        trans.write(b"lo")
        trans.flush()
    assert b"".join(wire.written) == HELLO_TWICE
    assert len(wire.written) == 2


def test_a_flush_with_nothing_written_sends_nothing() -> None:
    wire = Wire()
    trans = TZlibTransport(wire)
    trans.flush()
    assert wire.written == []
    trans.write(b"hello")
    trans.flush()
    trans.flush()
    assert len(wire.written) == 1


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1000])
def test_pieces_make_no_difference(piece: int) -> None:
    trans = TZlibTransport(Wire(HELLO_TWICE, piece))
    assert trans.read(3) == b"hel"
    assert trans.read(7) == b"lohello"


def test_a_piece_may_stand_for_many_reads_and_a_read_for_many_pieces() -> None:
    deflater = zlib.compressobj()
    messages = [b"a" * 200_000, b"b", b"", b"c" * 70_000]
    stream = b"".join(deflater.compress(each) + deflater.flush(zlib.Z_SYNC_FLUSH) for each in messages)
    whole = b"".join(messages)
    for piece in (5, 4096, 1 << 20):
        trans = TZlibTransport(Wire(stream, piece))
        found = b""
        while len(found) < len(whole):
            found += trans.read(min(33_333, len(whole) - len(found)))
        assert found == whole
        with pytest.raises(TTransportException) as raised:
            trans.read(1)
        assert raised.value.type == TTransportException.END_OF_FILE


def test_the_end_in_the_middle_is_the_end() -> None:
    for size in range(len(HELLO_TWICE) // 2):
        with pytest.raises(TTransportException):
            TZlibTransport(Wire(HELLO_TWICE[:size])).read(6)


@pytest.mark.parametrize("data", [b"no zlib at all", HELLO_TWICE[:2] + b"\xff" * 10, b"\x78\xda" + b"\x07" * 4])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(TProtocolException) as raised:
        TZlibTransport(Wire(data)).read(1)
    assert raised.value.type == TProtocolException.INVALID_DATA
    assert "bad zlib data" in str(raised.value)


def test_a_stream_that_has_ended_gives_no_more() -> None:
    trans = TZlibTransport(Wire(zlib.compress(b"hello") + b"more"))
    assert trans.read(5) == b"hello"
    with pytest.raises(TProtocolException, match="ended"):
        trans.read(1)


@pytest.mark.parametrize("inner", [lambda wire: wire, TBufferedTransport, lambda wire: TBufferedTransport(wire, 1024)])
def test_native_transports_below_are_not_waited_for(inner: Any) -> None:
    assert TZlibTransport(inner(Wire(HELLO_TWICE, 3))).read(10) == b"hellohello"


# ---- the limit


def bomb(size: int) -> bytes:
    deflater = zlib.compressobj(9)
    return deflater.compress(bytes(size)) + deflater.flush(zlib.Z_SYNC_FLUSH)


def test_a_message_is_inflated_up_to_the_limit() -> None:
    trans = TZlibTransport(Wire(bomb(100_000)), max_decompressed_size=100_000)
    assert trans.read(100_000) == bytes(100_000)
    for size in (100_001, 5_000_000):
        trans = TZlibTransport(Wire(bomb(size)), max_decompressed_size=100_000)
        with pytest.raises(TTransportException, match="100000 bytes") as raised:
            trans.read(100_001)
        assert raised.value.type == TTransportException.SIZE_LIMIT


def test_a_bomb_takes_no_memory() -> None:
    inflater = Inflater(16_384_000)
    wire = Wire(bomb(50_000_000))
    assert len(wire.data) < 60_000
    while len(chunk := inflater.read(1 << 30, wire._read)) > 0:
        assert len(chunk) <= 64 * 1024
        if inflater.bytes_out > 16_000_000:
            break
    with pytest.raises(TTransportException):
        while True:
            inflater.read(1 << 30, wire._read)
    assert inflater.bytes_out <= 16_384_000 + 64 * 1024


def test_the_limit_is_of_a_message_not_of_the_connection() -> None:
    trans = TZlibTransport(Wire(bomb(80_000) + b""), max_decompressed_size=50_000)
    assert len(trans.read(40_000)) == 40_000
    trans.write(b"answer")
    trans.flush()
    assert len(trans.read(40_000)) == 40_000

    trans = TZlibTransport(Wire(bomb(80_000)), max_decompressed_size=50_000)
    assert len(trans.read(40_000)) == 40_000
    trans.begin_message()
    assert len(trans.read(40_000)) == 40_000


def test_no_limit_can_be_asked_for_but_none_below_a_byte() -> None:
    assert TZlibTransport(Wire(bomb(20_000_000)), max_decompressed_size=None).read(20_000_000) == bytes(20_000_000)
    for size in (0, -1):
        with pytest.raises(ValueError, match="positive"):
            TZlibTransport(Wire(), max_decompressed_size=size)


def test_a_string_beyond_the_limit_is_refused_by_the_protocol_as_well() -> None:
    deflater = zlib.compressobj(9)
    data = deflater.compress(struct.pack("!i", 20_000_000) + bytes(20_000_000)) + deflater.flush(zlib.Z_SYNC_FLUSH)
    protocol: TProtocolBase = TBinaryProtocol(TZlibTransport(Wire(data)))
    with pytest.raises(TTransportException) as raised:
        protocol.skip(11)
    assert raised.value.type == TTransportException.SIZE_LIMIT


# ---- around it


def test_opening_begins_both_streams_anew() -> None:
    wire = Wire(HELLO_TWICE)
    trans = TZlibTransport(wire)
    assert trans.read(2) == b"he"
    trans.close()
    assert not trans.is_open()
    wire.data = HELLO_TWICE
    trans.open()
    assert trans.read(10) == b"hellohello"


def test_what_is_below_is_reached() -> None:
    class Sock(Wire):
        sock = object()

    wire = Sock()
    trans = TZlibTransport(TBufferedTransport(wire))
    assert trans.sock is wire.sock
    trans.write(b"x")
    trans.clean()
    trans.flush()
    assert wire.written == []


def test_the_factory_passes_its_options_on() -> None:
    trans = TZlibTransportFactory(0, 10).get_transport(Wire(bomb(11)))
    with pytest.raises(TTransportException, match="10 bytes"):
        trans.read(11)
    wire = Wire()
    trans = TZlibTransportFactory(compresslevel=0).get_transport(wire)
    trans.write(b"stored as it is")
    trans.flush()
    assert b"stored as it is" in wire.written[0]


def test_over_memory_it_gives_what_there_is() -> None:
    assert TZlibTransport(TMemoryBuffer(HELLO_TWICE)).read(10) == b"hellohello"


# ---- whole streams, as THeader has them


@pytest.mark.parametrize("size", [0, 1, 999, 1000])
def test_a_whole_stream_is_inflated(size: int) -> None:
    assert inflated(zlib.compress(bytes(size)), 1000) == bytes(size)


@pytest.mark.parametrize(
    ("data", "kind", "words"),
    [
        (zlib.compress(bytes(1001)), 6, "longer than 1000"),
        (zlib.compress(bytes(5_000_000)), 6, "longer than 1000"),
        (zlib.compress(b"hello")[:-1], 1, "no end"),
        (b"", 1, "no end"),
        (zlib.compress(b"hello") + b"x", 1, "1 bytes behind the end"),
        (zlib.compress(b"hello")[:-1] + b"x", 1, "bad zlib data"),
        (b"hello", 1, "bad zlib data"),
    ],
)
def test_no_other_stream_is(data: bytes, kind: int, words: str) -> None:
    with pytest.raises((TTransportException, TProtocolException), match=words) as raised:
        inflated(data, 1000)
    assert raised.value.type == kind
