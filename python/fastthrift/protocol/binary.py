"""The binary protocol, whole messages and by hand.

The functions read from anything with ``read(n)`` and write to anything with ``write(bytes)``.
"""

from __future__ import annotations

import struct

from fastthrift._core import TBinaryProtocol, TBinaryProtocolFactory
from fastthrift.protocol.base import TProtocolBase
from fastthrift.protocol.exc import TProtocolException
from fastthrift.thrift import TType
from fastthrift.transport.base import TTransportException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

VERSION_MASK = -65536
VERSION_1 = -2147418112
TYPE_MASK = 0x000000FF
BIN_TYPES = (TType.STRING, TType.BINARY)
DEFAULT_MAX_DEPTH = 64


def check_depth(budget: int, where: str) -> None:
    """Raises RecursionError where no level of nesting is left."""
    if budget <= 0:
        raise RecursionError("maximum nesting depth exceeded" + where)


def pack_i8(byte: int) -> bytes:
    """As the wire has it, big-endian. This and those below raise `struct.error` where the number does not fit."""
    return struct.pack("!b", byte)


def pack_i16(i16: int) -> bytes:
    return struct.pack("!h", i16)


def pack_i32(i32: int) -> bytes:
    return struct.pack("!i", i32)


def pack_i64(i64: int) -> bytes:
    return struct.pack("!q", i64)


def pack_double(dub: float) -> bytes:
    return struct.pack("!d", dub)


def pack_string(string: bytes | str) -> bytes:
    """Four bytes of length, then the bytes; text as UTF-8."""
    data = string.encode() if isinstance(string, str) else string
    return pack_i32(len(data)) + data


def unpack_i8(buf: bytes) -> int:
    """The number of exactly so many bytes."""
    number: int = struct.unpack("!b", buf)[0]
    return number


def unpack_i16(buf: bytes) -> int:
    number: int = struct.unpack("!h", buf)[0]
    return number


def unpack_i32(buf: bytes) -> int:
    number: int = struct.unpack("!i", buf)[0]
    return number


def unpack_i64(buf: bytes) -> int:
    number: int = struct.unpack("!q", buf)[0]
    return number


def unpack_double(buf: bytes) -> float:
    number: float = struct.unpack("!d", buf)[0]
    return number


def write_message_begin(outbuf: Any, name: str, ttype: int, seqid: int, strict: bool = True) -> None:
    """``strict``: with the version in front, as all writers do today."""
    TBinaryProtocol(outbuf, strict_write=strict).write_message_begin(name, ttype, seqid)


def write_field_begin(outbuf: Any, ttype: int, fid: int) -> None:
    outbuf.write(pack_i8(_on_wire(ttype)) + pack_i16(fid))


def write_field_stop(outbuf: Any) -> None:
    outbuf.write(pack_i8(TType.STOP))


def write_list_begin(outbuf: Any, etype: int, size: int) -> None:
    outbuf.write(pack_i8(_on_wire(etype)) + pack_i32(size))


def write_map_begin(outbuf: Any, ktype: int, vtype: int, size: int) -> None:
    outbuf.write(pack_i8(_on_wire(ktype)) + pack_i8(_on_wire(vtype)) + pack_i32(size))


def write_val(outbuf: Any, ttype: int, val: Any, spec: Any = None, budget: int = DEFAULT_MAX_DEPTH) -> None:
    """A value of type ``ttype``; ``spec`` is that of `thrift_spec`: of elements, of (key, value), or a class. ``budget``: levels of
    nesting. Raises TypeError, OverflowError or ValueError, before anything is written, for what does not fit."""
    TBinaryProtocol(outbuf, max_depth=max(budget, 0))._write_val(ttype, val, spec)


def read_message_begin(inbuf: Any, strict: bool = True) -> tuple[str, int, int]:
    """Gives (name, type, sequence id); ``strict`` refuses messages without a version."""
    return TBinaryProtocol(inbuf, strict_read=strict).read_message_begin()


def read_field_begin(inbuf: Any) -> tuple[int, int]:
    """Gives (type, id); (0, 0) at the end of the struct."""
    ttype = unpack_i8(_exactly(inbuf, 1))
    if ttype == TType.STOP:
        return ttype, 0
    return ttype, unpack_i16(_exactly(inbuf, 2))


def read_list_begin(inbuf: Any) -> tuple[int, int]:
    """Gives (type of the elements, their number); sets have the same head."""
    etype = unpack_i8(_exactly(inbuf, 1))
    return etype, _size(inbuf)


def read_map_begin(inbuf: Any) -> tuple[int, int, int]:
    """Gives (type of the keys, type of the values, their number)."""
    ktype, vtype = struct.unpack("!bb", _exactly(inbuf, 2))
    return ktype, vtype, _size(inbuf)


def read_val(
    inbuf: Any,
    ttype: int,
    spec: Any = None,
    decode_response: bool = True,
    strict_decode: bool = False,
    budget: int = DEFAULT_MAX_DEPTH,
) -> Any:
    """The value that comes, of type ``ttype``. Raises TProtocolException for bytes that are none, of which type DEPTH_LIMIT is a
    RecursionError too."""
    return _reader(inbuf, decode_response, strict_decode, budget)._read_val(ttype, spec)


def read_struct(
    inbuf: Any,
    obj: Any,
    decode_response: bool = True,
    strict_decode: bool = False,
    budget: int = DEFAULT_MAX_DEPTH,
) -> Any:
    """Fills ``obj`` and gives it back; fields that it does not have are skipped."""
    return _reader(inbuf, decode_response, strict_decode, budget).read_struct(obj)


def skip(inbuf: Any, ftype: int, budget: int = DEFAULT_MAX_DEPTH) -> None:
    """Goes over a value of type ``ftype``."""
    TBinaryProtocol(inbuf, max_depth=max(budget, 0)).skip(ftype)


def _reader(inbuf: Any, decode_response: bool, strict_decode: bool, budget: int) -> TBinaryProtocol:
    return TBinaryProtocol(
        inbuf, decode_response=decode_response, strict_decode=strict_decode, max_depth=max(budget, 0)
    )


def _on_wire(ttype: int) -> int:
    # BINARY is thriftpy2's word for a string that stays bytes; the wire knows strings only.
    return TType.STRING if ttype == TType.BINARY else ttype


def _size(inbuf: Any) -> int:
    size = unpack_i32(_exactly(inbuf, 4))
    if size < 0:
        raise TProtocolException(TProtocolException.NEGATIVE_SIZE, f"Negative size {size}")
    return size


def _exactly(inbuf: Any, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = inbuf.read(count - len(data))
        if not more:
            raise TTransportException(TTransportException.END_OF_FILE, "End of file reading from transport")
        data += more
    return data


__all__ = [
    "BIN_TYPES",
    "DEFAULT_MAX_DEPTH",
    "TYPE_MASK",
    "TBinaryProtocol",
    "TBinaryProtocolFactory",
    "TProtocolBase",
    "TProtocolException",
    "TType",
    "VERSION_1",
    "VERSION_MASK",
    "check_depth",
    "pack_double",
    "pack_i16",
    "pack_i32",
    "pack_i64",
    "pack_i8",
    "pack_string",
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
    "write_field_begin",
    "write_field_stop",
    "write_list_begin",
    "write_map_begin",
    "write_message_begin",
    "write_val",
]
