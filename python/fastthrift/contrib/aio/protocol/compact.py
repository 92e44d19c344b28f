"""The compact protocol for asyncio."""

from __future__ import annotations

from typing import Any

from fastthrift import _core
from fastthrift.contrib.aio.protocol.base import Fetching, TAsyncProtocolBase
from fastthrift.contrib.aio.transport.base import readall
from fastthrift.protocol.compact import BIN_TYPES, CompactType, TCompactProtocol, from_zig_zag
from fastthrift.protocol.exc import TProtocolException
from fastthrift.thrift import TException, TType

__all__ = [
    "BIN_TYPES",
    "CompactType",
    "TAsyncCompactProtocol",
    "TAsyncCompactProtocolFactory",
    "TAsyncProtocolBase",
    "TCompactProtocol",
    "TException",
    "TProtocolException",
    "TType",
    "from_zig_zag",
    "read_varint",
]


async def read_varint(trans: Any) -> int:
    """An unsigned number of up to ten bytes."""
    result = shift = 0
    while True:
        byte = (await readall(trans.read, 1))[0]
        result |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return result
        if shift >= 70:
            raise TProtocolException(TProtocolException.INVALID_DATA, "Variable-length int over 10 bytes.")


class TAsyncCompactProtocol(Fetching, _core.TCompactProtocol, TAsyncProtocolBase):  # type: ignore[misc]
    """TAsyncCompactProtocol(trans, decode_response=True, strict_decode=False), and the options of
    `fastthrift.protocol.TCompactProtocol`."""


class TAsyncCompactProtocolFactory:
    """Makes protocols with these options, and with those of `fastthrift.protocol.TCompactProtocol`."""

    def __init__(self, decode_response: bool = True, strict_decode: bool = False, **options: Any) -> None:
        self.decode_response = decode_response
        self.strict_decode = strict_decode
        self.options = options

    def get_protocol(self, trans: Any) -> TAsyncCompactProtocol:
        return TAsyncCompactProtocol(
            trans, decode_response=self.decode_response, strict_decode=self.strict_decode, **self.options
        )
