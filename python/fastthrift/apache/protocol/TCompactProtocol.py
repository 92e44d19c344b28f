"""The compact protocol. `_fast_*` are the core's: structs are read and written natively in all of its classes."""

from __future__ import annotations

import functools
import uuid as _uuid
from struct import Struct
from typing import Any, Callable, Optional

from fastthrift import _core
from fastthrift.apache import _native as _native
from fastthrift.apache.protocol import fastbinary
from fastthrift.apache.protocol.TProtocol import (
    DEFAULT_STRING_LENGTH_LIMIT,
    TProtocolBase,
    TProtocolException,
    TProtocolFactory,
    TProtocolTypeError,
    checkIntegerLimits,
    text_of,
)
from fastthrift.apache.Thrift import TType

__all__ = ["TCompactProtocol", "TCompactProtocolFactory"]

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
_DOUBLE = Struct("<d")


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
    _append_varint(out, n)
    trans.write(bytes(out))


def _append_varint(out: bytearray, n: int) -> None:
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


def _expect(state: int, *allowed: int) -> None:
    # Not an assert statement: python -O leaves those out.
    if state not in allowed:
        raise AssertionError(state)


_Method = Callable[..., Any]


def make_helper(v_from: int, container: int) -> Callable[[_Method], _Method]:
    """Makes a method check that a value may come now: of a field, or of a container."""

    def helper(func: _Method) -> _Method:
        @functools.wraps(func)
        def nested(self: Any, *args: Any, **kwargs: Any) -> Any:
            _expect(self.state, v_from, container)
            return func(self, *args, **kwargs)

        return nested

    return helper


writer = make_helper(VALUE_WRITE, CONTAINER_WRITE)
reader = make_helper(VALUE_READ, CONTAINER_READ)


