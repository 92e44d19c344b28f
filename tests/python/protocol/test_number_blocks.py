"""Lists given as arrays: the bytes are those of the same numbers in a list, whether they are copied as a block or one by one."""

from __future__ import annotations

import struct as packing
from array import array
from collections.abc import Iterator
from typing import Any

import pytest

from fastthrift.thrift import TException
from twins import BYTE, CODECS, DOUBLE, I16, I32, I64, LIST, SET, STRING, Codec, struct

ROW = struct("Row", {1: (LIST, "b", BYTE), 2: (LIST, "h", I16), 3: (LIST, "i", I32), 4: (LIST, "q", I64), 5: (LIST, "d", DOUBLE),
                     6: (SET, "s", I32), 7: (LIST, "t", STRING)})  # fmt: skip

EDGES = {
    "b": [0, 1, -1, 127, -128],
    "h": [0, 1, -1, 2**15 - 1, -(2**15)],
    "i": [0, 1, -1, 2**31 - 1, -(2**31)],
    "q": [0, 1, -1, 2**63 - 1, -(2**63)],
    "d": [0.0, -0.0, 1.5, float("inf"), float("-inf"), 5e-324, 1.7976931348623157e308],
}
# (array's code, numbers of it)
ARRAYS: list[tuple[str, list[Any]]] = [
    ("b", EDGES["b"]),
    ("B", [0, 127]),
    ("h", EDGES["h"]),
    ("H", [0, 2**15 - 1]),
    ("i", EDGES["i"]),
    ("I", [0, 2**31 - 1]),
    ("l", [0, 1, -1, 2**31 - 1, -(2**31)]),
    ("q", EDGES["q"]),
    ("Q", [0, 2**63 - 1]),
    ("f", [0.0, -0.0, 1.5]),
    ("d", EDGES["d"]),
]


def same_or_both_refused(codec: Codec, field: str, given: Any, numbers: list[Any]) -> None:
    try:
        expected = codec.write(ROW.ours(**{field: numbers}))
    except TException as refused:
        with pytest.raises(type(refused)):
            codec.write(ROW.ours(**{field: given}))
    else:
        assert codec.write(ROW.ours(**{field: given})) == expected


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
@pytest.mark.parametrize(("code", "numbers"), ARRAYS, ids=[code for code, _ in ARRAYS])
@pytest.mark.parametrize("field", ["b", "h", "i", "q", "d", "s"])
def test_an_array_is_written_as_the_list_of_its_numbers(
    codec: Codec, field: str, code: str, numbers: list[Any]
) -> None:
    for count in (len(numbers), 1, 0):
        held = array(code, numbers[:count])
        same_or_both_refused(codec, field, held, list(held))
        same_or_both_refused(codec, field, memoryview(held), list(held))


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
@pytest.mark.parametrize("field", ["h", "i", "q", "d"])
def test_a_part_of_an_array_is_written_as_that_part(codec: Codec, field: str) -> None:
    view = memoryview(array(field, EDGES[field] * 3))
    for part in (view[1:], view[::2], view[::-1], view[2:2]):
        same_or_both_refused(codec, field, part, part.tolist())


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_numbers_that_are_not_aligned_are_written(codec: Codec) -> None:
    for code, numbers in EDGES.items():
        packed = packing.pack(f"={len(numbers)}{code}", *numbers)
        view = memoryview(b"x" + packed)[1:].cast("B").cast(code)
        same_or_both_refused(codec, code, view, numbers)


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_a_table_is_no_list(codec: Codec) -> None:
    table = memoryview(array("i", range(6))).cast("B").cast("i", (2, 3))
    with pytest.raises((TException, NotImplementedError)):
        codec.write(ROW.ours(i=table))


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_a_view_that_was_released_is_refused(codec: Codec) -> None:
    view = memoryview(array("i", [1]))
    view.release()
    with pytest.raises((TException, ValueError)):
        codec.write(ROW.ours(i=view))


class Doubled(array):  # type: ignore[type-arg]
    def __iter__(self) -> Iterator[Any]:
        return (2 * number for number in super().__iter__())


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_a_subclass_is_asked_for_its_numbers(codec: Codec) -> None:
    assert codec.write(ROW.ours(i=Doubled("i", [1, 2]))) == codec.write(ROW.ours(i=[2, 4]))


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_an_array_can_grow_again_once_it_is_written(codec: Codec) -> None:
    numbers = array("q", [1, 2])
    codec.write(ROW.ours(q=numbers))
    numbers.append(3)  # refused while a view is held
    assert codec.write(ROW.ours(q=numbers)) == codec.write(ROW.ours(q=[1, 2, 3]))


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_numbers_for_texts_are_refused(codec: Codec) -> None:
    with pytest.raises(TException):
        codec.write(ROW.ours(t=array("i", [1])))


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
@pytest.mark.parametrize(
    "number", [0, 1, -1, 2**30, -(2**30), 2**53 + 1, 2**60 + 3, 2**63, -(2**63), 2**64 + 1, 2**80 + 1]
)
def test_an_int_for_a_double_is_rounded_as_float_rounds_it(codec: Codec, number: int) -> None:
    assert codec.write(ROW.ours(d=[number])) == codec.write(ROW.ours(d=[float(number)]))


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("i2", "h"),
        ("i4", "i"),
        ("i8", "q"),
        ("f8", "d"),
        ("f4", "d"),
        (">i4", "i"),
        (">f8", "d"),
        ("i8", "i"),
        ("u4", "q"),
    ],
)
def test_an_array_of_numpy_is_written_as_its_list(codec: Codec, kind: str, field: str) -> None:
    numpy = pytest.importorskip("numpy")
    numbers = numpy.arange(-3 if kind[-2] != "u" else 0, 7).astype(kind)
    same_or_both_refused(codec, field, numbers, numbers.tolist())
    same_or_both_refused(codec, field, numbers[::3], numbers[::3].tolist())
    same_or_both_refused(codec, field, numpy.ma.masked_array(numbers), numbers.tolist())
