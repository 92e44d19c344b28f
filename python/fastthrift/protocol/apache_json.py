"""Apache's JSON protocol, which other Thrifts speak: field ids and short names of types instead of the names of fields."""

from __future__ import annotations

import json
from typing import Any, Optional

from fastthrift import _core
from fastthrift._core import TApacheJSONProtocolFactory
from fastthrift.protocol.base import TProtocolBase
from fastthrift.protocol.exc import TProtocolDataError, TProtocolException
from fastthrift.thrift import TType

VERSION = 1

# What the types are called in JSON, and back; text and binary are not told apart there.
CTYPES = {
    TType.BOOL: "tf",
    TType.BYTE: "i8",
    TType.I16: "i16",
    TType.I32: "i32",
    TType.I64: "i64",
    TType.DOUBLE: "dbl",
    TType.STRING: "str",
    TType.BINARY: "str",
    TType.STRUCT: "rec",
    TType.LIST: "lst",
    TType.SET: "set",
    TType.MAP: "map",
}
JTYPES = {name: ttype for ttype, name in CTYPES.items()}


def flatten(suitable_for_isinstance: Any) -> tuple[Any, ...]:
    """The classes of a tuple of tuples, as `isinstance` takes them, in one tuple."""
    if not isinstance(suitable_for_isinstance, tuple):
        return (suitable_for_isinstance,)
    return tuple(each for part in suitable_for_isinstance for each in flatten(part))


class TApacheJSONProtocol(_core.TApacheJSONProtocol):
    """Any number of messages, each read to its last bracket and no further."""

    __slots__ = ("_req",)

    _req: Optional[list[Any]]

    def _load_data(self) -> None:
        """Reads a whole message as plain JSON into `_req`."""
        name, ttype, seqid = self.read_message_begin()
        text = _core._read_json(self)
        self.read_message_end()
        try:
            self._req = [VERSION, name, ttype, seqid, json.loads(text)]
        except (ValueError, RecursionError) as error:
            raise TProtocolDataError(TProtocolException.INVALID_DATA, f"the message is no JSON: {error}") from error


_core.set_json_class(TApacheJSONProtocol)

__all__ = [
    "CTYPES",
    "JTYPES",
    "TApacheJSONProtocol",
    "TApacheJSONProtocolFactory",
    "TProtocolBase",
    "TType",
    "VERSION",
    "flatten",
]
