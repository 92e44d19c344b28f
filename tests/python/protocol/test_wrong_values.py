"""What writing does with values that do not fit their declared type; thriftpy2's Cython protocol is the measure."""

from __future__ import annotations

import array
import collections
import decimal
import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from fastthrift.protocol import TBinaryProtocol, TCompactProtocol
from fastthrift.protocol.exc import TProtocolException
from fastthrift.thrift import TDecodeException, TException, TPayload
from fastthrift.transport import TMemoryBuffer
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
    one,
    shown,
    struct,
    thriftpy2,
)


class Index:
    def __index__(self) -> int:
        return 7


class Int:
    def __int__(self) -> int:
        return 7


class Float:
    def __float__(self) -> float:
        return 1.5


R = struct("R", {1: (I32, "x")})
Other = struct("Other", {1: (STRING, "y")})


class Colour:
    _ttype = I32
    _VALUES_TO_NAMES = {1: "RED"}


ACCEPTED: list[tuple[tuple[Any, ...], Any]] = [
    ((I32,), 1.0),
    ((I32,), 1.5),
    ((I32,), Int()),
    ((I32,), decimal.Decimal("2.7")),
    ((I32,), True),
    ((BYTE,), -128),
    ((I64,), 2**62),
    ((DOUBLE,), 3),
    ((DOUBLE,), True),
    ((DOUBLE,), decimal.Decimal("1.5")),
    ((DOUBLE,), Float()),
    ((STRING,), b"\xff\x00"),
    ((BINARY,), "é"),
    ((BINARY,), bytearray(b"x")),
    ((BINARY,), array.array("i", [1])),
    ((BINARY,), memoryview(b"abcd")[1:3]),
    ((BOOL,), []),
    ((BOOL,), "x"),
    ((LIST, STRING), "abc"),
    ((LIST, I32), b"abc"),
    ((LIST, I32), {1: 2}),
    ((LIST, I32), {1: 2}.values()),
    ((LIST, I32), range(3)),
    ((LIST, I32), collections.deque([1, 2])),
    ((LIST, (I32, False)), [1]),
    ((LIST, (LIST, I32)), ([1], (2,))),
    ((SET, I32), [1, 1]),
    ((MAP, (STRING, I32)), collections.ChainMap({"a": 1})),
    ((MAP, (STRING, I32)), collections.OrderedDict(b=1, a=2)),
    ((MAP, (STRING, I32)), collections.defaultdict(int, a=2)),
    ((MAP, ((LIST, I32), I32)), {(1, 2): 2}),
]


@pytest.mark.skipif(thriftpy2 is None, reason="thriftpy2 is the oracle")
@pytest.mark.parametrize(("field", "value"), ACCEPTED, ids=shown)
def test_accepted_as_thriftpy2_accepts_it(field: Any, value: Any) -> None:
    ours, theirs = one(*field)
    assert BINARY_CODEC.write(ours(f=value)) == BINARY_CODEC.their_write(theirs(f=value))


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
@pytest.mark.parametrize(("field", "value"), ACCEPTED, ids=shown)
def test_accepted_value_can_be_read_again(codec: Codec, field: Any, value: Any) -> None:
    cls = one(*field).ours
    first = codec.write(cls(f=value))
    if field[0] == MAP and isinstance(field[1][0], tuple):
        assert codec.read(cls(), first).f == value  # a list as a key comes back as a tuple
    assert codec.write(codec.read(cls(), first)) == first


def test_what_has_only_an_index_is_an_integer() -> None:
    # thriftpy2's pure protocols take it, its compiled one does not.
    cls = one(I32).ours
    assert BINARY_CODEC.write(cls(f=Index())) == BINARY_CODEC.write(cls(f=7))


