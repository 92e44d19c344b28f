"""Reading from and writing to transports that users write in Python."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from fastthrift.protocol import TBinaryProtocol, TCompactProtocol
from fastthrift.protocol.exc import TProtocolException
from fastthrift.thrift import TDecodeException
from fastthrift.transport import TMemoryBuffer
from fastthrift.transport.base import TTransportException
from twins import BINARY, BOOL, DOUBLE, I32, I64, LIST, MAP, SET, STRING, STRUCT, struct

PROTOCOLS = pytest.mark.parametrize("protocol", [TBinaryProtocol, TCompactProtocol])
Leaf = struct("Leaf", {1: (I32, "x"), 2: (STRING, "s")})
Tree = struct(
    "Tree",
    {
        1: (BOOL, "b"),
        2: (LIST, "numbers", I64),
        3: (MAP, "leaves", (STRING, (STRUCT, Leaf))),
        4: (SET, "doubles", DOUBLE),
        5: (BINARY, "blob"),
        6: (LIST, "texts", STRING),
    },
).ours


def tree() -> Any:
    leaf = Leaf.ours(x=-1, s="déjà")
    return Tree(b=True, numbers=[2**40, -1] * 40, leaves={"a": leaf}, doubles=[0.5], blob=b"\0" * 300, texts=["", "ab"])


class Drop:
    """Gives one byte at a time and remembers how many were asked for at most."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.most = 0
        self.cleaned = 0

    def read(self, size: int) -> bytes:
        self.most = max(self.most, size)
        piece = self.data[self.at : self.at + 1]
        self.at += len(piece)
        return piece

    def clean(self) -> None:
        self.cleaned += 1


@PROTOCOLS
def test_struct_comes_byte_by_byte(protocol: Any) -> None:
    out = BytesIO()
    protocol(out).write_struct(tree())
    size = len(out.getvalue())
    drop = Drop(out.getvalue() * 2)
    reader = protocol(drop)
    assert reader.read_struct(Tree()) == tree()
    assert drop.at == size  # not a byte of the next message
    assert reader.read_struct(Tree()) == tree()
    assert drop.at == 2 * size
    assert drop.cleaned == 0


@PROTOCOLS
def test_message_and_values_follow_each_other(protocol: Any) -> None:
    out = BytesIO()
    writer = protocol(out)
    writer.write_message_begin("é" * 10, 1, 3)
    writer.write_struct(Leaf.ours(x=1))
    writer.write_message_end()
    writer.write_struct(Leaf.ours(s="bare"))
    for reader in (protocol(Drop(out.getvalue())), protocol(BytesIO(out.getvalue()))):
        assert reader.read_message_begin() == ("é" * 10, 1, 3)
        assert reader.read_struct(Leaf.ours()) == Leaf.ours(x=1)
        assert reader.read_struct(Leaf.ours()) == Leaf.ours(s="bare")


@PROTOCOLS
def test_end_of_a_stream_is_an_end_of_file(protocol: Any) -> None:
    out = BytesIO()
    protocol(out).write_struct(tree())
    for size in (0, 1, 2, 10, len(out.getvalue()) - 1):
        drop = Drop(out.getvalue()[:size])
        with pytest.raises(TTransportException) as got:
            protocol(drop).read_struct(Tree())
        assert got.value.type == TTransportException.END_OF_FILE
        assert drop.cleaned == 1


@PROTOCOLS
def test_error_of_the_transport_passes(protocol: Any) -> None:
    class Broken:
        def read(self, size: int) -> bytes:
            raise ConnectionResetError("gone")

        def write(self, data: bytes) -> None:
            raise BrokenPipeError("gone too")

    with pytest.raises(ConnectionResetError, match="gone"):
        protocol(Broken()).read_struct(Tree())
    with pytest.raises(BrokenPipeError, match="gone too"):
        protocol(Broken()).write_struct(Tree())


