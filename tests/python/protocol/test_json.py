"""thriftpy2's own JSON protocol: its bytes and values are thriftpy2's, its refusals are TProtocolExceptions."""

from __future__ import annotations

import io
import json
import struct as packing
from typing import Any

import pytest

import fastthrift.protocol.json as ours
from fastthrift.protocol import TJSONProtocol, TJSONProtocolFactory
from fastthrift.protocol.exc import TProtocolDepthError, TProtocolException
from fastthrift.thrift import TDecodeException, TException, TMessageType, TPayload, TTransportException
from fastthrift.transport import TMemoryBuffer
from fastthrift.utils import deserialize, serialize
from twins import BINARY, BOOL, BYTE, DOUBLE, I16, I32, I64, LIST, MAP, SET, STRING, STRUCT, one, shown, struct

try:
    import thriftpy2.protocol.json as theirs
    import thriftpy2.transport
    import thriftpy2.utils
except ImportError:
    theirs = None

needs_thriftpy2 = pytest.mark.skipif(theirs is None, reason="thriftpy2 is not installed")

Inner = struct("Inner", {1: (I32, "x"), 2: (STRING, "s")})
NESTED = (MAP, (STRING, (LIST, (SET, I32))))

FITTING: list[tuple[Any, ...]] = [
    (BOOL, None, True),
    (BOOL, None, False),
    (BYTE, None, -128),
    (I16, None, 32767),
    (I32, None, -(2**31)),
    (I64, None, 2**63 - 1),
    (I64, None, True),
    (I32, None, 7.0),
    (I32, None, "12"),
    (DOUBLE, None, 1),
    (DOUBLE, None, "0.618"),
    (DOUBLE, None, 0.1),
    (DOUBLE, None, float("inf")),
    (STRING, None, ""),
    (STRING, None, 'pão \U0001f600 \x00"\\'),
    (STRING, None, 5),
    (BINARY, None, b"\x00\xff"),
    (BINARY, None, "é"),
    (BINARY, None, bytearray(b"abc")),
    (LIST, I32, [1, 2, 3]),
    (LIST, I32, ()),
    (LIST, STRING, (each for each in "ab")),
    (SET, I64, {5}),
    (LIST, (LIST, BINARY), [[b"a"], []]),
    (MAP, (STRING, DOUBLE), {"ratio": 0.618}),
    (MAP, (I32, NESTED), {1: {"a": [{2}]}}),
    (MAP, (BOOL, BINARY), {True: b"t", False: b"f"}),
]


def spec_of(field: tuple[Any, ...]) -> tuple[Any, ...]:
    return field[:1] if field[1] is None else field[:2]


def theirs_written(obj: Any) -> bytes:
    return thriftpy2.utils.serialize(obj, theirs.TJSONProtocolFactory())  # type: ignore[no-any-return]


def reusable(value: Any) -> list[Any]:
    """The value twice; a generator can be walked only once."""
    if hasattr(value, "send"):
        items = list(value)
        return [iter(items), iter(items)]
    return [value, value]


@needs_thriftpy2
@pytest.mark.parametrize("field", FITTING, ids=shown)
def test_a_field_has_the_bytes_and_the_value_of_thriftpy2(field: tuple[Any, ...]) -> None:
    cls = one(*spec_of(field))
    first, second = reusable(field[2])
    data = serialize(cls.ours(f=first), TJSONProtocolFactory())
    assert data == theirs_written(cls.theirs(f=second))
    read = deserialize(cls.ours(), data, TJSONProtocolFactory())
    expected = thriftpy2.utils.deserialize(cls.theirs(), data, theirs.TJSONProtocolFactory())
    assert read.f == expected.f
    assert type(read.f) is type(expected.f)


@needs_thriftpy2
def test_structs_in_structs_and_in_containers_have_the_bytes_of_thriftpy2() -> None:
    outer = struct(
        "Outer",
        {
            1: (STRUCT, "one", Inner),
            2: (LIST, "many", (STRUCT, Inner)),
            3: (MAP, "by_name", (STRING, (STRUCT, Inner))),
            4: (MAP, "by_struct", ((STRUCT, Inner), I32)),
        },
    )

    def made(side: int) -> Any:
        inner = Inner[side]
        return outer[side](
            one=inner(x=1), many=[inner(s="a"), inner()], by_name={"k": inner(x=2)}, by_struct={inner(x=3): 4}
        )

    data = serialize(made(0), TJSONProtocolFactory())
    assert data == theirs_written(made(1))
    assert deserialize(outer.ours(), data, TJSONProtocolFactory()) == made(0)


