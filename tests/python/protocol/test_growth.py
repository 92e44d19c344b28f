"""Wherever in a message the memory for it ends: the bytes are those of a message that has room enough."""

from __future__ import annotations

import gc
from enum import IntEnum
from typing import Any

import pytest

from fastthrift.protocol import TBinaryProtocol, TCompactProtocol
from fastthrift.thrift import TPayload
from fastthrift.transport import TMemoryBuffer
from fastthrift.utils import serialize
from twins import BINARY, BOOL, BYTE, CODECS, DOUBLE, I16, I32, I64, LIST, MAP, SET, STRING, STRUCT, Codec, struct

BY_CODEC = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)


class Kind(IntEnum):
    SMALL = 1
    LARGE = 1 << 20
    NEGATIVE = -5

    # What makes a class an enum of the IDL.
    @classmethod
    def _missing_(cls, value: object) -> Any:
        return None


Inner = struct("Inner", {1: (I32, "a"), 2: (STRING, "b"), 40: (BOOL, "c"), 41: (LIST, "d", I64)})
REST: dict[int, tuple[Any, ...]] = {
    2: (BOOL, "flag"),
    3: (BYTE, "byte"),
    4: (I16, "short"),
    500: (I32, "number"),
    6: (I64, "long"),
    7: (DOUBLE, "real"),
    8: (STRING, "text"),
    9: (BINARY, "data"),
    10: (LIST, "longs", I64),
    11: (SET, "kinds", (I32, Kind)),
    12: (MAP, "by_name", (STRING, I32)),
    13: (STRUCT, "inner", Inner),
    30: (LIST, "inners", (STRUCT, Inner)),
    31: (MAP, "by_number", (I64, (STRUCT, Inner))),
    32: (LIST, "rows", (LIST, DOUBLE)),
    33: (I32, "kind", Kind),
    34: (LIST, "flags", BOOL),
    35: (STRING, "unicode"),
    36: (LIST, "datas", BINARY),
    37: (BOOL, "last"),
}
Message = struct("Message", {1: (STRING, "pad"), **REST}).ours
inner = Inner.ours
VALUES: dict[str, Any] = {
    "flag": True, "byte": -1, "short": 300, "number": -(1 << 31), "long": 1 << 62, "real": 0.1, "text": "t" * 37, "data": b"d" * 5,
    "longs": [-(1 << 63), 0, (1 << 63) - 1], "kinds": [Kind.SMALL, Kind.LARGE, 3, Kind.NEGATIVE], "by_name": {"one": 1, "": -70_000},
    "inner": inner(a=5, b="x", c=False, d=[1, 1 << 40]), "inners": [inner(), inner(a=1, d=[]), inner(b="y" * 20)],
    "by_number": {1 << 50: inner(c=True), -1: inner()}, "rows": [[], [1.5, 2.5], [3.5]], "kind": Kind.LARGE, "flags": [True, False, True],
    "unicode": "né€", "datas": [b"", b"12345678", b"x" * 33], "last": False,
}  # fmt: skip


class Getting(Message):  # type: ignore[misc,valid-type]
    """The same through Python's attributes."""

    def __getattribute__(self, name: str) -> Any:
        return super().__getattribute__(name)


@BY_CODEC
@pytest.mark.parametrize("cls", [Message, Getting], ids=["direct", "other"])
def test_memory_may_end_anywhere_in_a_message(codec: Codec, cls: Any) -> None:
    head = 2 if codec.name == "compact" else 7
    rest = codec.write(Message(pad="", **VALUES))[head:]
    for around in (256, 2048, 4096, 8192):
        for size in range(max(1, around - len(rest) - 40), around + 40):
            data = codec.write(cls(pad="p" * size, **VALUES))
            assert data.endswith(b"p" * size + rest)
            assert len(data) - len(rest) - size <= 7


@BY_CODEC
def test_message_of_each_length_behind_a_longer_and_a_shorter_one(codec: Codec) -> None:
    cls = struct("Text", {1: (STRING, "v"), 2: (I32, "end")}).ours
    tail = codec.write(cls(v="", end=1 << 30))[2 if codec.name == "compact" else 7 :]
    for step in (2048, 4096, 16384):
        for size in range(step - 300, step + 20, 7):
            for other in (size * 3, 1, size):
                codec.write(cls(v="o" * other))
                data = codec.write(cls(v="v" * size, end=1 << 30))
                assert data.endswith(b"v" * size + tail)


