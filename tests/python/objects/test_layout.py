"""Layouts: what becomes of a `thrift_spec` that nobody should write, and of one that changes while it is used."""

from __future__ import annotations

import gc
import time
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from fastthrift.protocol import TBinaryProtocol, TBinaryProtocolFactory, TCompactProtocolFactory
from fastthrift.thrift import TDecodeException, TException, TPayload, TType
from fastthrift.transport import TMemoryBuffer
from fastthrift.utils import deserialize, serialize

FACTORIES = [TBinaryProtocolFactory(), TCompactProtocolFactory()]


@pytest.fixture(params=FACTORIES, ids=["binary", "compact"])
def factory(request: pytest.FixtureRequest) -> Any:
    return request.param


def written(thing: Any, factory: Any = FACTORIES[0]) -> bytes:
    protocol = factory.get_protocol(TMemoryBuffer())
    protocol.write_struct(thing)
    value: bytes = protocol.trans.getvalue()
    return value


def read(thing: Any, data: bytes, factory: Any = FACTORIES[0]) -> Any:
    return factory.get_protocol(TMemoryBuffer(data)).read_struct(thing)


def plain(spec: Any, **values: Any) -> Any:
    """An object that is no payload, with this spec."""
    return type("Plain", (), {"thrift_spec": spec, **values})()


def struct(spec: Any) -> Any:
    return type("Struct", (TPayload,), {"thrift_spec": spec})


I32_5 = bytes.fromhex("08 0001 00000005 00")

ODD_SPECS: list[tuple[str, Any, Any]] = [
    ("no dict", [1], TypeError),
    ("None", None, TypeError),
    ("text", "spec", TypeError),
    ("an id beyond 16 bits", {32768: (TType.I32, "a", False)}, ValueError),
    ("an id below 16 bits", {-32769: (TType.I32, "a", False)}, ValueError),
    ("an id of 70 bits", {2**70: (TType.I32, "a", False)}, ValueError),
    ("an id of -70 bits", {-(2**70): (TType.I32, "a", False)}, ValueError),
    ("an id that is text", {"1": (TType.I32, "a", False)}, ValueError),
    ("an id that is a float", {1.0: (TType.I32, "a", False)}, ValueError),
    ("an id that is None", {None: (TType.I32, "a", False)}, ValueError),
    ("a field that is None", {1: None}, TypeError),
    ("a field that is a number", {1: 8}, TypeError),
    ("a field that is text", {1: "ab"}, TypeError),
    ("a field of nothing", {1: ()}, TypeError),
    ("a field without a name", {1: (TType.I32,)}, TypeError),
    ("a name that is None", {1: (TType.I32, None, False)}, TypeError),
    ("a name that is bytes", {1: (TType.I32, b"a", False)}, TypeError),
]


@pytest.mark.parametrize(("spec", "refused"), [case[1:] for case in ODD_SPECS], ids=[case[0] for case in ODD_SPECS])
def test_a_spec_that_is_none_is_refused(factory: Any, spec: Any, refused: Any) -> None:
    for thing in (plain(spec, a=5), struct(None)() if spec is None else plain(spec)):
        with pytest.raises(refused):
            written(thing, factory)
        with pytest.raises(refused):
            read(thing, I32_5, factory)


# What is known of the type decides; a value of a type that makes no sense is refused, a field on the wire is skipped.
NONSENSE: list[tuple[str, tuple[Any, ...]]] = [
    ("type None", (None, "a", False)),
    ("type -1", (-1, "a", False)),
    ("type 2**70", (2**70, "a", False)),
    ("type 255", (255, "a", False)),
    ("type void", (1, "a", False)),
    ("type text", ("i32", "a", False)),
    ("a struct of no class", (TType.STRUCT, "a", False)),
    ("a struct of a number", (TType.STRUCT, "a", 7, False)),
    ("a list of nothing", (TType.LIST, "a", False)),
    ("a list of None", (TType.LIST, "a", None, False)),
    ("a list of an empty tuple", (TType.LIST, "a", (), False)),
    ("a list of a list", (TType.LIST, "a", [TType.I32], False)),
    ("a map of one", (TType.MAP, "a", (TType.I32,), False)),
    ("a map of three", (TType.MAP, "a", (TType.I32,) * 3, False)),
    ("a map of a list", (TType.MAP, "a", [TType.I32, TType.I32], False)),
]


