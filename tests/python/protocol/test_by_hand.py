"""The functions for single values, as programs use them on transports and streams of their own."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from fastthrift.protocol import TMultiplexedProtocol, TMultiplexedProtocolFactory, binary, compact, cybin
from fastthrift.protocol.base import TProtocolBase
from fastthrift.protocol.exc import TProtocolException
from fastthrift.thrift import TPayload, TType
from fastthrift.transport import TMemoryBuffer
from fastthrift.transport.base import TTransportException
from fastthrift.utils import deserialize, hexlify, hexprint, serialize
from twins import BINARY, BOOL, DOUBLE, I32, I64, LIST, MAP, STRING, STRUCT, struct, thriftpy2

Item = struct("Item", {1: (I32, "id"), 2: (STRING, "name")})
VALUES: list[tuple[int, Any, Any]] = [
    (BOOL, None, True),
    (I32, None, -5),
    (I64, None, 2**40),
    (DOUBLE, None, 0.5),
    (STRING, None, "é"),
    (BINARY, None, b"\xff"),
    (LIST, I32, [1, 2]),
    (LIST, (STRUCT, Item.ours), [Item.ours(id=1)]),
    (MAP, (STRING, (LIST, BOOL)), {"a": [True]}),
    (STRUCT, Item.ours, Item.ours(id=2, name="x")),
]


@pytest.mark.parametrize("transport", [TMemoryBuffer, BytesIO])
@pytest.mark.parametrize(("ttype", "spec", "value"), VALUES)
def test_single_value(ttype: int, spec: Any, value: Any, transport: Any) -> None:
    out = transport()
    binary.write_val(out, ttype, value, spec)
    assert binary.read_val(transport(out.getvalue() + b"rest"), ttype, spec) == value
    skipped = transport(out.getvalue() + b"rest")
    binary.skip(skipped, ttype)
    assert skipped.read(4) == b"rest"
    out = transport()
    compact.TCompactProtocol(out)._write_val(ttype, value, spec)
    assert compact.TCompactProtocol(transport(out.getvalue()))._read_val(ttype, spec) == value


def test_list_is_read_and_written_element_by_element() -> None:
    # What py_zipkin does.
    out = TMemoryBuffer()
    binary.write_list_begin(out, STRUCT, 2)
    for i in (1, 2):
        Item.ours(id=i).write(binary.TBinaryProtocol(out))
    trans = TMemoryBuffer(out.getvalue())
    assert binary.read_list_begin(trans) == (STRUCT, 2)
    items = [binary.TBinaryProtocol(trans).read_struct(Item.ours()) for _ in range(2)]
    assert items == [Item.ours(id=1), Item.ours(id=2)]


def test_heads() -> None:
    out = BytesIO()
    binary.write_field_begin(out, BINARY, 3)
    binary.write_map_begin(out, BINARY, I32, 2)
    binary.write_field_stop(out)
    assert out.getvalue().hex() == "0b00030b080000000200"
    stream = BytesIO(out.getvalue())
    assert binary.read_field_begin(stream) == (STRING, 3)
    assert binary.read_map_begin(stream) == (STRING, I32, 2)
    assert binary.read_field_begin(stream) == (0, 0)
    with pytest.raises(TTransportException):
        binary.read_field_begin(stream)
    with pytest.raises(TProtocolException):
        binary.read_list_begin(BytesIO(b"\x08\xff\xff\xff\xff"))


def test_varints_and_zigzag() -> None:
    for number in (0, 1, 127, 128, 300, 2**63):
        out = BytesIO()
        compact.write_varint(out, number)
        assert compact.read_varint(BytesIO(out.getvalue())) == number
    assert [compact.make_zig_zag(n, 32) for n in (0, -1, 1, -5)] == [0, 1, 2, 9]
    assert [compact.from_zig_zag(n) for n in (0, 1, 2, 9)] == [0, -1, 1, -5]
    with pytest.raises(TProtocolException, match="i8 requires -128 <= number <= 127"):
        compact.check_integer_limits(300, 8)
    with pytest.raises(TProtocolException):
        compact.read_varint(BytesIO(b"\xff" * 20))
    with pytest.raises(TProtocolException):
        compact.write_varint(BytesIO(), -1)


def test_compact_bools() -> None:
    out = BytesIO()
    protocol = compact.TCompactProtocol(out)
    protocol._write_bool(True)
    protocol._write_bool(False)
    assert out.getvalue() == b"\1\2"
    protocol = compact.TCompactProtocol(BytesIO(b"\1\2"))
    assert [protocol._read_bool(), protocol._read_bool()] == [True, False]


def test_cybin_functions() -> None:
    out = TMemoryBuffer()
    cybin.write_val(out, STRING, "é")
    cybin.write_val(out, I32, 5)
    assert cybin.read_val(out, STRING, decode_response=False) == "é".encode()
    assert cybin.skip(out, I32) is None
    with pytest.raises((TypeError, OverflowError)):
        cybin.write_val(out, I32, "x")


def test_budget_of_nesting() -> None:
    with pytest.raises(RecursionError, match="maximum nesting depth exceeded"):
        binary.write_val(BytesIO(), LIST, [], I32, 0)
    with pytest.raises(RecursionError, match="maximum nesting depth exceeded while x"):
        binary.check_depth(0, " while x")
    binary.check_depth(1, " while x")


def test_protocols_are_ordinary_classes() -> None:
    assert isinstance(binary.TBinaryProtocol(None), TProtocolBase)
    assert cybin.TCyBinaryProtocol is binary.TBinaryProtocol

    class Upper(binary.TBinaryProtocol):
        def write_message_begin(self, name: str, ttype: int, seqid: int) -> None:
            super().write_message_begin(name.upper(), ttype, seqid)

    out = BytesIO()
    Upper(out).write_message_begin("n", 1, 2)
    assert binary.TBinaryProtocol(BytesIO(out.getvalue())).read_message_begin() == ("N", 1, 2)
    protocol = compact.TCompactProtocol(out, strict_decode=True)
    assert (protocol.trans, protocol.strict_decode, protocol.decode_response) == (out, True, True)
    protocol.trans = protocol.decode_response = None
    assert protocol.trans is None
    assert protocol.decode_response is False
    for wrong in (-1, "x"):
        with pytest.raises((TypeError, ValueError)):
            protocol.max_depth = wrong
    with pytest.raises(TypeError):
        binary.TBinaryProtocol()
    with pytest.raises(NotImplementedError):
        TProtocolBase(None).read_struct(None)


def test_multiplexed_calls_name_their_service() -> None:
    out = TMemoryBuffer()
    protocol = TMultiplexedProtocolFactory(binary.TBinaryProtocolFactory(), "Svc").get_protocol(out)
    assert isinstance(protocol, TMultiplexedProtocol)
    for ttype in (1, 4, 2, 3):
        protocol.write_message_begin("n", ttype, 1)
    reader = binary.TBinaryProtocol(out)
    assert [reader.read_message_begin()[0] for _ in range(4)] == ["Svc:n", "Svc:n", "n", "n"]
    assert protocol.trans is out


def test_serialize_and_deserialize() -> None:
    item = Item.ours(id=1, name="x")
    data = serialize(item)
    target = Item.ours(name="kept")
    for buffer in (data, bytearray(data), memoryview(data), memoryview(b"  " + data)[2:]):
        assert deserialize(target, buffer) is target
        assert deserialize(thrift_object=Item.ours(), buf=buffer, proto_factory=binary.TBinaryProtocolFactory()) == item
    assert deserialize(Item.ours(), data + b"rest") == item
    with pytest.raises(TypeError):
        deserialize(Item.ours())
    with pytest.raises(TypeError):
        serialize(item, factory=None)
    with pytest.raises(TypeError):
        deserialize(Item.ours(), "text")

    class Factory:
        def get_protocol(self, trans: Any) -> Any:
            return compact.TCompactProtocol(trans)

    assert serialize(item, Factory()) == serialize(item, compact.TCompactProtocolFactory())
    assert deserialize(Item.ours(), serialize(item, Factory()), Factory()) == item

    class Own(Item.ours):  # type: ignore[misc, name-defined]
        def write(self, oprot: Any) -> None:
            oprot.trans.write(b"own")

    assert serialize(Own()) == b"own"


def test_large_results_are_whole() -> None:
    cls = struct("Blob", {1: (BINARY, "b"), 2: (LIST, "l", STRING)}).ours
    for size in (2000, 2040, 2048, 2049, 5000, 1_000_000):
        value = cls(b=bytes(size), l=["x" * 100] * (size // 100))
        assert deserialize(cls(), serialize(value)) == value


@pytest.mark.parametrize(
    "value",
    [bytearray(b"ab"), memoryview(b"q"), b"", "ab", [1, 2], range(3), 5, None],
    ids=lambda each: type(each).__name__,
)
def test_hex_takes_bytes_and_nothing_else(value: Any) -> None:
    try:
        text = hexlify(value)
    except TypeError:
        assert not isinstance(value, (bytes, bytearray, memoryview))
    else:
        assert text == " ".join(f"{byte:02x}" for byte in bytes(value))


@pytest.mark.parametrize("protocol", [binary.TBinaryProtocol, compact.TCompactProtocol])
def test_a_message_type_that_would_come_out_as_another_is_refused(protocol: Any) -> None:
    for ttype in range(1, 5):
        out = TMemoryBuffer()
        protocol(out).write_message_begin("m", ttype, 7)
        assert protocol(out).read_message_begin() == ("m", ttype, 7)
    most = 7 if protocol is compact.TCompactProtocol else 255
    for ttype in (-1, most + 1, most + 2, 2**31 - 1, -(2**31)):
        out = TMemoryBuffer()
        with pytest.raises(OverflowError, match="message type"):
            protocol(out).write_message_begin("m", ttype, 7)
        assert out.getvalue() == b""


def test_hex(capsys: Any) -> None:
    assert hexlify(b"\x01\xff") == "01 ff"
    assert hexlify(b"\x01\xff", ":") == "01:ff"
    hexprint(bytes(range(12)))
    ours = capsys.readouterr().out
    if thriftpy2 is not None:
        thriftpy2.utils.hexprint(bytes(range(12)))
        assert ours == capsys.readouterr().out


@pytest.mark.parametrize("where", ["class", "base"])
def test_read_and_write_that_are_put_in_later_are_called(where: str) -> None:
    class Base(TPayload):
        thrift_spec = {1: (TType.I32, "a", False)}
        default_spec = [("a", None)]

    class Derived(Base):
        pass

    it = Derived(a=1)
    plain = serialize(it)
    assert deserialize(Derived(), plain) == it
    calls: list[str] = []

    def write(self: Any, oprot: Any) -> None:
        calls.append("write")
        TPayload.write(self, oprot)

    def read(self: Any, iprot: Any) -> None:
        calls.append("read")
        TPayload.read(self, iprot)

    target: Any = {"class": Derived, "base": Base}[where]
    target.write, target.read = write, read
    assert serialize(it) == plain
    assert deserialize(it, plain).a == 1
    assert calls == ["write", "read"]
    del target.write, target.read
    assert serialize(it) == plain
    assert deserialize(it, plain).a == 1
    assert calls == ["write", "read"]
