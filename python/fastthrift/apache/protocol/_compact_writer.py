"""How the compact protocol writes: what comes when (`state`), and what it is on the wire."""

from __future__ import annotations

from struct import Struct
from typing import Any, Optional

from fastthrift.apache.protocol._compact_words import (
    CTYPES,
    CompactState,
    CompactType,
    append_varint,
    expect,
    makeZigZag,
    writer,
    writeVarint,
)
from fastthrift.apache.protocol.TProtocol import (
    TProtocolException,
    TProtocolTypeError,
    checkIntegerLimits,
)
from fastthrift.apache.Thrift import TType
from fastthrift.protocol.compact import BOOL_WRITE, CLEAR, CONTAINER_WRITE, FIELD_WRITE, VALUE_WRITE

_DOUBLE = Struct("<d")


class CompactWriter(CompactState):
    """The half of `TCompactProtocol` that writes."""

    _bool_fid: Optional[int] = None  # of a bool field whose header waits for the value

    def _writeUByte(self, byte: int) -> None:
        self.trans.write(bytes((byte,)))

    def _writeByte(self, byte: int) -> None:
        checkIntegerLimits(byte, 8)
        self.trans.write(bytes((byte & 0xFF,)))

    def _writeVarint(self, n: int) -> None:
        writeVarint(self.trans, n)

    def _writeI16(self, i16: int) -> None:
        self._writeVarint(makeZigZag(i16, 16))

    def _writeSize(self, i32: int) -> None:
        self._writeVarint(i32)

    def _writeBinary(self, s: bytes) -> None:
        self._writeSize(len(s))
        self.trans.write(s)

    def _writeFieldHeader(self, type: int, fid: int) -> None:
        delta = fid - self._last_fid
        if 0 < delta <= 15:
            self._writeUByte(delta << 4 | type)
        else:
            self._writeUByte(type)
            self._writeI16(fid)
        self._last_fid = fid

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
            self._last_fid = 0
            self._bool_fid = None
            self._structs.clear()
            self._containers.clear()
        return found

    def writeStructBegin(self, name: str) -> None:
        expect(self.state, CLEAR, CONTAINER_WRITE, VALUE_WRITE)
        self._structs.append((self.state, self._last_fid))
        self.state = FIELD_WRITE
        self._last_fid = 0

    def writeStructEnd(self) -> None:
        expect(self.state, FIELD_WRITE)
        self.state, self._last_fid = self._structs.pop()

    def writeFieldStop(self) -> None:
        self._writeUByte(0)

    def writeFieldBegin(self, name: str, type: int, fid: int) -> None:
        expect(self.state, FIELD_WRITE)
        if type == TType.BOOL:
            # The value goes into the header.
            self.state = BOOL_WRITE
            self._bool_fid = fid
        else:
            self.state = VALUE_WRITE
            self._writeFieldHeader(CTYPES[type], fid)

    def writeFieldEnd(self) -> None:
        expect(self.state, VALUE_WRITE, BOOL_WRITE)
        self.state = FIELD_WRITE

    def writeCollectionBegin(self, etype: int, size: int) -> None:
        expect(self.state, VALUE_WRITE, CONTAINER_WRITE)
        if size <= 14:
            self._writeUByte(size << 4 | CTYPES[etype])
        else:
            self._writeUByte(0xF0 | CTYPES[etype])
            self._writeSize(size)
        self._containers.append(self.state)
        self.state = CONTAINER_WRITE

    writeSetBegin = writeCollectionBegin
    writeListBegin = writeCollectionBegin

    def writeMapBegin(self, ktype: int, vtype: int, size: int) -> None:
        expect(self.state, VALUE_WRITE, CONTAINER_WRITE)
        if size == 0:
            self._writeUByte(0)
        else:
            self._writeSize(size)
            self._writeUByte(CTYPES[ktype] << 4 | CTYPES[vtype])
        self._containers.append(self.state)
        self.state = CONTAINER_WRITE

    def writeCollectionEnd(self) -> None:
        expect(self.state, CONTAINER_WRITE)
        self.state = self._containers.pop()

    writeMapEnd = writeCollectionEnd
    writeSetEnd = writeCollectionEnd
    writeListEnd = writeCollectionEnd

    def writeBool(self, bool: Any) -> None:
        value = CompactType.TRUE if bool else CompactType.FALSE
        if self.state == BOOL_WRITE:
            assert self._bool_fid is not None
            self._writeFieldHeader(value, self._bool_fid)
        else:
            expect(self.state, CONTAINER_WRITE)
            self._writeUByte(value)

    @writer
    def writeByte(self, byte: int) -> None:
        self._writeByte(byte)

    @writer
    def writeI16(self, i16: int) -> None:
        self._writeI16(i16)

    @writer
    def writeI32(self, i32: int) -> None:
        self._writeVarint(makeZigZag(i32, 32))

    @writer
    def writeI64(self, i64: int) -> None:
        self._writeVarint(makeZigZag(i64, 64))

    @writer
    def writeDouble(self, dub: float) -> None:
        self.trans.write(_DOUBLE.pack(dub))

    @writer
    def writeBinary(self, s: bytes) -> None:
        if isinstance(s, str):
            raise TProtocolTypeError(TProtocolException.INVALID_DATA, "bytes are required, not str")
        self._writeBinary(s)

    @writer
    def writeUuid(self, uuid: Any) -> None:
        self.trans.write(uuid.bytes)
