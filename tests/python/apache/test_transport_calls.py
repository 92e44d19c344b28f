"""Transports used by hand, in any order of calls: what they give, raise and pass on is what Apache's do."""

from __future__ import annotations

import importlib
import random
import struct
from io import BytesIO
from typing import Any

import pytest

pytest.importorskip("thrift")

ROOTS = {"ours": "fastthrift.apache", "theirs": "thrift"}

Call = tuple[str, tuple[Any, ...]]


def part(who: str, path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(f"{ROOTS[who]}.{module}"), name)


class Below:
    """A transport that gives what it has in pieces, and remembers what it is asked for."""

    def __init__(self, who: str, data: bytes, piece: int, fails: str = "") -> None:
        self.data = data
        self.piece = piece
        self.fails = fails
        self.asked: list[Any] = []
        self.eof = part(who, "transport.TTransport.TTransportException")
        self.is_opened = True

    def isOpen(self) -> bool:
        return self.is_opened

    def open(self) -> None:
        self.asked.append("open")
        self.is_opened = True

    def close(self) -> None:
        self.asked.append("close")
        self.is_opened = False

    def read(self, sz: int) -> bytes:
        size = min(sz, self.piece)
        found, self.data = self.data[:size], self.data[size:]
        return found

    def readAll(self, sz: int) -> bytes:
        found = b""
        while len(found) < sz:
            chunk = self.read(sz - len(found))
            if not chunk:
                raise EOFError
            found += chunk
        return found

    def write(self, buf: bytes) -> None:
        self.asked.append(bytes(buf))
        if self.fails == "write":
            raise self.eof(1, "not now")

    def flush(self) -> None:
        self.asked.append("flush")
        if self.fails == "flush":
            raise self.eof(1, "not now")


CALLS: list[Call] = [
    ("isOpen", ()),
    ("open", ()),
    ("close", ()),
    ("flush", ()),
    *[("write", (data,)) for data in (b"", b"a", b"hello", bytes(5000))],
    *[("read", (size,)) for size in (1, 3, 7, 100, 5000)],
    *[("readAll", (size,)) for size in (0, 1, 3, 7, 100)],
]

LATER = [each for each in CALLS if each != ("open", ())]


def framed(*frames: bytes) -> bytes:
    return b"".join(struct.pack("!i", len(frame)) + frame for frame in frames)


