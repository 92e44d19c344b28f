"""Numbers and short text take a way of their own: its bytes and values are those of the way for everything else."""

from __future__ import annotations

import struct as packing
from typing import Any

import pytest

from fastthrift.thrift import TPayload, TPayloadMeta
from twins import BINARY, BOOL, BYTE, CODECS, DOUBLE, I16, I32, I64, LIST, MAP, SET, STRING, STRUCT, Codec, struct

BY_CODEC = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)

INTEGERS = {BYTE: 8, I16: 16, I32: 32, I64: 64}
SIZES = [*range(70), 127, 128, 129, 2030, *range(2040, 2052), 4095, 16383, 16384, 70_000]


def integers(bits: int) -> list[int]:
    """Both sides of every power of two that fits."""
    around = [sign * (1 << n) + d for n in range(bits) for sign in (1, -1) for d in (-1, 0, 1)]
    return sorted({n for n in around if -(1 << bits - 1) <= n < 1 << bits - 1})


VALUES: list[tuple[int, list[Any]]] = [
    (BOOL, [True, False]),
    *((ttype, integers(bits)) for ttype, bits in INTEGERS.items()),
    (DOUBLE, [0.0, -0.0, 1.5, -2.25e300, 5e-324, float("inf")]),
    (STRING, ["x" * size for size in SIZES] + ["é", "ab\x7f", "abcdefg\x80", "x" * 40 + "€"]),
    (BINARY, [b"x" * size for size in SIZES] + [b"\x00", bytes(range(256))]),
]
BY_TYPE = pytest.mark.parametrize(("ttype", "values"), VALUES, ids=[str(ttype) for ttype, _ in VALUES])


def direct_and_other(spec: dict[int, Any]) -> tuple[Any, Any]:
    """The same fields in a class of slots, and in one whose attributes go through Python."""
    direct = struct("Values", spec).ours

    class Other(direct):  # type: ignore[misc,valid-type]
        def __getattribute__(self, name: str) -> Any:
            return super().__getattribute__(name)

        def __setattr__(self, name: str, value: Any) -> None:
            super().__setattr__(name, value)

    return direct, Other


def encoded_alike(codec: Codec, spec: dict[int, Any], **values: Any) -> bytes:
    """Writes and reads in both ways; what they agree on."""
    direct, other = direct_and_other(spec)
    data: bytes = codec.write(direct(**values))
    assert codec.write(other(**values)) == data
    for cls in (direct, other):
        read = codec.read(cls(), data)
        for name, value in values.items():
            got = getattr(read, name)
            assert repr(got) == repr(value)
            assert type(got) is type(value)
    return data


@BY_CODEC
@BY_TYPE
def test_field_is_the_same_in_both_ways(codec: Codec, ttype: int, values: list[Any]) -> None:
    for value in values:
        encoded_alike(codec, {1: (ttype, "v"), 2: (BOOL, "end")}, v=value, end=True)


@BY_CODEC
@BY_TYPE
def test_list_is_the_same_as_its_elements(codec: Codec, ttype: int, values: list[Any]) -> None:
    encoded_alike(codec, {1: (LIST, "v", ttype), 2: (BOOL, "end")}, v=values, end=False)
    for value in values[::7]:
        encoded_alike(codec, {1: (LIST, "v", ttype)}, v=[value] * 20)


@BY_CODEC
@BY_TYPE
def test_map_is_the_same_in_both_ways(codec: Codec, ttype: int, values: list[Any]) -> None:
    encoded_alike(codec, {1: (MAP, "v", (I32, ttype))}, v=dict(enumerate(values)))
    if ttype != DOUBLE:
        encoded_alike(codec, {1: (MAP, "v", (ttype, I32))}, v={value: i for i, value in enumerate(values)})


@BY_CODEC
@pytest.mark.parametrize("count", [5, 6, 1023, 1024, 1025, 5000])
def test_map_of_any_size_is_the_same_in_both_ways(codec: Codec, count: int) -> None:
    encoded_alike(codec, {1: (MAP, "v", (I32, I64)), 2: (BOOL, "end")}, v={i: -i << 30 for i in range(count)}, end=True)


