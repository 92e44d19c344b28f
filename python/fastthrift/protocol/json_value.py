"""Structs and their values as plain dicts, lists and scalars: what thriftpy2's JSON protocol makes messages of.

`struct_to_json` and `struct_to_obj` are of use without a protocol: they make a dict that the standard library's ``json`` can
write, and read one. `fastthrift.protocol.json` has all of these names. The values are walked in the core (`named_json.hpp`).
"""

from __future__ import annotations

import base64
import json
from typing import Any, Optional

from fastthrift import _core
from fastthrift.protocol.exc import TProtocolDataError, TProtocolException
from fastthrift.thrift import TType, _type_name

DEFAULT_MAX_DEPTH = 64

# What converting a value that does not fit raises; a value that is too deep is none of these.
_UNFIT = (TypeError, ValueError, OverflowError, AttributeError, LookupError)


def encode_binary(data: Any) -> str:
    """Bytes, or text as UTF-8, in base64 with padding."""
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode("ascii")


def json_value(ttype: int, val: Any, spec: Any = None, budget: int = DEFAULT_MAX_DEPTH) -> Any:
    """The value as `json` writes it; ``spec`` is that of a container's elements, or nothing."""
    return json.loads(_core.json_value(ttype, val, _in_tuples(spec), budget))


def struct_to_json(val: Any, budget: int = DEFAULT_MAX_DEPTH) -> dict[str, Any]:
    """The fields of a struct by name, without those that are None. Raises TDecodeException for values that do not fit."""
    fields: dict[str, Any] = json.loads(_core.json_struct(val, budget))
    return fields


def list_to_json(val: Any, spec: Any, budget: int = DEFAULT_MAX_DEPTH) -> list[Any]:
    """`json_value` of a list; ``spec`` is that of its elements."""
    elements: list[Any] = json_value(TType.LIST, val, spec, budget)
    return elements


def map_to_json(val: Any, spec: Any, budget: int = DEFAULT_MAX_DEPTH) -> list[dict[str, Any]]:
    """`json_value` of a map: a list of ``{"key": ..., "value": ...}``; ``spec`` is (that of keys, that of values)."""
    pairs: list[dict[str, Any]] = json_value(TType.MAP, val, spec, budget)
    return pairs


def obj_value(ttype: int, val: Any, spec: Any = None, budget: int = DEFAULT_MAX_DEPTH) -> Any:
    """The value that `json_value` made this of."""
    try:
        if ttype == TType.STRUCT:
            return struct_to_obj(val, spec(), budget)
        return _core.json_found(ttype, val, _in_tuples(spec), budget)
    except TProtocolException:
        raise
    except _UNFIT as error:
        raise TProtocolDataError(TProtocolException.INVALID_DATA, f"{type(error).__name__}: {error}") from error


def struct_to_obj(val: Any, obj: Any, budget: int = DEFAULT_MAX_DEPTH) -> Any:
    """Fills ``obj`` from a dict of its fields by name and gives it back; names that it does not have are ignored.

    What does not fit raises TProtocolException (which is a ValueError as well).
    """
    return _core.json_fill(obj, val, budget, False)


def list_to_obj(val: Any, spec: Any, budget: int = DEFAULT_MAX_DEPTH) -> list[Any]:
    """The list that `list_to_json` made this of."""
    elements: list[Any] = obj_value(TType.LIST, val, spec, budget)
    return elements


def map_to_obj(val: Any, spec: Any, budget: int = DEFAULT_MAX_DEPTH) -> dict[Any, Any]:
    """The map that `map_to_json` made this of."""
    entries: dict[Any, Any] = obj_value(TType.MAP, val, spec, budget)
    return entries


def _in_tuples(spec: Any) -> Any:
    return tuple(map(_in_tuples, spec)) if isinstance(spec, (list, tuple)) else spec


def _refusal(owner: Any, value: Any, field: Optional[tuple[int, int, str, Any]]) -> TProtocolDataError:
    name = type(owner).__name__
    if field is None:
        text = f"{name}: needs an object, got {type(value).__name__}"
    else:
        fid, ttype, field_name, spec = field
        shown = repr(value)
        shown = shown if len(shown) <= 60 else shown[:60] + "..."
        text = f"{name}: field '{field_name}' ({fid}) needs {_type_name(ttype, spec)}, got {shown}"
    return TProtocolDataError(TProtocolException.INVALID_DATA, text)


_core.set_json_refusal(_refusal)
