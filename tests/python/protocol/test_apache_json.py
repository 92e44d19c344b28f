"""Apache's JSON protocol: its bytes are read by Apache's Python and by thriftpy2, and theirs by it."""

from __future__ import annotations

import io
import json
import math
import random
from typing import Any

import pytest

from fastthrift.protocol import TApacheJSONProtocol, TApacheJSONProtocolFactory
from fastthrift.protocol.apache_json import CTYPES, JTYPES, VERSION, flatten
from fastthrift.protocol.exc import TProtocolException
from fastthrift.thrift import TDecodeException, TException, TMessageType, TTransportException, TType
from fastthrift.transport import TBufferedTransport, TFramedTransport, TMemoryBuffer
from fastthrift.utils import deserialize, serialize
from twins import BINARY, BOOL, BYTE, DOUBLE, I16, I32, I64, LIST, MAP, SET, STRING, STRUCT, one, struct

try:
    from thrift.protocol import TJSONProtocol as apache
    from thrift.transport import TTransport
except ImportError:
    apache = None

needs_apache = pytest.mark.skipif(apache is None, reason="Apache's thrift is not installed")

FACTORY = TApacheJSONProtocolFactory()
Inner = struct("Inner", {1: (I32, "x"), 2: (STRING, "s")})

# (the field's type, its element type, the value, the body of the field as Apache's specification has it)
VALUES: list[tuple[Any, Any, Any, str]] = [
    (BOOL, None, True, '{"tf":1}'),
    (BOOL, None, False, '{"tf":0}'),
    (BYTE, None, -128, '{"i8":-128}'),
    (I16, None, 32767, '{"i16":32767}'),
    (I32, None, -(2**31), '{"i32":-2147483648}'),
    (I64, None, 2**63 - 1, '{"i64":9223372036854775807}'),
    (I64, None, -(2**63), '{"i64":-9223372036854775808}'),
    (DOUBLE, None, 1.5, '{"dbl":1.5}'),
    (DOUBLE, None, 0.1, '{"dbl":0.1}'),
    (DOUBLE, None, 1.0, '{"dbl":1}'),
    (DOUBLE, None, 1e300, '{"dbl":1e+300}'),
    (DOUBLE, None, math.inf, '{"dbl":"Infinity"}'),
    (DOUBLE, None, -math.inf, '{"dbl":"-Infinity"}'),
    (STRING, None, "", '{"str":""}'),
    (STRING, None, "a\"b\\c/", '{"str":"a\\"b\\\\c/"}'),
    (STRING, None, "\b\f\n\r\t\x00\x1f\x7f", '{"str":"\\b\\f\\n\\r\\t\\u0000\\u001f\x7f"}'),
    (STRING, None, "h\xe9 \u20ac \U0001f600", '{"str":"h\xe9 \u20ac \U0001f600"}'),
    (BINARY, None, b"", '{"str":""}'),
    (BINARY, None, b"\x00\xff", '{"str":"AP8="}'),
    (BINARY, None, b"a", '{"str":"YQ=="}'),
    (BINARY, None, b"abc", '{"str":"YWJj"}'),
    (LIST, I16, [1, -2], '{"lst":["i16",2,1,-2]}'),
    (LIST, I32, [], '{"lst":["i32",0]}'),
    (LIST, BOOL, [True, False], '{"lst":["tf",2,1,0]}'),
    (LIST, BINARY, [b"a", b""], '{"lst":["str",2,"YQ==",""]}'),
    (SET, I32, [9], '{"set":["i32",1,9]}'),
    (LIST, (LIST, I32), [[1], [], [2, 3]], '{"lst":["lst",3,["i32",1,1],["i32",0],["i32",2,2,3]]}'),
    (LIST, (LIST, (LIST, I32)), [[[1]], []], '{"lst":["lst",2,["lst",1,["i32",1,1]],["i32",0]]}'),
    (MAP, (STRING, I32), {"k": 7}, '{"map":["str","i32",1,{"k":7}]}'),
    (MAP, (STRING, I32), {}, '{"map":["str","i32",0,{}]}'),
    (MAP, (I32, STRING), {1: "a", -2: "b"}, '{"map":["i32","str",2,{"1":"a","-2":"b"}]}'),
    (MAP, (I64, I64), {2**62: 1}, '{"map":["i64","i64",1,{"4611686018427387904":1}]}'),
    (MAP, (BOOL, BOOL), {True: False}, '{"map":["tf","tf",1,{"1":0}]}'),
    (MAP, (DOUBLE, DOUBLE), {0.5: 2.5}, '{"map":["dbl","dbl",1,{"0.5":2.5}]}'),
    (MAP, (BINARY, BINARY), {b"\xff": b"a"}, '{"map":["str","str",1,{"/w==":"YQ=="}]}'),
    (MAP, (STRING, (MAP, (I32, (LIST, I32)))), {"a": {1: [2]}}, '{"map":["str","map",1,{"a":["i32","lst",1,{"1":["i32",1,2]}]}]}'),
]  # fmt: skip
VALUES[27] = (LIST, (LIST, (LIST, I32)), [[[1]], [[]]], '{"lst":["lst",2,["lst",1,["i32",1,1]],["lst",1,["i32",0]]]}')


