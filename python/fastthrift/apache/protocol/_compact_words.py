"""What reading and writing the compact protocol share: types, numbers, and what may come when. `TCompactProtocol` exports them."""

from __future__ import annotations

import functools
from typing import Any, Callable, Optional

from fastthrift.apache.protocol.TProtocol import TProtocolBase, TProtocolException, checkIntegerLimits
from fastthrift.apache.Thrift import TType
from fastthrift.protocol import compact
from fastthrift.protocol.compact import CLEAR, CONTAINER_READ, CONTAINER_WRITE, VALUE_READ, VALUE_WRITE

_MAX_VARINT_BYTES = 10


class CompactType(compact.CompactType):
    UUID = 0x0D


# BINARY is no type of Apache's.
CTYPES = {ttype: code for ttype, code in compact.CTYPES.items() if ttype != compact.TType.BINARY}
CTYPES[TType.UUID] = CompactType.UUID
TTYPES = {code: ttype for ttype, code in CTYPES.items()}
TTYPES[CompactType.FALSE] = TType.BOOL


def makeZigZag(n: int, bits: int) -> int:
    checkIntegerLimits(n, bits)
    return (n << 1) ^ (n >> (bits - 1))


fromZigZag = compact.from_zig_zag


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


class CompactState(TProtocolBase):
    """What the reader and the writer of the compact protocol share: where in a message they are, and their limits."""

    PROTOCOL_ID = 0x82
    VERSION = 1
    VERSION_MASK = 0x1F
    TYPE_MASK = 0xE0
    TYPE_BITS = 0x07
    TYPE_SHIFT_AMOUNT = 5

    def __init__(self, trans: Any, string_length_limit: Optional[int], container_length_limit: Optional[int]) -> None:
        TProtocolBase.__init__(self, trans)
        self.state = CLEAR
        self._last_fid = 0  # field ids travel as differences
        self._structs: list[tuple[int, int]] = []  # the state and the last field id around each struct that is open
        self._containers: list[int] = []  # the state around each container that is open
        self.string_length_limit = string_length_limit
        self.container_length_limit = container_length_limit
