"""Classes of structs get their bodies when somebody looks: nobody can tell, whichever way the first look goes."""

from __future__ import annotations

import copy
import gc
import inspect
import pickle
import sys
import threading
import types
import weakref
from typing import Any, Callable
from unittest import mock

import pytest

import fastthrift
from fastthrift.thrift import TPayload, TPayloadMeta
from fastthrift.utils import deserialize, serialize

IDL = """
struct First { 1: i32 a }
/** A doc. */
struct Point {
  1: required i32 x = 7
  2: optional string name = "p"
  3: list<Later> later
  5: Later one (why = "not")
  -3: bool read
} (kind = "shape")
struct Later { 1: Point back, 2: map<string, Point> by_name, 3: Failed failed }
exception Failed { 1: Point at }
union Either { 1: Point point, 2: Later later }
"""
SHOWN = """__module__ __doc__ __name__ __qualname__ _ttype _tspec thrift_spec default_spec __thrift_lineno__ __thrift_file__
__thrift_field_linenos__ __thrift_field_annotations__ __thrift_annotations__""".split()


def load() -> Any:
    return fastthrift.loads(IDL)


@pytest.fixture
def module() -> Any:
    return load()


def described(cls: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {name: repr(getattr(cls, name)) for name in SHOWN}
    shown["names"] = sorted(vars(cls))
    shown["signature"] = str(inspect.signature(cls))
    shown["instance"] = repr(cls(x=1, later=[]))
    shown["mro"] = [each.__name__ for each in cls.__mro__]
    return shown


class PastTPayloadMeta(TPayloadMeta):
    """A metaclass that goes to type() itself."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> Any:
        return type.__new__(mcs, name, bases, body)


def call_type(cls: Any) -> Any:
    return type.__call__(cls)


def change_class(cls: Any) -> Any:
    twin = load().Point(x=2)
    twin.__class__ = cls
    assert twin.x == 2 and twin.thrift_spec is cls.thrift_spec


def derive(cls: Any) -> Any:
    class Derived(cls):  # type: ignore[misc]
        pass

    made = Derived(3, name="d")
    assert (made.x, made.name, made.thrift_spec) == (3, "d", cls.thrift_spec)


def derive_past(cls: Any) -> Any:
    made = PastTPayloadMeta("Derived", (cls,), {})
    assert issubclass(made, cls) and made.thrift_spec is cls.thrift_spec
    instance = made(3, name="d")
    assert (instance.x, instance.name, instance.later) == (3, "d", None)


def derive_past_and_call(cls: Any) -> Any:
    instance = PastTPayloadMeta("Derived", (cls,), {})(4)
    assert (instance.x, instance.name, instance.one) == (4, "p", None)


def make_past_init(cls: Any) -> Any:
    made = object.__new__(cls)
    assert made.thrift_spec is cls.thrift_spec and not hasattr(made, "x")
    made.__init__(5)
    assert made.x == 5


def match(cls: Any) -> Any:
    assert not isinstance(5, cls) and not issubclass(int, cls) and cls != 5 and cls in {cls}


WAYS: dict[str, Callable[[Any], Any]] = {
    "an attribute": lambda cls: cls.thrift_spec,
    "a field": lambda cls: cls.x,
    "no attribute": lambda cls: hasattr(cls, "nothing"),
    "the namespace": vars,
    "a call": lambda cls: cls(),
    "a call with arguments": lambda cls: cls(1, name="n"),
    "type's call": call_type,
    "object's __new__": make_past_init,
    "its own __new__": lambda cls: cls.__new__(cls),
    "__init__ of something else": lambda cls: cls.__init__(types.SimpleNamespace()),
    "a subclass": derive,
    "a subclass past TPayloadMeta": derive_past,
    "an instance of a subclass past TPayloadMeta": derive_past_and_call,
    "a changed class": change_class,
    "a read from bytes": lambda cls: deserialize(cls(), serialize(load().Point(x=1))),
    "a comparison": match,
    "dir": dir,
    "repr": repr,
    "help": lambda cls: inspect.getmembers(cls),
    "a static look": lambda cls: inspect.getattr_static(cls, "_tspec"),
    "a weak reference": weakref.ref,
    "the collector": lambda cls: gc.collect(),
    "its size": sys.getsizeof,
    "a copy": copy.deepcopy,
    "nothing": lambda cls: None,
}


@pytest.mark.parametrize("way", WAYS)
def test_class_is_whole_whichever_way_it_is_first_touched(module: Any, way: str) -> None:
    expected = described(load().Point)
    WAYS[way](module.Point)
    assert described(module.Point) == expected
    assert expected["names"].count("read") == 0 and expected["instance"].startswith("Point(x=1, name='p', later=[]")


def test_read_of_another_struct_makes_the_classes_inside_whole(module: Any) -> None:
    other = load()
    data = serialize(other.Either(later=other.Later(back=other.Point(x=9), by_name={"b": other.Point(x=8)})))
    found = deserialize(module.Either(), data)
    assert type(found.later.back) is module.Point and found.later.by_name["b"].x == 8
    assert module.Point.thrift_spec[3] == (15, "later", (12, module.Later), False)


def test_specs_of_all_classes_are_those_of_the_file(module: Any) -> None:
    assert module.Later.thrift_spec == {
        1: (12, "back", module.Point, False),
        2: (13, "by_name", (11, (12, module.Point)), False),
        3: (12, "failed", module.Failed, False),
    }
    assert module.Failed.thrift_spec == {1: (12, "at", module.Point, False)}
    assert module.__thrift_meta__["structs"] == [module.First, module.Point, module.Later]


def test_what_is_set_first_stays(module: Any) -> None:
    def init(self: Any, x: int) -> None:
        self.x = -x

    module.Point.__init__ = init
    module.Point.extra = 1
    module.Point.name = "of the class"
    module.Later.thrift_spec = {1: (8, "n", False)}
    assert module.Point(5).x == -5 and module.Point.extra == 1 and module.Point.name == "of the class"
    assert module.Point.thrift_spec[2] == (11, "name", False)
    assert module.Later.thrift_spec == {1: (8, "n", False)}


@pytest.mark.parametrize("name", ["thrift_spec", "x", "__init__", "_ttype", "default_spec"])
def test_what_is_deleted_first_is_gone(module: Any, name: str) -> None:
    delattr(module.Point, name)
    assert name not in vars(module.Point) and len(vars(module.Point)) == len(vars(load().Point)) - 1
    with pytest.raises(AttributeError, match="nothing"):
        del module.Later.nothing


def test_what_is_set_and_deleted_first_is_gone(module: Any) -> None:
    module.Point.thrift_spec = {}
    del module.Point.thrift_spec
    assert not hasattr(module.Point, "thrift_spec")


def test_type_sets_and_deletes_too(module: Any) -> None:
    type.__setattr__(module.Point, "x", 3)
    assert module.Point.x == 3 and module.Point(name="n").name == "n"
    type.__delattr__(module.Point, "x")
    assert not hasattr(module.Point, "x")


def test_metaclass_of_somebody_else_sets(module: Any) -> None:
    changed: list[str] = []

    class Watching(TPayloadMeta):
        def __setattr__(cls, name: str, value: Any) -> None:
            changed.append(name)
            super().__setattr__(name, value)

    class Around(module.Point, metaclass=Watching):  # type: ignore[misc]
        pass

    Around.extra = 1
    assert changed == ["extra"] and Around.extra == 1
    del Around.extra
    assert not hasattr(Around, "extra")


def test_new_bases_are_whole() -> None:
    empty = fastthrift.loads("struct First { 1: i32 a } struct Empty {}").Empty

    class Plain(TPayload):  # type: ignore[misc]
        pass

    Plain.__bases__ = (empty,)
    assert Plain.thrift_spec == {} and repr(Plain()) == "Plain()"


def test_mock_puts_everything_back(module: Any) -> None:
    with mock.patch.object(module.Point, "write", lambda self, protocol: None):
        assert module.Point().write(None) is None
    assert module.Point.write is TPayload.write


def test_defaults_may_need_classes_that_come_later() -> None:
    module = fastthrift.loads("""
        struct First { 1: i32 a }
        struct Holder { 1: Held held = {"n": 3}, 2: list<Held> more = [{"n": 4}] }
        struct Held { 1: i32 n, 2: Holder back, 3: Failed failed, 4: list<Last> last }
        exception Failed { 1: Held held }
        struct Last { 1: Held held }
    """)
    assert module.Holder().held == module.Held(n=3) and module.Holder().more == [module.Held(n=4)]
    assert module.Held.thrift_spec == {
        1: (8, "n", False),
        2: (12, "back", module.Holder, False),
        3: (12, "failed", module.Failed, False),
        4: (15, "last", (12, module.Last), False),
    }
    assert module.Held._tspec["failed"] == (False, (12, module.Failed))


def test_first_touches_of_many_threads_see_one_whole_class() -> None:
    for _ in range(20):
        module = load()
        start = threading.Barrier(4)
        found: list[Any] = []

        def touch(module: Any = module, start: threading.Barrier = start, found: list[Any] = found) -> None:
            start.wait(10)
            found.append((module.Point.thrift_spec, module.Point.__init__, module.Point(x=3).x))

        threads = [threading.Thread(target=touch) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert len(found) == 4 and all(each[0] is found[0][0] and each[1] is found[0][1] for each in found)
        assert found[0][2] == 3


def test_class_outlives_its_module() -> None:
    point = load().Point
    gc.collect()
    assert point(x=1).x == 1 and point.thrift_spec[5][2].thrift_spec[1] == (12, "back", point, False)


def test_class_of_an_include_outlives_the_module_of_the_include() -> None:
    text = 'include "shared.thrift"\nstruct First { 1: i32 a }\nstruct Holder { 1: shared.Item item }'
    holder = fastthrift.loads(
        text, includes={"shared.thrift": "struct First { 1: i32 a } struct Item { 1: i32 n }"}
    ).Holder
    gc.collect()
    item = holder.thrift_spec[1][2]
    assert holder(item=item(n=2)).item.n == 2


@pytest.mark.parametrize(
    "touch", [lambda module: None, lambda module: module.Point(), lambda module: module.Later.back]
)
def test_one_collection_takes_a_dropped_module_with_all_its_classes(touch: Callable[[Any], Any]) -> None:
    module = load()
    touch(module)
    left = [
        weakref.ref(module),
        *(weakref.ref(each) for each in (module.Point, module.Later, module.Failed, module.Either)),
    ]
    del module
    gc.collect()
    assert [each() for each in left] == [None] * 5


def test_objects_of_untouched_classes_pickle(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "outline_of_test_thrift"
    data = pickle.dumps(fastthrift.loads(IDL, module_name=name).Point(x=4, name="q"))
    again = fastthrift.loads(IDL, module_name=name)
    monkeypatch.setitem(sys.modules, name, again)
    found = pickle.loads(data)
    assert type(found) is again.Point and (found.x, found.name) == (4, "q")
    assert pickle.loads(pickle.dumps(again.Later)) is again.Later


def test_names_of_the_base_are_no_slots() -> None:
    module = load()
    made = module.Point(read=True)
    assert made.read is True and "read" not in vars(module.Point) and module.Point.read is TPayload.read
    assert made.__dict__["read"] is True and serialize(made) == serialize(load().Point(read=True))


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="other classes are whole at once")
def test_untouched_classes_hold_little() -> None:
    fields = "".join(f"{i}: optional i32 field_{i}\n" for i in range(1, 21))
    text = "struct First { 1: i32 a }\n" + "".join(f"struct S{i} {{\n{fields}}}\n" for i in range(50))
    first, second = fastthrift.loads(text), fastthrift.loads(text)
    before = len(gc.get_objects())
    for i in range(50):
        vars(getattr(first, f"S{i}"))
    assert len(gc.get_objects()) - before > 50 * 20
    assert second.S7(field_3=1).field_3 == 1