def spec_of(ttype: int, element: Any) -> tuple[Any, ...]:
    return (ttype,) if element is None else (ttype, element)


def read(cls: Any, text: str | bytes) -> Any:
    return deserialize(cls(), text.encode() if isinstance(text, str) else text, FACTORY).f


@pytest.mark.parametrize(("ttype", "element", "value", "body"), VALUES, ids=lambda each: repr(each)[:40])
def test_a_value_has_the_text_of_the_specification(ttype: int, element: Any, value: Any, body: str) -> None:
    cls = one(*spec_of(ttype, element)).ours
    text = '{"1":' + body + "}"
    assert serialize(cls(f=value), FACTORY).decode() == text
    assert read(cls, text) == value
    spaced = text.replace(",", " ,\n ") if ttype != STRING else " " + text
    assert read(cls, spaced) == value


def test_nan_is_quoted_and_comes_back() -> None:
    cls = one(DOUBLE).ours
    assert serialize(cls(f=math.nan), FACTORY) == b'{"1":{"dbl":"NaN"}}'
    assert math.isnan(read(cls, '{"1":{"dbl":"NaN"}}'))


def test_structs_are_values_and_elements() -> None:
    cls = struct("Outer", {1: (STRUCT, "one", Inner), 2: (LIST, "many", (STRUCT, Inner))}).ours
    obj = cls(one=Inner.ours(x=1), many=[Inner.ours(s="a"), Inner.ours()])
    text = b'{"1":{"rec":{"1":{"i32":1}}},"2":{"lst":["rec",2,{"2":{"str":"a"}},{}]}}'
    assert serialize(obj, FACTORY) == text
    assert deserialize(cls(), text, FACTORY) == obj


def test_structs_and_lists_can_be_keys() -> None:
    cls = one(MAP, ((STRUCT, Inner), I32)).ours
    text = b'{"1":{"map":["rec","i32",2,{{"1":{"i32":1}}:5,{}:6}]}}'
    assert serialize(cls(f={Inner.ours(x=1): 5, Inner.ours(): 6}), FACTORY) == text
    assert read(cls, text) == {Inner.ours(x=1): 5, Inner.ours(): 6}
    lists = one(MAP, ((LIST, I32), STRING)).ours
    assert read(lists, serialize(lists(f={(1, 2): "a", (): "b"}), FACTORY)) == {(1, 2): "a", (): "b"}


