"""The compact protocol. `_fast_*` are the core's: structs are read and written natively but by subclasses that have their own ways."""

from __future__ import annotations

import uuid as _uuid
from struct import Struct
from typing import Any, Optional

from fastthrift import _core
from fastthrift.apache import _native as _native
from fastthrift.apache.protocol import fastbinary
from fastthrift.apache.protocol._accelerated import AcceleratedFactory
from fastthrift.apache.protocol._compact_words import (
    CTYPES,
    TTYPES,
    CompactType,
    append_varint,
    expect,
    fromZigZag,
    make_helper,  # noqa: F401  # for those who import it from here
    makeZigZag,
    reader,
    readVarint,
    writer,
    writeVarint,
)
from fastthrift.apache.protocol.TProtocol import (
    DEFAULT_STRING_LENGTH_LIMIT,
    TProtocolBase,
    TProtocolException,
    TProtocolFactory,
    TProtocolTypeError,
    changed_ways,
    checkIntegerLimits,
    text_of,
)
from fastthrift.apache.Thrift import TType
from fastthrift.protocol.compact import (
    BOOL_READ,
    BOOL_WRITE,
    CLEAR,
    CONTAINER_READ,
    CONTAINER_WRITE,
    FIELD_READ,
    FIELD_WRITE,
    VALUE_READ,
    VALUE_WRITE,
)

# More than this is imported from here by others.
__all__ = ["TCompactProtocol", "TCompactProtocolFactory"]

_DOUBLE = Struct("<d")


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
        # A subclass that reads or writes values its own way is asked for each of them.
        writes, reads = (False, False) if type(self) in _OURS else changed_ways(type(self), TCompactProtocol)
        self._fast_decode = None if reads else fastbinary.decode_compact
        self._fast_encode = None if writes else fastbinary.encode_compact

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
        self._begin_message(name, seqid)
        expect(self.state, CLEAR)
        text = name.encode("utf-8")
        head = bytearray((self.PROTOCOL_ID, self.VERSION | type << self.TYPE_SHIFT_AMOUNT))
        append_varint(head, seqid & 0xFFFFFFFF)  # an int32 travels as a uint32
        append_varint(head, len(text))
        self.trans.write(bytes(head + text))
        self.state = VALUE_WRITE

    def writeMessageEnd(self) -> None:
        expect(self.state, VALUE_WRITE)
        self.state = CLEAR
        self._begun = None

    def take_back(self) -> Optional[tuple[str, int]]:
        found = super().take_back()
        if found is not None:
            self.state = CLEAR
            self.__last_fid = 0
            self.__bool_fid = None
            self.__structs.clear()
            self.__containers.clear()
        return found

    def writeStructBegin(self, name: str) -> None:
        expect(self.state, CLEAR, CONTAINER_WRITE, VALUE_WRITE)
        self.__structs.append((self.state, self.__last_fid))
        self.state = FIELD_WRITE
        self.__last_fid = 0

    def writeStructEnd(self) -> None:
        expect(self.state, FIELD_WRITE)
        self.state, self.__last_fid = self.__structs.pop()

    def writeFieldStop(self) -> None:
        self.__writeUByte(0)

    def writeFieldBegin(self, name: str, type: int, fid: int) -> None:
        expect(self.state, FIELD_WRITE)
        if type == TType.BOOL:
            # The value goes into the header.
            self.state = BOOL_WRITE
            self.__bool_fid = fid
        else:
            self.state = VALUE_WRITE
            self.__writeFieldHeader(CTYPES[type], fid)

    def writeFieldEnd(self) -> None:
        expect(self.state, VALUE_WRITE, BOOL_WRITE)
        self.state = FIELD_WRITE

    def writeCollectionBegin(self, etype: int, size: int) -> None:
        expect(self.state, VALUE_WRITE, CONTAINER_WRITE)
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
        expect(self.state, VALUE_WRITE, CONTAINER_WRITE)
        if size == 0:
            self.__writeUByte(0)
        else:
            self.__writeSize(size)
            self.__writeUByte(CTYPES[ktype] << 4 | CTYPES[vtype])
        self.__containers.append(self.state)
        self.state = CONTAINER_WRITE

    def writeCollectionEnd(self) -> None:
        expect(self.state, CONTAINER_WRITE)
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
            expect(self.state, CONTAINER_WRITE)
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
        expect(self.state, CLEAR)
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
        expect(self.state, CLEAR)
        if self.__structs:
            raise AssertionError(self.__structs)

    def readStructBegin(self) -> None:
        expect(self.state, CLEAR, CONTAINER_READ, VALUE_READ)
        self.__structs.append((self.state, self.__last_fid))
        self.state = FIELD_READ
        self.__last_fid = 0

    def readStructEnd(self) -> None:
        expect(self.state, FIELD_READ)
        self.state, self.__last_fid = self.__structs.pop()

    def readFieldBegin(self) -> tuple[Optional[str], int, int]:
        expect(self.state, FIELD_READ)
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
        expect(self.state, VALUE_READ, BOOL_READ)
        self.state = FIELD_READ

    def readCollectionBegin(self) -> tuple[int, int]:
        expect(self.state, VALUE_READ, CONTAINER_READ)
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
        expect(self.state, VALUE_READ, CONTAINER_READ)
        size = self.__readSize()
        self._check_container_length(size)
        types = self.__readUByte() if size > 0 else 0
        vtype = self.__getTType(types)
        ktype = self.__getTType(types >> 4)
        self.__containers.append(self.state)
        self.state = CONTAINER_READ
        return (ktype, vtype, size)

    def readCollectionEnd(self) -> None:
        expect(self.state, CONTAINER_READ)
        self.state = self.__containers.pop()

    readSetEnd = readCollectionEnd
    readListEnd = readCollectionEnd
    readMapEnd = readCollectionEnd

    def readBool(self) -> bool:
        if self.state == BOOL_READ:
            return bool(self.__bool_value)
        expect(self.state, CONTAINER_READ)
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
    """The same under the name of Apache's with the C extension. ``fallback`` is taken and has no effect. Goes past
    what subclasses override, as Apache's does."""

    _is_accelerated = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if kwargs:
            kwargs.pop("fallback", None)
        TCompactProtocol.__init__(self, *args, **kwargs)
        self._fast_decode = fastbinary.decode_compact
        self._fast_encode = fastbinary.encode_compact


class TCompactProtocolAcceleratedFactory(AcceleratedFactory):
    def getProtocol(self, trans: Any) -> TCompactProtocolAccelerated:
        return TCompactProtocolAccelerated(trans, self.string_length_limit, self.container_length_limit)


_OURS = (TCompactProtocol, TCompactProtocolAccelerated)
_core.set_apache(protocols=((), _OURS, ()))
