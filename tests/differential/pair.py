"""One IDL loaded by thriftpy2 and by fastthrift, and values for both.

A value is plain: a struct is a dict by field name, everything else is what Python programs give.
"""

from __future__ import annotations

import itertools
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import thriftpy2
import thriftpy2.protocol
import thriftpy2.rpc
import thriftpy2.thrift
import thriftpy2.transport
import thriftpy2.utils
from hypothesis import strategies as st

import fastthrift
import fastthrift.protocol
import fastthrift.rpc
import fastthrift.thrift
import fastthrift.transport
import fastthrift.utils

_BOOL, _BYTE, _DOUBLE, _I16, _I32, _I64 = 2, 3, 4, 6, 8, 10
_STRING, _STRUCT, _MAP, _SET, _LIST, _BINARY = 11, 12, 13, 14, 15, 18
_BITS = {_BYTE: 8, _I16: 16, _I32: 32, _I64: 64}
_count = itertools.count()


@dataclass(frozen=True)
class Side:
    """One library: its modules by the same names."""

    package: ModuleType

    @property
    def name(self) -> str:
        return self.package.__name__

    def factory(self, protocol: str) -> Any:
        kind, _, option = protocol.partition(" ")
        options = {"non-strict": {"strict_read": False, "strict_write": False}, "bytes": {"decode_response": False}}
        cls = {
            "binary": "TCyBinaryProtocolFactory", "compact": "TCompactProtocolFactory", "json": "TJSONProtocolFactory"
        }[kind]  # fmt: skip
        return getattr(self.package.protocol, cls)(**options.get(option, {}))

    def serialize(self, value: Any, protocol: str) -> bytes:
        return bytes(self.package.utils.serialize(value, self.factory(protocol)))

    def deserialize(self, cls: type[Any], data: bytes, protocol: str) -> Any:
        return self.package.utils.deserialize(cls(), data, self.factory(protocol))


THEIRS, OURS = Side(thriftpy2), Side(fastthrift)


@dataclass(frozen=True)
class Pair:
    theirs: ModuleType
    ours: ModuleType

    @classmethod
    def of(cls, idl: str) -> Pair:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"differential_{next(_count)}.thrift"
            path.write_text(idl)
            name = f"{path.stem}_thrift"
            return cls(
                thriftpy2.load(str(path), module_name=f"theirs_{name}"), fastthrift.load(str(path), module_name=name)
            )

    def module(self, side: Side) -> ModuleType:
        return self.theirs if side is THEIRS else self.ours

    def last_struct(self) -> str:
        return str(self.theirs.__thrift_meta__["structs"][-1].__name__)

    def make(self, side: Side, struct: str, value: dict[str, Any]) -> Any:
        return built(getattr(self.module(side), struct), value)


def _fields(cls: type[Any]) -> list[tuple[int, str, Any]]:
    return [(f[0], f[1], f[2] if len(f) > 3 else None) for f in cls.thrift_spec.values()]


def _part(item: Any) -> tuple[int, Any]:
    return item if isinstance(item, tuple) else (item, None)


def built(cls: type[Any], value: dict[str, Any]) -> Any:
    """An object of a payload class from a plain value."""
    return cls(**{name: _built(ttype, spec, value[name]) for ttype, name, spec in _fields(cls) if name in value})


def _built(ttype: int, spec: Any, value: Any) -> Any:
    if ttype == _STRUCT and isinstance(value, dict):
        return built(spec, value)
    if ttype in (_LIST, _SET) and value is not None:
        return [_built(*_part(spec), v) for v in value]
    if ttype == _MAP and value is not None:
        return {_built(*_part(spec[0]), k): _built(*_part(spec[1]), v) for k, v in value.items()}
    return value


def plain(value: Any) -> Any:
    """The plain form of what a library gave, the struct's name included; floats by their bits, for NaN equals itself."""
    if hasattr(value, "thrift_spec"):
        return (type(value).__name__, {name: plain(getattr(value, name)) for _, name, _ in _fields(type(value))})
    if isinstance(value, (list, set)):
        return [type(value).__name__, *(plain(v) for v in value)]
    if isinstance(value, dict):
        return {plain(k): plain(v) for k, v in value.items()}
    return ("float", value.hex()) if isinstance(value, float) else (type(value).__name__, value)


def values(cls: type[Any], depth: int = 3) -> st.SearchStrategy[dict[str, Any]]:
    """Plain values of a payload class; each field may be absent."""
    return st.fixed_dictionaries({}, optional={name: _values(t, spec, depth) for t, name, spec in _fields(cls)})


def _values(ttype: int, spec: Any, depth: int) -> st.SearchStrategy[Any]:
    if ttype == _STRUCT:
        return values(spec, depth - 1) if depth > 0 else st.just({})
    if ttype == _MAP:
        key, value = (_values(*_part(part), depth - 1) for part in spec)
        return st.dictionaries(key, value, max_size=4)
    if ttype in (_LIST, _SET):
        size = 20 if depth == 3 else 3
        return st.lists(_values(*_part(spec), depth - 1), max_size=size, unique=ttype == _SET)
    if ttype == _I32 and spec is not None:
        return st.sampled_from(sorted(spec._VALUES_TO_NAMES)) | _integers(32)
    if ttype in _BITS:
        return _integers(_BITS[ttype])
    return {
        _BOOL: st.booleans(),
        _DOUBLE: st.floats(),
        _STRING: st.text(max_size=40),
        _BINARY: st.binary(max_size=40),
    }[ttype]


def _integers(bits: int) -> st.SearchStrategy[int]:
    top = 1 << (bits - 1)
    return st.sampled_from([0, 1, -1, top - 1, -top]) | st.integers(-top, top - 1)
