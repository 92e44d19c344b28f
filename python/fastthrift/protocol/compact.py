"""The compact protocol, and its numbers by hand."""

from __future__ import annotations

from fastthrift._core import TCompactProtocol, TCompactProtocolFactory
from fastthrift.protocol.base import TProtocolBase
from fastthrift.protocol.exc import TProtocolException
from fastthrift.thrift import TException, TType
from fastthrift.transport.base import TTransportException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The states of thriftpy2's protocol object. Here a protocol keeps none; the names stay importable.
CLEAR = 0
FIELD_WRITE = 1
VALUE_WRITE = 2
CONTAINER_WRITE = 3
BOOL_WRITE = 4
FIELD_READ = 5
CONTAINER_READ = 6
VALUE_READ = 7
BOOL_READ = 8

BIN_TYPES = (TType.STRING, TType.BINARY)


class CompactType:
    """The type numbers of the compact wire."""

    STOP = 0x00
    TRUE = 0x01
    FALSE = 0x02
    BYTE = 0x03
    I16 = 0x04
    I32 = 0x05
    I64 = 0x06
    DOUBLE = 0x07
    BINARY = 0x08
    LIST = 0x09
    SET = 0x0A
    MAP = 0x0B
    STRUCT = 0x0C


CTYPES = {
    TType.STOP: CompactType.STOP,
    TType.BOOL: CompactType.TRUE,
    TType.BYTE: CompactType.BYTE,
    TType.I16: CompactType.I16,
    TType.I32: CompactType.I32,
    TType.I64: CompactType.I64,
    TType.DOUBLE: CompactType.DOUBLE,
    TType.STRING: CompactType.BINARY,
    TType.STRUCT: CompactType.STRUCT,
    TType.LIST: CompactType.LIST,
    TType.SET: CompactType.SET,
    TType.MAP: CompactType.MAP,
    TType.BINARY: CompactType.BINARY,
}
TTYPES = {compact: ttype for ttype, compact in CTYPES.items()}
TTYPES[CompactType.FALSE] = TType.BOOL


def check_integer_limits(i: int, bits: int) -> None:
    """Raises TProtocolException where the number does not fit the bits."""
    if bits in (8, 16, 32, 64) and not -(1 << (bits - 1)) <= i < 1 << (bits - 1):
        low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
        raise TProtocolException(TProtocolException.INVALID_DATA, f"i{bits} requires {low} <= number <= {high}")


def make_zig_zag(n: int, bits: int) -> int:
    check_integer_limits(n, bits)
    return (n << 1) ^ (n >> (bits - 1))


def from_zig_zag(n: int) -> int:
    return (n >> 1) ^ -(n & 1)


def read_varint(trans: Any) -> int:
    """An unsigned number of up to ten bytes."""
    result = shift = 0
    while True:
        byte: bytes = trans.read(1)
        if not byte:
            raise TTransportException(TTransportException.END_OF_FILE, "End of file reading from transport")
        result |= (byte[0] & 0x7F) << shift
        shift += 7
        if not byte[0] & 0x80:
            return result
        if shift >= 70:
            raise TProtocolException(TProtocolException.INVALID_DATA, "Variable-length int over 10 bytes.")


def write_varint(trans: Any, n: int) -> None:
    if n < 0:
        raise TProtocolException(TProtocolException.INVALID_DATA, f"A varint is not negative: {n}")
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    trans.write(bytes(out))


__all__ = [
    "BIN_TYPES",
    "BOOL_READ",
    "BOOL_WRITE",
    "CLEAR",
    "CONTAINER_READ",
    "CONTAINER_WRITE",
    "CTYPES",
    "CompactType",
    "FIELD_READ",
    "FIELD_WRITE",
    "TCompactProtocol",
    "TCompactProtocolFactory",
    "TException",
    "TProtocolBase",
    "TProtocolException",
    "TTYPES",
    "TType",
    "VALUE_READ",
    "VALUE_WRITE",
    "check_integer_limits",
    "from_zig_zag",
    "make_zig_zag",
    "read_varint",
    "write_varint",
]
