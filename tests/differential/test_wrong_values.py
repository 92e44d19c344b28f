"""Values that do not fit their field: both refuse, or both write the same bytes; what differs is a row of KNOWN."""

from __future__ import annotations

import collections
import decimal
import fractions
import sys
from typing import Any

import pytest

from . import idls
from .pair import OURS, THEIRS, Pair, Side

PAIR = Pair.of(idls.BASE_TYPES)
LISTS = Pair.of(idls.CONTAINERS)


class Index:
    def __index__(self) -> int:
        return 5


class Int:
    def __int__(self) -> int:
        return 5


VALUES: dict[str, Any] = {
    "int": 3, "negative": -3, "true": True, "2**7": 2**7, "2**15": 2**15, "2**31": 2**31, "2**63": 2**63, "2**2000": 2**2000,
    "float": 1.5, "whole float": 2.0, "nan": float("nan"), "inf": float("inf"), "str": "text", "digits": "12", "empty": "",
    "surrogate": "\ud800", "bytes": b"ab", "bytearray": bytearray(b"ab"), "memoryview": memoryview(b"ab"), "list": [1],
    "dict": {"a": 1}, "object": object(), "index": Index(), "int method": Int(), "decimal": decimal.Decimal(2),
    "fraction": fractions.Fraction(1, 2), "complex": 1j, "tuple": (), "class": int,
}  # fmt: skip
HAS_INT = sys.version_info >= (3, 11)  # whether Fraction has __int__
FIELDS = ["flag", "tiny", "short_one", "number", "big", "real", "text", "raw"]

# (protocol, field, value): the row of docs/compatibility.md that says why.
_INTS = ("tiny", "short_one", "number", "big")
KNOWN: dict[tuple[str, str, str], str] = {
    **{("binary", field, "index"): "`__index__` in an integer field" for field in _INTS},
    **{
        ("compact", field, value): "numbers that are no ints in an integer field, compact"
        for field in _INTS
        for value in ("float", "whole float", "decimal", "fraction", "index", "int method")
        if (field, value) != ("tiny", "index") and (value, HAS_INT) != ("fraction", False)
    },
}


def outcome(side: Side, pair: Pair, struct: str, field: str, value: Any, protocol: str) -> bytes | None:
    """The bytes, or None where the library refuses."""
    try:
        return side.serialize(pair.make(side, struct, {field: value}), protocol)
    except Exception:
        return None


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("protocol", ["binary", "compact"])
def test_both_take_and_refuse_the_same_values(protocol: str, field: str) -> None:
    differ = {}
    for name, value in VALUES.items():
        theirs, ours = (outcome(side, PAIR, "Base", field, value, protocol) for side in (THEIRS, OURS))
        if ours != theirs and (protocol, field, name) not in KNOWN:
            differ[name] = (theirs, ours)
    assert differ == {}


@pytest.mark.parametrize(("protocol", "field", "name"), list(KNOWN))
def test_known_difference_is_still_one(protocol: str, field: str, name: str) -> None:
    theirs, ours = (outcome(side, PAIR, "Base", field, VALUES[name], protocol) for side in (THEIRS, OURS))
    assert ours != theirs


@pytest.mark.parametrize("field", FIELDS)
def test_refusal_has_thriftpy2s_class_and_text(field: str) -> None:
    for name, value in VALUES.items():
        caught = []
        for side in (THEIRS, OURS):
            try:
                side.serialize(PAIR.make(side, "Base", {field: value}), "binary")
            except Exception as error:
                caught.append(error)
        if len(caught) < 2 or type(caught[0]).__name__ != "TDecodeException":
            continue
        theirs, ours = caught
        assert isinstance(ours, OURS.package.thrift.TDecodeException), (name, ours)
        assert str(ours).startswith(str(theirs)), name
        for attribute in ("struct_name", "fid", "field", "type_repr"):
            assert getattr(ours, attribute) == getattr(theirs, attribute), name


