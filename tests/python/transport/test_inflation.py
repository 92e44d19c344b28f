"""Undoing zlib within limits: never more in memory than allowed, and nothing that is cut off or goes on taken for whole."""

from __future__ import annotations

import random
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from fastthrift.inflation import DEFAULT_MAX_INFLATED, Inflater, inflated
from fastthrift.protocol.exc import TProtocolException
from fastthrift.thrift import TTransportException

HELLO = zlib.compress(b"hello" * 10)


@pytest.mark.parametrize("level", [0, 1, 6, 9])
@pytest.mark.parametrize("size", [0, 1, 99, 65535, 65536, 65537, 300_000])
def test_a_whole_stream_is_what_was_compressed(size: int, level: int) -> None:
    data = random.Random(size).randbytes(size // 2) + bytes(size - size // 2)
    assert inflated(zlib.compress(data, level), size) == data


@pytest.mark.parametrize(
    ("size", "most", "fits"), [(50, 50, True), (50, 49, False), (50, 51, True), (0, 0, True), (1, 0, False)]
)
def test_the_limit_is_the_most_that_may_come_out(size: int, most: int, fits: bool) -> None:
    data = zlib.compress(b"x" * size)
    if fits:
        assert inflated(data, most) == b"x" * size
        return
    with pytest.raises(TTransportException) as caught:
        inflated(data, most)
    assert (caught.value.type, caught.value.message) == (
        TTransportException.SIZE_LIMIT, f"the inflated message is longer than {most} bytes"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "bad zlib data: the stream has no end"),
        (HELLO[:-1], "bad zlib data: the stream has no end"),
        (HELLO[:5], "bad zlib data: the stream has no end"),
        (HELLO + b"z", "bad zlib data: 1 bytes behind the end of the stream"),
        (HELLO + HELLO, f"bad zlib data: {len(HELLO)} bytes behind the end of the stream"),
        (b"\x00" + HELLO, "bad zlib data: Error -3 while decompressing data: incorrect header check"),
        (HELLO[:-4] + b"\0\0\0\0", "bad zlib data: Error -3 while decompressing data: incorrect data check"),
    ],
)
def test_what_is_no_one_stream_is_refused(data: bytes, text: str) -> None:
    with pytest.raises(TProtocolException) as caught:
        inflated(data, 1000)
    assert (caught.value.type, caught.value.message) == (TProtocolException.INVALID_DATA, text)