def test_a_message_is_a_length_and_a_document_with_its_head() -> None:
    trans = TMemoryBuffer()
    protocol = TJSONProtocol(trans)
    protocol.write_message_begin("add", TMessageType.CALL, 7)
    protocol.write_struct(Inner.ours(x=1))
    protocol.write_message_end()
    expected = b'{"metadata": {"version": 1, "name": "add", "ttype": 1, "seqid": 7}, "payload": {"x": 1}}'
    assert trans.getvalue() == packing.pack("!i", len(expected)) + expected


def test_messages_follow_each_other_on_one_protocol() -> None:
    protocol = TJSONProtocol(TMemoryBuffer())
    for number in (1, 2, 3):
        protocol.write_message_begin(f"m{number}", TMessageType.REPLY, number)
        protocol.write_struct(Inner.ours(x=number))
        protocol.write_message_end()
    for number in (1, 2, 3):
        assert protocol.read_message_begin() == (f"m{number}", TMessageType.REPLY, number)
        assert protocol.read_struct(Inner.ours()) == Inner.ours(x=number)
        protocol.read_message_end()


def test_a_skipped_message_leaves_the_next_one() -> None:
    protocol = TJSONProtocol(TMemoryBuffer())
    for number in (1, 2):
        protocol.write_message_begin("m", TMessageType.CALL, number)
        protocol.write_struct(Inner.ours(x=number))
        protocol.write_message_end()
    protocol.read_message_begin()
    protocol.skip(STRUCT)
    protocol.read_message_end()
    assert protocol.read_message_begin() == ("m", TMessageType.CALL, 2)
    assert protocol.read_struct(Inner.ours()).x == 2


def test_a_struct_can_stand_before_a_message() -> None:
    """`contrib.tracking` sends its header that way."""
    protocol = TJSONProtocol(TMemoryBuffer())
    protocol.write_struct(Inner.ours(s="header"))
    protocol.write_message_begin("m", TMessageType.CALL, 1)
    protocol.write_struct(Inner.ours(x=1))
    protocol.write_message_end()
    assert protocol.read_struct(Inner.ours()).s == "header"
    assert protocol.read_message_begin() == ("m", TMessageType.CALL, 1)


def test_a_struct_becomes_a_plain_dict_and_a_struct_again() -> None:
    obj = Inner.ours(x=1, s="a")
    assert ours.struct_to_json(obj) == {"x": 1, "s": "a"}
    assert ours.struct_to_obj({"x": 1, "s": "a", "unknown": [None]}, Inner.ours()) == obj
    assert ours.struct_to_json(Inner.ours()) == {}
    assert ours.struct_to_obj({}, Inner.ours(x=5)).x == 5


def test_the_functions_for_containers_take_a_spec_as_list_or_tuple() -> None:
    assert ours.map_to_json({"ratio": 0.618}, [STRING, DOUBLE]) == [{"key": "ratio", "value": 0.618}]
    assert ours.map_to_obj([{"key": "ratio", "value": "0.618"}], [STRING, DOUBLE]) == {"ratio": 0.618}
    assert ours.list_to_json((1, 2), I32) == [1, 2]
    assert ours.list_to_obj(["1", 2.0], I32) == [1, 2]
    assert ours.json_value(LIST, [[b"a"]], (LIST, BINARY)) == [["YQ=="]]
    assert ours.obj_value(LIST, [["YQ=="]], (LIST, BINARY)) == [[b"a"]]
    assert ours.encode_binary("é") == "w6k="
    assert ours.VERSION == 1


@pytest.mark.parametrize("text", ["YQ==", "YQ=", "YQ"])
def test_base64_is_read_with_and_without_padding(text: str) -> None:
    assert ours.obj_value(BINARY, text) == b"a"


def test_bytes_in_a_string_field_are_their_text() -> None:
    """thriftpy2 writes "b'x'" here."""
    assert ours.struct_to_json(one(STRING).ours(f="é".encode())) == {"f": "é"}


def test_sets_are_sets_where_that_is_asked_for() -> None:
    cls = one(SET, I32).ours
    data = serialize(cls(f={1, 2}), TJSONProtocolFactory())
    assert deserialize(cls(), data, TJSONProtocolFactory()).f == [1, 2]
    assert deserialize(cls(), data, TJSONProtocolFactory(sets=True)).f == {1, 2}


