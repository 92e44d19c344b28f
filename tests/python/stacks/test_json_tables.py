"""What JSON may look like: strict when it is written, lenient when it is read, in both faces (interop.md, 3.4 and apache.md, 5.3)."""

from __future__ import annotations

import json
import math
import struct
import uuid
from typing import Any

import pytest

import apache_side
import fastthrift
from fastthrift.protocol import TApacheJSONProtocolFactory
from fastthrift.protocol.exc import TProtocolException
from fastthrift.thrift import TType
from fastthrift.transport import TTransportException
from fastthrift.utils import deserialize, serialize
from wares import UUID, small, wares

side = apache_side.Side("fastthrift.apache")
ApacheProtocolException = side.TProtocol.TProtocolException
ApacheTransportException = side.TTransport.TTransportException

# apache.md, 5.10
VECTOR = (
    '{"1":{"i32":5},"2":{"str":"h\xe9y"},"3":{"lst":["i16",2,1,-2]},"4":{"tf":1},"5":{"map":["str","i32",1,{"k":7}]},'
    '"6":{"str":"AP8="},"7":{"dbl":1.5},"8":{"i64":1099511627776},"9":{"i8":-3},"10":{"set":["i32",1,9]},"11":{"rec":{"1":'
    '{"i32":300}}},"12":{"uid":"00112233-4455-6677-8899-aabbccddeeff"},"20":{"tf":0},"36":{"i32":-1},"37":{"lst":["tf",2,1,0]}}'
).encode()
SIMPLE = (
    '{"id":5,"name":"h\xe9y","xs":[1,-2],"ok":1,"m":{"k":7},"b":"AP8=","d":1.5,"big":1099511627776,"y":-3,"st":[9],'
    '"inn":{"n":300},"u":"00112233-4455-6677-8899-aabbccddeeff","no":0,"far":-1,"bs":[1,0]}'
).encode()
BINARY = bytes.fromhex(
    "080001000000050b00020000000468c3a9790f000306000000020001fffe020004010d00050b0800000001000000016b00000007"
    "0b00060000000200ff0400073ff80000000000000a00080000010000000000030009fd0e000a0800000001000000090c000b0800"
    "010000012c0010000c00112233445566778899aabbccddeeff02001400080024ffffffff0f00250200000002010000"
)
COMPACT = bytes.fromhex(
    "150a180468c3a97919240203111b0185016b0e180200ff17000000000000f83f1680808080804013fd1a15121c15d804001d0011"
    "2233445566778899aabbccddeeff820548011921010200"
)


def memory(data: bytes = b"") -> Any:
    return side.TTransport.TMemoryBuffer(data)


def written(write: Any, protocol: str = "TJSONProtocol") -> bytes:
    trans = memory()
    write(getattr(side.TJSONProtocol, protocol)(trans))
    found: bytes = trans.getvalue()
    return found


def reader(data: bytes) -> Any:
    return side.TJSONProtocol.TJSONProtocol(memory(data))


# ---- whole structs: the vectors


def test_the_vector_in_every_protocol_of_the_thriftpy2_face() -> None:
    protocol = fastthrift.protocol
    for factory, expected in (
        (protocol.TBinaryProtocolFactory(), BINARY),
        (protocol.TCompactProtocolFactory(), COMPACT),
        (TApacheJSONProtocolFactory(), VECTOR),
    ):
        assert serialize(small(), factory) == expected
        assert deserialize(wares.Small(), expected, factory) == small()


def test_the_vector_in_every_protocol_of_the_apache_face() -> None:
    for module, name, expected in (
        ("TBinaryProtocol", "TBinaryProtocol", BINARY),
        ("TBinaryProtocol", "TBinaryProtocolAccelerated", BINARY),
        ("TCompactProtocol", "TCompactProtocol", COMPACT),
        ("TCompactProtocol", "TCompactProtocolAccelerated", COMPACT),
        ("TJSONProtocol", "TJSONProtocol", VECTOR),
    ):
        make = getattr(getattr(side, module), name)
        trans = memory()
        side.small().write(make(trans))
        assert trans.getvalue() == expected, name
        found = side.types.Small()
        found.read(make(memory(expected)))
        assert found == side.small(), name


def test_the_vector_in_simple_json() -> None:
    assert written(lambda p: side.small().write(p), "TSimpleJSONProtocol") == SIMPLE
    assert json.loads(SIMPLE)["name"] == "h\xe9y"