class TCompactProtocol(TProtocolBase):
    """Compact over any transport."""

    PROTOCOL_ID = 0x82
    VERSION = 1
    VERSION_MASK = 0x1F
    TYPE_MASK = 0xE0
    TYPE_BITS = 0x07
    TYPE_SHIFT_AMOUNT = 5

    def __init__(
        self,
        trans: Any,
        string_length_limit: Optional[int] = DEFAULT_STRING_LENGTH_LIMIT,
        container_length_limit: Optional[int] = None,
    ) -> None:
        self.trans = trans
        self._recursion_depth = 0
        self.state = CLEAR
        self.__last_fid = 0
        self.__bool_fid: Optional[int] = None
        self.__bool_value: Optional[bool] = None
        self.__structs: list[tuple[int, int]] = []
        self.__containers: list[int] = []
        self.string_length_limit = string_length_limit
        self.container_length_limit = container_length_limit
        self._fast_decode = fastbinary.decode_compact
        self._fast_encode = fastbinary.encode_compact

    def _check_string_length(self, length: int) -> None:
        self._check_length(self.string_length_limit, length)

    def _check_container_length(self, length: int) -> None:
        self._check_length(self.container_length_limit, length)

    def __writeUByte(self, byte: int) -> None:
        self.trans.write(bytes((byte,)))

    def __writeByte(self, byte: int) -> None:
        checkIntegerLimits(byte, 8)
        self.trans.write(bytes((byte & 0xFF,)))

    def __writeVarint(self, n: int) -> None:
        writeVarint(self.trans, n)

    def __writeI16(self, i16: int) -> None:
        self.__writeVarint(makeZigZag(i16, 16))

    def __writeSize(self, i32: int) -> None:
        self.__writeVarint(i32)

    def __writeBinary(self, s: bytes) -> None:
        self.__writeSize(len(s))
        self.trans.write(s)

    def __writeFieldHeader(self, type: int, fid: int) -> None:
        delta = fid - self.__last_fid
        if 0 < delta <= 15:
            self.__writeUByte(delta << 4 | type)
        else:
            self.__writeUByte(type)
            self.__writeI16(fid)
        self.__last_fid = fid

    def writeMessageBegin(self, name: str, type: int, seqid: int) -> None:
        _expect(self.state, CLEAR)
        text = name.encode("utf-8")
        head = bytearray((self.PROTOCOL_ID, self.VERSION | type << self.TYPE_SHIFT_AMOUNT))
        _append_varint(head, seqid & 0xFFFFFFFF)  # an int32 travels as a uint32
        _append_varint(head, len(text))
        self.trans.write(bytes(head + text))
        self.state = VALUE_WRITE

    def writeMessageEnd(self) -> None:
        _expect(self.state, VALUE_WRITE)
        self.state = CLEAR

    def writeStructBegin(self, name: str) -> None:
        _expect(self.state, CLEAR, CONTAINER_WRITE, VALUE_WRITE)
        self.__structs.append((self.state, self.__last_fid))
        self.state = FIELD_WRITE
        self.__last_fid = 0

    def writeStructEnd(self) -> None:
        _expect(self.state, FIELD_WRITE)
        self.state, self.__last_fid = self.__structs.pop()

    def writeFieldStop(self) -> None:
        self.__writeUByte(0)

    def writeFieldBegin(self, name: str, type: int, fid: int) -> None:
        _expect(self.state, FIELD_WRITE)
        if type == TType.BOOL:
            # The value goes into the header.
            self.state = BOOL_WRITE
            self.__bool_fid = fid
        else:
            self.state = VALUE_WRITE
            self.__writeFieldHeader(CTYPES[type], fid)

    def writeFieldEnd(self) -> None:
        _expect(self.state, VALUE_WRITE, BOOL_WRITE)
        self.state = FIELD_WRITE

    def writeCollectionBegin(self, etype: int, size: int) -> None:
        _expect(self.state, VALUE_WRITE, CONTAINER_WRITE)
        if size <= 14:
            self.__writeUByte(size << 4 | CTYPES[etype])
        else:
            self.__writeUByte(0xF0 | CTYPES[etype])
            self.__writeSize(size)
        self.__containers.append(self.state)
        self.state = CONTAINER_WRITE

    writeSetBegin = writeCollectionBegin
    writeListBegin = writeCollectionBegin

    def writeMapBegin(self, ktype: int, vtype: int, size: int) -> None:
        _expect(self.state, VALUE_WRITE, CONTAINER_WRITE)
        if size == 0:
            self.__writeUByte(0)
        else:
            self.__writeSize(size)
            self.__writeUByte(CTYPES[ktype] << 4 | CTYPES[vtype])
        self.__containers.append(self.state)
        self.state = CONTAINER_WRITE

    def writeCollectionEnd(self) -> None:
        _expect(self.state, CONTAINER_WRITE)
        self.state = self.__containers.pop()

    writeMapEnd = writeCollectionEnd
    writeSetEnd = writeCollectionEnd
    writeListEnd = writeCollectionEnd

    def writeBool(self, bool: Any) -> None:
        value = CompactType.TRUE if bool else CompactType.FALSE
        if self.state == BOOL_WRITE:
            assert self.__bool_fid is not None
            self.__writeFieldHeader(value, self.__bool_fid)
        else:
            _expect(self.state, CONTAINER_WRITE)
            self.__writeUByte(value)

    @writer
    def writeByte(self, byte: int) -> None:
        self.__writeByte(byte)

    @writer
    def writeI16(self, i16: int) -> None:
        self.__writeI16(i16)

    @writer
    def writeI32(self, i32: int) -> None:
        self.__writeVarint(makeZigZag(i32, 32))

    @writer
    def writeI64(self, i64: int) -> None:
        self.__writeVarint(makeZigZag(i64, 64))

    @writer
    def writeDouble(self, dub: float) -> None:
        self.trans.write(_DOUBLE.pack(dub))

    @writer
    def writeBinary(self, s: bytes) -> None:
        if isinstance(s, str):
            raise TProtocolTypeError(TProtocolException.INVALID_DATA, "bytes are required, not str")
        self.__writeBinary(s)

    @writer
    def writeUuid(self, uuid: Any) -> None:
        self.trans.write(uuid.bytes)

    def __readUByte(self) -> int:
        byte: int = self.trans.readAll(1)[0]
        return byte

    def __readByte(self) -> int:
        return (self.__readUByte() ^ 0x80) - 0x80

    def __readVarint(self) -> int:
        return readVarint(self.trans)

    def __readZigZag(self) -> int:
        return fromZigZag(self.__readVarint())

    def __readI16(self) -> int:
        number = self.__readZigZag()
        checkIntegerLimits(number, 16)
        return number

    def __readSize(self) -> int:
        size = self.__readVarint()
        checkIntegerLimits(size, 32)
        return size

    def __readBinary(self) -> bytes:
        size = self.__readSize()
        self._check_string_length(size)
        found: bytes = self.trans.readAll(size)
        return found

    def __getTType(self, byte: int) -> int:
        try:
            return TTYPES[byte & 0x0F]
        except KeyError:
            raise TProtocolException(TProtocolException.INVALID_DATA, f"Invalid compact type {byte & 0x0F}") from None

    def readMessageBegin(self) -> tuple[str, int, int]:
        _expect(self.state, CLEAR)
        if self._fast_decode is not None:
            return _core.apache_message_begin(self, True)
        protocol = self.__readUByte()
        if protocol != self.PROTOCOL_ID:
            raise TProtocolException(TProtocolException.BAD_VERSION, f"Bad protocol id in the message: {protocol}")
        byte = self.__readUByte()
        type = byte >> self.TYPE_SHIFT_AMOUNT & self.TYPE_BITS
        version = byte & self.VERSION_MASK
        if version != self.VERSION:
            raise TProtocolException(TProtocolException.BAD_VERSION, f"Bad version: {version} (expect {self.VERSION})")
        seqid = self.__readVarint() & 0xFFFFFFFF
        seqid = (seqid ^ 0x80000000) - 0x80000000  # an int32 travels as a uint32
        name = text_of(self.__readBinary())
        return (name, type, seqid)

    def readMessageEnd(self) -> None:
        _expect(self.state, CLEAR)
        if self.__structs:
            raise AssertionError(self.__structs)

    def readStructBegin(self) -> None:
        _expect(self.state, CLEAR, CONTAINER_READ, VALUE_READ)
        self.__structs.append((self.state, self.__last_fid))
        self.state = FIELD_READ
        self.__last_fid = 0

    def readStructEnd(self) -> None:
        _expect(self.state, FIELD_READ)
        self.state, self.__last_fid = self.__structs.pop()

    def readFieldBegin(self) -> tuple[Optional[str], int, int]:
        _expect(self.state, FIELD_READ)
        byte = self.__readUByte()
        type = byte & 0x0F
        if type == TType.STOP:
            return (None, 0, 0)
        delta = byte >> 4
        fid = self.__readI16() if delta == 0 else self.__last_fid + delta
        self.__last_fid = fid
        if type in (CompactType.TRUE, CompactType.FALSE):
            self.state = BOOL_READ
            self.__bool_value = type == CompactType.TRUE
        else:
            self.state = VALUE_READ
        return (None, self.__getTType(type), fid)

    def readFieldEnd(self) -> None:
        _expect(self.state, VALUE_READ, BOOL_READ)
        self.state = FIELD_READ

    def readCollectionBegin(self) -> tuple[int, int]:
        _expect(self.state, VALUE_READ, CONTAINER_READ)
        byte = self.__readUByte()
        size = byte >> 4
        type = self.__getTType(byte)
        if size == 15:
            size = self.__readSize()
        self._check_container_length(size)
        self.__containers.append(self.state)
        self.state = CONTAINER_READ
        return (type, size)

    readSetBegin = readCollectionBegin
    readListBegin = readCollectionBegin

    def readMapBegin(self) -> tuple[int, int, int]:
        _expect(self.state, VALUE_READ, CONTAINER_READ)
        size = self.__readSize()
        self._check_container_length(size)
        types = self.__readUByte() if size > 0 else 0
        vtype = self.__getTType(types)
        ktype = self.__getTType(types >> 4)
        self.__containers.append(self.state)
        self.state = CONTAINER_READ
        return (ktype, vtype, size)

    def readCollectionEnd(self) -> None:
        _expect(self.state, CONTAINER_READ)
        self.state = self.__containers.pop()

    readSetEnd = readCollectionEnd
    readListEnd = readCollectionEnd
    readMapEnd = readCollectionEnd

    def readBool(self) -> bool:
        if self.state == BOOL_READ:
            return bool(self.__bool_value)
        _expect(self.state, CONTAINER_READ)
        return self.__readUByte() == CompactType.TRUE

    @reader
    def readByte(self) -> int:
        return self.__readByte()

    @reader
    def readI16(self) -> int:
        return self.__readI16()

    @reader
    def readI32(self) -> int:
        number = self.__readZigZag()
        checkIntegerLimits(number, 32)
        return number

    @reader
    def readI64(self) -> int:
        number = self.__readZigZag()
        checkIntegerLimits(number, 64)
        return number

    @reader
    def readDouble(self) -> float:
        number: float = _DOUBLE.unpack(self.trans.readAll(8))[0]
        return number

    @reader
    def readBinary(self) -> bytes:
        return self.__readBinary()

    def _skip_string(self) -> None:
        self.readBinary()

    @reader
    def readUuid(self) -> _uuid.UUID:
        return _uuid.UUID(bytes=self.trans.readAll(16))


