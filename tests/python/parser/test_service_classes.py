"""The classes of a service's methods are made when they are asked for; nobody can tell, whichever way they ask."""

from __future__ import annotations

import gc
import importlib
import inspect
import threading
import types
from pathlib import Path
from typing import Any

import pytest

import fastthrift
from fastthrift import _core

IDL = """
struct Item { 1: i32 id }
exception Failed { 1: string reason }
service Base { string ping(1: string text = "hello") }
service Shop extends Base {
  /** Finds. */
  Item find(1: required i32 id, 2: list<Item> among, 3: map<string, Item> named) throws (1: Failed failed),
  oneway void drop(1: Item item),
  void nothing(),
}
"""
METHODS = ("find", "drop", "nothing")
OWN = [f"{method}_{part}" for method in METHODS for part in ("args", "result")]


@pytest.fixture
def path(tmp_path: Path) -> str:
    file = tmp_path / "shop.thrift"
    file.write_text(IDL)
    return str(file)


@pytest.fixture
def module(path: str) -> Any:
    return load(fastthrift, path)


def load(library: Any, path: str) -> Any:
    """A module of its own each time: nothing caches what comes from a file object."""
    with open(path) as file:
        return importlib.import_module(f"{library.__name__}.parser").load_fp(file, module_name="shop_thrift")


def waiting(cls: type) -> list[str]:
    """What stands in the namespace and is not made yet."""
    namespace = type.__dict__["__dict__"].__get__(cls)
    return sorted(name for name, value in namespace.items() if type(value).__name__ == "LazyClass")


def test_class_is_made_when_it_is_asked_for_and_no_other(module: Any) -> None:
    assert waiting(module.Shop) == sorted(OWN)
    find = module.Shop.find_args
    assert inspect.isclass(find)
    assert find is module.Shop.find_args
    assert waiting(module.Shop) == sorted(set(OWN) - {"find_args"})
    assert waiting(module.Base) == ["ping_args", "ping_result"]


def test_everything_is_as_with_thriftpy2(path: str) -> None:
    thriftpy2 = pytest.importorskip("thriftpy2")

    def told(module: Any) -> Any:
        shop = module.Shop
        seen: list[Any] = []
        for name in [*OWN, "ping_args", "ping_result"]:
            cls = getattr(shop, name)
            spec = {
                fid: tuple(part for part in field if not isinstance(part, (tuple, type)))
                for fid, field in cls.thrift_spec.items()
            }
            seen.append((cls.__name__, cls.__module__, [base.__name__ for base in cls.__mro__], spec, repr(cls())))
            seen.append(
                (cls.default_spec if "default_spec" in vars(cls) else None, getattr(cls, "oneway", None), cls._ttype)
            )
        return seen, shop.thrift_services, repr(shop.ping_args()), repr(shop.find_args(1, [], {}))

    assert told(load(fastthrift, path)) == told(load(thriftpy2, path))


def test_namespace_has_classes_alone(path: str) -> None:
    thriftpy2 = pytest.importorskip("thriftpy2")
    for look in (vars, lambda cls: cls.__dict__, lambda cls: type.__getattribute__(cls, "__dict__")):
        mine, other = load(fastthrift, path), load(thriftpy2, path)
        namespace = look(mine.Shop)
        assert isinstance(namespace, types.MappingProxyType)
        assert set(look(other.Shop)) - set(namespace) <= {"__weakref__", "__dict__"}
        for name in OWN:
            assert inspect.isclass(namespace[name])
            assert namespace[name] is getattr(mine.Shop, name)
        assert [name for name in namespace if name in OWN] == [name for name in look(other.Shop) if name in OWN]
        assert waiting(mine.Base) == ["ping_args", "ping_result"]


def test_dir_and_getmembers_show_them(module: Any) -> None:
    assert set(OWN) | {"ping_args", "ping_result"} <= set(dir(module.Shop))
    members = dict(inspect.getmembers(module.Shop, inspect.isclass))
    assert set(OWN) | {"ping_args", "ping_result"} <= set(members)
    assert waiting(module.Shop) == []


def test_subclass_and_instance_find_the_class_of_the_service(module: Any) -> None:
    class Handler(module.Shop):  # type: ignore[misc]
        pass

    assert Handler().find_args is module.Shop.find_args
    assert Handler.drop_args is module.Shop.drop_args
    assert Handler.ping_args is module.Shop.ping_args is module.Base.ping_args
    assert waiting(Handler) == []
    assert "find_args" not in vars(Handler)
    assert waiting(module.Shop) == sorted(set(OWN) - {"find_args", "drop_args"})


def test_what_is_put_in_its_place_stays(module: Any) -> None:
    class Own:
        pass

    descriptor = type.__dict__["__dict__"].__get__(module.Shop)["find_args"]
    module.Shop.find_args = Own
    assert module.Shop.find_args is Own
    assert vars(module.Shop)["find_args"] is Own
    assert descriptor.__get__(None, module.Shop) is not Own  # what somebody had kept gives what it stood for
    assert module.Shop.find_args is Own
    del module.Shop.drop_args
    assert not hasattr(module.Shop, "drop_args")
    assert "drop_args" not in vars(module.Shop)


def test_all_threads_get_one_class(module: Any) -> None:
    found: list[Any] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait(10)
        found.extend(getattr(module.Shop, name) for name in OWN)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(set(found)) == len(OWN)


def test_collector_knows_what_waits_and_nothing_is_left_of_it(path: str) -> None:
    def all_waiting() -> list[Any]:
        return [it for it in gc.get_objects() if type(it).__name__ == "LazyClass"]

    before = len(all_waiting())
    module = load(fastthrift, path)
    found = all_waiting()
    assert len(found) == before + len(OWN) + 2
    assert any(module.Shop in gc.get_referents(gc.get_referents(it)[0]) for it in found)
    found.clear()
    vars(module.Shop), vars(module.Base)  # noqa: B018
    assert len(all_waiting()) == before


def test_whole_namespace_needs_a_class(module: Any) -> None:
    with pytest.raises(TypeError, match="a class is required, not int"):
        _core.whole_namespace(5)  # type: ignore[arg-type]
    assert _core.whole_namespace(dict) == type.__dict__["__dict__"].__get__(dict)


def test_missing_attribute_makes_nothing(module: Any) -> None:
    assert not hasattr(module.Shop, "nowhere")
    assert not hasattr(module.Shop, "Nothing")
    assert waiting(module.Shop) == sorted(OWN)