def test_messages_are_apaches() -> None:
    def call(protocol: Any) -> None:
        protocol.writeMessageBegin("add", 1, 0)
        side.types.calls["add"][0](a=1, b=-2).write(protocol)
        protocol.writeMessageEnd()

    assert written(call) == b'[1,"add",1,0,{"1":{"i32":1},"2":{"i32":-2}}]'
    assert written(call, "TSimpleJSONProtocol") == b'{"a":1,"b":-2}'
    protocol = reader(written(call) * 2)
    for _ in range(2):
        assert protocol.readMessageBegin() == ("add", 1, 0)
        args = side.types.calls["add"][0]()
        args.read(protocol)
        protocol.readMessageEnd()
        assert (args.a, args.b) == (1, -2)


# ---- values: what is written. Each as the field of a struct in both faces.

IDL = """
struct Key { 1: i32 a }
struct Any {
  1: double d, 2: string s, 3: binary b, 4: map<double, i64> m, 5: map<bool, bool> flags, 6: map<Key, i32> keyed, 7: i64 n
  8: list<list<i8>> deep, 9: uuid u, 10: bool t, 11: map<string, i32> empty, 12: i32 small, 13: map<i64, string> wide
}
"""
module: Any = fastthrift.loads(IDL, module_name="stacks_json_thrift")
T = TType


def field(value: str, tag: str, fid: int) -> bytes:
    return ('{"%d":{"%s":%s}}' % (fid, tag, value)).encode()


WRITTEN = {
    "shortest": ("d", 0.1, "dbl", "0.1"),
    "no fraction": ("d", 1.0, "dbl", "1"),
    "small": ("d", 5e-324, "dbl", "5e-324"),
    "minus zero": ("d", -0.0, "dbl", "-0"),
    "infinity": ("d", math.inf, "dbl", '"Infinity"'),
    "minus infinity": ("d", -math.inf, "dbl", '"-Infinity"'),
    "not a number": ("d", math.nan, "dbl", '"NaN"'),
    "short escapes": ("s", '"\\\b\f\n\r\t', "str", r'"\"\\\b\f\n\r\t"'),
    "control characters": ("s", "\x00\x01\x1f", "str", r'"\u0000\u0001\u001f"'),
    "a slash and DEL": ("s", "/\x7f", "str", '"/\x7f"'),
    "beyond the BMP": ("s", "\U0001f600", "str", '"\U0001f600"'),
    "binary": ("b", b"\x00\xff", "str", '"AP8="'),
    "empty binary": ("b", b"", "str", '""'),
    "i64": ("n", 2**63 - 1, "i64", "9223372036854775807"),
    "uuid": ("u", UUID, "uid", f'"{UUID}"'),
    "bool": ("t", True, "tf", "1"),
    "double keys": ("m", {0.5: 1}, "map", '["dbl","i64",1,{"0.5":1}]'),
    "special keys": ("m", {math.inf: 1}, "map", '["dbl","i64",1,{"Infinity":1}]'),
    "bool keys": ("flags", {True: False}, "map", '["tf","tf",1,{"1":0}]'),
    "struct keys": ("keyed", "KEY", "map", '["rec","i32",1,{{"1":{"i32":3}}:4}]'),
    "lists in lists": ("deep", [[1, -2], []], "lst", '["lst",2,["i8",2,1,-2],["i8",0]]'),
    "an empty map": ("empty", {}, "map", '["str","i32",0,{}]'),
}


def write_by_hand(protocol: Any, name: str, value: Any) -> None:
    if name == "d":
        protocol.writeDouble(value)
    elif name == "s":
        protocol.writeString(value)
    elif name == "b":
        protocol.writeBinary(value)
    elif name == "n":
        protocol.writeI64(value)
    elif name == "u":
        protocol.writeUuid(value)
    elif name == "t":
        protocol.writeBool(value)
    elif name == "m":
        protocol.writeMapBegin(T.DOUBLE, T.I64, len(value))
        for key, each in value.items():
            protocol.writeDouble(key)
            protocol.writeI64(each)
        protocol.writeMapEnd()
    elif name == "flags":
        protocol.writeMapBegin(T.BOOL, T.BOOL, len(value))
        for key, each in value.items():
            protocol.writeBool(key)
            protocol.writeBool(each)
        protocol.writeMapEnd()
    elif name == "keyed":
        protocol.writeMapBegin(T.STRUCT, T.I32, 1)
        protocol.writeStructBegin("Key")
        protocol.writeFieldBegin("a", T.I32, 1)
        protocol.writeI32(3)
        protocol.writeFieldEnd()
        protocol.writeFieldStop()
        protocol.writeStructEnd()
        protocol.writeI32(4)
        protocol.writeMapEnd()
    elif name == "deep":
        protocol.writeListBegin(T.LIST, len(value))
        for each in value:
            protocol.writeListBegin(T.BYTE, len(each))
            for number in each:
                protocol.writeByte(number)
            protocol.writeListEnd()
        protocol.writeListEnd()
    else:
        protocol.writeMapBegin(T.STRING, T.I32, 0)
        protocol.writeMapEnd()