@pytest.mark.parametrize(
    ("field", "body", "value"),
    [
        ((BOOL,), '{"tf":true}', True),
        ((BOOL,), '{"tf":false}', False),
        ((I32,), '{"i32":"12"}', 12),
        ((DOUBLE,), '{"dbl":"1.5"}', 1.5),
        ((DOUBLE,), '{"dbl":Infinity}', math.inf),
        ((DOUBLE,), '{"dbl":-inf}', -math.inf),
        ((DOUBLE,), '{"dbl":1E2}', 100.0),
        ((DOUBLE,), '{"dbl":0.10000000000000001}', 0.1),
        ((STRING,), r'{"str":"\/\u00e9\u00E9\ud83d\ude00"}', "/\xe9\xe9\U0001f600"),
        ((STRING,), '{"str":"raw\ttab"}', "raw\ttab"),
        ((BINARY,), '{"str":"YQ"}', b"a"),
        ((BINARY,), '{"str":"YQ="}', b"a"),
        ((LIST, BINARY), '{"lst":["str",2,"YQ","YWI"]}', [b"a", b"ab"]),
        ((MAP, (STRING, I32)), '{"map":["?","?",0,{}]}', {}),
        ((MAP, (BOOL, I32)), '{"map":["tf","i32",2,{"true":1,"0":2}]}', {True: 1, False: 2}),
        ((LIST, I32), '{"lst":["?",0]}', []),
    ],
)
def test_what_others_write_is_accepted(field: Any, body: str, value: Any) -> None:
    assert read(one(*field).ours, '{"1":' + body + "}") == value


@pytest.mark.parametrize(
    "unknown",
    [
        '{"i32":1}',
        '{"new":"type"}',
        '{"str":"}]\\"{["}',
        '{"rec":{"1":{"lst":["map",1,["str","rec",1,{"a":{}}]]}}}',
        '{"map":["rec","i32",1,{{"1":{"i32":1}}:5}]}',
        '{"lst":["tf",0]}',
        '{"dbl":"NaN"}',
    ],
)
def test_unknown_fields_and_other_types_are_skipped(unknown: str) -> None:
    cls = struct("S", {1: (I16, "a"), 2: (I16, "b")}).ours
    obj = deserialize(cls(), ('{"9":%s,"1":%s,"2":{"i16":5}}' % (unknown, unknown)).encode(), FACTORY)
    assert (obj.a, obj.b) == (None, 5)


def test_elements_of_another_type_are_skipped() -> None:
    cls = struct("S", {1: (LIST, "a", I32), 2: (MAP, "m", (STRING, I32)), 3: (I16, "b")}).ours
    text = b'{"1":{"lst":["rec",2,{},{"1":{"i32":1}}]},"2":{"map":["str","str",1,{"a":"b"}]},"3":{"i16":5}}'
    assert deserialize(cls(), text, FACTORY) == cls(a=[], m={}, b=5)


def test_sets_are_sets_where_that_is_asked_for() -> None:
    cls = one(SET, I32).ours
    assert read(cls, '{"1":{"set":["i32",2,1,2]}}') == [1, 2]
    options = TApacheJSONProtocolFactory(sets=True)
    assert deserialize(cls(), b'{"1":{"set":["i32",2,1,2]}}', options).f == {1, 2}


def written_messages(trans: Any, count: int) -> None:
    protocol = TApacheJSONProtocol(trans)
    for number in range(count):
        protocol.write_message_begin(f"m{number}", TMessageType.CALL, number)
        protocol.write_struct(Inner.ours(x=number, s="]}"))
        protocol.write_message_end()
        trans.flush()


def test_a_message_has_the_text_of_the_specification() -> None:
    trans = TMemoryBuffer()
    written_messages(trans, 1)
    assert trans.getvalue() == b'[1,"m0",1,0,{"1":{"i32":0},"2":{"str":"]}"}}]'


class Trickle(io.BytesIO):
    """At most a byte at a time, and never one that was not asked for."""

    def read(self, count: int | None = -1) -> bytes:
        return super().read(min(1, count or 0))


