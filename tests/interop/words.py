"""What a peer says of a value: JSON text, whose form README.md gives, and what has to be equal in two such texts.

Peers in Python describe with this module too, from the ``thrift_spec`` of thriftpy2 or of Apache's generated classes, so
it imports nothing but the standard library.
"""

from __future__ import annotations

import functools
import json
import math
import struct
from typing import Any, NamedTuple

STRUCT, MAP, SET, LIST, STRING, UUID, DOUBLE, BOOL = 12, 13, 14, 15, 11, 16, 4, 2


class Type(NamedTuple):
    """A type of the IDL: `kind` is its number on the wire, `parts` are elements, or key and value."""

    kind: int
    binary: bool = False
    parts: tuple[Any, ...] = ()
    payload: Any = None  # the class of a struct

    def fields(self) -> dict[str, Type]:
        return _fields(self.payload)


@functools.cache
def _fields(payload: Any) -> dict[str, Type]:
    spec = payload.thrift_spec
    if isinstance(spec, dict):
        return {item[1]: of_spec(item[0], item[2] if len(item) == 4 else None) for item in spec.values()}
    return {item[2]: of_apache_spec(item[1], item[3]) for item in spec if item is not None}


def of_spec(kind: int, spec: Any = None) -> Type:
    """The type that an item of thriftpy2's ``thrift_spec`` means."""
    if kind == STRUCT:
        return Type(STRUCT, payload=spec)
    if kind in (LIST, SET, MAP):
        parts = spec if kind == MAP else (spec,)
        return Type(kind, parts=tuple(of_spec(*part) if isinstance(part, tuple) else of_spec(part) for part in parts))
    return Type(STRING, binary=True) if kind == 18 else Type(kind)


def of_apache_spec(kind: int, spec: Any = None) -> Type:
    """The type that an item of Apache's ``thrift_spec`` means."""
    if kind == STRUCT:
        return Type(STRUCT, payload=spec[0])
    if kind == MAP:
        return Type(MAP, parts=(of_apache_spec(*spec[0:2]), of_apache_spec(*spec[2:4])))
    if kind in (LIST, SET):
        return Type(kind, parts=(of_apache_spec(*spec[0:2]),))
    return Type(kind, binary=kind == STRING and spec == "BINARY")


def described(type_: Type, value: Any) -> Any:
    """The description of a value before it is made text. A value of the wrong Python type is told apart."""
    wrong = f"{type(value).__name__} {value!r}"
    if type_.kind == STRUCT:
        if not isinstance(value, type_.payload):
            return wrong
        return {
            name: described(field, getattr(value, name))
            for name, field in type_.fields().items()
            if getattr(value, name) is not None
        }
    if type_.kind == MAP:
        key, element = type_.parts
        return [[described(key, k), described(element, v)] for k, v in value.items()]
    if type_.kind in (LIST, SET):
        return [described(type_.parts[0], item) for item in value]
    if type_.kind == DOUBLE:
        if type(value) is not float:
            return wrong
        return "nan" if math.isnan(value) else struct.pack(">d", value).hex()
    if type_.kind == BOOL:
        return value if type(value) is bool else wrong
    if type_.binary:
        return bytes(value).hex() if isinstance(value, (bytes, bytearray)) else wrong
    if type_.kind == STRING:
        return value if isinstance(value, str) else wrong
    if type_.kind == UUID:
        return str(value)
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else wrong


def text(type_: Type, value: Any) -> str:
    return json.dumps(described(type_, value), ensure_ascii=False)


def canonical(type_: Type, description: Any) -> Any:
    """The same for equal values: sets and maps are sorted."""
    if type_.kind == STRUCT and isinstance(description, dict):
        fields = type_.fields()
        return {
            name: canonical(fields[name], value) if name in fields else value for name, value in description.items()
        }
    if type_.kind == MAP and isinstance(description, list):
        key, element = type_.parts
        pairs = [[canonical(key, k), canonical(element, v)] for k, v in description]
        return sorted(pairs, key=lambda pair: json.dumps(pair, sort_keys=True))
    if type_.kind in (LIST, SET) and isinstance(description, list):
        items = [canonical(type_.parts[0], item) for item in description]
        return items if type_.kind == LIST else sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    return description
