"""The words of the compact protocol: types, numbers, and what may come when. `TCompactProtocol` exports them."""

from __future__ import annotations

import functools
from typing import Any, Callable

from fastthrift.apache.protocol.TProtocol import TProtocolException, checkIntegerLimits
from fastthrift.apache.Thrift import TType

# What may come next.
CLEAR = 0
FIELD_WRITE = 1
VALUE_WRITE = 2
CONTAINER_WRITE = 3
BOOL_WRITE = 4
FIELD_READ = 5
CONTAINER_READ = 6
VALUE_READ = 7
BOOL_READ = 8

_MAX_VARINT_BYTES = 10


class CompactType:
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
    UUID = 0x0D


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
    TType.UUID: CompactType.UUID,
}
TTYPES = {compact: ttype for ttype, compact in CTYPES.items()}
TTYPES[CompactType.FALSE] = TType.BOOL


def makeZigZag(n: int, bits: int) -> int:
    checkIntegerLimits(n, bits)
    return (n << 1) ^ (n >> (bits - 1))


def fromZigZag(n: int) -> int:
    return (n >> 1) ^ -(n & 1)


def writeVarint(trans: Any, n: int) -> None:
    if n < 0:
        raise TProtocolException(TProtocolException.INVALID_DATA, f"a varint is not negative, got {n}")
    out = bytearray()
    append_varint(out, n)
    trans.write(bytes(out))


def append_varint(out: bytearray, n: int) -> None:
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)


def readVarint(trans: Any) -> int:
    result = shift = 0
    for _ in range(_MAX_VARINT_BYTES):
        byte = trans.readAll(1)[0]
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return int(result)
        shift += 7
    raise TProtocolException(TProtocolException.INVALID_DATA, f"Variable-length int over {_MAX_VARINT_BYTES} bytes.")


def expect(state: int, *allowed: int) -> None:
    # Not an assert statement: python -O leaves those out.
    if state not in allowed:
        raise AssertionError(state)


_Method = Callable[..., Any]


def make_helper(v_from: int, container: int) -> Callable[[_Method], _Method]:
    """Makes a method check that a value may come now: of a field, or of a container."""

    def helper(func: _Method) -> _Method:
        @functools.wraps(func)
        def nested(self: Any, *args: Any, **kwargs: Any) -> Any:
            expect(self.state, v_from, container)
            return func(self, *args, **kwargs)

        return nested

    return helper


writer = make_helper(VALUE_WRITE, CONTAINER_WRITE)
reader = make_helper(VALUE_READ, CONTAINER_READ)
