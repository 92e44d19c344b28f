"""What reading does with bytes that another schema, another library or an attacker wrote."""

from __future__ import annotations

import time
from typing import Any

import pytest

from fastthrift.protocol import TBinaryProtocol, TCompactProtocol
from fastthrift.protocol.exc import TProtocolException
from fastthrift.thrift import TException
from fastthrift.transport import TMemoryBuffer
from fastthrift.transport.base import TTransportException
from twins import (
    BINARY,
    BINARY_CODEC,
    BOOL,
    BYTE,
    CODECS,
    COMPACT_CODEC,
    DOUBLE,
    I16,
    I32,
    I64,
    LIST,
    MAP,
    SET,
    STRING,
    STRUCT,
    Codec,
    codec,
    one,
    struct,
)

I = struct("I", {1: (I32, "x")})  # noqa: E741
# One value of every type that a wire can carry.
VALUES: dict[str, tuple[tuple[Any, ...], Any]] = {
    "bool": ((BOOL,), True),
    "byte": ((BYTE,), 7),
    "i16": ((I16,), 700),
    "i32": ((I32,), 70000),
    "i64": ((I64,), 2**40),
    "double": ((DOUBLE,), 1.5),
    "string": ((STRING,), "text"),
    "struct": ((STRUCT, I), I.ours(x=5)),
    "list<i32>": ((LIST, I32), [1, 2, 3]),
    "list<string>": ((LIST, STRING), ["a", "b"]),
    "list<bool>": ((LIST, BOOL), [True, False]),
    "list<struct>": ((LIST, (STRUCT, I)), [I.ours(x=5), I.ours()]),
    "set<i32>": ((SET, I32), [1, 2]),
    "set<list<i16>>": ((SET, (LIST, I16)), [[1], []]),
    "map<string,i32>": ((MAP, (STRING, I32)), {"a": 1}),
    "map<i32,string>": ((MAP, (I32, STRING)), {1: "a"}),
    "map<i32,map<bool,double>>": ((MAP, (I32, (MAP, (BOOL, DOUBLE)))), {1: {True: 1.5}}),
}


def following(kind: str) -> Any:
    """A struct whose field 1 has the type and whose field 2 tells whether the reader is still in step."""
    field = VALUES[kind][0]
    return struct("Two", {1: (field[0], "f", *field[1:]), 2: (I32, "after")}).ours


def is_container(kind: str) -> bool:
    return kind.split("<")[0] in ("list", "set", "map")


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
@pytest.mark.parametrize("written", VALUES)
@pytest.mark.parametrize("expected", VALUES)
def test_value_of_another_type_is_skipped(codec: Codec, written: str, expected: str) -> None:
    data = codec.write(following(written)(f=VALUES[written][1], after=99))
    got = codec.read(following(expected)(), data)
    assert got.after == 99
    if written == expected:
        assert got.f == VALUES[written][1]
    elif is_container(written) and written.split("<")[0] == expected.split("<")[0]:
        # The container is right, what is in it is not.
        assert got.f == ({} if expected.startswith("map") else [])
    else:
        assert got.f is None


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
@pytest.mark.parametrize("written", VALUES)
def test_unknown_field_is_skipped(codec: Codec, written: str) -> None:
    data = codec.write(following(written)(f=VALUES[written][1], after=99))
    assert codec.read(struct("After", {2: (I32, "after")}).ours(), data).after == 99
    protocol = {"binary": TBinaryProtocol, "compact": TCompactProtocol}[codec.name](TMemoryBuffer(data + b"rest"))
    assert protocol.skip(STRUCT) is None
    assert protocol.trans.getvalue() == b"rest"


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_string_and_binary_are_the_same_on_the_wire(codec: Codec) -> None:
    data = codec.write(one(STRING).ours(f="é"))
    assert codec.read(one(BINARY).ours(), data).f == "é".encode()
    nested = codec.write(one(MAP, (STRING, (LIST, STRING))).ours(f={"é": ["a"]}))
    assert codec.read(one(MAP, (BINARY, (LIST, BINARY))).ours(), nested).f == {"é".encode(): [b"a"]}


