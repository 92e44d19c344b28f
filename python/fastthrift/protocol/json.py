"""thriftpy2's own JSON protocol, and structs as plain dicts.

A message is four bytes of length and ``{"metadata": ..., "payload": ...}``, where the payload has fields by name. No other
Thrift reads this; `fastthrift.protocol.apache_json` is the format that others have. `struct_to_json` and `struct_to_obj` are
of use without a protocol: they make a dict that the standard library's ``json`` can write, and read one.
"""

from __future__ import annotations

import json
import struct
import uuid
from collections.abc import Mapping
from typing import Any, Callable, Optional

from fastthrift.protocol.base import TProtocolBase
from fastthrift.protocol.exc import TProtocolDataError, TProtocolDepthError, TProtocolException
from fastthrift.protocol.json_scalar import (
    DEFAULT_MAX_DEPTH,
    DEFAULT_MAX_MESSAGE,
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
from fastthrift.transport.base import TTransportException

VERSION = 1

_MOST_LENGTH = 0x7FFFFFFF
# A length is only believed as far as its bytes arrive.
_READ_AT_ONCE = 1 << 20

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


class _Reading:
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
        return checked_integer(int(val), ttype)

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


_LISTS = _Reading()


def obj_value(ttype: int, val: Any, spec: Any = None, budget: int = DEFAULT_MAX_DEPTH) -> Any:
    """The value that `json_value` made this of."""
    return _read_or_refuse(_LISTS.value, ttype, val, spec, budget)


def struct_to_obj(val: Any, obj: Any, budget: int = DEFAULT_MAX_DEPTH) -> Any:
    """Fills ``obj`` from a dict of its fields by name and gives it back; names that it does not have are ignored.

    What does not fit raises TProtocolException (which is a ValueError as well).
    """
    return _LISTS.struct(val, obj, budget)


def list_to_obj(val: Any, spec: Any, budget: int = DEFAULT_MAX_DEPTH) -> list[Any]:
    elements: list[Any] = _read_or_refuse(_LISTS.elements, val, spec, budget)
    return elements


def map_to_obj(val: Any, spec: Any, budget: int = DEFAULT_MAX_DEPTH) -> dict[Any, Any]:
    entries: dict[Any, Any] = _read_or_refuse(_LISTS.entries, val, spec, budget)
    return entries


def _read_or_refuse(read: Callable[..., Any], *args: Any) -> Any:
    try:
        return read(*args)
    except TProtocolException:
        raise
    except UNFIT as error:
        raise TProtocolDataError(TProtocolException.INVALID_DATA, f"{type(error).__name__}: {error}") from error


# ---- messages


class TJSONProtocol(TProtocolBase):
    """Whole messages of the format above.

    ``max_message`` bounds the bytes of a message that is read and ``max_depth`` its nesting, None for no limit; ``sets``
    gives sets as `set`.
    """

    def __init__(
        self,
        trans: Any,
        *,
        max_message: Optional[int] = DEFAULT_MAX_MESSAGE,
        max_depth: Optional[int] = DEFAULT_MAX_DEPTH,
        sets: bool = False,
    ) -> None:
        self.trans = trans
        self.max_message = max_message
        self.max_depth = max_depth
        self._reading = _Reading(sets) if sets else _LISTS
        self._meta: dict[str, Any] = {"version": VERSION}
        self._document: Optional[dict[str, Any]] = None

    def write_message_begin(self, name: str, ttype: int, seqid: int) -> None:
        self._meta = {"version": VERSION, "name": name, "ttype": ttype, "seqid": seqid}

    def write_message_end(self) -> None:
        self._meta = {"version": VERSION}

    def write_struct(self, obj: Any) -> None:
        document = {"metadata": self._meta, "payload": struct_to_json(obj, self._budget())}
        body = json.dumps(document).encode("ascii")
        if len(body) > _MOST_LENGTH:
            raise TProtocolException(TProtocolException.SIZE_LIMIT, f"a message of {len(body)} bytes has no length")
        self.trans.write(struct.pack("!i", len(body)) + body)

    def read_message_begin(self) -> tuple[str, int, int]:
        self._document = None
        document = self._read_document()
        meta = document.get("metadata")
        if not isinstance(meta, dict):
            raise TProtocolDataError(TProtocolException.INVALID_DATA, "the message has no metadata")
        self._check_version(meta)
        name, ttype, seqid = meta.get("name"), meta.get("ttype"), meta.get("seqid")
        if not isinstance(name, str) or type(ttype) is not int or type(seqid) is not int:
            raise TProtocolDataError(
                TProtocolException.INVALID_DATA, "the metadata of a message needs name, ttype and seqid"
            )
        self._document = document
        return name, ttype, seqid

    def read_message_end(self) -> None:
        self._document = None

    def read_struct(self, obj: Any) -> Any:
        document, self._document = self._document, None
        if document is None:
            document = self._read_document()
            meta = document.get("metadata")
            if isinstance(meta, dict):
                self._check_version(meta)
        if document.get("payload") is None:
            raise TProtocolDataError(TProtocolException.INVALID_DATA, "the message has no payload")
        try:
            return self._reading.struct(document["payload"], obj, self._budget())
        except TProtocolException:
            raise
        except RecursionError as error:
            raise _too_deep() from error

    def skip(self, ttype: int) -> None:
        """Passes over the struct that would be read next."""
        if self._document is None:
            self._read_document()
        self._document = None

    def _budget(self) -> int:
        return _MOST_LENGTH if self.max_depth is None else self.max_depth

    @staticmethod
    def _check_version(meta: dict[str, Any]) -> None:
        if meta.get("version") != VERSION:
            raise TProtocolException(
                TProtocolException.BAD_VERSION, f"Bad version in read_message_begin:{meta.get('version')}"
            )

    def _read_document(self) -> dict[str, Any]:
        (length,) = struct.unpack("!i", self._exactly(4))
        if length < 0:
            raise TProtocolException(TProtocolException.NEGATIVE_SIZE, f"Negative size {length}")
        if self.max_message is not None and length > self.max_message:
            raise TProtocolException(
                TProtocolException.SIZE_LIMIT, f"a message of {length} bytes; the limit is {self.max_message}"
            )
        try:
            document = json.loads(self._exactly(length).decode())
        except RecursionError as error:
            raise _too_deep() from error
        except ValueError as error:
            raise TProtocolDataError(TProtocolException.INVALID_DATA, f"the message is no JSON: {error}") from error
        if not isinstance(document, dict):
            raise TProtocolDataError(TProtocolException.INVALID_DATA, "the message is no JSON object")
        return document

    def _exactly(self, count: int) -> bytes:
        chunks = []
        while count > 0:
            chunk = self.trans.read(min(count, _READ_AT_ONCE))
            if not chunk:
                raise TTransportException(TTransportException.END_OF_FILE, "End of file reading from transport")
            chunks.append(chunk)
            count -= len(chunk)
        return b"".join(chunks)


def _too_deep() -> TProtocolDepthError:
    return TProtocolDepthError(TProtocolException.DEPTH_LIMIT, "the message is nested too deeply")


class TJSONProtocolFactory:
    """Makes the protocol with these options over each transport."""

    def __init__(
        self,
        *,
        max_message: Optional[int] = DEFAULT_MAX_MESSAGE,
        max_depth: Optional[int] = DEFAULT_MAX_DEPTH,
        sets: bool = False,
    ) -> None:
        self.max_message = max_message
        self.max_depth = max_depth
        self.sets = sets

    def get_protocol(self, trans: Any) -> TJSONProtocol:
        return TJSONProtocol(trans, max_message=self.max_message, max_depth=self.max_depth, sets=self.sets)


__all__ = [
    "TJSONProtocol",
    "TJSONProtocolFactory",
    "TProtocolBase",
    "TProtocolException",
    "TType",
    "VERSION",
    "encode_binary",
    "json_value",
    "list_to_json",
    "list_to_obj",
    "map_to_json",
    "map_to_obj",
    "obj_value",
    "struct_to_json",
    "struct_to_obj",
]