def test_a_list_as_a_key_is_a_tuple() -> None:
    cls = one(MAP, ((LIST, (LIST, I32)), I32)).ours
    data = serialize(cls(f={((1, 2), ()): 5}), TJSONProtocolFactory())
    assert deserialize(cls(), data, TJSONProtocolFactory()).f == {((1, 2), ()): 5}


def test_sets_in_sets_are_frozen() -> None:
    cls = one(SET, (SET, I32)).ours
    data = serialize(cls(f={frozenset({1}), frozenset()}), TJSONProtocolFactory())
    assert deserialize(cls(), data, TJSONProtocolFactory(sets=True)).f == {frozenset({1}), frozenset()}


def test_a_value_that_does_not_fit_names_the_innermost_field() -> None:
    outer = struct("Outer", {4: (LIST, "many", (STRUCT, Inner))})
    with pytest.raises(TDecodeException) as caught:
        ours.struct_to_json(outer.ours(many=[Inner.ours(x="abc")]))
    assert str(caught.value) == "Field 'x(1)' of 'Inner' needs type 'I32', but the value is `'abc'`"


@pytest.mark.parametrize(
    "field",
    [
        (BYTE, None, 128),
        (I16, None, -32769),
        (I32, None, 2**31),
        (I64, None, 2**63),
        (I32, None, "x"),
        (I32, None, float("nan")),
        (I32, None, float("inf")),
        (I32, None, []),
        (DOUBLE, None, "x"),
        (DOUBLE, None, 2**2000),
        (STRING, None, []),
        (STRING, None, b"\xff"),
        (STRING, None, "\ud800"),
        (BINARY, None, 5),
        (LIST, I32, 5),
        (LIST, I32, [None]),
        (MAP, (I32, I32), [1]),
        (STRUCT, Inner, {"x": 1}),
        (STRUCT, Inner, 5),
    ],
    ids=shown,
)
def test_a_value_that_does_not_fit_is_not_written(field: tuple[Any, ...]) -> None:
    trans = TMemoryBuffer()
    with pytest.raises(TDecodeException):
        TJSONProtocol(trans).write_struct(one(*spec_of(field)).ours(f=field[2]))
    assert trans.getvalue() == b""


def message(document: Any) -> bytes:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return packing.pack("!i", len(body)) + body


HEAD = {"version": 1, "name": "m", "ttype": 1, "seqid": 0}

BAD_MESSAGES: list[tuple[Any, int]] = [
    (message(b""), TProtocolException.INVALID_DATA),
    (message(b"{"), TProtocolException.INVALID_DATA),
    (message(b"\xff\xfe"), TProtocolException.INVALID_DATA),
    (message(b"1" * 5000), TProtocolException.INVALID_DATA),
    (message(None), TProtocolException.INVALID_DATA),
    (message([]), TProtocolException.INVALID_DATA),
    (message({}), TProtocolException.INVALID_DATA),
    (message({"metadata": None, "payload": {}}), TProtocolException.INVALID_DATA),
    (message({"metadata": {**HEAD, "version": 2}, "payload": {}}), TProtocolException.BAD_VERSION),
    (message({"metadata": {"version": 1}, "payload": {}}), TProtocolException.INVALID_DATA),
    (message({"metadata": {**HEAD, "name": 5}, "payload": {}}), TProtocolException.INVALID_DATA),
    (message({"metadata": {**HEAD, "seqid": "0"}, "payload": {}}), TProtocolException.INVALID_DATA),
    (message({"metadata": HEAD}), TProtocolException.INVALID_DATA),
    (message({"metadata": HEAD, "payload": None}), TProtocolException.INVALID_DATA),
    (message({"metadata": HEAD, "payload": []}), TProtocolException.INVALID_DATA),
    (message(b"[" * 100_000), TProtocolException.DEPTH_LIMIT),
    (packing.pack("!i", -1), TProtocolException.NEGATIVE_SIZE),
    (packing.pack("!i", 0x7FFFFFFF), TProtocolException.SIZE_LIMIT),
]