def test_room_for_a_map_grows_with_the_bytes_that_are_there() -> None:
    """A million pairs are announced behind which little or nothing of them stands."""
    import tracemalloc

    cls = struct("Maps", {1: (MAP, "v", (BOOL, BOOL)), 2: (BINARY, "end")}).ours
    for codec, head in zip(CODECS, ("0d 0001 02 02 000f4240", "1b c0843d 11")):
        for there in (2_000_000, 1_999_999):
            data = bytes.fromhex(head) + b"\x03" * there
            tracemalloc.start()
            with pytest.raises(Exception) as error:  # noqa: PT011
                codec.read(cls(), data)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert type(error.value).__name__ in ("TProtocolException", "TTransportException", "EOFError")
            assert peak < 8_000_000


@BY_CODEC
def test_what_is_like_bytes_is_written_as_bytes_in_both_ways(codec: Codec) -> None:
    class Own(bytes):
        pass

    direct, other = direct_and_other({1: (BINARY, "v"), 2: (LIST, "w", BINARY), 3: (BOOL, "end")})
    data = codec.write(direct(v=b"abc", w=[b"abc"] * 5, end=True))
    for like in (Own(b"abc"), bytearray(b"abc"), memoryview(b"abc"), "abc"):
        for cls in (direct, other):
            assert codec.write(cls(v=like, w=[b"abc", like, b"abc", like, like], end=True)) == data


@BY_CODEC
@pytest.mark.parametrize("ttype", INTEGERS)
def test_integer_beyond_its_type_is_refused_in_both_ways(codec: Codec, ttype: int) -> None:
    bits = INTEGERS[ttype]
    for value in (1 << bits - 1, -(1 << bits - 1) - 1, 1 << 70):
        for cls in direct_and_other({1: (ttype, "v")}):
            with pytest.raises(Exception) as error:  # noqa: PT011
                codec.write(cls(v=value))
            assert type(error.value).__name__ in ("TDecodeException", "TProtocolException", "OverflowError")


@BY_CODEC
@pytest.mark.parametrize("ids", [(1, 2, 3), (-5, 0, 7), (1, 16, 32), (300, 20, 10), (32767, 1, -32768)])
def test_ids_of_any_distance(codec: Codec, ids: tuple[int, ...]) -> None:
    names = ["a", "b", "c"]
    spec = {fid: (BOOL if name == "b" else I64, name) for fid, name in zip(ids, names)}
    encoded_alike(codec, spec, a=1, b=True, c=1 << 40)


@BY_CODEC
def test_what_is_no_plain_value_between_plain_ones(codec: Codec) -> None:
    class Index:
        def __index__(self) -> int:
            return 7

    direct, other = direct_and_other({1: (I32, "a"), 2: (I64, "b"), 3: (STRING, "c"), 4: (I32, "d")})
    mixed = {"a": 1, "b": Index(), "c": "né", "d": 2}
    data = codec.write(direct(**mixed))
    assert data == codec.write(other(**mixed)) == codec.write(direct(a=1, b=7, c="né", d=2))
    lists = struct("Lists", {1: (LIST, "v", I32)}).ours
    assert codec.write(lists(v=[1, Index(), 2, True])) == codec.write(lists(v=[1, 7, 2, 1]))
    maps = struct("Maps", {1: (MAP, "v", (I32, STRING))}).ours
    assert codec.write(maps(v={1: "a", 2: "é", 3: b"c"})) == codec.write(maps(v={1: "a", 2: "é", 3: "c"}))


@BY_CODEC
def test_every_cut_is_refused_as_by_the_other_way(codec: Codec) -> None:
    spec = {
        1: (I64, "a"), 2: (STRING, "b"), 3: (BOOL, "c"), 4: (DOUBLE, "d"), 5: (BYTE, "e"), 6: (LIST, "f", I32),
        7: (MAP, "g", (STRING, I16)),
    }  # fmt: skip
    direct, other = direct_and_other(spec)
    data = codec.write(direct(a=1 << 50, b="text of some length", c=True, d=0.5, e=1, f=[1, 1 << 30], g={"k": 300}))
    for end in range(len(data)):
        said = []
        for cls in (direct, other):
            with pytest.raises(Exception) as error:  # noqa: PT011
                codec.read(cls(), data[:end])
            said.append((type(error.value), str(error.value), getattr(error.value, "path", "").partition(".")[2]))
        assert said[0] == said[1]


