"""What a struct's repr shows of a value is the value's own repr, whichever way it is made."""

from __future__ import annotations

import enum
import math
import sys
from typing import Any

import pytest

import fastthrift.thrift as ours

from .both import theirs


class Int(int):
    def __repr__(self) -> str:
        return f"<{int(self)}>"


class Text(str):
    def __repr__(self) -> str:
        return "<text>"


class Float(float):
    def __repr__(self) -> str:
        return "<float>"


class Color(enum.IntEnum):
    RED = 1


class Odd:
    def __init__(self, text: Any) -> None:
        self.text = text

    def __repr__(self) -> Any:
        return self.text


INTEGERS = [
    sign * (1 << n) + d for n in (0, 3, 15, 29, 30, 31, 59, 60, 62, 63, 64, 200) for sign in (1, -1) for d in (-1, 0, 1)
]
FLOATS = [
    0.0,
    -0.0,
    0.75,
    1e15,
    1e16,
    1e22,
    1e-4,
    1e-5,
    0.1,
    1 / 3,
    5e-324,
    sys.float_info.max,
    math.inf,
    -math.inf,
    math.nan,
]
TEXTS = [
    "", "a", "a name of some twenty", "it's", 'say "x"', "it's \"x\"", "back\\slash", "tab\t", "line\n", "\x00", "\x1f", "\x7f",
    "~ ", "ä", "é" * 50, "€", "日本", "\U0001f600", "\x85", "\xad", "\u2028", "\udc80", "x" * 5000,
]  # fmt: skip
OTHERS = [
    None, True, False, b"", b"\xff'", bytearray(b"x"), [], [1, "a"], {}, {"a": [1.5]}, {1}, (), (1,), 1j, Int(5), Text("abc"),
    Float(1.5), Color.RED, Odd("é"), Odd("\udc80 and more"), Odd("plain"), int, len,
]  # fmt: skip


@pytest.fixture(params=[theirs, ours], ids=lambda library: str(library.__name__))
def cls(request: pytest.FixtureRequest) -> Any:
    """thriftpy2's too: what is expected here is what it does."""
    library = request.param

    class Item(library.TPayload, metaclass=library.TPayloadMeta):  # type: ignore[name-defined,misc]
        thrift_spec = {1: (8, "a", False), 2: (8, "b", False)}
        default_spec = [("a", None), ("b", None)]

    return Item


@pytest.mark.parametrize("values", [INTEGERS, FLOATS, TEXTS, OTHERS], ids=["integers", "floats", "texts", "others"])
def test_each_value_is_shown_by_its_own_repr(cls: Any, values: list[Any]) -> None:
    for value in values:
        assert repr(cls(a=value, b=7)) == f"Item(a={value!r}, b=7)"
        assert repr(cls(a="x", b=value)) == f"Item(a='x', b={value!r})"
        item = cls(a=1)
        item.extra = value
        assert repr(item) == f"Item(a=1, b=None, extra={value!r})"


def test_text_is_as_wide_as_its_widest_character(cls: Any) -> None:
    for text in TEXTS:
        assert repr(cls(a=text)).encode("utf-8", "surrogatepass") == f"Item(a={text!r}, b=None)".encode(
            "utf-8", "surrogatepass"
        )


def test_error_of_a_value_comes_through(cls: Any) -> None:
    class Refuses:
        def __repr__(self) -> str:
            raise LookupError("not this one")

    for item in (cls(a=Refuses()), cls(a=1, b=[Refuses()])):
        with pytest.raises(LookupError, match="not this one"):
            repr(item)
    with pytest.raises(TypeError, match="__repr__ returned non-string"):
        repr(cls(a=Odd(5)))
    assert repr(cls(a=1)) == "Item(a=1, b=None)"


@pytest.mark.parametrize(
    "wrap", [lambda it: it, lambda it: [it], lambda it: {"k": [it]}], ids=["itself", "list", "dict"]
)
def test_object_inside_itself_is_shown_once(wrap: Any) -> None:
    class Item(ours.TPayload):
        thrift_spec = {1: (8, "a", False), 2: (12, "b", None, False)}
        default_spec = [("a", None), ("b", None)]

    item: Any = Item(**{"a": 1})
    item.b = wrap(item)
    inner = repr(wrap(Odd("Item(...)")))
    for _ in range(2):  # and nothing is left behind
        assert repr(item) == f"Item(a=1, b={inner})"


def test_object_is_shown_as_often_as_it_occurs(cls: Any) -> None:
    one = cls(a=1)
    assert repr(cls(a=one, b=[one, one])) == f"Item(a={one!r}, b=[{one!r}, {one!r}])"


def test_too_deep_is_recursion_error() -> None:
    class Item(ours.TPayload):
        thrift_spec = {1: (12, "a", None, False)}
        default_spec = [("a", None)]

    item: Any = None
    for _ in range(20_000):
        item = Item(**{"a": item})
    with pytest.raises(RecursionError):
        repr(item)
    while item is not None:
        inner = item.a
        item.a = None
        item = inner


def test_fields_that_go_away_while_they_are_shown(cls: Any) -> None:
    class Clears:
        def __init__(self, item: Any) -> None:
            self.item = item

        def __repr__(self) -> str:
            self.item.a = self.item.b = "gone"
            return "cleared"

    item = cls(b=1)
    item.a = Clears(item)
    assert repr(item) == "Item(a=cleared, b='gone')"