FIELDS = {item[1]: (fid, item[0]) for fid, item in module.Any.thrift_spec.items()}


@pytest.mark.parametrize("what", WRITTEN)
def test_what_is_written(what: str) -> None:
    name, value, tag, text = WRITTEN[what]
    if value == "KEY":
        value = {module.Key(a=3): 4}
    fid, ttype = FIELDS[name]
    expected = field(text, tag, fid)
    assert serialize(module.Any(**{name: value}), TApacheJSONProtocolFactory()) == expected

    def by_hand(protocol: Any) -> None:
        protocol.writeStructBegin("Any")
        protocol.writeFieldBegin(name, T.STRING if ttype == T.BINARY else ttype, fid)
        write_by_hand(protocol, name, value)
        protocol.writeFieldEnd()
        protocol.writeFieldStop()
        protocol.writeStructEnd()

    assert written(by_hand) == expected
    if what != "struct keys":
        json.loads(expected)


# ---- what is read

READ: dict[str, Any] = {
    "quoted number": ("d", "dbl", '"1.5"', 1.5),
    "bare number": ("d", "dbl", "-1.5e-3", -1.5e-3),
    "17 digits": ("d", "dbl", "0.10000000000000001", 0.1),
    "quoted NaN": ("d", "dbl", '"NaN"', math.nan),
    "quoted Infinity": ("d", "dbl", '"Infinity"', math.inf),
    "quoted -Infinity": ("d", "dbl", '"-Infinity"', -math.inf),
    "bare Infinity (Node)": ("d", "dbl", "Infinity", math.inf),
    "bare -Infinity (Node)": ("d", "dbl", "-Infinity", -math.inf),
    "bare NaN (Node)": ("d", "dbl", "NaN", math.nan),
    "bare inf (Apache's Python)": ("d", "dbl", "inf", math.inf),
    "bare -inf (Apache's Python)": ("d", "dbl", "-inf", -math.inf),
    "bare nan (Apache's Python)": ("d", "dbl", "nan", math.nan),
    "minus zero": ("d", "dbl", "-0.0", -0.0),
    "raw control characters": ("s", "str", '"\x01\x1f\n"', "\x01\x1f\n"),
    "NUL": ("s", "str", r'"\u0000"', "\0"),
    "upper-case hex": ("s", "str", r'"\u00E9\u20AC"', "\xe9\u20ac"),
    "lower-case hex": ("s", "str", r'"\u00e9\u20ac"', "\xe9\u20ac"),
    "an escaped slash": ("s", "str", r'"\/"', "/"),
    "a surrogate pair": ("s", "str", r'"\ud83d\uDE00"', "\U0001f600"),
    "UTF-8 beyond the BMP": ("s", "str", '"\U0001f600"', "\U0001f600"),
    "base64 with padding": ("b", "str", '"AP8="', b"\x00\xff"),
    "base64 without padding": ("b", "str", '"AP8"', b"\x00\xff"),
    "base64 with two": ("b", "str", '"AA=="', b"\x00"),
    "base64 without two": ("b", "str", '"AA"', b"\x00"),
    "numbers as keys": ("wide", "map", '["i64","str",1,{"9007199254740993":"x"}]', {9007199254740993: "x"}),
    "bools as keys": ("flags", "map", '["tf","tf",2,{"0":1,"1":0}]', {False: True, True: False}),
    "structs as keys": ("keyed", "map", '["rec","i32",1,{{"1":{"i32":3}}:4}]', "KEY"),
    "an empty map of no type (Node)": ("empty", "map", '["?","?",0,{}]', {}),
    "an empty map of a type": ("empty", "map", '["str","i32",0,{}]', {}),
    "white space": ("wide", "map", ' [ "i64" , "str" ,\n1 , { "1" : "x" } ] ', {1: "x"}),
    "bool 1": ("t", "tf", "1", True),
    "bool 0": ("t", "tf", "0", False),
    "bool 2": ("t", "tf", "2", True),
    "bool -1": ("t", "tf", "-1", True),
    "bool as a word": ("t", "tf", "true", True),
    "i64 beyond a double": ("n", "i64", "9007199254740993", 9007199254740993),
    "the smallest i64": ("n", "i64", "-9223372036854775808", -(2**63)),
    "uuid in upper case": ("u", "uid", f'"{str(UUID).upper()}"', UUID),
}