@BY_CODEC
def test_every_byte_that_is_wrong_is_taken_as_by_the_other_way(codec: Codec) -> None:
    spec = {1: (I64, "a"), 2: (BOOL, "b"), 3: (STRING, "c"), 99: (99, "odd"), 100: (I32, "d")}
    direct, other = direct_and_other(spec)
    data = codec.write(direct(a=3, b=False, c="some", d=9))
    for at in range(len(data)):
        for byte in {0, 1, 2, 0x10, 0x11, 0x7F, 0x80, 0xFF, data[at] ^ 1, data[at] ^ 0x20}:
            wrong = data[:at] + bytes([byte]) + data[at + 1 :]
            results = []
            for cls in (direct, other):
                try:
                    results.append(list(vars(codec.read(cls(), wrong)).items()))
                except Exception as error:
                    results.append([(type(error).__name__, str(error))])
            assert repr(results[0]) == repr(results[1]), wrong.hex()


# --- the defaults of what does not come ---


def nested(default: Any, base: Any = TPayload) -> tuple[Any, Any]:
    spec = {1: (I32, "a", False), 2: (LIST, "b", I32, False), 3: (STRING, "c", False)}
    space = {"thrift_spec": spec, "default_spec": [("a", 5), ("b", default), ("c", None)], "__module__": "plain"}
    inner = TPayloadMeta("Inner", (base,), space)
    return inner, struct("Outer", {1: (STRUCT, "one", inner), 2: (LIST, "many", (STRUCT, inner))}).ours


@BY_CODEC
def test_fields_that_do_not_come_have_their_defaults(codec: Codec) -> None:
    inner, outer = nested([1])
    missing = inner(c="x")
    missing.a = missing.b = None
    read = codec.read(outer(), codec.write(outer(one=missing, many=[missing, missing])))
    assert [read.one, *read.many] == [inner(c="x")] * 3
    assert vars(read.one) == {"a": 5, "b": [1], "c": "x"}
    assert read.one.b is not read.many[0].b
    assert read.one.b is not inner().b


@BY_CODEC
def test_changed_initializer_is_used_from_then_on(codec: Codec) -> None:
    inner, outer = nested(None)
    data = codec.write(outer(one=inner(), many=[inner(a=1)]))
    assert codec.read(outer(), data).one.c is None
    inner.__init__ = lambda self, **_: self.__dict__.update(a=0, b=[2], c="made")
    assert codec.read(outer(), data).many[0].c == "made"


@BY_CODEC
def test_field_that_comes_twice_has_its_last_value(codec: Codec) -> None:
    direct, _ = direct_and_other({1: (I32, "a"), 2: (SET, "b", I32)})
    stop = codec.write(direct())
    one, two = codec.write(direct(a=1, b=[1])), codec.write(direct(a=2, b=[2]))
    if codec.name.startswith("binary"):
        read = codec.read(direct(), one[: -len(stop)] + two)
        assert (read.a, read.b) == (2, [2])


@BY_CODEC
def test_message_of_the_size_of_the_one_before_and_far_from_it(codec: Codec) -> None:
    cls = struct("Text", {1: (STRING, "v")}).ours
    for size in (10, 3000, 3000, 100, 3_000_000, 1, 2047, 2048, 2049, 3_000_000, 0):
        assert codec.read(cls(), codec.write(cls(v="y" * size))).v == "y" * size


def test_binary_bytes_are_those_of_the_specification() -> None:
    codec = next(codec for codec in CODECS if codec.name.startswith("binary"))
    cls = struct("Four", {1: (I32, "a"), 2: (DOUBLE, "b"), 3: (BOOL, "c"), 4: (STRING, "d")}).ours
    expected = packing.pack(">bhi bhd bhb bhi", 8, 1, -2, 4, 2, 0.5, 2, 3, 1, 11, 4, 3) + b"abc\0"
    assert codec.write(cls(a=-2, b=0.5, c=True, d="abc")) == expected