@pytest.mark.parametrize(("data", "kind"), BAD_MESSAGES, ids=lambda each: repr(each)[:60])
def test_a_bad_message_is_a_protocol_exception(data: bytes, kind: int) -> None:
    protocol = TJSONProtocol(TMemoryBuffer(data))
    with pytest.raises(TProtocolException) as caught:
        protocol.read_message_begin()
        protocol.read_struct(Inner.ours())
    assert caught.value.type == kind


def test_the_text_for_another_version_is_that_of_thriftpy2() -> None:
    data = message({"metadata": {**HEAD, "version": 2}, "payload": {}})
    with pytest.raises(TProtocolException, match="^Bad version in read_message_begin:2$"):
        TJSONProtocol(TMemoryBuffer(data)).read_message_begin()


@needs_thriftpy2
@pytest.mark.parametrize("version", [1, 1.0, True, "1", " 1 ", 2, "2", "x"], ids=repr)
def test_versions_of_messages_are_those_that_thriftpy2_takes(version: Any) -> None:
    data = message({"metadata": {**HEAD, "version": version}, "payload": {}})
    heads = []
    for protocol in (TJSONProtocol(TMemoryBuffer(data)), theirs.TJSONProtocol(thriftpy2.transport.TMemoryBuffer(data))):
        try:
            heads.append(protocol.read_message_begin())
        except (TProtocolException, thriftpy2.protocol.exc.TProtocolException, ValueError):
            heads.append(None)
    assert heads[0] == heads[1]


@needs_thriftpy2
@pytest.mark.parametrize("meta", [{"version": 2}, {"version": "x"}, {}, None, 5, []], ids=repr)
def test_a_struct_alone_is_of_any_version(meta: Any) -> None:
    data = message({"metadata": meta, "payload": {"x": 1}})
    assert deserialize(Inner.ours(), data, TJSONProtocolFactory()).x == 1
    assert thriftpy2.utils.deserialize(Inner.theirs(), data, theirs.TJSONProtocolFactory()).x == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ((I32,), None),
        ((I32,), "x"),
        ((I32,), 1.5),
        ((I32,), 2**31),
        ((I32,), [1]),
        ((BYTE,), 128),
        ((BOOL,), "false"),
        ((DOUBLE,), {}),
        ((STRING,), None),
        ((STRING,), ["a"]),
        ((STRING,), True),
        ((STRING,), "\ud800"),
        ((BINARY,), "YQ==="[:1]),
        ((BINARY,), "é"),
        ((BINARY,), 5),
        ((LIST, I32), {}),
        ((LIST, I32), "12"),
        ((LIST, I32), [None]),
        ((MAP, (I32, I32)), {}),
        ((MAP, (I32, I32)), [{"key": 1}]),
        ((MAP, (I32, I32)), [[1, 2]]),
        ((STRUCT, Inner), []),
        ((STRUCT, Inner), {"x": None}),
    ],
    ids=shown,
)
def test_a_wrong_value_is_a_protocol_exception_and_a_value_error(field: tuple[Any, ...], value: Any) -> None:
    cls = one(*field).ours
    with pytest.raises(TProtocolException) as caught:
        deserialize(cls(), message({"metadata": {"version": 1}, "payload": {"f": value}}), TJSONProtocolFactory())
    assert caught.value.type == TProtocolException.INVALID_DATA
    with pytest.raises(ValueError):
        ours.struct_to_obj({"f": value}, cls())


def test_the_refusal_of_a_value_says_where() -> None:
    with pytest.raises(TProtocolException) as caught:
        ours.struct_to_obj({"x": "abc"}, Inner.ours())
    assert str(caught.value) == "Inner: field 'x' (1) needs I32, got 'abc'"


def test_every_prefix_of_a_message_is_the_end_of_the_file() -> None:
    data = serialize(Inner.ours(x=1, s="abc"), TJSONProtocolFactory())
    for end in range(len(data)):
        with pytest.raises(TTransportException) as caught:
            TJSONProtocol(io.BytesIO(data[:end])).read_struct(Inner.ours())
        assert caught.value.type == TTransportException.END_OF_FILE


def test_a_message_may_arrive_byte_by_byte() -> None:
    class Trickle(io.BytesIO):
        def read(self, count: int | None = -1) -> bytes:
            return super().read(min(1, count or 0))

    data = serialize(Inner.ours(x=1, s="abc"), TJSONProtocolFactory())
    assert TJSONProtocol(Trickle(data)).read_struct(Inner.ours()) == Inner.ours(x=1, s="abc")