def peak(work: Callable[[], Any]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_bomb_takes_no_more_memory_than_the_limit() -> None:
    bomb = zlib.compress(bytes(20_000_000), 9)
    assert len(bomb) < 30_000

    def whole() -> None:
        with pytest.raises(TTransportException):
            inflated(bomb, 100_000)

    def piecewise() -> None:
        source = Source(bomb)
        with pytest.raises(TTransportException):
            while source.inflater.read(4096, source.read):
                pass

    assert peak(whole) < 1_500_000
    assert peak(piecewise) < 1_500_000


class Source:
    """The transport below: gives its bytes in pieces, then nothing."""

    def __init__(self, data: bytes, piece: int = 1 << 20, most: int | None = 100_000) -> None:
        self.data = data
        self.piece = piece
        self.asked = 0
        self.inflater = Inflater(most)

    def read(self, sz: int) -> bytes:
        self.asked += 1
        size = min(sz, self.piece)
        found, self.data = self.data[:size], self.data[size:]
        return found

    def all(self, sz: int = 100) -> bytes:
        chunks = []
        while chunk := self.inflater.read(sz, self.read):
            chunks.append(chunk)
        return b"".join(chunks)


def flushed(*messages: bytes) -> bytes:
    """As a connection has them: one stream, flushed behind each message, that never ends."""
    stream = zlib.compressobj()
    return b"".join(stream.compress(each) + stream.flush(zlib.Z_SYNC_FLUSH) for each in messages)


@pytest.mark.parametrize("piece", [1, 2, 7, 4096])
@pytest.mark.parametrize("sz", [1, 3, 100, 1 << 20])
def test_a_stream_in_any_pieces_is_read_in_any_pieces(piece: int, sz: int) -> None:
    data = random.Random(1).randbytes(500) + b"abc" * 300
    source = Source(flushed(data[:10], data[10:]), piece)
    assert source.all(sz) == data


def test_what_is_there_is_given_without_asking_below_again() -> None:
    source = Source(flushed(b"hello"))
    assert source.inflater.read(100, source.read) == b"hello"
    assert source.asked == 1
    source = Source(flushed(b"hello"))
    assert source.inflater.read(2, source.read) == b"he"
    assert source.inflater.read(100, source.read) == b"llo"
    assert source.asked == 1


def test_a_piece_that_stands_for_much_is_inflated_in_steps() -> None:
    data = bytes(300_000)
    source = Source(flushed(data), most=None)
    first = source.inflater.read(1 << 20, source.read)
    assert 0 < len(first) <= 64 * 1024
    assert source.asked == 1
    assert first + source.all(1 << 20) == data


def test_bytes_in_and_out_are_counted() -> None:
    data = flushed(b"x" * 1000)
    source = Source(data)
    source.all()
    assert (source.inflater.bytes_in, source.inflater.bytes_out) == (len(data), 1000)


@pytest.mark.parametrize("begins", [True, False])
def test_the_limit_is_that_of_a_message_where_messages_are_told_apart(begins: bool) -> None:
    source = Source(flushed(*[b"x" * 60] * 5), most=100)
    for number in range(5):
        if begins:
            source.inflater.begin_message()
        read = 0
        if number and not begins:
            with pytest.raises(TTransportException, match="longer than 100 bytes"):
                while read < 60:
                    read += len(source.inflater.read(60 - read, source.read))
            return
        while read < 60:
            read += len(source.inflater.read(60 - read, source.read))
    assert begins


def test_without_a_limit_any_size_is_read() -> None:
    data = bytes(1_000_000)
    assert Source(zlib.compress(data)[:-1] + b"", most=None).all(1 << 20) == data


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"not zlib at all", "incorrect header check"),
        (flushed(b"abc") + b"\xff\xff\xff\xff", "Error -3"),
        (zlib.compress(b"abc") + b"more", "the stream has ended"),
    ],
)
def test_bytes_that_are_no_stream_are_a_protocol_exception(data: bytes, text: str) -> None:
    source = Source(data)
    with pytest.raises(TProtocolException) as caught:
        source.all()
    assert caught.value.type == TProtocolException.INVALID_DATA
    assert text in caught.value.message


def test_the_end_of_what_is_below_is_the_end() -> None:
    source = Source(b"")
    assert source.inflater.read(10, source.read) == b""
    source = Source(flushed(b"abc"))
    assert source.inflater.read(10, source.read) == b"abc"
    assert source.inflater.read(10, source.read) == b""
    assert source.inflater.read(10, source.read) == b""


def test_a_stream_that_was_read_to_its_end_below_goes_on_with_new_bytes() -> None:
    stream = zlib.compressobj()
    first = stream.compress(b"one") + stream.flush(zlib.Z_SYNC_FLUSH)
    source = Source(first)
    assert source.all() == b"one"
    source.data = stream.compress(b"two") + stream.flush(zlib.Z_SYNC_FLUSH)
    assert source.all() == b"two"


@pytest.mark.parametrize("seed", range(4))
def test_mutated_streams_give_bytes_or_an_exception_of_thrift(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(150):
        data = bytearray(flushed(rng.randbytes(40), b"a" * 50))
        for _ in range(rng.randint(1, 3)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            assert len(Source(bytes(data), rng.choice([1, 5, 4096])).all()) <= 100_000
        except (TProtocolException, TTransportException):
            pass


def test_the_default_limit_is_that_of_a_frame() -> None:
    assert Inflater().most == DEFAULT_MAX_INFLATED == 16_384_000
