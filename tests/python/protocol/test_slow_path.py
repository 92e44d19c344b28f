"""Classes that need more than their slots: read and written by their attributes, with the same bytes."""

from __future__ import annotations

import gc
import sys
from typing import Any

import pytest

from fastthrift.protocol import TBinaryProtocol, TCompactProtocol
from fastthrift.thrift import TPayload
from fastthrift.transport import TMemoryBuffer
from twins import BOOL, CODECS, DOUBLE, I32, LIST, MAP, SET, STRING, STRUCT, Codec, struct

FIELDS: dict[int, Any] = {
    1: (BOOL, "b"),
    2: (I32, "i"),
    3: (STRING, "s"),
    4: (LIST, "l", STRING),
    5: (MAP, "m", (STRING, (LIST, DOUBLE))),
    6: (SET, "e", I32),
}
Plain = struct("Plain", FIELDS).ours
VALUES: dict[str, Any] = {"b": True, "i": 7, "s": "é", "l": ["a", ""], "m": {"k": [0.5]}, "e": [3]}
BY_CODEC = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)


class Setting(Plain):  # type: ignore[misc]
    """Overrides how attributes are set."""

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__.setdefault("_seen", []).append(name)
        super().__setattr__(name, value)


class Getting(Plain):  # type: ignore[misc]
    def __getattribute__(self, name: str) -> Any:
        return super().__getattribute__(name)


class Property(Plain):  # type: ignore[misc]
    """Has a property where a field is."""

    @property
    def i(self) -> Any:
        return self.__dict__.get("_i")

    @i.setter
    def i(self, value: Any) -> None:
        self.__dict__["_i"] = value


class Methods(Plain):  # type: ignore[misc]
    """Adds what does not matter here."""

    extra = 5

    def double(self) -> int:
        return self.i * 2  # type: ignore[no-any-return]


class Initialised(Plain):  # type: ignore[misc]
    """Never calls the base's __init__."""

    def __init__(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self, name, value)


class Foreign:
    """No TPayload at all."""

    thrift_spec = {id: (*field, False) for id, field in FIELDS.items()}

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)


class Slotted:
    __slots__ = ("b", "e", "i", "l", "m", "s")
    thrift_spec = Foreign.thrift_spec

    def __init__(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self, name, value)


CLASSES = [Setting, Getting, Property, Methods, Initialised, Foreign, Slotted]
PROTOCOLS = {"binary": TBinaryProtocol, "compact": TCompactProtocol}


def write(codec: Codec, value: Any) -> bytes:
    out = TMemoryBuffer()
    PROTOCOLS[codec.name](out).write_struct(value)
    return out.getvalue()


def read(codec: Codec, value: Any, data: bytes) -> Any:
    return PROTOCOLS[codec.name](TMemoryBuffer(data)).read_struct(value)


@BY_CODEC
@pytest.mark.parametrize("cls", CLASSES)
def test_bytes_are_those_of_the_plain_class(codec: Codec, cls: Any) -> None:
    assert write(codec, cls(**VALUES)) == codec.write(Plain(**VALUES))


@BY_CODEC
@pytest.mark.parametrize("cls", CLASSES)
def test_values_are_those_of_the_plain_class(codec: Codec, cls: Any) -> None:
    got = read(codec, cls(), codec.write(Plain(**VALUES)))
    assert type(got) is cls
    assert {name: getattr(got, name) for name in VALUES} == VALUES


@BY_CODEC
@pytest.mark.parametrize("cls", CLASSES)
def test_truncations_are_refused_alike(codec: Codec, cls: Any) -> None:
    data = codec.write(Plain(**VALUES))
    for size in range(len(data)):
        with pytest.raises(Exception) as expected:  # noqa: PT011
            codec.read(Plain(), data[:size])
        with pytest.raises(type(expected.value)) as got:
            read(codec, cls(), data[:size])
        assert str(got.value) == str(expected.value)


