"""Bytes of nobody's protocol, and limits: documented errors, no memory, no crash."""

from __future__ import annotations

import io
import random
from typing import Any

import pytest

import shapes
from fastthrift.apache import TSerialization
from fastthrift.apache.protocol import fastbinary
from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocol, TBinaryProtocolFactory
from fastthrift.apache.protocol.TCompactProtocol import TCompactProtocol, TCompactProtocolFactory
from fastthrift.apache.protocol.TProtocol import TProtocolException
from fastthrift.apache.Thrift import TType
from fastthrift.apache.transport.TTransport import (
    CReadableTransport,
    TBufferedTransport,
    TFramedTransport,
    TMemoryBuffer,
    TTransportBase,
    TTransportException,
)
from fastthrift.apache.TStruct import TStruct

MODULE = shapes.load("fastthrift.apache", 25)
PROTOCOLS = [TBinaryProtocol, TCompactProtocol]
FACTORIES: dict[Any, Any] = {TBinaryProtocol: TBinaryProtocolFactory, TCompactProtocol: TCompactProtocolFactory}
DOCUMENTED = (TProtocolException, TTransportException)


class Node(TStruct):
    __slots__ = ("next", "children")


Node.thrift_spec = (
    None,
    (1, TType.STRUCT, "next", [Node, None], None),
    (2, TType.LIST, "children", (TType.STRUCT, [Node, None], False), None),
)


def full() -> Any:
    inner = MODULE.Inner(1, "é")
    return MODULE.Everything(
        flag=True,
        small=1,
        short=2,
        big=1 << 40,
        real=1.5,
        text="héllo",
        raw=b"\xff",
        inner=inner,
        numbers=[1, 2],
        words={"a"},
        inners={"k": inner},
        nested=[{1: [True]}],
        structs=[inner],
    )


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_any_bytes_give_a_value_or_a_documented_error(protocol: Any) -> None:
    data = TSerialization.serialize(full(), FACTORIES[protocol]())
    rng = random.Random(7)
    outcomes = set()
    for _ in range(3000):
        mutated = bytearray(data)
        for _ in range(rng.randint(1, 4)):
            mutated[rng.randrange(len(mutated))] = rng.randrange(256)
        for fast in (True, False):
            iprot = protocol(TMemoryBuffer(bytes(mutated[: rng.randint(0, len(mutated))])))
            try:
                if fast:
                    MODULE.Everything().read(iprot)
                else:
                    iprot.skip(TType.STRUCT)
            except DOCUMENTED as error:
                outcomes.add(type(error).__name__)
    assert {"TProtocolException", "TTransportEOF"} <= outcomes


@pytest.mark.parametrize(
    ("protocol", "data"),
    [
        (TBinaryProtocol, b"\x0f\x00\x0a\x08\x7f\xff\xff\xff"),  # a list
        (TBinaryProtocol, b"\x0d\x00\x0c\x0b\x0c\x7f\xff\xff\xff"),  # a map
        (TBinaryProtocol, b"\x0b\x00\x07\x00\xf0\x00\x00"),  # text
        (TCompactProtocol, b"\xa9\xf5\xff\xff\xff\xff\x07"),
        (TCompactProtocol, b"\x78\x80\x80\x80\x07"),
    ],
)
def test_sizes_of_what_never_comes_cost_nothing(protocol: Any, data: bytes) -> None:
    with pytest.raises(TTransportException):
        MODULE.Everything().read(protocol(TMemoryBuffer(data)))


@pytest.mark.parametrize("natively", [True, False])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_limits_of_strings_and_containers_hold(protocol: Any, natively: bool) -> None:
    data = TSerialization.serialize(full(), FACTORIES[protocol]())
    for options, kind in (
        ({"string_length_limit": 3}, TTransportException.SIZE_LIMIT),
        ({"container_length_limit": 1}, TTransportException.SIZE_LIMIT),
    ):
        iprot = protocol(TMemoryBuffer(data), **options)
        with pytest.raises(TTransportException) as refused:
            if natively:
                MODULE.Everything().read(iprot)
            else:
                iprot.skip(TType.STRUCT)
        assert refused.value.type == kind
        assert isinstance(refused.value, TProtocolException)


def test_structs_without_bytes_are_bounded_unless_their_number_is() -> None:
    class Wide(TStruct):
        __slots__ = tuple(f"f{i}" for i in range(1, 201))

    class Many(TStruct):
        __slots__ = ("all",)

    Wide.thrift_spec = (None, *((i, TType.I64, f"f{i}", None, None) for i in range(1, 201)))
    Many.thrift_spec = (None, (1, TType.LIST, "all", (TType.STRUCT, [Wide, None], False), None))
    count = 50_000
    data = b"\x0f\0\x01\x0c" + count.to_bytes(4, "big") + bytes(count) + b"\0"
    with pytest.raises(TTransportException, match="structs and containers of") as refused:
        Many().read(TBinaryProtocol(TMemoryBuffer(data)))
    assert refused.value.type == TTransportException.SIZE_LIMIT
    many = Many()
    many.read(TBinaryProtocol(TMemoryBuffer(data), container_length_limit=count))
    assert len(many.all) == count


def test_negative_sizes_are_told() -> None:
    for natively in (True, False):
        iprot = TBinaryProtocol(TMemoryBuffer(b"\x0b\x00\x07\xff\xff\xff\xff"))
        with pytest.raises(TTransportException) as refused:
            if natively:
                MODULE.Everything().read(iprot)
            else:
                iprot.skip(TType.STRUCT)
        assert refused.value.type == TTransportException.NEGATIVE_SIZE


