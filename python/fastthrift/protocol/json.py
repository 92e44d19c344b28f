"""thriftpy2's own JSON protocol, and structs as plain dicts.

A message is four bytes of length and ``{"metadata": ..., "payload": ...}``, where the payload has fields by name. No other
Thrift reads this; `fastthrift.protocol.apache_json` is the format that others have. How values become JSON is `json_value`'s.
"""

from __future__ import annotations

import json
import struct
from typing import Any, Optional

from fastthrift import _core
from fastthrift.protocol.base import TProtocolBase
from fastthrift.protocol.exc import TProtocolDataError, TProtocolDepthError, TProtocolException
from fastthrift.protocol.json_value import (
    DEFAULT_MAX_DEPTH,
    encode_binary,
    json_value,
    list_to_json,
    list_to_obj,
    map_to_json,
    map_to_obj,
    obj_value,
    struct_to_json,
    struct_to_obj,
)
from fastthrift.thrift import TType
from fastthrift.transport.base import TTransportException

VERSION = 1

DEFAULT_MAX_MESSAGE = 104_857_600
# A length is only believed as far as its bytes arrive.
_READ_AT_ONCE = 1 << 20


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
        self.sets = bool(sets)
        self._head: Optional[tuple[str, int, int]] = None
        self._document: Optional[dict[str, Any]] = None

    def write_message_begin(self, name: str, ttype: int, seqid: int) -> None:
        self._head = name, ttype, seqid

    def write_message_end(self) -> None:
        self._head = None

    def write_struct(self, obj: Any) -> None:
        self.trans.write(_core.json_message(self._head, obj, self.max_depth))

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
            document = self._read_document()  # nobody asks which version a struct alone is of
        if document.get("payload") is None:
            raise TProtocolDataError(TProtocolException.INVALID_DATA, "the message has no payload")
        return _core.json_fill(obj, document["payload"], self.max_depth, self.sets)

    def skip(self, ttype: int) -> None:
        """Passes over the struct that would be read next."""
        if self._document is None:
            self._read_document()
        self._document = None

    @staticmethod
    def _check_version(meta: dict[str, Any]) -> None:
        version = meta.get("version")
        try:
            is_ours = int(version) == VERSION  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            is_ours = False
        if not is_ours:
            raise TProtocolException(TProtocolException.BAD_VERSION, f"Bad version in read_message_begin:{version}")

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
            text = "the message is nested too deeply"
            raise TProtocolDepthError(TProtocolException.DEPTH_LIMIT, text) from error
        except ValueError as error:
            raise TProtocolDataError(TProtocolException.INVALID_DATA, f"the message is no JSON: {error}") from error
        if not isinstance(document, dict):
            raise TProtocolDataError(TProtocolException.INVALID_DATA, "the message is no JSON object")
        return document

    def _exactly(self, count: int) -> bytes:
        chunks: list[bytes] = []
        while count > 0:
            chunk: bytes = self.trans.read(min(count, _READ_AT_ONCE))
            if not chunk:
                raise TTransportException(TTransportException.END_OF_FILE, "End of file reading from transport")
            chunks.append(chunk)
            count -= len(chunk)
        return b"".join(chunks)


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