@pytest.mark.parametrize("field", [case[1] for case in NONSENSE], ids=[case[0] for case in NONSENSE])
def test_a_type_that_is_none_is_skipped_and_never_written(factory: Any, field: Any) -> None:
    spec = {1: field, 2: (TType.I32, "b", False)}
    source = struct({1: (TType.LIST, "a", TType.I32, False), 2: (TType.I32, "b", False)})()
    source.a, source.b = [1, 2], 9
    for target in (struct(spec)(), plain(spec, a=None, b=None)):
        assert read(target, written(source, factory), factory).b == 9
        assert not getattr(target, "a", None)
        target.a = {1: 2} if field[0] == TType.MAP else [1]
        with pytest.raises((TException, TypeError, ValueError, AttributeError)):
            written(target, factory)


@pytest.mark.parametrize("ids", [(-32768, 32767), (0, -1, 1), tuple(range(-50, 50)), (1, 1000, 30000), (32767,)])
def test_every_16_bit_id_is_found(factory: Any, ids: tuple[int, ...]) -> None:
    cls = struct({i: (TType.I32, f"f{n}", False) for n, i in enumerate(ids)})
    thing = cls()
    for n, i in enumerate(ids):
        setattr(thing, f"f{n}", i)
    back = read(cls(), written(thing, factory), factory)
    assert [getattr(back, f"f{n}") for n in range(len(ids))] == list(ids)


def test_a_spec_that_names_each_level_twice_is_linear() -> None:
    # The same tuples are shared, as those of typedefs are: 60 levels would be 2**60 types.
    level: Any = TType.I32
    for _ in range(60):
        level = (TType.MAP, (level, level))
    began = time.monotonic()
    assert written(plain({1: (TType.MAP, "a", (level, level), False)}, a={})) == bytes.fromhex("0d00010d0d0000000000")
    assert time.monotonic() - began < 1


def test_a_spec_nested_deeper_than_the_stack_is_refused() -> None:
    level: Any = TType.I32
    for _ in range(5000):
        level = (TType.LIST, level)
    with pytest.raises(RecursionError, match="nested too deeply"):
        written(plain({1: (TType.LIST, "a", level, False)}, a=[]))


class Clearing(list):  # type: ignore[type-arg]
    """A field that takes the whole spec away when somebody looks at it."""

    spec: dict[int, Any]

    def __iter__(self) -> Iterator[Any]:
        self.spec.clear()
        gc.collect()
        return iter((TType.I32, "a", False))


def test_a_spec_that_empties_itself_while_it_is_compiled_is_read_to_the_end() -> None:
    spec: dict[int, Any] = {}
    for i in range(1, 4):
        spec[i] = Clearing([TType.I32, f"f{i}", False])
        spec[i].spec = spec
    assert written(plain(spec, a=1)) == b"".join(bytes((8, 0, i, 0, 0, 0, 1)) for i in (1, 2, 3)) + b"\0"
    assert not spec


class Changing(TPayload):
    """Its first field's `__index__` or class changes the spec in the middle."""

    thrift_spec: dict[int, Any] = {}


def test_a_spec_that_changes_while_it_is_written_counts_from_the_next_message(factory: Any) -> None:
    cls = struct({1: (TType.I32, "a", False), 2: (TType.STRING, "b", False)})
    thing = cls()

    class Index:
        def __index__(self) -> int:
            cls.thrift_spec = {}
            gc.collect()
            return 3

    thing.a, thing.b = Index(), "b"
    first = written(thing, factory)
    assert written(thing, factory) == b"\0"
    back = read(struct({1: (TType.I32, "a", False), 2: (TType.STRING, "b", False)})(), first, factory)
    assert (back.a, back.b) == (3, "b")


def test_a_spec_that_changes_while_it_is_read_counts_from_the_next_message(factory: Any) -> None:
    class Inner:
        thrift_spec = {1: (TType.I32, "x", False)}
        x = None

        def __init__(self) -> None:
            outer.thrift_spec.clear()
            outer.thrift_spec = {}
            gc.collect()

    source = struct({1: (TType.STRUCT, "a", Changing, False), 2: (TType.STRING, "b", False)})()
    source.a, source.b = Changing(), "b"
    outer: Any = struct({1: (TType.STRUCT, "a", Inner, False), 2: (TType.STRING, "b", False)})
    data = written(source, factory)
    thing = read(outer(), data, factory)
    assert type(thing.a) is Inner
    assert thing.b == "b"
    assert read(outer(), data, factory).__dict__ == {}