def recursive() -> Any:
    class Node(TPayload):
        thrift_spec: dict[int, Any] = {}
        default_spec = [("next", None)]

    Node.thrift_spec[1] = (STRUCT, "next", Node, False)
    return Node


def chain(cls: Any, length: int) -> Any:
    node = cls()
    for _ in range(length - 1):
        node = cls(next=node)
    return node


def test_nesting_is_bounded_as_in_the_other_protocols() -> None:
    node = recursive()
    data = serialize(chain(node, 64), TJSONProtocolFactory())
    assert deserialize(node(), data, TJSONProtocolFactory()) == chain(node, 64)
    with pytest.raises(TProtocolDepthError, match="maximum nesting depth exceeded while writing a Thrift struct"):
        serialize(chain(node, 65), TJSONProtocolFactory())
    deep = serialize(chain(node, 65), TJSONProtocolFactory(max_depth=65))
    with pytest.raises(RecursionError, match="maximum nesting depth exceeded while reading a Thrift struct"):
        deserialize(node(), deep, TJSONProtocolFactory())


def test_a_message_over_the_limit_is_not_read() -> None:
    data = serialize(Inner.ours(s="x" * 100), TJSONProtocolFactory())
    with pytest.raises(TProtocolException) as caught:
        deserialize(Inner.ours(), data, TJSONProtocolFactory(max_message=100))
    assert caught.value.type == TProtocolException.SIZE_LIMIT
    assert deserialize(Inner.ours(), data, TJSONProtocolFactory(max_message=None)).s == "x" * 100


@pytest.mark.parametrize("seed", range(8))
def test_any_mutation_of_a_message_gives_a_value_or_a_thrift_exception(seed: int) -> None:
    import random

    chance = random.Random(seed)
    cls = struct(
        "All",
        {
            1: (MAP, "m", (STRING, (LIST, I32))),
            2: (BINARY, "b"),
            3: (STRUCT, "i", Inner),
            4: (DOUBLE, "d"),
            5: (BOOL, "t"),
        },
    ).ours
    data = serialize(cls(m={"a": [1, 2]}, b=b"abc", i=Inner.ours(x=5, s="é"), d=0.5, t=True), TJSONProtocolFactory())
    for _ in range(500):
        mutant = bytearray(data)
        for _ in range(chance.randint(1, 3)):
            mutant[chance.randrange(len(mutant))] = chance.choice(b'{}[]",:0159eE.-+ntfu\\ \xff\x00')
        protocol = TJSONProtocol(TMemoryBuffer(bytes(mutant)))
        try:
            protocol.read_struct(cls())
        except TException:
            pass


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (float("nan"), "NaN"), (float("-inf"), "-Infinity"), (1e16, "1e+16"), (1e22, "1e+22"), (1e-05, "1e-05"), (-0.0, "-0.0"),
        (100.0, "100.0"), (5e-324, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"), (0.1 + 0.2, "0.30000000000000004"),
    ],
    ids=shown,
)  # fmt: skip
def test_doubles_are_written_as_python_writes_them(value: float, text: str) -> None:
    data = serialize(one(DOUBLE).ours(f=value), TJSONProtocolFactory())
    assert data[4:] == b'{"metadata": {"version": 1}, "payload": {"f": %s}}' % text.encode()
    assert text == json.dumps(value)


def test_every_character_is_written_as_python_writes_it() -> None:
    text = "".join(map(chr, [*range(0x180), 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x1F600, 0x10FFFF]))
    data = serialize(one(STRING).ours(f=text), TJSONProtocolFactory())
    assert data[4:].decode("ascii") == '{"metadata": {"version": 1}, "payload": %s}' % json.dumps({"f": text})
    assert deserialize(one(STRING).ours(), data, TJSONProtocolFactory()).f == text


class Plain:
    """Written by hand, as thriftpy2 takes it."""

    thrift_spec = {1: (I32, "x", False), 2: (LIST, "xs", I64, False)}
    xs = None

    @property
    def doubled(self) -> int:
        return 2 * self.x

    def __init__(self, x: Any = None) -> None:
        self.x = x


def test_objects_without_slots_are_written_and_filled() -> None:
    cls = one(LIST, (STRUCT, Plain)).ours
    data = serialize(cls(f=[Plain(1), Plain()]), TJSONProtocolFactory())
    back = deserialize(cls(), data, TJSONProtocolFactory()).f
    assert [(type(each), each.x, each.xs) for each in back] == [(Plain, 1, None), (Plain, None, None)]
    filled = ours.struct_to_obj({"x": "7", "xs": [1, "2"]}, Plain())
    assert (filled.x, filled.xs) == (7, [1, 2])
    assert ours.struct_to_json(filled) == {"x": 7, "xs": [1, 2]}