def test_thriftpy2s_number_for_binary_is_read_as_a_string() -> None:
    assert BINARY_CODEC.read(one(STRING).ours(), bytes.fromhex("120001000000016100")).f == "a"


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_last_of_a_repeated_field_counts(codec: Codec) -> None:
    cls = one(LIST, I32).ours
    first, second = codec.write(cls(f=[1])), codec.write(cls(f=[2]))
    if codec.name == "binary":
        assert codec.read(cls(), first[:-1] + second).f == [2]
    else:  # the second header needs the id itself: its distance is 0
        assert codec.read(cls(), first[:-1] + b"\x09\x02" + second[1:]).f == [2]


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_missing_field_keeps_what_the_object_has(codec: Codec) -> None:
    cls = struct("Two", {1: (I32, "a"), 2: (I32, "b")}).ours
    value = cls(a=1, b=2)
    assert codec.read(value, codec.write(cls(b=3))) is value
    assert value == cls(a=1, b=3)


def test_text_that_is_not_utf8() -> None:
    cls = one(MAP, (STRING, STRING)).ours
    for each in CODECS:
        data = each.write(cls(f={b"\xff": "a"}))
        assert each.read(cls(), data).f == {b"\xff": "a"}
        assert codec(each.name, decode_response=False).read(cls(), data).f == {b"\xff": b"a"}
        with pytest.raises(UnicodeDecodeError):
            codec(each.name, strict_decode=True).read(cls(), data)


BAD_BYTES = [
    ("binary", "05 0001 00", "Invalid type 5"),
    ("binary", "7f 0001 00", "Invalid type 127"),
    ("binary", "01 0001 00", "Invalid type 1"),
    ("binary", "0f 0001 05 00000001 00 00", "Invalid type 5"),
    ("binary", "0d 0001 08 00 00000001 00000000 00", "Invalid type 0"),
    ("binary", "0b 0001 ffffffff 00", "Negative size -1"),
    ("binary", "0f 0001 08 80000000 00", "Negative size -2147483648"),
    ("binary", "0d 0001 0808 ffffffff 00", "Negative size -1"),
    ("binary", "0b 0001 7fffffff 00", "Size limit"),
    ("binary", "0f 0001 08 7fffffff 00", "Size limit"),
    ("binary", "0e 0001 0c 7fffffff 00", "Size limit"),
    ("binary", "0d 0001 0202 7fffffff 00", "Size limit"),
    ("compact", "1e 00", "Invalid type 14"),
    ("compact", "18 ffffffff0f", "Size limit"),
    ("compact", "19 f5 ffffffff0f", "Size limit"),
    ("compact", "1b ffffffff0f 55", "Size limit"),
    ("compact", "15 ffffffffffffffffffff01 00", "arint|ariable"),
    ("compact", "15 " + "ff" * 20 + "01 00", "arint|ariable"),
    ("compact", "19 1e 00", "Invalid type 14"),
]


@pytest.mark.parametrize(("name", "data", "text"), BAD_BYTES)
@pytest.mark.parametrize("known", VALUES)
def test_bytes_that_no_writer_makes_are_a_protocol_error(name: str, data: str, text: str, known: str) -> None:
    field = VALUES[known][0]
    cls = struct("Known", {1: (field[0], "f", *field[1:])}).ours
    with pytest.raises(TProtocolException, match=text):
        codec(name).read(cls(), bytes.fromhex(data))


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
@pytest.mark.parametrize("known", VALUES)
def test_every_truncation_is_an_end_of_file(codec: Codec, known: str) -> None:
    cls = following(known)
    data = codec.write(cls(f=VALUES[known][1], after=99))
    for size in range(len(data)):
        # Both what knows the field and what skips it.
        for reader in (cls, struct("Nothing", {}).ours):
            with pytest.raises(TException) as got:
                codec.read(reader(), data[:size])
            # A declared size that the rest cannot hold is refused as such; both say that bytes are missing.
            error: Any = got.value
            if isinstance(error, TProtocolException):
                assert error.type == TProtocolException.SIZE_LIMIT
            else:
                assert isinstance(error, TTransportException)
                assert error.type == TTransportException.END_OF_FILE