def test_the_class_of_a_field_lives_as_long_as_its_layout() -> None:
    inner = struct({1: (TType.I32, "x", False)})
    outer = struct({1: (TType.STRUCT, "a", inner, False)})
    data = written(read(outer(), bytes.fromhex("0c0001 00 00")))
    gone = weakref.ref(inner)
    outer.thrift_spec[1] = (TType.I32, "a", False)
    del inner
    gc.collect()
    assert gone() is not None or read(outer(), data).a is None
    assert read(outer(), I32_5).a == 5  # compiled anew
    gc.collect()
    assert gone() is None


class NumberName(type):
    __name__ = property(lambda cls: 5)  # type: ignore[assignment]


class RaisingName(type):
    @property
    def __name__(cls) -> str:  # type: ignore[override]
        raise ZeroDivisionError


def test_a_metaclass_whose_name_is_no_text_is_named_by_its_type() -> None:
    odd: Any = NumberName("Odd", (), {"thrift_spec": {1: (TType.I32, "a", False)}, "a": "x"})()
    with pytest.raises(TDecodeException, match="Odd"):
        written(odd)
    type(odd).thrift_spec = {2**20: (TType.I32, "a", False)}
    with pytest.raises(ValueError, match="thrift_spec of Odd"):
        written(odd)


def test_a_metaclass_whose_name_raises_raises() -> None:
    odd: Any = RaisingName("Odd", (), {"thrift_spec": {1: (TType.I32, "a", False)}, "a": 1})()
    with pytest.raises(ZeroDivisionError):
        written(odd)


def test_a_field_that_two_bases_have_is_one_field(factory: Any) -> None:
    left = struct({1: (TType.I32, "a", False)})

    class Extra:
        b: Any = 2
        c = 3

    class Both(left, Extra):  # type: ignore[misc, valid-type]
        thrift_spec = {1: (TType.I32, "a", False), 2: (TType.I32, "b", False)}

    thing = Both()
    thing.a, thing.b = 1, 5
    back = read(Both(), written(thing, factory), factory)
    assert (back.a, back.b, back.c) == (1, 5, 3)
    assert "b" not in vars(left)


def test_a_spec_that_is_a_property_is_asked_each_time() -> None:
    asked = []

    class Asked:
        a = 5

        @property
        def thrift_spec(self) -> Any:
            asked.append(1)
            return {len(asked): (TType.I32, "a", False)}

    thing = Asked()
    assert [written(thing)[2], written(thing)[2]] == [1, 2]


def test_a_spec_that_raises_raises_what_it_raises() -> None:
    class Raising:
        @property
        def thrift_spec(self) -> Any:
            raise KeyError("mine")

    for action in (lambda: written(Raising()), lambda: read(Raising(), I32_5)):
        with pytest.raises(KeyError, match="mine"):
            action()


def test_a_class_without_a_spec_is_an_attribute_error() -> None:
    for action in (lambda: written(object()), lambda: read(7, I32_5), lambda: written(None)):
        with pytest.raises(AttributeError):
            action()


def test_names_that_are_no_utf8_stay_names() -> None:
    thing = plain({1: (TType.I32, "a\ud800", False)}, **{"a\ud800": 5})
    assert written(thing) == I32_5
    back = plain({1: (TType.I32, "a\ud800", False)})
    assert getattr(read(back, I32_5), "a\ud800") == 5


def test_names_that_are_derived_from_str_are_names(factory: Any) -> None:
    class Name(str):
        __slots__ = ()

    cls = struct({1: (TType.I32, Name("a"), False)})
    thing = cls()
    thing.a = 5
    assert read(cls(), written(thing, factory), factory).a == 5


def test_classes_come_and_go_without_a_trace(factory: Any) -> None:
    gone = []
    for i in range(50):
        cls = struct({i: (TType.I32, "a", False)})
        thing = cls()
        thing.a = i
        assert deserialize(cls(), serialize(thing, factory), factory).a == i
        gone.append(weakref.ref(cls))
        del cls, thing
    gc.collect()
    assert sum(ref() is not None for ref in gone) <= 1


def test_a_value_by_type_and_spec_is_as_careful(factory: Any) -> None:
    protocol: TBinaryProtocol = factory.get_protocol(TMemoryBuffer(b"\0" * 40))
    for ttype, spec in [(99, None), (-1, None), (TType.STRUCT, 7), (TType.STRUCT, None), (TType.LIST, None)]:
        try:
            protocol._read_val(ttype, spec)
        except (TException, TypeError, ValueError, AttributeError):
            continue
        assert ttype == TType.LIST  # of nothing known: skipped
    with pytest.raises(TypeError):
        protocol._read_val("list")
