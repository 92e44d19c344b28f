"""Structs and their values as plain dicts, lists and scalars: what thriftpy2's JSON protocol makes messages of.

`struct_to_json` and `struct_to_obj` are of use without a protocol: they make a dict that the standard library's ``json`` can
write, and read one. `fastthrift.protocol.json` has all of these names.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Callable

from fastthrift.protocol.exc import TProtocolDataError, TProtocolException
from fastthrift.protocol.json_scalar import (
    DEFAULT_MAX_DEPTH,
    INTEGER_BITS,
    UNFIT,
    check_depth,
    checked_integer,
    decode_binary,
    element_of,
    encode_binary,
    hashable,
    refusal,
    split,
    text_of,
    unfit,
)
from fastthrift.thrift import TType

# ---- values to JSON


def json_value(ttype: int, val: Any, spec: Any = None, budget: int = DEFAULT_MAX_DEPTH) -> Any:
    """The value as `json` writes it; ``spec`` is that of a container's elements, or nothing."""
    write = _WRITERS.get(ttype)
    if write is None:
        raise TProtocolException(TProtocolException.INVALID_DATA, f"Unknown TType {ttype} for JSON serialization")
    return write(ttype, val, spec, budget)


def struct_to_json(val: Any, budget: int = DEFAULT_MAX_DEPTH) -> dict[str, Any]:
    """The fields of a struct by name, without those that are None. Raises TDecodeException for values that do not fit."""
    check_depth(budget, "writing a Thrift struct")
    fields = {}
    for fid, field in val.thrift_spec.items():
        value = getattr(val, field[1], None)
        if value is None:
            continue
        try:
            fields[field[1]] = json_value(field[0], value, element_of(field), budget - 1)
        except UNFIT as error:
            raise unfit(val, fid, field, value) from error
    return fields


def list_to_json(val: Any, spec: Any, budget: int = DEFAULT_MAX_DEPTH) -> list[Any]:
    check_depth(budget, "writing a Thrift container")
    ttype, element = split(spec)
    return [json_value(ttype, each, element, budget - 1) for each in val]


def map_to_json(val: Any, spec: Any, budget: int = DEFAULT_MAX_DEPTH) -> list[dict[str, Any]]:
    check_depth(budget, "writing a Thrift container")
    (ktype, kspec), (vtype, vspec) = split(spec[0]), split(spec[1])
    return [
        {"key": json_value(ktype, key, kspec, budget - 1), "value": json_value(vtype, each, vspec, budget - 1)}
        for key, each in val.items()
    ]


def _text_to_json(ttype: int, val: Any, spec: Any, budget: int) -> str:
    # thriftpy2 writes numbers as strings where a string is declared.
    return str(val) if isinstance(val, (int, float)) else text_of(val)


# The wire's number, which thriftpy2's TType has for something that no IDL declares.
UUID = 16

_WRITERS: dict[int, Callable[[int, Any, Any, int], Any]] = {
    TType.BOOL: lambda ttype, val, spec, budget: bool(val),
    TType.DOUBLE: lambda ttype, val, spec, budget: float(val),
    TType.STRING: _text_to_json,
    TType.BINARY: lambda ttype, val, spec, budget: encode_binary(val),
    TType.STRUCT: lambda ttype, val, spec, budget: struct_to_json(val, budget),
    TType.LIST: lambda ttype, val, spec, budget: list_to_json(val, spec, budget),
    TType.SET: lambda ttype, val, spec, budget: list_to_json(val, spec, budget),
    TType.MAP: lambda ttype, val, spec, budget: map_to_json(val, spec, budget),
    UUID: lambda ttype, val, spec, budget: str(uuid.UUID(str(val))),
    **{each: lambda ttype, val, spec, budget: checked_integer(int(val), ttype) for each in INTEGER_BITS},
}

# ---- JSON to values


