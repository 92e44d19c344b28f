"""`TSerialization`: the same bytes as by way of a protocol, whoever made the factory and whatever the struct overrides."""

from __future__ import annotations

import inspect
import pickle
from typing import Any

import pytest

from fastthrift.apache import TSerialization
from fastthrift.apache.protocol.TBinaryProtocol import (
    TBinaryProtocol,
    TBinaryProtocolAcceleratedFactory,
    TBinaryProtocolFactory,
)
from fastthrift.apache.protocol.TCompactProtocol import TCompactProtocolAcceleratedFactory, TCompactProtocolFactory
from fastthrift.apache.protocol.TJSONProtocol import TJSONProtocolFactory
from fastthrift.apache.protocol.TProtocol import TProtocolException
from fastthrift.apache.Thrift import TType
from fastthrift.apache.transport.TTransport import TMemoryBuffer, TTransportException
from fastthrift.apache.TStruct import TFrozenStruct, TStruct
from shapes import load

FACTORIES = [
    TBinaryProtocolFactory,
    TBinaryProtocolAcceleratedFactory,
    TCompactProtocolFactory,
    TCompactProtocolAcceleratedFactory,
    TJSONProtocolFactory,
]


class _Note(TStruct):
    __slots__ = ("text", "stars")
    thrift_spec = (
        None,
        (1, TType.STRING, "text", "UTF8", None),
        (2, TType.LIST, "stars", (TType.I32, None, False), None),
    )


class _Titled(TStruct):
    __slots__ = ("title",)
    __thrift_required__ = ("title",)
    thrift_spec = (None, (1, TType.STRING, "title", "UTF8", None))


Note: Any = _Note
Titled: Any = _Titled


def by_protocol(struct: Any, factory: Any) -> bytes:
    trans = TMemoryBuffer()
    struct.write(factory.getProtocol(trans))
    return trans.getvalue()


@pytest.mark.parametrize("factory", FACTORIES)
def test_the_bytes_are_those_of_the_protocol(factory: Any) -> None:
    note = Note("é", [1, -2, 70_000])
    data = TSerialization.serialize(note, factory())
    assert data == by_protocol(note, factory())
    found = Note()
    assert TSerialization.deserialize(found, data, factory()) is found
    assert found == note


def test_binary_is_the_default_and_arguments_have_their_names() -> None:
    note = Note("a", [])
    data = by_protocol(note, TBinaryProtocolFactory())
    assert TSerialization.serialize(note) == data
    assert TSerialization.serialize(thrift_object=note, protocol_factory=TBinaryProtocolFactory()) == data
    assert TSerialization.deserialize(base=Note(), buf=data) == note
    compact = TSerialization.serialize(note, protocol_factory=TCompactProtocolFactory())
    assert TSerialization.deserialize(Note(), compact, protocol_factory=TCompactProtocolFactory()) == note
    assert list(inspect.signature(TSerialization.serialize).parameters) == ["thrift_object", "protocol_factory"]
    assert list(inspect.signature(TSerialization.deserialize).parameters) == ["base", "buf", "protocol_factory"]


@pytest.mark.parametrize(
    ("function", "args", "kwargs"),
    [
        ("serialize", (), {}),
        ("serialize", (Note(), None, 5), {}),
        ("serialize", (Note(),), {"thrift_object": Note()}),
        ("serialize", (Note(),), {"factory": None}),
        ("deserialize", (Note(),), {}),
        ("deserialize", (), {"buf": b"\0"}),
        ("deserialize", (Note(), b"\0", None, 5), {}),
    ],
)
def test_wrong_arguments_are_a_type_error(function: str, args: Any, kwargs: Any) -> None:
    with pytest.raises(TypeError, match=function):
        getattr(TSerialization, function)(*args, **kwargs)


