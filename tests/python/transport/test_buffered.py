"""TCyBufferedTransport and the pure name: bytes below and above, whole and in pieces."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest

from fastthrift import transport
from fastthrift.transport import TTransportBase, TTransportException, buffered
from fastthrift.transport.base import readall
from foreign import Raw

CLASSES = [buffered.TBufferedTransport, buffered.TCyBufferedTransport]


@pytest.fixture(params=CLASSES, ids=lambda cls: cls.__name__)
def wrap(request: pytest.FixtureRequest) -> type:
    return request.param


def test_the_package_names_denote_the_native_classes() -> None:
    assert transport.TBufferedTransport is transport.TCyBufferedTransport is buffered.TCyBufferedTransport
    assert transport.TBufferedTransportFactory is buffered.TCyBufferedTransportFactory
    assert buffered.cybuffered.TCyBufferedTransport is buffered.TCyBufferedTransport


def test_only_the_pure_name_is_a_transport_base() -> None:
    assert isinstance(buffered.TBufferedTransport(Raw()), TTransportBase)
    assert not isinstance(buffered.TCyBufferedTransport(Raw()), TTransportBase)


@pytest.mark.parametrize("piece", [1, 3, 7, 4096])
def test_read_gives_exactly_what_was_asked_for(wrap: type, piece: int) -> None:
    trans = wrap(Raw(b"0123456789", piece))
    assert [trans.read(1), trans.read(4), trans.read(0), trans.read(5)] == [b"0", b"1234", b"", b"56789"]


def test_read_asks_below_for_a_buffer_at_a_time(wrap: type) -> None:
    below = Raw(b"x" * 10_000)
    trans = wrap(below)
    for _ in range(100):
        trans.read(1)
    assert below.asked == [4096]


def test_a_big_read_grows_with_what_arrives(wrap: type) -> None:
    below = Raw(b"x" * 300_000)
    trans = wrap(below)
    with pytest.raises(TTransportException) as failed:
        trans.read(2**31 - 1)
    assert failed.value.type == TTransportException.END_OF_FILE
    assert max(below.asked) <= 1 << 20
    assert below.asked[0] <= 64 * 1024


def test_the_end_of_the_stream_is_an_error_and_keeps_what_is_there(wrap: type) -> None:
    trans = wrap(Raw(b"ab"))
    with pytest.raises(TTransportException, match="End of file reading from transport"):
        trans.read(3)
    assert trans.read(2) == b"ab"


def test_nothing_leaves_before_flush_and_then_in_one_write(wrap: type) -> None:
    below = Raw()
    trans = wrap(below)
    for _ in range(100):
        trans.write(b"x" * 1000)
    assert below.log == []
    trans.flush()
    assert below.log == [("write", b"x" * 100_000), "flush"]


def test_an_empty_flush_only_flushes_below(wrap: type) -> None:
    below = Raw()
    wrap(below).flush()
    assert below.log == ["flush"]


@pytest.mark.parametrize("data", [b"ab", bytearray(b"ab"), memoryview(b"ab")])
def test_anything_with_bytes_can_be_written(wrap: type, data: object) -> None:
    below = Raw()
    trans = wrap(below)
    trans.write(data)
    trans.flush()
    assert below.sent == b"ab"


@pytest.mark.parametrize("data", ["ab", 5, None])
def test_what_is_not_bytes_cannot_be_written(wrap: type, data: object) -> None:
    with pytest.raises(TypeError):
        wrap(Raw()).write(data)


def test_a_failed_write_is_never_sent_again(wrap: type) -> None:
    class Broken(Raw):
        def write(self, buf: bytes) -> None:
            super().write(buf)
            raise BrokenPipeError(32, "Broken pipe")

    below = Broken()
    trans = wrap(below)
    trans.write(b"first")
    with pytest.raises(BrokenPipeError):
        trans.flush()
    trans.flush()
    assert below.log == [("write", b"first"), "flush"]


def test_clean_forgets_both_directions(wrap: type) -> None:
    below = Raw(b"abcdef", piece=3)
    trans = wrap(below)
    trans.read(1)
    trans.write(b"half a message")
    trans.clean()
    trans.flush()
    assert below.sent == b""
    assert trans.read(3) == b"def"


def test_a_reopened_transport_has_nothing_of_the_old_connection(wrap: type) -> None:
    below = Raw(b"old!new")
    below.piece = 4
    trans = wrap(below)
    trans.read(1)
    trans.close()
    assert not trans.is_open()
    trans.open()
    assert trans.is_open()
    assert trans.read(3) == b"new"


def test_open_close_and_is_open_are_asked_below(wrap: type) -> None:
    below = Raw()
    trans = wrap(below)
    assert trans.is_open()
    trans.close()
    trans.open()
    assert below.log == ["close", "open"]


def test_a_transport_base_below_may_read_short(wrap: type) -> None:
    class Own(TTransportBase):
        def __init__(self) -> None:
            self.raw = Raw(b"0123456789", 3)

        def _read(self, sz: int) -> bytes:
            return self.raw.read(sz)

    trans = wrap(Own())
    assert trans.read(4) == b"0123"  # waiting for a full buffer, as the base's exact read does, would find the end
    assert trans.read(6) == b"456789"


def test_a_transport_base_with_its_own_read_is_read_through_it(wrap: type) -> None:
    class Own(TTransportBase):
        def read(self, sz: int) -> bytes:
            return b"own"

    assert wrap(Own()).read(3) == b"own"


def test_transports_of_ours_stack(wrap: type) -> None:
    trans = wrap(transport.TFramedTransport(Raw(b"\0\0\0\3abc\0\0\0\1d", 1)))
    assert trans.read(4) == b"abcd"
    memory = transport.TMemoryBuffer(b"xyz")
    trans = wrap(memory)
    assert trans.read(2) == b"xy"
    with pytest.raises(TTransportException):
        trans.read(2)
    trans.write(b"!")
    trans.flush()
    assert trans.getvalue() == memory.getvalue() == b"!"


def test_a_transport_below_that_gives_too_much_is_refused(wrap: type) -> None:
    class Generous(Raw):
        def read(self, sz: int) -> bytes:
            return b"x" * (sz + 1)

    with pytest.raises(TTransportException, match="gave 4097 bytes"):
        wrap(Generous()).read(1)


@pytest.mark.parametrize("answer", [None, "text", 5])
def test_a_transport_below_that_gives_no_bytes_is_a_type_error(wrap: type, answer: object) -> None:
    class Odd(Raw):
        def read(self, sz: int) -> bytes:
            return answer  # type: ignore[return-value]

    with pytest.raises(TypeError):
        wrap(Odd()).read(1)


def test_errors_from_below_come_through_and_leave_the_transport_usable(wrap: type) -> None:
    class Slow(Raw):
        fails = True

        def read(self, sz: int) -> bytes:
            if self.fails:
                raise TimeoutError("timed out")
            return super().read(sz)

    below = Slow(b"abc")
    trans = wrap(below)
    with pytest.raises(TimeoutError):
        trans.read(1)
    below.fails = False
    assert trans.read(3) == b"abc"


def test_sock_is_that_of_the_innermost_transport(wrap: type) -> None:
    below = Raw()
    assert wrap(below).sock is None
    below.sock = "the sock"  # type: ignore[attr-defined]
    assert wrap(wrap(below)).sock == "the sock"


def test_a_buffer_below_a_kilobyte_is_refused_by_the_native_name() -> None:
    with pytest.raises(Exception, match="buffer too small"):
        buffered.TCyBufferedTransport(Raw(), 1023)
    buffered.TCyBufferedTransport(Raw(), buf_size=1024)


@pytest.mark.parametrize("size", [1, 512, 1023, 1024, 70_000])
def test_the_pure_name_takes_a_buffer_of_any_size(size: int) -> None:
    trans = buffered.TBufferedTransport(Raw(b"0123456789" * 1000), buf_size=size)
    assert trans.read(10_000) == b"0123456789" * 1000


def test_a_subclass_may_override_anything(wrap: type) -> None:
    class Loud(wrap):  # type: ignore[misc,valid-type]
        def __init__(self, trans: object) -> None:
            super().__init__(trans)
            self.seen: list[bytes] = []

        def read(self, sz: int) -> bytes:
            data: bytes = super().read(sz)
            self.seen.append(data)
            return data

    trans = Loud(Raw(b"abc"))
    assert trans.read(2) == b"ab"
    assert trans.seen == [b"ab"]


def test_a_subclass_that_forgets_init_has_nothing_below(wrap: type) -> None:
    class Forgetful(wrap):  # type: ignore[misc,valid-type]
        def __init__(self) -> None:
            pass

    trans = Forgetful()
    assert not trans.is_open()
    with pytest.raises(TTransportException, match="nothing below"):
        trans.read(1)
    with pytest.raises(TTransportException, match="nothing below"):
        trans.flush()
    trans.close()


def test_the_transport_below_can_be_replaced(wrap: type) -> None:
    trans = wrap(Raw(b"abc"))
    trans.read(1)
    trans._trans = Raw(b"xyz")
    assert trans.read(3) == b"xyz"
    with pytest.raises(AttributeError):
        del trans._trans


def test_two_readers_at_once_are_an_error_not_a_mixture(wrap: type) -> None:
    inside, go_on = threading.Event(), threading.Event()

    class Waiting(Raw):
        def read(self, sz: int) -> bytes:
            inside.set()
            assert go_on.wait(10)
            return super().read(sz)

    trans = wrap(Waiting(b"abcdef"))
    results: list[bytes] = []
    reader = threading.Thread(target=lambda: results.append(trans.read(3)))
    reader.start()
    assert inside.wait(10)
    with pytest.raises(TTransportException, match="being read already"):
        trans.read(1)
    trans.clean()  # takes effect when the first reader is done
    go_on.set()
    reader.join(10)
    assert results == [b"abc"]
    with pytest.raises(TTransportException):
        trans.read(1)


def test_cycles_through_transports_are_collected(wrap: type) -> None:
    below = Raw()
    trans = wrap(below)
    below.above = trans  # type: ignore[attr-defined]
    gone = weakref.ref(trans)
    del trans, below
    gc.collect()
    assert gone() is None


def test_factories_make_the_class_of_their_name() -> None:
    assert type(buffered.TBufferedTransportFactory().get_transport(Raw())) is buffered.TBufferedTransport
    assert type(buffered.TCyBufferedTransportFactory().get_transport(Raw())) is buffered.TCyBufferedTransport


def test_readall_puts_pieces_together_or_finds_the_end() -> None:
    assert readall(Raw(b"abcdef", 2).read, 5) == b"abcde"
    assert readall(Raw(b"").read, 0) == b""
    with pytest.raises(TTransportException, match="End of file reading from transport"):
        readall(Raw(b"abc", 2).read, 4)