def chain(length: int) -> Node:
    node = Node()
    for _ in range(length - 1):
        node = Node(next=node)
    return node


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_64_structs_may_stand_inside_each_other(protocol: Any) -> None:
    factory = FACTORIES[protocol]()
    data = TSerialization.serialize(chain(64), factory)
    assert TSerialization.deserialize(Node(), data, factory) == chain(64)
    with pytest.raises(TProtocolException) as deep:
        TSerialization.serialize(chain(65), factory)
    assert deep.value.type == TProtocolException.DEPTH_LIMIT
    deeper = b"\x0c\x00\x01" * 64 + b"\x00" * 65 if protocol is TBinaryProtocol else b"\x1c" * 64 + b"\x00" * 65
    with pytest.raises(TProtocolException) as deep:
        TSerialization.deserialize(Node(), deeper, factory)
    assert deep.value.type == TProtocolException.DEPTH_LIMIT


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_containers_between_structs_do_not_count(protocol: Any) -> None:
    tree = Node()
    for _ in range(63):
        tree = Node(children=[tree])
    factory = FACTORIES[protocol]()
    assert TSerialization.deserialize(Node(), TSerialization.serialize(tree, factory), factory) == tree


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_elements_of_another_type_are_refused(protocol: Any) -> None:
    data = {TBinaryProtocol: b"\x0f\x00\x0a\x0a\x00\x00\x00\x01" + b"\0" * 9, TCompactProtocol: b"\xa9\x16\x00\x00"}
    with pytest.raises(TProtocolException, match="wrong ttype") as refused:
        MODULE.Everything().read(protocol(TMemoryBuffer(data[protocol])))
    assert refused.value.type == TProtocolException.INVALID_DATA


class Drops(TTransportBase, CReadableTransport):
    """A readable transport of somebody's own, that gives a few bytes at a time."""

    def __init__(self, data: bytes, step: int) -> None:
        self.rest, self.step = io.BytesIO(data), step
        self.buffer = io.BytesIO(b"")

    def read(self, sz: int) -> bytes:
        return self.buffer.read(sz) or self.rest.read(min(sz, self.step))

    @property
    def cstringio_buf(self) -> io.BytesIO:
        return self.buffer

    def cstringio_refill(self, partialread: bytes, reqlen: int) -> io.BytesIO:
        while len(partialread) < reqlen:
            chunk = self.rest.read(self.step)
            if not chunk:
                raise EOFError
            partialread += chunk
        self.buffer = io.BytesIO(partialread)
        return self.buffer


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_readable_transports_of_others_are_read_by_apaches_rules(protocol: Any, step: int) -> None:
    data = TSerialization.serialize(full(), FACTORIES[protocol]())
    trans = Drops(data + b"behind", step)
    found = MODULE.Everything()
    found.read(protocol(trans))
    assert found == full()
    assert trans.readAll(6) == b"behind"
    with pytest.raises(EOFError):
        MODULE.Everything().read(protocol(Drops(data[:-1], step)))
    framed = b"".join(bytes([0, 0, 0, len(part)]) + part for part in (data[:10], b"", data[10:]))
    for below in (TFramedTransport(TMemoryBuffer(framed)), TBufferedTransport(TMemoryBuffer(data), 16)):
        found = MODULE.Everything()
        found.read(protocol(below))
        assert found == full()


def test_a_refill_that_gives_too_little_is_told() -> None:
    class Liar(Drops):
        def cstringio_refill(self, partialread: bytes, reqlen: int) -> io.BytesIO:
            return io.BytesIO(partialread)

    with pytest.raises(TypeError, match="refill claimed to have refilled the buffer, but didn't!!"):
        MODULE.Everything().read(TBinaryProtocol(Liar(b"", 1)))


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ([MODULE.Inner], "size 2"),
        ((MODULE.Inner,), "size 2"),
        ({MODULE.Inner: ()}, "size 2"),
        ([MODULE.Inner, None], "thrift_spec"),
        ([MODULE.Inner, ((1, 8, "n"),)], "expecting 5 arguments for spec tuple but got 3"),
        ([MODULE.Inner, ((1, 15, "n", (8, None), None),)], "size 3"),
        ([MODULE.Inner, ((1, 13, "n", (8, None, 8), None),)], "size 5"),
        ([MODULE.Inner, ((1, 12, "n", (MODULE.Inner,), None),)], r"\[class, thrift_spec\]"),
        ([MODULE.Inner, ((1, 12, "n", ((), MODULE.Inner), None),)], r"\[class, thrift_spec\]"),
    ],
)
def test_specs_that_make_no_sense_are_told(args: Any, text: str) -> None:
    with pytest.raises(TypeError, match=text):
        fastbinary.encode_binary(MODULE.Inner(1), args)
    with pytest.raises(TypeError, match=text):
        fastbinary.decode_compact(None, TCompactProtocol(TMemoryBuffer(b"\0")), args)


def test_a_spec_that_was_replaced_is_used_at_once() -> None:
    class Plain:
        def __init__(self) -> None:
            self.a: Any = 1
            self.b: Any = 2

    first = ((1, TType.I32, "a", None, None),)
    second = ((1, TType.I32, "b", None, None),)
    for _ in range(3):
        assert fastbinary.encode_binary(Plain(), [Plain, first]) == b"\x08\x00\x01\x00\x00\x00\x01\x00"
        assert fastbinary.encode_binary(Plain(), [Plain, second]) == b"\x08\x00\x01\x00\x00\x00\x02\x00"