@BY_CODEC
@pytest.mark.parametrize("count", [0, 1, 2, 14, 15, 16, 127, 128, 200, 1000])
@pytest.mark.parametrize(
    "ttype, value",
    [
        (I64, -1),
        (I32, 1 << 30),
        (BYTE, 1),
        (BOOL, True),
        (DOUBLE, 1.5),
        (STRING, "ab"),
        (BINARY, b"abc"),
        ((I32, Kind), Kind.LARGE),
    ],
    ids=str,
)
def test_list_of_any_length_is_its_head_and_its_elements(codec: Codec, ttype: Any, value: Any, count: int) -> None:
    cls = struct("Lists", {1: (LIST, "v", ttype), 2: (BOOL, "end")}).ours
    several = {n: codec.write(cls(v=[value] * n, end=True)) for n in (count, 1, 2)}
    element = len(several[2]) - len(several[1])
    head = 5 if codec.name == "binary" else 1 if count <= 14 else 2 if count < 128 else 3
    before, behind = (3, 5) if codec.name == "binary" else (1, 2)
    data = several[count]
    assert len(data) == before + head + count * element + behind
    assert data[before + head : len(data) - behind] == several[1][len(several[1]) - behind - element : -behind] * count


@BY_CODEC
def test_members_of_enums_are_written_as_their_numbers(codec: Codec) -> None:
    fields: dict[int, tuple[Any, ...]] = {1: (I32, "one"), 2: (LIST, "many", I32), 3: (MAP, "by", (I32, I32))}
    plain = struct("Plain", fields).ours
    enums = struct(
        "Enums", {1: (I32, "one", Kind), 2: (LIST, "many", (I32, Kind)), 3: (MAP, "by", ((I32, Kind), (I32, Kind)))}
    ).ours
    for members in ([Kind.SMALL, Kind.LARGE, Kind.NEGATIVE], [1, 1 << 20, -5], [7, Kind.SMALL, -(1 << 31)]):
        one, many = members[0], list(members)
        by = dict(zip(members, reversed(members)))
        numbers = [int(each) for each in members]
        expected = codec.write(plain(one=numbers[0], many=numbers, by={int(k): int(v) for k, v in by.items()}))
        assert codec.write(enums(one=one, many=many, by=by)) == expected
    for wrong in (1 << 31, -(1 << 31) - 1, "x", 1 << 80):
        for values in ({"one": wrong}, {"many": [1, wrong]}, {"by": {1: wrong}}):
            said = []
            for cls in (plain, enums):
                with pytest.raises(Exception) as error:  # noqa: PT011
                    codec.write(cls(**values))
                said.append(type(error.value))
            assert said[0] is said[1]


# --- what Python code does meanwhile ---


class Rude(TPayload):
    thrift_spec = {
        1: (I32, "number", False),
        2: (LIST, "numbers", I32, False),
        3: (LIST, "inners", (STRUCT, inner), False),
        4: (MAP, "by", (I32, (STRUCT, inner)), False),
        5: (STRUCT, "inner", inner, False),
        6: (STRING, "last", False),
    }
    default_spec = [(spec[1], None) for spec in thrift_spec.values()]


class Index:
    def __init__(self, does: Any) -> None:
        self.does = does

    def __index__(self) -> int:
        self.does()
        return 7

    def __hash__(self) -> int:
        return 7


@pytest.mark.parametrize("protocol", [TBinaryProtocol, TCompactProtocol])
def test_other_messages_may_be_written_while_one_is(protocol: Any) -> None:
    """To the same protocol, and longer than any memory that was at hand."""
    out = TMemoryBuffer()
    writer = protocol(out)

    def write_another() -> None:
        writer.write_struct(Rude(last="z" * 5000))

    noisy = Index(write_another)
    value = Rude(
        number=noisy, numbers=[noisy, 1, noisy], by={noisy: inner(a=noisy)}, inner=inner(a=noisy, d=[noisy]), last="end"
    )  # type: ignore[call-arg]
    calm = Rude(number=7, numbers=[7, 1, 7], by={7: inner(a=7)}, inner=inner(a=7, d=[7]), last="end")  # type: ignore[call-arg]
    writer.write_struct(value)
    expected, other = TMemoryBuffer(), TMemoryBuffer()
    protocol(expected).write_struct(calm)
    protocol(other).write_struct(Rude(last="z" * 5000))  # type: ignore[call-arg]
    assert out.getvalue() == other.getvalue() * 7 + expected.getvalue()


