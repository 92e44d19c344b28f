"""repr, equality and hash: by value, as thriftpy2 has them."""

from __future__ import annotations

import math
import sys

import pytest

from .both import Pair, assert_same, ours, person, struct

T = ours.TType
ONE = struct("One", [(1, (T.I32, "a", False), None)])


@pytest.mark.parametrize(
    "make",
    [
        lambda cls: cls(),
        lambda cls: cls(1),
        lambda cls: cls(1, "x", ["y"]),
        lambda cls: cls(name="é\n'\""),
        lambda cls: cls(id=None, name=None, tags=None),
        lambda cls: cls(tags=[None, {"k": (1, 2)}, {3}, b"\x00"]),
        lambda cls: cls(cls(1), "in it"),
    ],
)
def test_repr_shows_every_field_in_order(make):
    assert_same(person(), lambda cls: repr(make(cls)))
    assert_same(person(), lambda cls: str(make(cls)))


def test_repr_shows_extras_behind_and_leaves_out_what_is_deleted():
    def call(cls):
        it = cls(1)
        it.zebra, it.ape = 1, 2
        del it.name
        return repr(it)

    assert_same(person(), call)


def test_repr_of_no_fields_and_of_a_subclass():
    empty = struct("Empty", [])
    assert_same(empty, lambda cls: repr(cls()))
    assert_same(person(), lambda cls: repr(type("Child", (cls,), {})(2)))


def test_repr_before_init_shows_nothing():
    assert_same(person(), lambda cls: repr(cls.__new__(cls)))


def test_str_follows_an_overridden_repr():
    assert_same(person(), lambda cls: str(type("Quiet", (cls,), {"__repr__": lambda self: "quiet"})()))


def test_repr_of_a_struct_in_itself_ends():
    it = ONE.ours()
    it.a = it
    assert repr(it) == "One(a=One(...))"
    it.a = [it]
    assert repr(it) == "One(a=[One(...)])"


def test_repr_of_a_long_chain_raises_recursion_error():
    it = None
    for _ in range(100_000):
        it = ONE.ours(it)
    with pytest.raises(RecursionError):
        repr(it)


def test_repr_passes_on_what_a_field_raises():
    class Bad:
        def __repr__(self):
            raise ZeroDivisionError("no text")

    assert_same(ONE, lambda cls: repr(cls(Bad())))


def test_repr_survives_a_field_that_changes_the_class():
    pair = struct("Changing", [(i, (T.I32, f"f{i}", False), None) for i in range(1, 9)])

    class Meddler:
        def __repr__(self):
            pair.ours.f3 = property(lambda self: 3)
            if hasattr(pair.ours, "f4"):
                del pair.ours.f4
            pair.ours.__init__ = lambda self: None
            return "meddled"

    it = pair.ours(Meddler(), 2, 3, 4, 5, 6, 7, 8)
    assert repr(it).startswith("Changing(f1=meddled, f2=2")
    repr(it)


EQUALITY = [
    lambda cls: cls(1) == cls(1),
    lambda cls: cls(1) == cls(2),
    lambda cls: cls(1) != cls(1),
    lambda cls: cls(1) != cls(2),
    lambda cls: cls(1) == cls(1.0),
    lambda cls: cls(tags=[1]) == cls(tags=[1]),
    lambda cls: cls(tags=[1]) == cls(tags=(1,)),
    lambda cls: cls(1) == 1,
    lambda cls: cls(1) != 1,
    lambda cls: 1 == cls(1),
    lambda cls: cls(1).__eq__(3),
    lambda cls: cls(1).__ne__(3),
    lambda cls: cls(1) == None,  # noqa: E711
    lambda cls: cls(1) == {"id": 1, "name": "nobody", "tags": None},
    lambda cls: cls(1) < cls(2),
    lambda cls: cls(1) >= cls(2),
    lambda cls: cls(math.nan) == cls(math.nan),
    lambda cls: cls() == cls.__new__(cls),
    lambda cls: cls.__new__(cls) == cls.__new__(cls),
    lambda cls: bool(cls()),
    lambda cls: len(cls()),
    lambda cls: iter(cls()),
]