def test_a_factory_of_somebody_elses_is_asked_for_its_protocol() -> None:
    made = []

    class Own(TBinaryProtocolFactory):
        def getProtocol(self, trans: Any) -> TBinaryProtocol:
            made.append(trans)
            return super().getProtocol(trans)

    data = TSerialization.serialize(Note("a"), Own())
    assert TSerialization.deserialize(Note(), data, Own()) == Note("a")
    assert [type(each) for each in made] == [TMemoryBuffer, TMemoryBuffer]
    with pytest.raises(AttributeError):
        TSerialization.serialize(Note("a"), object())
    with pytest.raises(AttributeError):
        TSerialization.deserialize(Note(), data, object())


def test_a_struct_that_writes_and_reads_itself_does_so() -> None:
    class Louder(_Note):
        text: str

        def write(self, oprot: Any) -> None:
            Note(self.text.upper()).write(oprot)

        def read(self, iprot: Any) -> None:
            super().read(iprot)
            self.text += "!"

    louder: Any = Louder
    data = TSerialization.serialize(louder("a"))
    assert data == TSerialization.serialize(Note("A"))
    assert TSerialization.deserialize(louder(), data).text == "A!"


def test_what_is_required_must_be_set() -> None:
    with pytest.raises(TProtocolException, match="Required field title is unset!"):
        TSerialization.serialize(Titled())
    assert TSerialization.deserialize(Titled(), TSerialization.serialize(Titled("t"))) == Titled("t")

    class Checked(_Titled):
        title: str

        def validate(self) -> None:
            if self.title == "bad":
                raise TProtocolException(message="not that one")

    checked: Any = Checked
    with pytest.raises(TProtocolException, match="not that one"):
        TSerialization.serialize(checked("bad"))


def test_the_limits_of_the_factory_hold() -> None:
    data = TSerialization.serialize(Note("a" * 100, [1] * 50))
    for factory in (
        TBinaryProtocolFactory(string_length_limit=99),
        TBinaryProtocolAcceleratedFactory(container_length_limit=49),
    ):
        with pytest.raises(TProtocolException):
            TSerialization.deserialize(Note(), data, factory)
    factory = TBinaryProtocolFactory()
    factory.string_length_limit = 5  # as programs set it afterwards
    with pytest.raises(TProtocolException):
        TSerialization.deserialize(Note(), data, factory)
    factory.string_length_limit = None
    assert TSerialization.deserialize(Note(), data, factory).text == "a" * 100


def test_an_immutable_struct_is_made_anew() -> None:
    class Fixed(TFrozenStruct):
        __slots__ = ("text",)
        thrift_spec = (None, (1, TType.STRING, "text", "UTF8", None))

    fixed: Any = Fixed
    base = fixed("a")
    factories: list[Any] = [TBinaryProtocolFactory(), TJSONProtocolFactory()]
    for factory in factories:
        found = TSerialization.deserialize(base, TSerialization.serialize(fixed("b"), factory), factory)
        assert (found, base) == (fixed("b"), fixed("a"))


def test_any_buffer_is_read() -> None:
    data = TSerialization.serialize(Note("a", [5]))
    assert TSerialization.deserialize(Note(), bytearray(data)) == Note("a", [5])  # type: ignore[arg-type]


def test_bytes_that_end_early_are_the_end_of_the_file() -> None:
    data = TSerialization.serialize(Note("abc", [1]))
    for end in range(len(data)):
        with pytest.raises((TTransportException, EOFError)):
            TSerialization.deserialize(Note(), data[:end])


def test_values_that_do_not_fit_are_refused_in_apaches_classes() -> None:
    with pytest.raises(TProtocolException):
        TSerialization.serialize(Note("a", [2**31]))
    with pytest.raises(TypeError):
        TSerialization.serialize(Note(5))


@pytest.mark.parametrize("version", [17, 25])
def test_structs_of_apaches_compiler_go_by_their_own_methods(version: int) -> None:
    module = load("fastthrift.apache", version)
    inner = module.Inner(5, "a")
    data = TSerialization.serialize(inner)
    assert data == TSerialization.serialize(inner, TBinaryProtocolAcceleratedFactory())
    assert TSerialization.deserialize(module.Inner(), data) == inner


def test_the_functions_are_found_by_their_names() -> None:
    for function in (TSerialization.serialize, TSerialization.deserialize):
        assert pickle.loads(pickle.dumps(function)) is function
