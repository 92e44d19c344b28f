"""The bases of generated structs: slots, defaults from the spec, immutability, and their bytes."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import Any

import pytest

from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocol, TBinaryProtocolAccelerated
from fastthrift.apache.protocol.TCompactProtocol import TCompactProtocol, TCompactProtocolAccelerated
from fastthrift.apache.protocol.TProtocol import TProtocolException
from fastthrift.apache.Thrift import TException, TFrozenDict, TType
from fastthrift.apache.transport.TTransport import TMemoryBuffer, TTransportException
from fastthrift.apache.TRecursive import fix_spec
from fastthrift.apache.TStruct import TExceptionStruct, TFrozenExceptionStruct, TFrozenStruct, TStruct

PROTOCOLS = [TBinaryProtocol, TCompactProtocol, TBinaryProtocolAccelerated, TCompactProtocolAccelerated]


class Person(TStruct):
    __slots__ = ("name", "age", "tags")


class Needy(TStruct):
    __slots__ = ("id", "note")
    __thrift_required__ = ("id",)


class Point(TFrozenStruct):
    __slots__ = ("a", "l", "m", "class_")


class Failed(TExceptionStruct):
    pass


class Refused(TFrozenExceptionStruct):
    __thrift_order__ = ("why", "from_")


class Tree(TStruct):
    __slots__ = ("point", "refused", "points", "unique", "tree")


Person.thrift_spec = (
    None,
    (1, TType.I32, "age", None, 3),
    (2, TType.STRING, "name", "UTF8", None),
    (3, TType.LIST, "tags", (TType.STRING, "UTF8", False), ["a"]),
)
Needy.thrift_spec = (None, (1, TType.I32, "id", None, None), (2, TType.STRING, "note", "UTF8", None))
Point.thrift_spec = (
    None,
    (1, TType.I32, "a", None, 4),
    (2, TType.LIST, "l", (TType.STRING, "BINARY", True), None),
    (3, TType.MAP, "m", (TType.STRING, "UTF8", TType.SET, (TType.I64, None, True), True), None),
    (4, TType.BOOL, "class", None, None),
)
Failed.thrift_spec = (None, (1, TType.STRING, "why", "UTF8", None))
Refused.thrift_spec = (None, (1, TType.I32, "from", None, 7), (2, TType.STRING, "why", "UTF8", None))
Tree.thrift_spec = (
    None,
    (1, TType.STRUCT, "point", [Point, None], None),
    (2, TType.STRUCT, "refused", [Refused, None], None),
    (3, TType.LIST, "points", (TType.STRUCT, [Point, None], False), None),
    (4, TType.SET, "unique", (TType.STRUCT, [Point, None], False), None),
    (5, TType.STRUCT, "tree", [Tree, None], None),
)
fix_spec([Person, Needy, Point, Failed, Refused, Tree])

A_POINT = Point(1, (b"x",), TFrozenDict({"k": frozenset({1})}), True)
A_TREE = Tree(A_POINT, Refused("no"), [A_POINT, Point()], {A_POINT}, Tree(A_POINT))


def written(struct: Any, protocol: Any, natively: bool = True) -> bytes:
    trans = TMemoryBuffer()
    oprot = protocol(trans)
    if not natively:
        oprot._fast_encode = None
    struct.write(oprot)
    return trans.getvalue()


def reader(data: bytes, protocol: Any, natively: bool = True) -> Any:
    iprot = protocol(TMemoryBuffer(data))
    if not natively:
        iprot._fast_decode = None
    return iprot


def test_constructors_take_the_order_of_the_slots_and_the_defaults_of_the_spec() -> None:
    assert str(inspect.signature(Person)) == "(name=None, age=3, tags=['a'])"
    assert repr(Person("x")) == "Person(name='x', age=3, tags=['a'])"
    assert Person.__slots__ == ("name", "age", "tags")
    assert Person("x") == Person(name="x") != Person("y")
    assert str(inspect.signature(Refused)) == "(why=None, from_=7)"


def test_mutable_defaults_belong_to_one_instance() -> None:
    first, second = Person(), Person()
    first.tags.append("b")
    assert second.tags == ["a"]


def test_attributes_that_are_no_fields_may_be_set() -> None:
    person: Any = Person("x")
    person.extra = 1
    assert person.__dict__ == {"name": "x", "age": 3, "tags": ["a"], "extra": 1}


@pytest.mark.parametrize("frozen", [A_POINT, Refused("no")])
def test_immutable_instances_refuse_changes(frozen: Any) -> None:
    name = "a" if isinstance(frozen, Point) else "why"
    with pytest.raises(TypeError, match="can't modify immutable instance"):
        setattr(frozen, name, 5)
    with pytest.raises(TypeError, match="can't modify immutable instance"):
        delattr(frozen, name)
    assert copy.copy(frozen) == frozen
    assert copy.deepcopy(frozen) == frozen
    assert pickle.loads(pickle.dumps(frozen)) == frozen
    assert hash(copy.copy(frozen)) == hash(frozen)


def test_python_may_set_what_it_sets_on_immutable_exceptions() -> None:
    error = Refused("no")
    error.__traceback__ = None
    try:
        raise error from ValueError("cause")
    except Refused as caught:
        assert caught is error
        assert isinstance(caught.__cause__, ValueError)
    assert isinstance(error, TException)
    assert str(error) == repr(error) == "Refused(why='no', from_=7)"


def test_mutable_exceptions_may_be_changed() -> None:
    error: Any = Failed("a")
    error.why = "b"
    assert error == Failed("b")


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("natively", [True, False])
def test_what_is_written_is_read_again(protocol: Any, natively: bool) -> None:
    data = written(A_TREE, protocol, natively)
    assert data == written(A_TREE, protocol)
    found = Tree()
    found.read(reader(data, protocol, natively))
    assert found == A_TREE
    assert type(found.point.l) is tuple
    assert type(found.point.m) is TFrozenDict
    assert type(found.point.m["k"]) is frozenset
    assert type(found.unique) is set
    assert Point.read(reader(written(A_POINT, protocol), protocol, natively)) == A_POINT


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("natively", [True, False])
def test_bytes_that_end_early_are_an_eoferror_and_a_transport_exception(protocol: Any, natively: bool) -> None:
    data = written(A_TREE, protocol)
    for cut in range(len(data)):
        with pytest.raises(EOFError) as caught:
            Tree().read(reader(data[:cut], protocol, natively))
        assert isinstance(caught.value, TTransportException)
        assert caught.value.type == TTransportException.END_OF_FILE


def test_fields_that_do_not_come_keep_their_values() -> None:
    person = Person("before", 9)
    person.read(reader(written(Person(None, 10), TBinaryProtocol), TBinaryProtocol))
    assert person == Person("before", 10)


@pytest.mark.parametrize("natively", [True, False])
def test_required_fields_must_be_set_before_anything_is_written(natively: bool) -> None:
    trans = TMemoryBuffer()
    oprot = TBinaryProtocol(trans)
    if not natively:
        oprot._fast_encode = None
    with pytest.raises(TProtocolException, match="Required field id is unset!"):
        Needy(note="x").write(oprot)
    assert trans.getvalue() == b""
    Needy(1).write(oprot)


def test_a_validate_of_somebodys_own_is_asked() -> None:
    class Careful(Person):
        def validate(self) -> None:
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        written(Careful(), TCompactProtocol)


@pytest.mark.parametrize(
    ("value", "kind"),
    [("x", TypeError), (1 << 40, OverflowError), (1.5, TypeError)],
)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_values_that_do_not_fit_are_protocol_exceptions_too(protocol: Any, value: Any, kind: type) -> None:
    with pytest.raises(TProtocolException) as caught:
        written(Person(age=value), protocol)
    assert isinstance(caught.value, kind)
    assert caught.value.type == TProtocolException.INVALID_DATA


def test_text_that_is_not_utf8_is_refused() -> None:
    data = b"\x0b\x00\x02\x00\x00\x00\x01\xff\x00"
    with pytest.raises(UnicodeDecodeError):
        Person().read(reader(data, TBinaryProtocol))


def test_unknown_binary_fields_are_skipped_as_bytes() -> None:
    data = b"\x0b\x00\x63\x00\x00\x00\x01\xff\x08\x00\x01\x00\x00\x00\x05\x00"
    for natively in (True, False):
        person = Person()
        person.read(reader(data, TBinaryProtocol, natively))
        assert person.age == 5