# The value, then the text behind "needs type".
REFUSED: list[tuple[tuple[Any, ...], Any, str]] = [
    ((BYTE,), 128, "BYTE"),
    ((BYTE,), -129, "BYTE"),
    ((I16,), 40000, "I16"),
    ((I32,), 2**31, "I32"),
    ((I32,), -(2**31) - 1, "I32"),
    ((I32,), 2**64, "I32"),
    ((I64,), 2**63, "I64"),
    ((I64,), -(2**63) - 1, "I64"),
    ((I32,), "1", "I32"),
    ((I32,), b"1", "I32"),
    ((I32,), [], "I32"),
    ((DOUBLE,), "1.5", "DOUBLE"),
    ((DOUBLE,), 2**2000, "DOUBLE"),
    ((STRING,), 5, "STRING"),
    ((STRING,), bytearray(b"x"), "STRING"),
    ((STRING,), "\ud800", "STRING"),
    ((BINARY,), 5, "BINARY"),
    ((LIST, I32), [None], "LIST<I32>"),
    ((LIST, I32), 5, "LIST<I32>"),
    ((LIST, STRING), [1], "LIST<STRING>"),
    ((LIST, (LIST, I32)), [[1], 2], "LIST<LIST<I32>>"),
    ((LIST, (STRUCT, R)), [None], "LIST<R>"),
    ((SET, I32), 1, "SET<I32>"),
    ((MAP, (I32, I32)), [(1, 2)], "MAP<I32, I32>"),
    ((MAP, (I32, I32)), {"a": 1}, "MAP<I32, I32>"),
    ((MAP, (STRING, I32)), {"a": None}, "MAP<STRING, I32>"),
    ((MAP, (STRING, I32)), "", "MAP<STRING, I32>"),
    ((STRUCT, R), {}, "R"),
    ((STRUCT, R), 5, "R"),
]
OUT_OF_RANGE = (I16, I32, I64, BYTE)


@pytest.mark.skipif(thriftpy2 is None, reason="thriftpy2 is the oracle")
@pytest.mark.parametrize(("field", "value", "wanted"), REFUSED, ids=shown)
def test_refused_in_thriftpy2s_words(field: Any, value: Any, wanted: str) -> None:
    ours, theirs = one(*field)
    with pytest.raises(thriftpy2.thrift.TDecodeException) as expected:
        BINARY_CODEC.their_write(theirs(f=value))
    with pytest.raises(TDecodeException) as got:
        BINARY_CODEC.write(ours(f=value))
    assert str(got.value) == str(expected.value)
    error: Any = got.value
    assert (error.struct_name, error.fid, error.field, error.type_repr) == ("S", 1, "f", wanted)
    assert error.value is value
    assert error.path.startswith("S.f")
    assert isinstance(error.__cause__, Exception)


@pytest.mark.parametrize(("field", "value", "wanted"), REFUSED, ids=shown)
def test_compact_refuses_the_same(field: Any, value: Any, wanted: str) -> None:
    cls = one(*field).ours
    with pytest.raises(TException) as got:
        COMPACT_CODEC.write(cls(f=value))
    if field[0] in OUT_OF_RANGE and isinstance(value, int):
        bits = {BYTE: 8, I16: 16, I32: 32, I64: 64}[field[0]]
        error = got.value
        assert isinstance(error, TProtocolException)
        assert error.type == TProtocolException.INVALID_DATA
        assert str(error) == f"i{bits} requires {-(2 ** (bits - 1))} <= number <= {2 ** (bits - 1) - 1}"
    else:
        assert isinstance(got.value, TDecodeException)
        assert got.value.type_repr == wanted


def test_generator_is_refused_before_it_is_used() -> None:
    cls = one(LIST, I32).ours
    numbers = iter([1, 2])
    with pytest.raises(TDecodeException, match="needs type 'LIST<I32>'"):
        BINARY_CODEC.write(cls(f=numbers))
    assert list(numbers) == [1, 2]


def test_enum_field_names_its_type() -> None:
    # thriftpy2 says 'None' here.
    with pytest.raises(TDecodeException) as got:
        BINARY_CODEC.write(one(I32, Colour).ours(f="x"))
    assert "None" not in str(got.value)


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_buffer_that_is_not_contiguous_is_a_buffer_error(codec: Codec) -> None:
    with pytest.raises(BufferError, match="contiguous"):
        codec.write(one(BINARY).ours(f=memoryview(b"abcd")[::2]))


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_other_struct_is_written_by_its_own_spec(codec: Codec) -> None:
    cls = one(STRUCT, R).ours
    assert codec.write(cls(f=Other.ours(y="a"))) == codec.write(one(STRUCT, Other).ours(f=Other.ours(y="a")))


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_path_leads_to_the_value(codec: Codec) -> None:
    phone = struct("Phone", {1: (STRING, "number")})
    person = struct("Person", {1: (MAP, "phones", (STRING, (LIST, (STRUCT, phone))))})
    book = struct("Book", {1: (LIST, "people", (STRUCT, person))})
    good, bad = phone.ours(number="1"), phone.ours(number=1)
    value = book.ours(people=[person.ours(), person.ours(phones={"home": [good], "work": [good, good, bad]})])
    with pytest.raises(TDecodeException) as got:
        codec.write(value)
    assert got.value.path == "Book.people[1].phones[1][2].number"  # type: ignore[attr-defined]
    assert str(got.value) == "Field 'number(1)' of 'Phone' needs type 'STRING', but the value is `1`"