class Leaving:
    """Counts when it goes, and makes garbage of the memory that it leaves."""

    gone = 0

    def __init__(self, number: int = 0) -> None:
        self.number = number

    def __index__(self) -> int:
        return self.number

    def __del__(self) -> None:
        Leaving.gone += 1
        gc.collect()
        [bytes(64) for _ in range(10)]


@BY_CODEC
def test_elements_that_live_only_while_they_are_written(codec: Codec) -> None:
    class Fresh:
        def __len__(self) -> int:
            return 40

        def __iter__(self) -> Any:
            return (Leaving(n) for n in range(40))

    class FreshItems:
        def items(self) -> Any:
            return [(Leaving(n), inner(a=Leaving(-n))) for n in range(40)]

    Leaving.gone = 0
    data = codec.write(Rude(numbers=Fresh(), by=FreshItems(), last="x" * 3000))  # type: ignore[call-arg]
    same = Rude(numbers=list(range(40)), by={n: inner(a=-n) for n in range(40)}, last="x" * 3000)  # type: ignore[call-arg]
    assert data == codec.write(same)
    assert Leaving.gone == 120


@BY_CODEC
def test_objects_that_are_let_go_while_they_are_written(codec: Codec) -> None:
    """Each takes itself, and what is around it, out of the message; what follows is still written."""
    Leaving.gone = 0
    value = Rude(last="end")  # type: ignore[call-arg]

    def forget(name: str) -> Any:
        kept = getattr(value, name)
        if isinstance(kept, list):
            kept[:] = [None] * len(kept)
        elif isinstance(kept, dict):
            for key in kept:
                kept[key] = None
        setattr(value, name, None)

    def build(name: str) -> Any:
        one = inner(a=Index(lambda: forget(name)), b="b" * 50)
        one.extra = Leaving()
        return one

    value.inner, value.inners, value.by = build("inner"), [build("inners")], {1: build("by")}  # type: ignore[attr-defined]
    data = codec.write(value)
    done = inner(a=7, b="b" * 50)
    assert data == codec.write(Rude(inner=done, inners=[done], by={1: done}, last="end"))  # type: ignore[call-arg]
    assert (value.inner, value.inners, value.by) == (None, None, None)  # type: ignore[attr-defined]
    assert Leaving.gone == 3


@BY_CODEC
@pytest.mark.parametrize("name", ["numbers", "inners"])
@pytest.mark.parametrize(
    "change", [list.clear, lambda it: it.append(1), lambda it: it.extend([1] * 9000), lambda it: it.pop()]
)
def test_list_that_changes_its_length_is_refused_wherever_it_does(codec: Codec, name: str, change: Any) -> None:
    for at in range(3):
        value = Rude()
        number = Index(lambda value=value: change(getattr(value, name)))
        elements: list[Any] = [1, 2, 3, 4] if name == "numbers" else [inner(a=n) for n in range(4)]
        elements[at] = number if name == "numbers" else inner(a=number)
        setattr(value, name, elements)
        with pytest.raises(RuntimeError, match="list changed size while it was written"):
            serialize(value, codec.ours)


@BY_CODEC
def test_list_whose_items_move_is_read_where_they_are(codec: Codec) -> None:
    """As many as before, in other memory."""
    value = Rude()

    def move() -> None:
        kept = value.numbers  # type: ignore[attr-defined]
        kept.extend([9] * 50_000)
        del kept[4:]
        kept[2:] = [5, 6]

    value.numbers = [1, Index(move), 3, 4]  # type: ignore[attr-defined]
    assert codec.write(value) == codec.write(Rude(numbers=[1, 7, 5, 6]))  # type: ignore[call-arg]
