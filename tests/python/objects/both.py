"""The same class made with thriftpy2 and with fastthrift, to be compared call by call."""

from __future__ import annotations

import sys
import types
from typing import Any, Callable, NamedTuple

import pytest

import fastthrift.thrift as ours

theirs = pytest.importorskip("thriftpy2.thrift")


class Pair(NamedTuple):
    theirs: Any
    ours: Any


def module_of(library: Any, name: str = "shared_name") -> types.ModuleType:
    """A module of the same name for both libraries; `pickling` swaps them in and out of sys.modules."""
    return _MODULES.setdefault((library.__name__, name), types.ModuleType(name))


_MODULES: dict[tuple[str, str], types.ModuleType] = {}


def struct(name: str, fields: list[tuple[Any, ...]], base: str = "TPayload", **attributes: Any) -> Pair:
    """Classes with fields (id, spec tuple, default)."""
    return Pair(*(_make(library, name, fields, base, attributes) for library in (theirs, ours)))


def _make(library: Any, name: str, fields: list[tuple[Any, ...]], base: str, attributes: dict[str, Any]) -> type:
    namespace = {
        "__module__": "shared_name",
        "thrift_spec": {number: spec for number, spec, _ in fields},
        "default_spec": [(spec[1], default) for _, spec, default in fields],
        **attributes,
    }
    made: type = library.TPayloadMeta(name, (getattr(library, base),), namespace)
    setattr(module_of(library), name, made)
    return made


def person() -> Pair:
    return struct(
        "Person",
        [
            (1, (ours.TType.I32, "id", False), None),
            (2, (ours.TType.STRING, "name", False), "nobody"),
            (3, (ours.TType.LIST, "tags", ours.TType.STRING, False), None),
        ],
    )


class Outcome(NamedTuple):
    value: Any
    error: str | None


def outcome(call: Callable[[Any], Any], argument: Any) -> Outcome:
    try:
        return Outcome(call(argument), None)
    except Exception as error:
        return Outcome(None, f"{type(error).__name__}: {error}")


def assert_same(pair: Pair, call: Callable[[Any], Any]) -> Any:
    """Both libraries' classes give the same result or the same error."""
    expected, got = outcome(call, pair.theirs), outcome(call, pair.ours)
    assert got == expected, f"{got!r} is not thriftpy2's {expected!r}"
    return got.value


class importable:
    """While it is entered, `import shared_name` gives the module of one library: for pickle."""

    def __init__(self, library: Any) -> None:
        self._module = module_of(library)

    def __enter__(self) -> None:
        sys.modules["shared_name"] = self._module

    def __exit__(self, *exception: object) -> None:
        del sys.modules["shared_name"]