class Untyped(TPayload):
    thrift_spec = {1: (99, "f", False)}
    default_spec = [("f", None)]


@pytest.mark.parametrize("value", [1, "x", [], [1], {}, {1: 2}, R.ours()], ids=shown)
@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_unknown_type_is_refused_instead_of_half_written(codec: Codec, value: Any) -> None:
    with pytest.raises(TDecodeException):
        codec.write(Untyped(f=value))
    with pytest.raises(TDecodeException):
        codec.write(one(LIST, 99).ours(f=[value]))
    assert codec.write(Untyped()) == b"\0"


@pytest.mark.parametrize("protocol", [TBinaryProtocol, TCompactProtocol])
def test_nothing_of_a_refused_struct_reaches_the_transport(protocol: Any) -> None:
    cls = struct("Pair", {1: (STRING, "a"), 2: (I32, "b")}).ours
    out = TMemoryBuffer()
    with pytest.raises(TDecodeException):
        protocol(out).write_struct(cls(a="long enough" * 1000, b="x"))
    assert out.getvalue() == b""
    protocol(out).write_struct(cls(a="a", b=1))
    assert protocol(TMemoryBuffer(out.getvalue())).read_struct(cls()) == cls(a="a", b=1)


class Changing(collections.UserList):  # type: ignore[type-arg]
    """Says one length and gives another."""

    def __len__(self) -> int:
        return 5

    def __iter__(self) -> Iterator[Any]:
        return iter([1, 2])


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_declared_length_is_that_of_the_elements(codec: Codec) -> None:
    cls = one(LIST, I32).ours
    assert codec.read(cls(), codec.write(cls(f=Changing()))).f == [1, 2]


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_container_that_changes_while_it_is_written_is_refused(codec: Codec) -> None:
    numbers: list[Any] = []
    mapping: dict[Any, Any] = {}

    class Shrinking:
        def __index__(self) -> int:
            numbers.clear()
            mapping.clear()
            return 1

    numbers.extend([Shrinking(), 2, 3])
    with pytest.raises(RuntimeError, match="list changed size"):
        codec.write(one(LIST, I32).ours(f=numbers))
    mapping.update({1: Shrinking(), 2: 2})
    with pytest.raises(RuntimeError, match="dict changed size"):
        codec.write(one(MAP, (I32, I32)).ours(f=mapping))


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_object_that_empties_itself_while_it_is_written(codec: Codec) -> None:
    cls = struct("Pair", {1: (I32, "a"), 2: (LIST, "b", I32)}).ours

    class Emptying:
        def __index__(self) -> int:
            value.a = None
            value.b = None
            return 1

    value = cls(a=1, b=[Emptying(), Emptying()])
    assert codec.read(cls(), codec.write(value)) == cls(a=1, b=[1, 1])


def test_error_of_a_conversion_that_is_not_about_the_value_passes() -> None:
    class Broken:
        def __index__(self) -> int:
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        BINARY_CODEC.write(one(I32).ours(f=Broken()))


class Endless:
    """Takes every key, so that every index is one."""

    def __len__(self) -> int:
        return 1

    def __getitem__(self, key: object) -> int:
        return 1


class EndlessIterator(Endless):
    def __iter__(self) -> Any:
        return itertools.repeat(1)


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
@pytest.mark.parametrize("value", [Endless(), EndlessIterator()], ids=["getitem", "iterator"])
def test_what_goes_on_for_ever_does_not_fit_a_list(codec: Codec, value: Any) -> None:
    for element in (I32, STRING, BOOL, DOUBLE, (LIST, I32)):
        for container in (LIST, SET):
            with pytest.raises(TDecodeException):
                codec.write(one(container, element).ours(f=value))


class Counted:
    def __init__(self, *items: int) -> None:
        self._items = items

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> int:
        return self._items[index]


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_a_class_with_a_length_and_items_is_a_list(codec: Codec) -> None:
    cls = one(LIST, I32)
    for items in ((), (1,), (1, 2, 3)):
        assert codec.write(cls.ours(f=Counted(*items))) == codec.write(cls.ours(f=list(items)))


def test_an_error_of_the_items_comes_through() -> None:
    class Failing(Counted):
        def __getitem__(self, index: int) -> int:
            raise KeyError(index)

    with pytest.raises(KeyError):
        CODECS[0].write(one(LIST, I32).ours(f=Failing(1, 2)))