CONTAINER_VALUES: dict[str, Any] = {
    "tuple": (1, 2), "set": {1}, "range": range(3), "dict": {1: 2}, "str": "ab", "bytes": b"ab", "int": 5, "none in it": [None],
    "str in it": ["x"], "nested list": [[1]], "generator": None, "float in it": [1.0],
}  # fmt: skip


@pytest.mark.parametrize("field", ["ints", "texts", "numbers", "counts", "rows"])
@pytest.mark.parametrize("protocol", ["binary", "compact"])
def test_both_take_and_refuse_the_same_containers(protocol: str, field: str) -> None:
    differ = {}
    for name, value in CONTAINER_VALUES.items():
        results = []
        for side in (THEIRS, OURS):
            made = LISTS.module(side).Containers()
            setattr(made, field, (i for i in range(2)) if name == "generator" else value)
            try:
                results.append(side.serialize(made, protocol))
            except Exception:
                results.append(None)
        if results[0] != results[1]:
            differ[name] = results
    known = {"float in it"} if protocol == "compact" else set()
    assert set(differ) - known == set(), differ


def test_a_refused_value_leaves_the_protocol_usable() -> None:
    for side in (THEIRS, OURS):
        buffer = side.package.transport.TMemoryBuffer()
        protocol = side.package.protocol.TCyBinaryProtocol(buffer)
        with pytest.raises(side.package.thrift.TDecodeException):
            PAIR.make(side, "Base", {"flag": True, "number": "x"}).write(protocol)
        assert buffer.getvalue() == b""
        PAIR.make(side, "Base", {"number": 1}).write(protocol)
        assert buffer.getvalue() == bytes.fromhex("080004 00000001 00")


class Lazy:
    """A text that is made when somebody asks for it, as Django's and Babel's translations are."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __getattr__(self, name: str) -> Any:
        return getattr(self._text, name)

    def __str__(self) -> str:
        return self._text


@pytest.mark.parametrize("protocol", ["binary", "compact", "json"])
@pytest.mark.parametrize(
    "text", [Lazy("é €"), collections.UserString("é €"), Lazy("")], ids=["lazy", "UserString", "empty"]
)
def test_a_text_that_is_no_str_is_asked_for_its_bytes(text: Any, protocol: str) -> None:
    one = {side: side.serialize(PAIR.make(side, "Base", {"text": text}), protocol) for side in (THEIRS, OURS)}
    assert one[OURS] == one[THEIRS]
    many = {}
    for side in (THEIRS, OURS):
        made = LISTS.make(side, "Containers", {"texts": [text, "a"], "words": [text], "names": {1: text}})
        made.counts = {text: 1}
        many[side] = side.serialize(made, protocol)
    assert many[OURS] == many[THEIRS]


class Encodes:
    def __init__(self, result: Any) -> None:
        self._result = result

    def encode(self, *_: Any) -> Any:
        if isinstance(self._result, Exception):
            raise self._result
        return self._result


@pytest.mark.parametrize(
    "result", ["text", None, 5, [1], UnicodeEncodeError("utf-8", "x", 0, 1, "no"), TypeError("no")], ids=repr
)
@pytest.mark.parametrize("protocol", ["binary", "compact", "json"])
def test_what_encodes_to_no_bytes_does_not_fit(result: Any, protocol: str) -> None:
    with pytest.raises(OURS.package.thrift.TDecodeException):
        OURS.serialize(PAIR.make(OURS, "Base", {"text": Encodes(result)}), protocol)


def test_a_class_is_no_text() -> None:
    for value in (str, Lazy, collections.UserString):
        with pytest.raises(OURS.package.thrift.TDecodeException):
            OURS.serialize(PAIR.make(OURS, "Base", {"text": value}), "binary")


def test_an_error_of_an_encode_that_is_not_about_the_value_comes_through() -> None:
    with pytest.raises(KeyError):
        OURS.serialize(PAIR.make(OURS, "Base", {"text": Encodes(KeyError("k"))}), "binary")
