"""TCyFramedTransport and the pure name: where frames begin and end, and what is refused."""

from __future__ import annotations

import struct

import pytest

from fastthrift import transport
from fastthrift.transport import TTransportBase, TTransportException, framed
from fastthrift.transport.buffered import TBufferedTransport
from foreign import Raw

CLASSES = [framed.TFramedTransport, framed.TCyFramedTransport]


def frame(data: bytes) -> bytes:
    return struct.pack("!i", len(data)) + data


@pytest.fixture(params=CLASSES, ids=lambda cls: cls.__name__)
def wrap(request: pytest.FixtureRequest) -> type:
    return request.param


def test_the_package_names_denote_the_native_classes() -> None:
    assert transport.TFramedTransport is transport.TCyFramedTransport is framed.TCyFramedTransport
    assert transport.TFramedTransportFactory is framed.TCyFramedTransportFactory
    assert framed.cyframed.TCyFramedTransport is framed.TCyFramedTransport


@pytest.mark.parametrize("piece", [1, 2, 3, 5, 4096])
def test_frames_are_joined_for_the_reader(wrap: type, piece: int) -> None:
    trans = wrap(Raw(frame(b"he") + frame(b"llo") + frame(b" world"), piece))
    assert [trans.read(n) for n in (1, 3, 0, 7)] == [b"h", b"ell", b"", b"o world"]


def test_the_pure_name_never_asks_below_for_more_than_a_frame() -> None:
    below = Raw(frame(b"abc") + frame(b"d"))
    trans = framed.TFramedTransport(below)
    assert isinstance(trans, TTransportBase)
    assert trans.read(1) == b"a"
    assert below.asked == [4, 3]
    assert trans.read(3) == b"bcd"
    assert below.asked == [4, 3, 4, 1]


def test_the_native_name_reads_ahead() -> None:
    below = Raw(frame(b"abc") * 10)
    trans = framed.TCyFramedTransport(below)
    assert b"".join(trans.read(1) for _ in range(30)) == b"abc" * 10
    assert below.asked == [4096]


def test_flush_writes_length_and_data_in_one_piece(wrap: type) -> None:
    below = Raw()
    trans = wrap(below)
    trans.write(b"ab")
    trans.write(b"c" * 5000)
    assert below.log == []
    trans.flush()
    assert below.log == [("write", frame(b"ab" + b"c" * 5000)), "flush"]


def test_an_empty_flush_sends_nothing(wrap: type) -> None:
    below = Raw()
    wrap(below).flush()
    assert below.log == []


@pytest.mark.parametrize(
    ("head", "kind", "text"),
    [
        (struct.pack("!i", 0), 0, "No frame"),
        (struct.pack("!i", -1), 5, "No frame"),
        (struct.pack("!i", -(2**31)), 5, "No frame"),
        (struct.pack("!i", 16_384_001), 6, "above the limit of 16384000"),
        (b"GET / HTTP/1.1\r\n", 6, "above the limit of 16384000; this looks like an HTTP request"),
        (b"HTTP/1.1 400 Bad Request\r\n", 6, "above the limit of 16384000; this looks like an HTTP response"),
        (b"\x16\x03\x01\x02\x00\x01", 6, "this looks like a TLS handshake: one side uses TLS"),
        (b"\x80\x01\x00\x01", 5, "No frame: .*this looks like an unframed binary message"),
        (b"\x82\x21\x01\x01", 5, "No frame: .*this looks like an unframed compact message"),
        (b"\x7f\x45\x4c\x46", 6, "is the peer's transport not framed"),
    ],
)
def test_lengths_that_cannot_be_frames_are_refused(wrap: type, head: bytes, kind: int, text: str) -> None:
    below = Raw(head + b"x" * 100)
    with pytest.raises(TTransportException, match=text) as refused:
        wrap(below).read(1)
    assert refused.value.type == kind


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\0\0\5", b"\0\0\0\5abcd"])
def test_a_cut_off_frame_is_the_end_of_the_stream(wrap: type, data: bytes) -> None:
    with pytest.raises(TTransportException, match="End of file reading from transport") as cut:
        wrap(Raw(data, 1)).read(5)
    assert cut.value.type == TTransportException.END_OF_FILE


def test_a_declared_length_reserves_nothing_ahead_of_its_data(wrap: type) -> None:
    below = Raw(struct.pack("!i", 16_000_000) + b"x" * 10)
    with pytest.raises(TTransportException):
        wrap(below).read(16_000_000)
    assert max(below.asked) <= 64 * 1024


def test_the_frame_limit_can_be_set_both_ways() -> None:
    trans = framed.TCyFramedTransport(Raw(frame(b"12345")), max_frame=4)
    assert trans.max_frame == 4
    with pytest.raises(TTransportException, match="above the limit of 4"):
        trans.read(1)
    below = Raw()
    trans = framed.TCyFramedTransport(below, max_frame=4)
    trans.write(b"12345")
    with pytest.raises(TTransportException, match="nothing was sent"):
        trans.flush()
    assert below.log == []
    trans.max_frame = None
    trans.write(b"12345")
    trans.flush()
    assert below.sent == frame(b"12345")
    with pytest.raises(ValueError, match="max_frame"):
        framed.TCyFramedTransport(below, max_frame=0)


def test_read_frame_fetches_one_frame(wrap: type) -> None:
    below = Raw(frame(b"abc") + frame(b"d"), 4)
    trans = wrap(below)
    assert trans.read_frame() is None
    asked = len(below.asked)
    assert trans.read(3) == b"abc"
    assert len(below.asked) == asked


def test_clean_forgets_the_frame_at_hand(wrap: type) -> None:
    below = Raw(frame(b"abcdef"), 7)
    trans = wrap(below)
    assert trans.read(1) == b"a"
    trans.write(b"half")
    trans.clean()
    below.incoming.seek(0)
    assert trans.read(6) == b"abcdef"
    trans.flush()
    assert below.sent == b""


def test_frames_of_frames() -> None:
    below = Raw(frame(frame(b"ab")[:3]) + frame(frame(b"ab")[3:]))
    assert framed.TCyFramedTransport(framed.TCyFramedTransport(below)).read(2) == b"ab"


def test_factories_make_what_those_of_thriftpy2_make() -> None:
    pure = framed.TFramedTransportFactory().get_transport(Raw(frame(b"x")))
    assert type(pure) is TBufferedTransport
    assert type(pure._trans) is framed.TFramedTransport
    assert pure.read(1) == b"x"
    native = framed.TCyFramedTransportFactory().get_transport(Raw())
    assert type(native) is framed.TCyFramedTransport
    assert native.max_frame == 16_384_000
    assert framed.TCyFramedTransportFactory(max_frame=None).get_transport(Raw()).max_frame is None