def test_a_property_that_refuses_to_be_set_says_so_itself() -> None:
    class Fixed(Plain):
        thrift_spec = {1: (I32, "doubled", False)}

    with pytest.raises(AttributeError, match="doubled|set"):
        ours.struct_to_obj({"doubled": 4}, Fixed(2))
    assert ours.struct_to_json(Fixed(2)) == {"doubled": 4}


def test_any_mapping_fills_a_struct() -> None:
    from collections import ChainMap, UserDict

    assert ours.struct_to_obj(ChainMap({"x": 1}, {"s": "a", "x": 2}), Inner.ours()) == Inner.ours(x=1, s="a")
    assert ours.struct_to_obj(UserDict(x=1), Inner.ours()).x == 1


def test_lists_and_maps_may_be_any_of_pythons_own() -> None:
    assert ours.list_to_obj((1, 2), I32) == [1, 2]
    assert ours.list_to_obj(frozenset({3}), I32) == [3]
    assert ours.map_to_obj(({"key": 1, "value": 2},), (I32, I32)) == {1: 2}
    assert ours.list_to_json("ab", STRING) == ["a", "b"]
    assert ours.list_to_json({1: 2}, I32) == [1]


def test_the_place_of_an_error_is_told() -> None:
    outer = struct("Outer", {4: (LIST, "many", (STRUCT, Inner))}).ours
    with pytest.raises(TDecodeException) as refused:
        ours.struct_to_json(outer(many=[Inner.ours(), Inner.ours(x="abc")]))
    with pytest.raises(TProtocolException) as caught:
        ours.struct_to_obj({"many": [{}, {"x": "abc"}]}, outer())
    assert refused.value.path == caught.value.path == "Outer.many[1].x"  # type: ignore[attr-defined]


def test_a_list_that_is_its_own_element_ends_at_the_depth() -> None:
    spec: Any = I32
    for _ in range(100):
        spec = (LIST, spec)
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(TProtocolDepthError, match="writing a Thrift container"):
        ours.list_to_json(endless, spec)
    with pytest.raises(TProtocolDepthError, match="reading a Thrift container"):
        ours.list_to_obj(endless, spec)
    with pytest.raises(RecursionError):
        ours.list_to_json(endless, spec, 5)


@pytest.mark.parametrize("ttype", [0, 1, 7, 17, 99])
def test_a_type_that_no_specification_has_is_refused(ttype: int) -> None:
    with pytest.raises(TProtocolException, match=f"^Unknown TType {ttype} for JSON serialization$"):
        ours.json_value(ttype, 1)
    with pytest.raises(TProtocolException, match=f"^Unknown TType {ttype} for JSON deserialization$"):
        ours.obj_value(ttype, 1)


def test_the_head_of_a_message_is_checked_before_a_byte_is_written() -> None:
    for head in [(b"m", 1, 0), ("m", None, 0), ("m", 1, "0"), ("\ud800", 1, 0)]:
        trans = TMemoryBuffer()
        protocol = TJSONProtocol(trans)
        protocol.write_message_begin(*head)  # type: ignore[arg-type]
        with pytest.raises((TypeError, ValueError)):
            protocol.write_struct(Inner.ours(x=1))
        assert trans.getvalue() == b""


def test_uuids_are_their_text() -> None:
    import uuid

    value = uuid.UUID("12345678-9abc-def0-1234-56789abcdef0")
    cls = one(16).ours
    data = serialize(cls(f=value), TJSONProtocolFactory())
    assert b'{"f": "12345678-9abc-def0-1234-56789abcdef0"}' in data
    assert deserialize(cls(), data, TJSONProtocolFactory()).f == value
    for wrong in ["12345678", 5, None]:
        with pytest.raises(TProtocolException):
            ours.struct_to_obj({"f": wrong}, cls())


def test_the_factory_hands_its_options_on() -> None:
    made = TJSONProtocolFactory(max_message=5, max_depth=6, sets=True).get_protocol(TMemoryBuffer())
    assert (made.max_message, made.max_depth) == (5, 6)
    assert isinstance(made, ours.TProtocolBase)
