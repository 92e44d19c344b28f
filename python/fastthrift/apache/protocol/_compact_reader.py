"""How the compact protocol reads: what comes when (`state`), and what it is on the wire."""

from __future__ import annotations

import uuid as _uuid
from struct import Struct
from typing import Optional

from fastthrift import _core
from fastthrift.apache.protocol._compact_words import (
    TTYPES,
    CompactState,
    CompactType,
    expect,
    fromZigZag,
    reader,
    readVarint,
)
from fastthrift.apache.protocol._values import text_of
from fastthrift.apache.protocol.TProtocol import TProtocolException, checkIntegerLimits
from fastthrift.apache.Thrift import TType
from fastthrift.apache.transport._looks import explained
from fastthrift.protocol.compact import BOOL_READ, CLEAR, CONTAINER_READ, FIELD_READ, VALUE_READ

_DOUBLE = Struct("<d")


class CompactReader(CompactState):
    """The half of `TCompactProtocol` that reads."""

    _bool_value: Optional[bool] = None  # of a bool field, which its header has brought

    def _check_string_length(self, length: int) -> None:
        self._check_length(self.string_length_limit, length)

    def _check_container_length(self, length: int) -> None:
        self._check_length(self.container_length_limit, length)

    def _readUByte(self) -> int:
        byte: int = self.trans.readAll(1)[0]
        return byte

    def _readByte(self) -> int:
        return (self._readUByte() ^ 0x80) - 0x80

    def _readVarint(self) -> int:
        return readVarint(self.trans)

    def _readZigZag(self) -> int:
        return fromZigZag(self._readVarint())

    def _readI16(self) -> int:
        number = self._readZigZag()
        checkIntegerLimits(number, 16)
        return number

    def _readSize(self) -> int:
        size = self._readVarint()
        checkIntegerLimits(size, 32)
        return size

    def _readBinary(self) -> bytes:
        size = self._readVarint()
        self._check_string_length(size)
        checkIntegerLimits(size, 32)
        found: bytes = self.trans.readAll(size)
        return found

    def _getTType(self, byte: int) -> int:
        try:
            return TTYPES[byte & 0x0F]
        except KeyError:
            raise TProtocolException(TProtocolException.INVALID_DATA, f"Invalid compact type {byte & 0x0F}") from None

    def readMessageBegin(self) -> tuple[str, int, int]:
        expect(self.state, CLEAR)
        if self._fast_decode is not None:
            try:
                return _core.apache_message_begin(self, True)
            except TProtocolException as error:
                raise explained(error, self.trans) from None
        protocol = self._readUByte()
        if protocol != self.PROTOCOL_ID:
            raise TProtocolException(TProtocolException.BAD_VERSION, f"Bad protocol id in the message: {protocol}")
        byte = self._readUByte()
        type = byte >> self.TYPE_SHIFT_AMOUNT & self.TYPE_BITS
        version = byte & self.VERSION_MASK
        if version != self.VERSION:
            raise TProtocolException(TProtocolException.BAD_VERSION, f"Bad version: {version} (expect {self.VERSION})")
        seqid = self._readVarint() & 0xFFFFFFFF
        seqid = (seqid ^ 0x80000000) - 0x80000000  # an int32 travels as a uint32
        name = text_of(self._readBinary())
        return (name, type, seqid)

    def readMessageEnd(self) -> None:
        expect(self.state, CLEAR)
        if self._structs:
            raise AssertionError(self._structs)

    def readStructBegin(self) -> None:
        expect(self.state, CLEAR, CONTAINER_READ, VALUE_READ)
        self._structs.append((self.state, self._last_fid))
        self.state = FIELD_READ
        self._last_fid = 0

    def readStructEnd(self) -> None:
        expect(self.state, FIELD_READ)
        self.state, self._last_fid = self._structs.pop()

    def readFieldBegin(self) -> tuple[Optional[str], int, int]:
        expect(self.state, FIELD_READ)
        byte = self._readUByte()
        type = byte & 0x0F
        if type == TType.STOP:
            return (None, 0, 0)
        delta = byte >> 4
        fid = self._readI16() if delta == 0 else self._last_fid + delta
        self._last_fid = fid
        if type in (CompactType.TRUE, CompactType.FALSE):
            self.state = BOOL_READ
            self._bool_value = type == CompactType.TRUE
        else:
            self.state = VALUE_READ
        return (None, self._getTType(type), fid)

    def readFieldEnd(self) -> None:
        expect(self.state, VALUE_READ, BOOL_READ)
        self.state = FIELD_READ

    def readCollectionBegin(self) -> tuple[int, int]:
        expect(self.state, VALUE_READ, CONTAINER_READ)
        byte = self._readUByte()
        size = byte >> 4
        type = self._getTType(byte)
        if size == 15:
            size = self._readSize()
        self._check_container_length(size)
        self._containers.append(self.state)
        self.state = CONTAINER_READ
        return (type, size)

    readSetBegin = readCollectionBegin
    readListBegin = readCollectionBegin

    def readMapBegin(self) -> tuple[int, int, int]:
        expect(self.state, VALUE_READ, CONTAINER_READ)
        size = self._readSize()
        self._check_container_length(size)
        types = self._readUByte() if size > 0 else 0
        vtype = self._getTType(types)
        ktype = self._getTType(types >> 4)
        self._containers.append(self.state)
        self.state = CONTAINER_READ
        return (ktype, vtype, size)

    def readCollectionEnd(self) -> None:
        expect(self.state, CONTAINER_READ)
        self.state = self._containers.pop()

    readSetEnd = readCollectionEnd
    readListEnd = readCollectionEnd
    readMapEnd = readCollectionEnd

    def readBool(self) -> bool:
        if self.state == BOOL_READ:
            return bool(self._bool_value)
        expect(self.state, CONTAINER_READ)
        return self._readUByte() == CompactType.TRUE

    @reader
    def readByte(self) -> int:
        return self._readByte()

    @reader
    def readI16(self) -> int:
        return self._readI16()

    @reader
    def readI32(self) -> int:
        number = self._readZigZag()
        checkIntegerLimits(number, 32)
        return number

    @reader
    def readI64(self) -> int:
        number = self._readZigZag()
        checkIntegerLimits(number, 64)
        return number

    @reader
    def readDouble(self) -> float:
        number: float = _DOUBLE.unpack(self.trans.readAll(8))[0]
        return number

    @reader
    def readBinary(self) -> bytes:
        return self._readBinary()

    def _skip_string(self) -> None:
        self.readBinary()

    @reader
    def readUuid(self) -> _uuid.UUID:
        return _uuid.UUID(bytes=self.trans.readAll(16))