@BY_CODEC
@pytest.mark.parametrize("cls", CLASSES)
def test_inside_another_struct(codec: Codec, cls: Any) -> None:
    outer = struct("Outer", {1: (STRUCT, "one", cls), 2: (LIST, "many", (STRUCT, cls))}).ours
    plain = struct("Outer", {1: (STRUCT, "one", Plain), 2: (LIST, "many", (STRUCT, Plain))}).ours
    expected = codec.write(plain(one=Plain(**VALUES), many=[Plain(i=1), Plain(i=2)]))
    assert codec.write(outer(one=cls(**VALUES), many=[cls(i=1), cls(i=2)])) == expected
    got = codec.read(outer(), expected)
    assert type(got.one) is cls
    assert {name: getattr(got.one, name) for name in VALUES} == VALUES
    assert [each.i for each in got.many] == [1, 2]


@BY_CODEC
def test_own_setattr_sees_every_field(codec: Codec) -> None:
    got = codec.read(Setting(), codec.write(Plain(**VALUES)))
    assert got.__dict__["_seen"][-6:] == list(VALUES)


@BY_CODEC
def test_missing_attribute_is_not_written(codec: Codec) -> None:
    assert write(codec, Foreign(i=1)) == codec.write(Plain(i=1))
    value = Plain(i=1, s="a")
    del value.s
    assert codec.write(value) == codec.write(Plain(i=1))


@BY_CODEC
def test_property_that_computes(codec: Codec) -> None:
    class Computed:
        thrift_spec = {2: (I32, "i", False)}

        @property
        def i(self) -> int:
            return 6 * 7

    assert write(codec, Computed()) == codec.write(Plain(i=42))

    class Failing(Computed):
        @property
        def i(self) -> int:
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        write(codec, Failing())


@BY_CODEC
def test_spec_that_changes_after_the_class_statement(codec: Codec) -> None:
    class Growing(TPayload):
        thrift_spec: dict[int, Any] = {1: (I32, "a", False)}
        default_spec = [("a", None)]

    assert codec.read(Growing(), codec.write(Growing(a=1))).a == 1
    Growing.thrift_spec[2] = (STRING, "b", False)
    value = Growing(a=1)
    value.b = "x"  # type: ignore[attr-defined]
    data = codec.write(value)
    assert data == codec.write(struct("T", {1: (I32, "a"), 2: (STRING, "b")}).ours(a=1, b="x"))
    assert codec.read(Growing(), data).b == "x"
    del Growing.thrift_spec[1]
    assert codec.write(value) == codec.write(struct("T", {2: (STRING, "b")}).ours(b="x"))


@BY_CODEC
def test_spec_that_changes_while_it_is_used(codec: Codec) -> None:
    class Treacherous(TPayload):
        thrift_spec: dict[int, Any] = {1: (I32, "a", False), 2: (LIST, "b", I32, False), 3: (STRING, "c", False)}
        default_spec = [("a", None), ("b", None), ("c", None)]

    class Changing:
        def __init__(self) -> None:
            self.count = 0

        def __index__(self) -> int:
            self.count += 1
            Treacherous.thrift_spec = {9: (STRING, "c", False)}
            for _ in range(50):
                Treacherous.thrift_spec[9] = (STRING, f"c{_}" * 100, False)
                codec.write(Treacherous())
            return self.count

    value = Treacherous(a=Changing(), b=[1, 2], c="x")
    whole = codec.write(value)
    assert whole == codec.write(
        struct("T", {1: (I32, "a"), 2: (LIST, "b", I32), 3: (STRING, "c")}).ours(a=1, b=[1, 2], c="x")
    )


@BY_CODEC
def test_object_keeps_its_references(codec: Codec) -> None:
    for cls in CLASSES:
        value = cls(**VALUES)
        data = write(codec, value)
        read(codec, cls(), data)
        gc.collect()  # instances in cycles, which other tests have left
        counts = [sys.getrefcount(each) for each in (value, cls, VALUES["l"], VALUES["m"])]
        for _ in range(20):
            write(codec, value)
            read(codec, cls(), data)
        # One reference too many or too few a round makes 20; a few of the class go when a replaced layout is freed.
        after = [sys.getrefcount(each) for each in (value, cls, VALUES["l"], VALUES["m"])]
        assert all(abs(now - before) < 10 for now, before in zip(after, counts)), (after, counts)


def test_not_a_struct_at_all() -> None:
    for protocol in PROTOCOLS.values():
        with pytest.raises((TypeError, AttributeError)):
            protocol(TMemoryBuffer()).write_struct(5)
        with pytest.raises((TypeError, AttributeError)):
            protocol(TMemoryBuffer(b"\0")).read_struct(5)