def same(found: Any, expected: Any) -> bool:
    if isinstance(expected, float):
        return struct.pack("d", found) == struct.pack("d", expected) or (math.isnan(found) and math.isnan(expected))
    return bool(found == expected)


def read_by_hand(protocol: Any, name: str) -> Any:
    methods = {
        "d": "readDouble",
        "s": "readString",
        "b": "readBinary",
        "n": "readI64",
        "u": "readUuid",
        "t": "readBool",
    }
    if name in methods:
        return getattr(protocol, methods[name])()
    key, value = {
        "wide": ("readI64", "readString"),
        "flags": ("readBool", "readBool"),
        "empty": ("readString", "readI32"),
        "keyed": (None, "readI32"),
    }[name]
    found = {}
    _, _, size = protocol.readMapBegin()
    for _ in range(size):
        if key is None:
            protocol.readStructBegin()
            assert protocol.readFieldBegin() == (None, T.I32, 1)
            found_key = module.Key(a=protocol.readI32())
            protocol.readFieldEnd()
            assert protocol.readFieldBegin()[1] == T.STOP
            protocol.readStructEnd()
        else:
            found_key = getattr(protocol, key)()
        found[found_key] = getattr(protocol, value)()
    protocol.readMapEnd()
    return found


@pytest.mark.parametrize("what", READ)
def test_what_is_read(what: str) -> None:
    name, tag, text, expected = READ[what]
    if expected == "KEY":
        expected = {module.Key(a=3): 4}
    fid, ttype = FIELDS[name]
    data = field(text, tag, fid)
    found = getattr(deserialize(module.Any(), data, TApacheJSONProtocolFactory()), name)
    assert same(found, expected), found

    protocol = reader(data)
    protocol.readStructBegin()
    assert protocol.readFieldBegin() == (None, T.STRING if ttype == T.BINARY else ttype, fid)
    assert same(read_by_hand(protocol, name), expected)
    protocol.readFieldEnd()
    assert protocol.readFieldBegin() == (None, T.STOP, 0)
    protocol.readStructEnd()

    # Nobody knows the field: it is gone over.
    protocol = reader(data)
    protocol.skip(T.STRUCT)


REFUSED = {
    "a lone high surrogate": ("s", "str", r'"\ud83d"'),
    "a lone low surrogate": ("s", "str", r'"\ude00"'),
    "a high surrogate and something else": ("s", "str", r'"\ud83d\u0041"'),
    "an escape of nobody": ("s", "str", r'"\x41"'),
    "three digits": ("s", "str", r'"\u00g1"'),
    "a string that is a number": ("s", "str", "1"),
    "base64 with other characters": ("b", "str", '"!!!!"'),
    "base64 of one character": ("b", "str", '"A"'),
    "a number that is a word": ("d", "dbl", "infinite"),
    "two points": ("d", "dbl", "1.2.3"),
    "no number": ("d", "dbl", '""'),
    "an integer with a fraction": ("n", "i64", "1.5"),
    "an i64 of 65 bits": ("n", "i64", "9223372036854775808"),
    "an i32 of 33 bits": ("small", "i32", "2147483648"),
    "a number without an end": ("n", "i64", "1" * 100_000),
    "a negative size": ("wide", "map", '["i64","str",-1,{}]'),
    "a size of 2^40": ("wide", "map", '["i64","str",1099511627776,{}]'),
    "a size that is not there": ("wide", "map", '["i64","str",2147483647,{"1":"a"}]'),
    "a type of nobody": ("wide", "map", '["i65","str",1,{"1":"a"}]'),
    "a map without its brace": ("wide", "map", '["i64","str",1]'),
    "no uuid": ("u", "uid", '"00112233"'),
    "a bool with a fraction": ("t", "tf", "1.5"),
    "the end": ("s", "str", '"abc'),
}
# Who knows the spec goes over a value of another type.
LENIENT_BY_SPEC = ("a type of nobody",)


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused(what: str) -> None:
    name, tag, text = REFUSED[what]
    fid, _ = FIELDS[name]
    data = field(text, tag, fid)
    if what not in LENIENT_BY_SPEC:
        with pytest.raises((TProtocolException, TTransportException)):
            deserialize(module.Any(), data, TApacheJSONProtocolFactory())
    protocol = reader(data)
    with pytest.raises((ApacheProtocolException, ApacheTransportException)):
        protocol.readStructBegin()
        protocol.readFieldBegin()
        if name == "small":
            protocol.readI32()
        else:
            read_by_hand(protocol, name)