@pytest.mark.parametrize("wrap", [lambda trans: trans, TBufferedTransport, Trickle])
def test_many_messages_are_read_from_one_connection(wrap: Any) -> None:
    trans = TMemoryBuffer()
    written_messages(trans, 5)
    source = Trickle(trans.getvalue()) if wrap is Trickle else wrap(trans)
    protocol = TApacheJSONProtocol(source)
    for number in range(5):
        assert protocol.read_message_begin() == (f"m{number}", TMessageType.CALL, number)
        assert protocol.read_struct(Inner.ours()) == Inner.ours(x=number, s="]}")
        protocol.read_message_end()
    with pytest.raises(TTransportException) as caught:
        protocol.read_message_begin()
    assert caught.value.type == TTransportException.END_OF_FILE


def test_a_skipped_message_leaves_the_next_one() -> None:
    trans = TMemoryBuffer()
    written_messages(trans, 2)
    protocol = TApacheJSONProtocol(trans)
    protocol.read_message_begin()
    protocol.skip(TType.STRUCT)
    protocol.read_message_end()
    assert protocol.read_message_begin() == ("m1", TMessageType.CALL, 1)


def test_messages_fit_frames() -> None:
    below = TMemoryBuffer()
    written_messages(TFramedTransport(below), 2)
    protocol = TApacheJSONProtocol(TFramedTransport(below))
    for number in range(2):
        assert protocol.read_message_begin()[2] == number
        assert protocol.read_struct(Inner.ours()).x == number
        protocol.read_message_end()


def test_a_message_can_be_had_as_plain_json() -> None:
    document = [1, "x", 1, 0, {"1": {"rec": {"7": {"str": "\\"}}}}]
    protocol = TApacheJSONProtocol(io.BytesIO(json.dumps(document).encode()))
    protocol._load_data()
    assert protocol._req == document


def test_the_tables_are_those_of_thriftpy2() -> None:
    assert VERSION == 1
    assert (CTYPES[TType.BINARY], CTYPES[TType.BOOL], CTYPES[TType.STRUCT]) == ("str", "tf", "rec")
    assert (JTYPES["str"], JTYPES["map"]) == (TType.BINARY, TType.MAP)
    assert flatten(int) == (int,)
    assert flatten((int, (str, (int, float)))) == (int, str, int, float)