DATA = {
    "TBufferedTransport": [b"", b"a", bytes(range(256)) * 40, b"hello, world"],
    "TFramedTransport": [b"", framed(b"abc"), framed(b"", b"abc", b"d"), framed(bytes(9000)), b"\0\0\0\x05ab", b"\0\0",
                         b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", framed(*[b"x"] * 20)],
}  # fmt: skip


def outcome(who: str, kind: str, calls: list[Call], data: bytes, piece: int, fails: str) -> Any:
    below = Below(who, data, piece, fails)
    trans = part(who, f"transport.TTransport.{kind}")(below)
    given: list[Any] = []
    raised: Any = None
    for name, arguments in calls:
        try:
            given.append(getattr(trans, name)(*arguments))
        except Exception as error:
            raised = error
            break
    return given, below.asked, raised


def compare(kind: str, calls: list[Call], data: bytes, piece: int, fails: str = "") -> None:
    ours, theirs = (outcome(who, kind, calls, data, piece, fails) for who in ROOTS)
    where = (kind, calls, data[:50], piece)
    assert ours[0] == theirs[0], where
    assert ours[1] == theirs[1], where
    assert (ours[2] is None) == (theirs[2] is None), (where, ours[2], theirs[2])
    if theirs[2] is not None:
        # Ours are what Apache's are, and TTransportExceptions besides.
        assert type(theirs[2]).__name__ in {each.__name__ for each in type(ours[2]).__mro__}, (
            where,
            ours[2],
            theirs[2],
        )
        assert getattr(ours[2], "type", None) == getattr(theirs[2], "type", getattr(ours[2], "type", None)), where


@pytest.mark.parametrize("kind", DATA)
def test_calls_in_any_order_do_what_apaches_do(kind: str) -> None:
    for seed in range(1200):
        rng = random.Random(seed)
        # Opened later, ours drop what was read ahead: it came by another connection.
        calls = [rng.choice(CALLS), *(rng.choice(LATER) for _ in range(rng.randint(0, 8)))]
        compare(kind, calls, rng.choice(DATA[kind]), rng.choice([1, 2, 5, 4096, 1 << 20]))


@pytest.mark.parametrize("kind", DATA)
def test_reading_nothing_reads_nothing(kind: str) -> None:
    """Apache's drop what they have read ahead, or wait for another frame."""
    below = Below("ours", framed(b"abc") if "Framed" in kind else b"abc", 100)
    trans = part("ours", f"transport.TTransport.{kind}")(below)
    assert (trans.read(0), trans.read(1), trans.read(0), trans.read(0), trans.readAll(2)) == (
        b"",
        b"a",
        b"",
        b"",
        b"bc",
    )
    assert trans.read(0) == b""


@pytest.mark.parametrize("fails", ["write", "flush"])
@pytest.mark.parametrize("kind", DATA)
def test_what_failed_to_be_sent_is_not_sent_again(kind: str, fails: str) -> None:
    for who in ROOTS:
        below = Below(who, b"", 10, fails)
        trans = part(who, f"transport.TTransport.{kind}")(below)
        trans.write(b"first")
        with pytest.raises(below.eof, match="not now"):
            trans.flush()
        below.fails = ""
        below.asked.clear()
        trans.write(b"second")
        trans.flush()
        assert below.asked == [framed(b"second") if "Framed" in kind else b"second", "flush"], who


@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("value", ["text", None, 5, [1]])
def test_what_is_no_bytes_is_not_written(kind: str, value: Any) -> None:
    for who in ROOTS:
        below = Below(who, b"", 10)
        trans = part(who, f"transport.TTransport.{kind}")(below)
        with pytest.raises(TypeError):
            trans.write(value)
        trans.flush()
        assert [each for each in below.asked if isinstance(each, bytes) and each.strip(b"\0")] == []


@pytest.mark.parametrize("data", [bytearray(b"abc"), memoryview(b"abc"), b"abc"])
@pytest.mark.parametrize("kind", DATA)
def test_any_bytes_may_be_written(kind: str, data: Any) -> None:
    for who in ROOTS:
        below = Below(who, b"", 10)
        trans = part(who, f"transport.TTransport.{kind}")(below)
        trans.write(data)
        trans.flush()
        assert below.asked[0].endswith(b"abc"), who


MEMORY: list[Call] = [
    ("isOpen", ()),
    ("open", ()),
    ("flush", ()),
    ("getvalue", ()),
    *[("write", (data,)) for data in (b"", b"a", b"hello")],
    *[("read", (size,)) for size in (0, 1, 3, 100)],
    *[("readAll", (size,)) for size in (0, 1, 3)],
]


@pytest.mark.parametrize("value", [None, b"", b"abcdefgh"])
@pytest.mark.parametrize("offset", [0, 1, 8, 20])
def test_a_memory_buffer_has_one_position_for_both(value: bytes | None, offset: int) -> None:
    for seed in range(80):
        rng = random.Random(seed)
        calls = [rng.choice(MEMORY) for _ in range(rng.randint(1, 8))]
        found = {}
        for who in ROOTS:
            trans = part(who, "transport.TTransport.TMemoryBuffer")(value, offset)
            given: list[Any] = []
            for name, arguments in calls:
                try:
                    given.append(getattr(trans, name)(*arguments))
                except EOFError:
                    given.append("end")
            found[who] = given
        assert found["ours"] == found["theirs"], calls


def test_a_memory_buffer_that_is_closed_is_closed() -> None:
    for who in ROOTS:
        trans = part(who, "transport.TTransport.TMemoryBuffer")(b"abc")
        trans.close()
        assert not trans.isOpen()
        for call in (lambda each: each.read(1), lambda each: each.write(b"x"), lambda each: each.getvalue()):
            with pytest.raises(ValueError, match="closed file"):
                call(trans)


@pytest.mark.parametrize("size", [0, -1, 0x40000000])
def test_the_size_of_frames_has_limits_itself(size: int) -> None:
    for who in ROOTS:
        with pytest.raises(ValueError, match="max_frame_size should be > 0 and <= "):
            part(who, "transport.TTransport.TFramedTransport")(Below(who, b"", 1), size)


@pytest.mark.parametrize(
    ("head", "kind"),
    [(b"\xff\xff\xff\xff", "NEGATIVE_SIZE"), (b"\x80\0\0\0", "NEGATIVE_SIZE"), (b"\0\0\0\x0b", "SIZE_LIMIT"), (b"\x7f\xff\xff\xff", "SIZE_LIMIT")],
)  # fmt: skip
def test_a_frame_longer_than_allowed_is_refused_before_it_is_read(head: bytes, kind: str) -> None:
    for who in ROOTS:
        exception = part(who, "transport.TTransport.TTransportException")
        below = Below(who, head + bytes(100), 100)
        trans = part(who, "transport.TTransport.TFramedTransport")(below, 10)
        with pytest.raises(exception) as caught:
            trans.read(1)
        assert caught.value.type == getattr(exception, kind), who
        assert len(below.data) == 100


class File(BytesIO):
    flushed = 0

    def flush(self) -> None:
        self.flushed += 1


def test_a_file_is_a_transport() -> None:
    for who in ROOTS:
        file = File(b"abcdef")
        trans = part(who, "transport.TTransport.TFileObjectTransport")(file)
        assert trans.isOpen()
        assert (trans.read(2), trans.readAll(3)) == (b"ab", b"cde")
        trans.write(b"XY")
        trans.flush()
        assert (file.getvalue(), file.flushed) == (b"abcdeXY", 1)
        with pytest.raises(EOFError):
            trans.readAll(1)
        trans.close()
        assert file.closed


@pytest.mark.parametrize("kind", ["TBufferedTransport", "TFramedTransport", "TMemoryBuffer"])
@pytest.mark.parametrize(("sizes", "wanted"), [([10], 4), ([2, 2, 2], 5), ([1] * 8, 8), ([3, 3], 3)])
def test_refilling_gives_what_was_read_and_what_is_missing(kind: str, sizes: list[int], wanted: int) -> None:
    """How Apache's C extension reads: it has a part of a value in hand and needs the rest of it."""
    data = bytes(range(sum(sizes)))
    pieces, at = [], 0
    for size in sizes:
        pieces.append(data[at : at + size])
        at += size
    for who in ROOTS:
        if kind == "TMemoryBuffer":
            trans = part(who, f"transport.TTransport.{kind}")(data)
            assert trans.cstringio_buf.read(2) == data[:2]
            with pytest.raises(EOFError):
                trans.cstringio_refill(b"", 100)
            continue
        source = framed(*pieces) if "Framed" in kind else data
        trans = part(who, f"transport.TTransport.{kind}")(Below(who, source, 1 << 20))
        first = trans.read(1)
        rest = trans.cstringio_buf.read()
        refilled = trans.cstringio_refill(first + rest, wanted)
        assert refilled.read(wanted) == data[:wanted], who
        assert refilled is trans.cstringio_buf
        with pytest.raises(EOFError):
            trans.cstringio_refill(b"", 1000)


@pytest.mark.parametrize("factory", ["TTransportFactoryBase", "TBufferedTransportFactory", "TFramedTransportFactory"])
def test_factories_put_their_transport_on_another(factory: str) -> None:
    for who in ROOTS:
        below = Below(who, framed(b"abc") if "Framed" in factory else b"abc", 100)
        trans = part(who, f"transport.TTransport.{factory}")().getTransport(below)
        assert trans.readAll(3) == b"abc"
        assert (trans is below) == (factory == "TTransportFactoryBase")