@pytest.mark.parametrize(
    "data",
    [b"", b"[", b"[2", b'[2,"a",1,0,{}]', b'{"1":1}', b"[1,2,1,0,{}]", b'[1,"a","b",0,{}]', b"GET / HTTP/1.1\r\n"],
)
def test_heads_of_messages_that_are_none(data: bytes) -> None:
    with pytest.raises((ApacheProtocolException, ApacheTransportException)):
        reader(data).readMessageBegin()


def test_every_cut_of_a_struct_is_refused() -> None:
    for size in range(len(VECTOR)):
        with pytest.raises((ApacheProtocolException, ApacheTransportException)):
            side.types.Small().read(reader(VECTOR[:size]))


def test_no_byte_behind_a_message_is_read() -> None:
    class Exact(side.TTransport.TMemoryBuffer):  # type: ignore[misc,name-defined]
        pass

    trans = Exact(b'[1,"n",1,7,{"1":{"i32":5}}]rest')
    protocol = side.TJSONProtocol.TJSONProtocol(trans)
    protocol.readMessageBegin()
    protocol.skip(T.STRUCT)
    protocol.readMessageEnd()
    assert trans.read(100) == b"rest"


def test_strings_are_limited() -> None:
    protocol = side.TJSONProtocol.TJSONProtocolFactory(string_length_limit=3).getProtocol(memory(b'"abc""abcd"'))
    assert protocol.readString() == "abc"
    with pytest.raises(ApacheTransportException):
        protocol.readString()


def test_values_that_do_not_fit_are_refused_before_a_byte_is_written() -> None:
    for write, value in (
        ("writeI32", 2**31),
        ("writeByte", 128),
        ("writeI16", -32769),
        ("writeI64", 2**63),
        ("writeI32", 1.5),
        ("writeString", "\ud800"),
    ):
        trans = memory()
        protocol = side.TJSONProtocol.TJSONProtocol(trans)
        with pytest.raises((ApacheProtocolException, UnicodeEncodeError)):
            getattr(protocol, write)(value)
        assert trans.getvalue() == b""


def test_simple_json_writes_for_people() -> None:
    def write(protocol: Any) -> None:
        protocol.writeMessageBegin("n", 1, 7)
        protocol.writeStructBegin("s")
        protocol.writeFieldBegin("d", T.DOUBLE, 1)
        protocol.writeDouble(1.0)
        protocol.writeFieldEnd()
        protocol.writeFieldBegin("m", T.MAP, 2)
        protocol.writeMapBegin(T.I32, T.LIST, 1)
        protocol.writeI32(3)
        protocol.writeListBegin(T.BOOL, 2)
        protocol.writeBool(True)
        protocol.writeBool(False)
        protocol.writeListEnd()
        protocol.writeMapEnd()
        protocol.writeFieldEnd()
        protocol.writeFieldStop()
        protocol.writeStructEnd()
        protocol.writeMessageEnd()

    text = written(write, "TSimpleJSONProtocol")
    assert text == b'{"d":1.0,"m":{"3":[1,0]}}'
    protocol = side.TJSONProtocol.TSimpleJSONProtocolFactory().getProtocol(memory(text))
    for read in ("readMessageBegin", "readStructBegin", "readI32", "readString", "readUuid"):
        with pytest.raises(NotImplementedError):
            getattr(protocol, read)()


def test_a_uuid_goes_the_same_way_in_every_protocol() -> None:
    value = module.Any(u=uuid.UUID(int=1))
    for factory, expected in (
        (fastthrift.protocol.TBinaryProtocolFactory(), "10 0009" + "00" * 15 + "01" + "00"),
        (fastthrift.protocol.TCompactProtocolFactory(), "9d" + "00" * 15 + "01" + "00"),
        (fastthrift.protocol.TJSONProtocolFactory(), None),
    ):
        data = serialize(value, factory)
        if expected is not None:
            assert data.hex() == expected.replace(" ", "")
        assert deserialize(module.Any(), data, factory).u == uuid.UUID(int=1)