BAD: list[tuple[str, int]] = [
    ("x", TProtocolException.INVALID_DATA),
    ("{}", TProtocolException.INVALID_DATA),
    ('[2,"m",1,0,{}]', TProtocolException.BAD_VERSION),
    ('[1,5,1,0,{}]', TProtocolException.INVALID_DATA),
    ('[1,"m",1,"x",{}]', TProtocolException.INVALID_DATA),
    ('[1,"m",1,4294967296,{}]', TProtocolException.INVALID_DATA),
    ('[1,"m",1,0,[]]', TProtocolException.INVALID_DATA),
    ('[1,"m",1,0,{}}', TProtocolException.INVALID_DATA),
    ('[1,"m",1,0,{"1":5}]', TProtocolException.INVALID_DATA),
    ('[1,"m",1,0,{"x":{"i32":5}}]', TProtocolException.INVALID_DATA),
    ('[1,"m",1,0,{"40000":{"i32":5}}]', TProtocolException.INVALID_DATA),
    ('[1,"m",1,0,{1:{"i32":5}}]', TProtocolException.INVALID_DATA),
    ('[1,"m",1,0,{"1":{"i32":null}}]', TProtocolException.INVALID_DATA),
    ('[1,"m",1,0,{"1":{"i32":2147483648}}]', TProtocolException.INVALID_DATA),
    ('[1,"m",1,0,{"1":{"i32":1.5}}]', TProtocolException.INVALID_DATA),
    ('[1,"m",1,0,{"1":{"i32":5,"i32":6}}]', TProtocolException.INVALID_DATA),
    ('[1,"m",1,0,{"2":{"str":5}}]', TProtocolException.INVALID_DATA),
    ('[1,"m",1,0,{"2":{"str":"\\x"}}]', TProtocolException.INVALID_DATA),
    ('[1,"m",1,0,{"2":{"str":"\\ud800"}}]', TProtocolException.INVALID_DATA),
    ('[1,"m",1,0,{"2":{"str":"\\udc00\\ud800"}}]', TProtocolException.INVALID_DATA),
    ('[1,"m",1,0,{"2":{"str":"\\u00g0"}}]', TProtocolException.INVALID_DATA),
    ('[1,"m",1,0,{"3":{"lst":["i32",2,1]}}]', TProtocolException.INVALID_DATA),
    ('[1,"m",1,0,{"3":{"lst":["i32",1,1,2]}}]', TProtocolException.INVALID_DATA),
    ('[1,"m",1,0,{"3":{"lst":["i32",-1]}}]', TProtocolException.NEGATIVE_SIZE),
    ('[1,"m",1,0,{"3":{"lst":["i32",2000000000,1]}}]', TProtocolException.SIZE_LIMIT),
    ('[1,"m",1,0,{"4":{"str":"Y"}}]', TProtocolException.INVALID_DATA),
    ('[1,"m",1,0,{"4":{"str":"Y*=="}}]', TProtocolException.INVALID_DATA),
    ('[1,"m",1,0,{"5":{"dbl":1.2.3}}]', TProtocolException.INVALID_DATA),
    ('[1,"m",1,0,{"5":{"dbl":' + "1" * 5000 + "}}]", TProtocolException.INVALID_DATA),
    ('[1,"m",1,0,{"9":{"rec":[}}]', TProtocolException.INVALID_DATA),
    ('[1,"m",1,0,{"9":{"rec":' + "[" * 1000 + "]" * 1000 + "}}]", TProtocolException.DEPTH_LIMIT),
]  # fmt: skip

All = struct(
    "All",
    {
        1: (I32, "i"),
        2: (STRING, "s"),
        3: (LIST, "l", I32),
        4: (BINARY, "b"),
        5: (DOUBLE, "d"),
        6: (MAP, "m", (STRING, (LIST, I32))),
        7: (STRUCT, "r", Inner),
    },
)


def read_whole(data: bytes) -> Any:
    protocol = TApacheJSONProtocol(TMemoryBuffer(data))
    protocol.read_message_begin()
    obj = protocol.read_struct(All.ours())
    protocol.read_message_end()
    return obj


@pytest.mark.parametrize(("text", "kind"), BAD, ids=lambda each: repr(each)[:50])
def test_a_bad_message_is_a_protocol_exception(text: str, kind: int) -> None:
    with pytest.raises(TProtocolException) as caught:
        read_whole(text.encode())
    assert caught.value.type == kind


def whole_message() -> bytes:
    trans = TMemoryBuffer()
    protocol = TApacheJSONProtocol(trans)
    protocol.write_message_begin("method", TMessageType.REPLY, -5)
    protocol.write_struct(
        All.ours(i=5, s="h\xe9\n", l=[1, 2], b=b"abc", d=0.5, m={"a": [1], "b": []}, r=Inner.ours(x=1, s="x"))
    )
    protocol.write_message_end()
    return bytes(trans.getvalue())


def test_no_prefix_of_a_message_is_one() -> None:
    data = whole_message()
    assert read_whole(data).s == "h\xe9\n"
    for end in range(len(data)):
        # Memory knows at once that the elements which a list declares are not there.
        with pytest.raises((TTransportException, TProtocolException)) as caught:
            read_whole(data[:end])
        assert caught.value.type in (TTransportException.END_OF_FILE, TProtocolException.SIZE_LIMIT)