class Reading:
    """Makes values of JSON; ``sets`` decides whether a set is a `set` or, as with thriftpy2, a list."""

    def __init__(self, sets: bool = False) -> None:
        self._sets = sets
        self._readers: dict[int, Callable[[int, Any, Any, int], Any]] = {
            TType.BOOL: self._bool,
            TType.DOUBLE: self._double,
            TType.STRING: self._text,
            TType.BINARY: lambda ttype, val, spec, budget: decode_binary(val),
            TType.STRUCT: lambda ttype, val, spec, budget: self.struct(val, spec(), budget),
            TType.LIST: lambda ttype, val, spec, budget: self.elements(val, spec, budget),
            TType.SET: self._set,
            TType.MAP: lambda ttype, val, spec, budget: self.entries(val, spec, budget),
            UUID: lambda ttype, val, spec, budget: uuid.UUID(val),
            **{each: self._integer for each in INTEGER_BITS},
        }

    def value(self, ttype: int, val: Any, spec: Any, budget: int) -> Any:
        read = self._readers.get(ttype)
        if read is None:
            raise TProtocolException(TProtocolException.INVALID_DATA, f"Unknown TType {ttype} for JSON deserialization")
        return read(ttype, val, spec, budget)

    def struct(self, val: Any, obj: Any, budget: int) -> Any:
        check_depth(budget, "reading a Thrift struct")
        if not isinstance(val, Mapping):
            raise TProtocolDataError(
                TProtocolException.INVALID_DATA, f"{type(obj).__name__}: needs an object, got {type(val).__name__}"
            )
        for fid, field in obj.thrift_spec.items():
            if field[1] not in val:
                continue
            try:
                value = self.value(field[0], val[field[1]], element_of(field), budget - 1)
            except TProtocolException:
                raise
            except UNFIT as error:
                text = refusal(obj, fid, field, val[field[1]])
                raise TProtocolDataError(TProtocolException.INVALID_DATA, text) from error
            setattr(obj, field[1], value)
        return obj

    def elements(self, val: Any, spec: Any, budget: int) -> list[Any]:
        check_depth(budget, "reading a Thrift container")
        ttype, element = split(spec)
        if not isinstance(val, (list, tuple, set, frozenset)):
            raise TypeError("not a list")
        return [self.value(ttype, each, element, budget - 1) for each in val]

    def entries(self, val: Any, spec: Any, budget: int) -> dict[Any, Any]:
        check_depth(budget, "reading a Thrift container")
        (ktype, kspec), (vtype, vspec) = split(spec[0]), split(spec[1])
        if not isinstance(val, (list, tuple)):
            raise TypeError("not a list of keys and values")
        return {
            hashable(self.value(ktype, each["key"], kspec, budget - 1)): self.value(
                vtype, each["value"], vspec, budget - 1
            )
            for each in val
        }

    def _set(self, ttype: int, val: Any, spec: Any, budget: int) -> Any:
        found = self.elements(val, spec, budget)
        return set(map(hashable, found)) if self._sets else found

    # Numbers and text are taken for each other, as thriftpy2 takes them; what has neither a number nor a text in it is not.

    @staticmethod
    def _bool(ttype: int, val: Any, spec: Any, budget: int) -> bool:
        if not isinstance(val, (int, float)):
            raise TypeError("not a bool")
        return bool(val)

    @staticmethod
    def _integer(ttype: int, val: Any, spec: Any, budget: int) -> int:
        if isinstance(val, float) and not val.is_integer():
            raise ValueError("not an integer")
        if not isinstance(val, (int, float, str)):
            raise TypeError("not a number")
        number = checked_integer(int(val), ttype)
        members = getattr(spec, "_value2member_map_", None)  # of an enum.IntEnum
        return number if members is None else members.get(number, number)

    @staticmethod
    def _double(ttype: int, val: Any, spec: Any, budget: int) -> float:
        if not isinstance(val, (int, float, str)):
            raise TypeError("not a number")
        return float(val)

    @staticmethod
    def _text(ttype: int, val: Any, spec: Any, budget: int) -> str:
        if isinstance(val, (int, float)) and not isinstance(val, bool):
            return str(val)
        return text_of(val)


LISTS = Reading()


def obj_value(ttype: int, val: Any, spec: Any = None, budget: int = DEFAULT_MAX_DEPTH) -> Any:
    """The value that `json_value` made this of."""
    return _read_or_refuse(LISTS.value, ttype, val, spec, budget)


def struct_to_obj(val: Any, obj: Any, budget: int = DEFAULT_MAX_DEPTH) -> Any:
    """Fills ``obj`` from a dict of its fields by name and gives it back; names that it does not have are ignored.

    What does not fit raises TProtocolException (which is a ValueError as well).
    """
    return LISTS.struct(val, obj, budget)


def list_to_obj(val: Any, spec: Any, budget: int = DEFAULT_MAX_DEPTH) -> list[Any]:
    elements: list[Any] = _read_or_refuse(LISTS.elements, val, spec, budget)
    return elements


def map_to_obj(val: Any, spec: Any, budget: int = DEFAULT_MAX_DEPTH) -> dict[Any, Any]:
    entries: dict[Any, Any] = _read_or_refuse(LISTS.entries, val, spec, budget)
    return entries


def _read_or_refuse(read: Callable[..., Any], *args: Any) -> Any:
    try:
        return read(*args)
    except TProtocolException:
        raise
    except UNFIT as error:
        raise TProtocolDataError(TProtocolException.INVALID_DATA, f"{type(error).__name__}: {error}") from error