@PROTOCOLS
def test_struct_is_written_at_once(protocol: Any) -> None:
    class Counting:
        def __init__(self) -> None:
            self.written: list[bytes] = []
            self.cleaned = 0

        def write(self, data: bytes) -> None:
            self.written.append(data)

        def clean(self) -> None:
            self.cleaned += 1

    out = Counting()
    protocol(out).write_struct(tree())
    assert len(out.written) == 1
    with pytest.raises(TDecodeException):
        protocol(out).write_struct(Tree(numbers=["x"]))
    assert len(out.written) == 1
    assert out.cleaned == 1


@pytest.mark.parametrize(
    ("protocol", "data"),
    [(TBinaryProtocol, "0f 0002 0a 04000000"), (TCompactProtocol, "29 f6 8080 8020")],
)
def test_announced_elements_are_not_allocated_before_they_come(protocol: Any, data: str) -> None:
    import tracemalloc

    # 67 million numbers are announced, two come.
    numbers = b"\x02" * 16 if protocol is TBinaryProtocol else b"\x02\x02"
    stream = Drop(bytes.fromhex(data) + numbers)
    tracemalloc.start()
    with pytest.raises(TTransportException):
        protocol(stream, max_message=None).read_struct(Tree())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200_000


@pytest.mark.parametrize(
    ("protocol", "data"), [(TBinaryProtocol, "0b 0005 7ffffff0"), (TCompactProtocol, "58 f0ffffff07")]
)
def test_announced_string_is_not_asked_for_at_once(protocol: Any, data: str) -> None:
    stream = Drop(bytes.fromhex(data) + b"x" * 10)
    with pytest.raises((TTransportException, TProtocolException)):
        protocol(stream, max_message=None).read_struct(Tree())
    assert stream.most <= 64 * 1024


@PROTOCOLS
def test_message_limit_holds_for_streams(protocol: Any) -> None:
    out = BytesIO()
    protocol(out).write_struct(Tree(texts=["x" * 100] * 100))
    with pytest.raises(TProtocolException, match="Size limit") as got:
        protocol(Drop(out.getvalue()), max_message=1000).read_struct(Tree())
    assert got.value.type == TProtocolException.SIZE_LIMIT
    assert protocol(Drop(out.getvalue()), max_message=20_000).read_struct(Tree()).texts == ["x" * 100] * 100


@PROTOCOLS
def test_memory_transport_keeps_the_rest(protocol: Any) -> None:
    out = TMemoryBuffer()
    protocol(out).write_struct(tree())
    trans = TMemoryBuffer(out.getvalue() + b"rest")
    value = Tree()
    value.read(protocol(trans))  # as readers of Parquet files do it
    assert value == tree()
    assert trans.getvalue() == b"rest"


@PROTOCOLS
def test_failed_read_empties_the_transport(protocol: Any) -> None:
    trans = TMemoryBuffer(b"\x7f" * 10)
    with pytest.raises(TProtocolException):
        protocol(trans).read_struct(Tree())
    assert trans.getvalue() == b""


@PROTOCOLS
def test_transport_that_reads_its_own_protocol_while_it_reads(protocol: Any) -> None:
    out = BytesIO()
    protocol(out).write_struct(tree())

    class Greedy(Drop):
        def read(self, size: int) -> bytes:
            if self.at == 5 and not hasattr(self, "inner"):
                self.inner = protocol(BytesIO(out.getvalue())).read_struct(Tree())
            return super().read(size)

    greedy = Greedy(out.getvalue())
    assert protocol(greedy).read_struct(Tree()) == tree()
    assert greedy.inner == tree()


@PROTOCOLS
def test_long_unknown_string_in_a_stream_is_skipped(protocol: Any) -> None:
    out = BytesIO()
    protocol(out).write_struct(Tree(blob=b"x" * 1_000_000, texts=["after"]))
    drop = BytesIO(out.getvalue())
    assert protocol(drop).read_struct(struct("T", {6: (LIST, "texts", STRING)}).ours()).texts == ["after"]
