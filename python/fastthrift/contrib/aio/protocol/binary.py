"""The binary protocol for asyncio, whole messages and by hand.

The functions read from anything with ``async read(n)``.
"""

from __future__ import annotations

from typing import Any

from fastthrift import _core
from fastthrift.contrib.aio.protocol.base import Fetching, TAsyncProtocolBase
from fastthrift.contrib.aio.transport.base import readall
from fastthrift.protocol.binary import (
    BIN_TYPES,
    DEFAULT_MAX_DEPTH,
    TYPE_MASK,
    VERSION_1,
    VERSION_MASK,
    check_depth,
    unpack_double,
    unpack_i8,
    unpack_i16,
    unpack_i32,
    unpack_i64,
    write_message_begin,
    write_val,
)
from fastthrift.protocol.exc import TProtocolException
from fastthrift.thrift import TType

__all__ = [
    "BIN_TYPES",
    "DEFAULT_MAX_DEPTH",
    "TAsyncBinaryProtocol",
    "TAsyncBinaryProtocolFactory",
    "TAsyncProtocolBase",
    "TProtocolException",
    "TType",
    "TYPE_MASK",
    "VERSION_1",
    "VERSION_MASK",
    "check_depth",
    "read_field_begin",
    "read_list_begin",
    "read_map_begin",
    "read_message_begin",
    "read_struct",
    "read_val",
    "skip",
    "unpack_double",
    "unpack_i16",
    "unpack_i32",
    "unpack_i64",
    "unpack_i8",
    "write_message_begin",
    "write_val",
]


class TAsyncBinaryProtocol(Fetching, _core.TBinaryProtocol, TAsyncProtocolBase):  # type: ignore[misc]
    """TAsyncBinaryProtocol(trans, strict_read=True, strict_write=True, decode_response=True, strict_decode=False,
    max_depth=64), and the options of `fastthrift.protocol.TBinaryProtocol`."""


class TAsyncBinaryProtocolFactory:
    """Makes protocols with these options, and with those of `fastthrift.protocol.TBinaryProtocol`."""

    def __init__(
        self,
        strict_read: bool = True,
        strict_write: bool = True,
        decode_response: bool = True,
        strict_decode: bool = False,
        max_depth: int = DEFAULT_MAX_DEPTH,
        **options: Any,
    ) -> None:
        self.strict_read = strict_read
        self.strict_write = strict_write
        self.decode_response = decode_response
        self.strict_decode = strict_decode
        self.max_depth = max_depth
        self.options = options

    def get_protocol(self, trans: Any) -> TAsyncBinaryProtocol:
        return TAsyncBinaryProtocol(
            trans,
            self.strict_read,
            self.strict_write,
            self.decode_response,
            self.strict_decode,
            self.max_depth,
            **self.options,
        )


async def read_message_begin(inbuf: Any, strict: bool = True) -> tuple[str, int, int]:
    return await TAsyncBinaryProtocol(inbuf, strict_read=strict).read_message_begin()


async def read_field_begin(inbuf: Any) -> tuple[int, int]:
    """Gives (type, id); (0, 0) at the end of the struct."""
    ttype = unpack_i8(await readall(inbuf.read, 1))
    if ttype == TType.STOP:
        return ttype, 0
    return ttype, unpack_i16(await readall(inbuf.read, 2))


async def read_list_begin(inbuf: Any) -> tuple[int, int]:
    """Gives (type of the elements, their number); sets have the same head."""
    return unpack_i8(await readall(inbuf.read, 1)), await _size(inbuf)


async def read_map_begin(inbuf: Any) -> tuple[int, int, int]:
    """Gives (type of the keys, type of the values, their number)."""
    types = await readall(inbuf.read, 2)
    return unpack_i8(types[:1]), unpack_i8(types[1:]), await _size(inbuf)


async def read_val(
    inbuf: Any,
    ttype: int,
    spec: Any = None,
    decode_response: bool = True,
    strict_decode: bool = False,
    budget: int = DEFAULT_MAX_DEPTH,
) -> Any:
    return await _reader(inbuf, decode_response, strict_decode, budget)._read_val(ttype, spec)


async def read_struct(
    inbuf: Any,
    obj: Any,
    decode_response: bool = True,
    strict_decode: bool = False,
    budget: int = DEFAULT_MAX_DEPTH,
) -> Any:
    return await _reader(inbuf, decode_response, strict_decode, budget).read_struct(obj)


async def skip(inbuf: Any, ftype: int, budget: int = DEFAULT_MAX_DEPTH) -> None:
    await TAsyncBinaryProtocol(inbuf, max_depth=max(budget, 0)).skip(ftype)


def _reader(inbuf: Any, decode_response: bool, strict_decode: bool, budget: int) -> TAsyncBinaryProtocol:
    return TAsyncBinaryProtocol(
        inbuf, decode_response=decode_response, strict_decode=strict_decode, max_depth=max(budget, 0)
    )


async def _size(inbuf: Any) -> int:
    size = unpack_i32(await readall(inbuf.read, 4))
    if size < 0:
        raise TProtocolException(TProtocolException.NEGATIVE_SIZE, f"Negative size {size}")
    return size