class TCompactProtocolFactory(TProtocolFactory):
    def __init__(
        self,
        string_length_limit: Optional[int] = DEFAULT_STRING_LENGTH_LIMIT,
        container_length_limit: Optional[int] = None,
    ) -> None:
        self.string_length_limit = string_length_limit
        self.container_length_limit = container_length_limit

    def getProtocol(self, trans: Any) -> TCompactProtocol:
        return TCompactProtocol(trans, self.string_length_limit, self.container_length_limit)


class TCompactProtocolAccelerated(TCompactProtocol):
    """The same under the name of Apache's with the C extension. ``fallback`` is taken and has no effect."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if kwargs:
            kwargs.pop("fallback", None)
        TCompactProtocol.__init__(self, *args, **kwargs)


class TCompactProtocolAcceleratedFactory(TProtocolFactory):
    def __init__(
        self,
        string_length_limit: Optional[int] = DEFAULT_STRING_LENGTH_LIMIT,
        container_length_limit: Optional[int] = None,
        fallback: bool = True,
    ) -> None:
        self.string_length_limit = string_length_limit
        self.container_length_limit = container_length_limit
        self._fallback = fallback

    def getProtocol(self, trans: Any) -> TCompactProtocolAccelerated:
        return TCompactProtocolAccelerated(trans, self.string_length_limit, self.container_length_limit)


_core.set_apache(protocols=((), (TCompactProtocol, TCompactProtocolAccelerated)))