@pytest.mark.parametrize("index", range(len(EQUALITY)))
def test_comparison_is_thriftpy2s(index):
    def call(cls):
        return EQUALITY[index](cls)

    expected = person()
    if index in (15, 16):  # nan: the same object in both, as a dict compares
        assert_same(expected, call)
    else:
        assert_same(expected, call)


def test_equality_counts_extras():
    def call(cls):
        left, right = cls(1), cls(1)
        left.more = 1
        first = left == right
        right.more = 1
        second = left == right
        right.more = 2
        return first, second, left == right

    assert assert_same(person(), call) == (False, True, False)


def test_equality_of_parent_and_child_is_the_reflected_childs():
    def call(cls):
        child = type("Child", (cls,), {})
        return cls(1) == child(1), child(1) == cls(1), cls(1) != child(1), cls(1).__eq__(child(1)), child(1) == child(1)

    assert assert_same(person(), call) == (False, False, True, True, True)


def test_ne_asks_an_overridden_eq():
    def call(cls):
        lenient = type("Lenient", (cls,), {"__eq__": lambda self, other: True})
        return lenient(1) != lenient(2), lenient(1) == 3, lenient.__hash__

    assert assert_same(person(), call) == (False, True, None)


def test_equality_of_long_chains_raises_recursion_error():
    left = right = None
    for _ in range(100_000):
        left, right = ONE.ours(left), ONE.ours(right)
    with pytest.raises(RecursionError):
        left == right  # noqa: B015


HASHED = [
    (1, 1),
    (1, 1.0),
    ([1, [2]], [1, [2]]),
    ({1: {2, 3}}, {1: {3, 2}}),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ((1, {2: [3]}), (1, {2: [3]})),
    ({1, 2}, frozenset({1, 2})),
    ("text", "text"),
    (None, None),
]


@pytest.mark.parametrize(("left", "right"), HASHED)
def test_equal_structs_have_equal_hashes(left, right):
    def call(cls):
        one, other = cls(left), cls(right)
        one.extra, other.extra = [left], [right]
        return one == other, hash(one) == hash(other)

    assert assert_same(ONE, call) == (True, True)


def test_hash_looks_into_nested_structs():
    def call(cls):
        return hash(cls([cls([1])])) == hash(cls([cls([1])])), len({cls(1), cls(1), cls(2)}), {cls([1]): 5}[cls([1])]

    assert assert_same(ONE, call) == (True, 2, 5)


def test_hash_of_what_cannot_be_hashed_is_the_same_type_error():
    assert_same(ONE, lambda cls: hash(cls(bytearray(b"x"))))
    assert_same(ONE, lambda cls: hash(cls([bytearray(b"x")])))


def test_hashes_of_different_structs_differ_mostly():
    assert len({hash(ONE.ours(n)) for n in range(10_000)}) > 9_990
    other = struct("Other", [(1, (T.I32, "a", False), None)])
    assert hash(ONE.ours(1)) != hash(other.ours(1))
    two = struct("Two", [(1, (T.I32, "a", False), None), (2, (T.I32, "b", False), None)])
    assert len({hash(two.ours(a, b)) for a in range(100) for b in range(100)}) > 9_990


def test_hash_of_a_struct_in_itself_raises_recursion_error():
    it = ONE.ours()
    it.a = [it]
    with pytest.raises(RecursionError):
        hash(it)


def test_hash_can_be_assigned_to_the_class():
    pair = struct("Hashed", [(1, (T.I32, "a", False), None)])

    def call(cls):
        cls.__hash__ = lambda self: 5
        return hash(cls(1)), hash(type("Child", (cls,), {})(2))

    assert assert_same(pair, call) == (5, 5)


def test_values_are_compared_and_shown_while_no_reference_is_lost():
    value = ["only once"]
    before = sys.getrefcount(value)
    for cls in person():
        left, right = cls(tags=value), cls(tags=list(value))
        assert left == right and hash(left) == hash(right) and repr(left) == repr(right)
    del left, right
    assert sys.getrefcount(value) == before


def test_classes_are_shown_with_module_and_name():
    assert repr(person().ours) == repr(person().theirs) == "<class 'shared_name.Person'>"
    assert str(person().ours.thrift_spec) == str(person().theirs.thrift_spec)
    assert isinstance(person(), Pair)