def test_error_tells_where_it_happened() -> None:
    inner = struct("Inner", {1: (LIST, "words", STRING)})
    outer = struct("Outer", {3: (MAP, "parts", (I32, (STRUCT, inner)))}).ours
    for each, length in ((BINARY_CODEC, bytes([0, 0, 0, 2])), (COMPACT_CODEC, b"\2")):
        data = each.write(outer(parts={1: inner.ours(words=[]), 2: inner.ours(words=["ab", "cd"])}))
        with pytest.raises(TProtocolException) as got:
            each.read(outer(), data.replace(length + b"cd", b"\xff" * 7 + b"cd"))
        assert got.value.path == "Outer.parts[1].words[1]"  # type: ignore[attr-defined]
        assert "offset" in str(got.value)


# A few bytes that declare very much: refused before anything is made.
HOSTILE = [
    (BINARY_CODEC, "0f 0001 0c 7fffffff"),
    (BINARY_CODEC, "0d 0001 0c0c 7fffffff"),
    (BINARY_CODEC, "0f 0001 02 7fffffff"),
    (COMPACT_CODEC, "19 fc ffffffff07"),
    (COMPACT_CODEC, "1b ffffffff07 cc"),
    (COMPACT_CODEC, "19 f1 ffffffff07"),
]


@pytest.mark.parametrize(("codec", "data"), HOSTILE)
def test_hostile_size_costs_nothing(codec: Codec, data: str) -> None:
    began = time.process_time()
    for kind in ("list<struct>", "list<bool>", "map<string,i32>"):
        for cls in (following(kind), struct("Nothing", {}).ours):
            with pytest.raises(TException):
                codec.read(cls(), bytes.fromhex(data))
    assert time.process_time() - began < 0.5


def test_declared_type_of_an_empty_container_does_not_matter() -> None:
    # Other libraries write there what they have at hand.
    for element in (0, 1, 5, 8, 127):
        data = bytes([15, 0, 1, element]) + bytes(4) + b"\0"
        assert BINARY_CODEC.read(one(LIST, STRING).ours(), data).f == []
        data = bytes([13, 0, 1, element, element]) + bytes(4) + b"\0"
        assert BINARY_CODEC.read(one(MAP, (STRING, STRING)).ours(), data).f == {}
    assert COMPACT_CODEC.read(one(LIST, STRING).ours(), b"\x19\x00\x00").f == []
    assert COMPACT_CODEC.read(one(MAP, (STRING, STRING)).ours(), b"\x1b\x00\x00").f == {}


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_key_that_python_cannot_hash(codec: Codec) -> None:
    lists = one(MAP, ((LIST, (LIST, I32)), I32)).ours
    assert codec.read(lists(), codec.write(lists(f={((1, 2), ()): 3}))).f == {((1, 2), ()): 3}
    maps = one(MAP, ((MAP, (I32, I32)), I32))
    data = {"binary": "0d0001 0d08 00000001 0808 00000000 00000005 00", "compact": "1b 01 b5 00 0a 00"}[codec.name]
    with pytest.raises(TProtocolException, match="cannot be a key"):
        codec.read(maps.ours(), bytes.fromhex(data))


@pytest.mark.parametrize("step", range(16))
def test_compact_type_0_ends_a_struct_whatever_step_it_has(step: int) -> None:
    inner = struct("Inner", {1: (I32, "x")})
    outer = struct("Outer", {1: (STRUCT, "known", inner), 3: (I32, "after")}).ours
    end = f"{step:x}0"
    for data in (f"1c 15 02 {end} 25 04 {end}", f"2c 15 02 {end} 15 04 {end}"):  # field 2 is nobody's
        assert COMPACT_CODEC.read(outer(), bytes.fromhex(data)).after == 2


def test_limits_of_the_factory() -> None:
    cls = struct("Both", {1: (STRING, "s"), 2: (LIST, "l", I32)}).ours
    for name in ("binary", "compact"):
        text, numbers = codec(name).write(cls(s="x" * 11)), codec(name).write(cls(l=[1] * 6))
        limited = codec(name, max_string=10, max_container=5)
        for data in (text, numbers):
            with pytest.raises(TProtocolException, match="Size limit"):
                limited.read(cls(), data)
            assert codec(name, max_string=11, max_container=6).read(cls(), data)
            assert codec(name, max_string=None, max_container=None).read(cls(), data)