@pytest.mark.parametrize("seed", range(8))
def test_any_mutation_of_a_message_gives_a_value_or_a_thrift_exception(seed: int) -> None:
    chance = random.Random(seed)
    data = whole_message()
    for _ in range(1000):
        mutant = bytearray(data)
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(mutant))
            mutant[at : at + chance.randrange(2)] = bytes([chance.choice(b'{}[]",:0159eE.-+ntfu\\ \xff\x00=')])
        try:
            read_whole(bytes(mutant))
        except TException:
            pass


@pytest.mark.parametrize(
    ("field", "value"),
    [((I32,), 2**31), ((I32,), "x"), ((STRING,), 5), ((STRING,), "\ud800"), ((BINARY,), 5), ((LIST, I32), [None])],
    ids=repr,
)
def test_a_value_that_does_not_fit_is_not_written(field: Any, value: Any) -> None:
    trans = TMemoryBuffer()
    with pytest.raises(TDecodeException):
        TApacheJSONProtocol(trans).write_struct(one(*field).ours(f=value))
    assert trans.getvalue() == b""


def test_bytes_that_are_no_text_are_not_written_as_text() -> None:
    with pytest.raises(TProtocolException):
        serialize(one(STRING).ours(f=b"\xff"), FACTORY)


def apache_reader(data: bytes) -> Any:
    return apache.TJSONProtocol(TTransport.TMemoryBuffer(data))


@needs_apache
def test_apache_reads_what_is_written() -> None:
    protocol = apache_reader(whole_message())
    assert protocol.readMessageBegin() == ("method", TMessageType.REPLY, -5)
    protocol.readStructBegin()
    seen: dict[int, Any] = {}
    while True:
        _, ttype, fid = protocol.readFieldBegin()
        if ttype == TType.STOP:
            break
        if fid == 3:
            etype, size = protocol.readListBegin()
            seen[fid] = (etype, [protocol.readI32() for _ in range(size)])
            protocol.readListEnd()
        elif fid in (1, 2, 4, 5):
            seen[fid] = {1: protocol.readI32, 2: protocol.readString, 4: protocol.readBinary, 5: protocol.readDouble}[
                fid
            ]()
        else:
            protocol.skip(ttype)
        protocol.readFieldEnd()
    protocol.readStructEnd()
    protocol.readMessageEnd()
    assert seen == {1: 5, 2: "h\xe9\n", 3: (TType.I32, [1, 2]), 4: b"abc", 5: 0.5}


@needs_apache
def test_what_apache_writes_is_read() -> None:
    trans = TTransport.TMemoryBuffer()
    protocol = apache.TJSONProtocol(trans)
    protocol.writeMessageBegin("method", TMessageType.CALL, 7)
    protocol.writeStructBegin("All")
    protocol.writeFieldBegin("s", TType.STRING, 2)
    protocol.writeString('h\xe9\x01"\\ \U0001f600')
    protocol.writeFieldEnd()
    protocol.writeFieldBegin("d", TType.DOUBLE, 5)
    protocol.writeDouble(math.inf)
    protocol.writeFieldEnd()
    protocol.writeFieldBegin("m", TType.MAP, 6)
    protocol.writeMapBegin(TType.STRING, TType.LIST, 1)
    protocol.writeString("k")
    protocol.writeListBegin(TType.I32, 2)
    protocol.writeI32(1)
    protocol.writeI32(2)
    protocol.writeListEnd()
    protocol.writeMapEnd()
    protocol.writeFieldEnd()
    protocol.writeFieldStop()
    protocol.writeStructEnd()
    protocol.writeMessageEnd()
    assert read_whole(trans.getvalue()) == All.ours(s='h\xe9\x01"\\ \U0001f600', d=math.inf, m={"k": [1, 2]})


def test_a_peer_that_declares_much_makes_nothing_of_it() -> None:
    data = b'[1,"m",1,0,{"3":{"lst":["i32",2147483647,1'
    with pytest.raises(TException):
        read_whole(data)
