"""The binary protocol. `_fast_*` are the core's: structs are read and written natively but by subclasses that have their own ways."""

from __future__ import annotations

import uuid as _uuid
from struct import Struct
from struct import error as _StructError
from typing import Any, Optional

from fastthrift import _core
from fastthrift.apache import _native as _native
from fastthrift.apache.protocol import fastbinary
from fastthrift.apache.protocol._accelerated import AcceleratedFactory
from fastthrift.apache.protocol._values import text_of
from fastthrift.apache.protocol.TProtocol import (
    DEFAULT_STRING_LENGTH_LIMIT,
    TProtocolBase,
    TProtocolException,
    TProtocolFactory,
    TProtocolRangeError,
    changed_ways,
)
from fastthrift.apache.Thrift import TType
from fastthrift.apache.transport._looks import explained

_I8, _I16, _I32, _I64, _DOUBLE = Struct("!b"), Struct("!h"), Struct("!i"), Struct("!q"), Struct("!d")
_TWO_I32 = Struct("!ii")
_FIELD, _MAP, _LIST = Struct("!bh"), Struct("!bbi"), Struct("!bi")


def _refuse(error: _StructError) -> TProtocolRangeError:
    return TProtocolRangeError(TProtocolException.INVALID_DATA, str(error))


class TBinaryProtocol(TProtocolBase):
    """Binary over any transport; ``strictWrite`` puts the version before a message, ``strictRead`` wants it there."""

    VERSION_MASK = -65536
    VERSION_1 = -2147418112
    TYPE_MASK = 0x000000FF

    def __init__(self, trans: Any, strictRead: bool = False, strictWrite: bool = True, **kwargs: Any) -> None:
        self.trans = trans
        self._recursion_depth = 0
        self.strictRead = strictRead
        self.strictWrite = strictWrite
        self.string_length_limit: Optional[int] = kwargs.get("string_length_limit", DEFAULT_STRING_LENGTH_LIMIT)
        self.container_length_limit: Optional[int] = kwargs.get("container_length_limit")
        # A subclass that reads or writes values its own way is asked for each of them, in the steps of Apache's.
        writes, reads = (False, False) if type(self) in _OURS else changed_ways(type(self), TBinaryProtocol)
        self._fast_decode = None if reads else fastbinary.decode_binary
        self._fast_encode = None if writes else fastbinary.encode_binary

    def _check_string_length(self, length: int) -> None:
        self._check_length(self.string_length_limit, length)

    def _check_container_length(self, length: int) -> None:
        self._check_length(self.container_length_limit, length)

    def writeMessageBegin(self, name: str, type: int, seqid: int) -> None:
        self._begin_message(name, seqid)
        if self.strictWrite and self._fast_encode is None:
            self.writeI32(self.VERSION_1 | type)
            self.writeString(name)
            self.writeI32(seqid)
        elif self.strictWrite:
            text = name.encode("utf-8")
            try:
                head = _TWO_I32.pack(self.VERSION_1 | type, len(text)), text, _I32.pack(seqid)
            except _StructError as error:
                raise _refuse(error) from None
            self.trans.write(b"".join(head))
        else:
            self.writeString(name)
            self.writeByte(type)
            self.writeI32(seqid)

    def writeMessageEnd(self) -> None:
        self._begun = None

    def writeStructBegin(self, name: str) -> None:
        pass

    def writeStructEnd(self) -> None:
        pass

    def writeFieldBegin(self, name: str, type: int, id: int) -> None:
        if self._fast_encode is None:
            self.writeByte(type)
            self.writeI16(id)
            return
        try:
            self.trans.write(_FIELD.pack(type, id))
        except _StructError as error:
            raise _refuse(error) from None

    def writeFieldEnd(self) -> None:
        pass

    def writeFieldStop(self) -> None:
        self.trans.write(b"\x00")

    def writeMapBegin(self, ktype: int, vtype: int, size: int) -> None:
        if self._fast_encode is None:
            self.writeByte(ktype)
            self._write_list_head(vtype, size)
        else:
            self.trans.write(_MAP.pack(ktype, vtype, size))

    def writeMapEnd(self) -> None:
        pass

    def _write_list_head(self, etype: int, size: int) -> None:
        if self._fast_encode is None:
            self.writeByte(etype)
            self.writeI32(size)
        else:
            self.trans.write(_LIST.pack(etype, size))

    def writeListBegin(self, etype: int, size: int) -> None:
        self._write_list_head(etype, size)

    def writeListEnd(self) -> None:
        pass

    def writeSetBegin(self, etype: int, size: int) -> None:
        self._write_list_head(etype, size)

    def writeSetEnd(self) -> None:
        pass

    def writeBool(self, bool: Any) -> None:
        self.writeByte(1 if bool else 0)

    def _write_number(self, form: Struct, number: Any) -> None:
        try:
            packed = form.pack(number)
        except _StructError as error:
            raise _refuse(error) from None
        self.trans.write(packed)

    def writeByte(self, byte: int) -> None:
        self._write_number(_I8, byte)

    def writeI16(self, i16: int) -> None:
        self._write_number(_I16, i16)

    def writeI32(self, i32: int) -> None:
        self._write_number(_I32, i32)

    def writeI64(self, i64: int) -> None:
        self._write_number(_I64, i64)

    def writeDouble(self, dub: float) -> None:
        self._write_number(_DOUBLE, dub)

    def writeBinary(self, str: bytes) -> None:
        if self._fast_encode is None:
            self.writeI32(len(str))
            self.trans.write(str)
        else:
            self.trans.write(_I32.pack(len(str)) + str)

    def writeUuid(self, uuid: Any) -> None:
        self.trans.write(uuid.bytes)

    def readMessageBegin(self) -> tuple[str, int, int]:
        if self._fast_decode is not None:
            try:
                return _core.apache_message_begin(self, False)
            except TProtocolException as error:
                raise explained(error, self.trans) from None
        size = self.readI32()
        if size < 0:
            if size & self.VERSION_MASK != self.VERSION_1:
                raise TProtocolException(TProtocolException.BAD_VERSION, f"Bad version in readMessageBegin: {size}")
            return (self.readString(), size & self.TYPE_MASK, self.readI32())
        if self.strictRead:
            raise TProtocolException(TProtocolException.BAD_VERSION, "No protocol version header")
        self._check_string_length(size)
        name = text_of(self.trans.readAll(size))
        return (name, self.readByte(), self.readI32())

    def readMessageEnd(self) -> None:
        pass

    def readStructBegin(self) -> None:
        pass

    def readStructEnd(self) -> None:
        pass

    def readFieldBegin(self) -> tuple[Optional[str], int, int]:
        type = self.readByte()
        if type == TType.STOP:
            return (None, type, 0)
        return (None, type, self.readI16())

    def readFieldEnd(self) -> None:
        pass

    def readMapBegin(self) -> tuple[int, int, int]:
        if self._fast_decode is None:
            ktype, vtype, size = self.readByte(), self.readByte(), self.readI32()
        else:
            ktype, vtype, size = _MAP.unpack(self.trans.readAll(6))
        self._check_container_length(size)
        return (ktype, vtype, size)

    def readMapEnd(self) -> None:
        pass

    def _read_list_head(self) -> tuple[int, int]:
        if self._fast_decode is None:
            etype, size = self.readByte(), self.readI32()
        else:
            etype, size = _LIST.unpack(self.trans.readAll(5))
        self._check_container_length(size)
        return (etype, size)

    def readListBegin(self) -> tuple[int, int]:
        return self._read_list_head()

    def readListEnd(self) -> None:
        pass

    def readSetBegin(self) -> tuple[int, int]:
        return self._read_list_head()

    def readSetEnd(self) -> None:
        pass

    def readBool(self) -> bool:
        return self.readByte() != 0

    def readByte(self) -> int:
        number: int = _I8.unpack(self.trans.readAll(1))[0]
        return number

    def readI16(self) -> int:
        number: int = _I16.unpack(self.trans.readAll(2))[0]
        return number

    def readI32(self) -> int:
        number: int = _I32.unpack(self.trans.readAll(4))[0]
        return number

    def readI64(self) -> int:
        number: int = _I64.unpack(self.trans.readAll(8))[0]
        return number

    def readDouble(self) -> float:
        number: float = _DOUBLE.unpack(self.trans.readAll(8))[0]
        return number

    def readBinary(self) -> bytes:
        size = self.readI32()
        self._check_string_length(size)
        found: bytes = self.trans.readAll(size)
        return found

    def _skip_string(self) -> None:
        self.readBinary()

    def readUuid(self) -> _uuid.UUID:
        return _uuid.UUID(bytes=self.trans.readAll(16))


class TBinaryProtocolFactory(TProtocolFactory):
    def __init__(self, strictRead: bool = False, strictWrite: bool = True, **kwargs: Any) -> None:
        self.strictRead = strictRead
        self.strictWrite = strictWrite
        self.string_length_limit: Optional[int] = kwargs.get("string_length_limit", DEFAULT_STRING_LENGTH_LIMIT)
        self.container_length_limit: Optional[int] = kwargs.get("container_length_limit")

    def getProtocol(self, trans: Any) -> TBinaryProtocol:
        return TBinaryProtocol(
            trans,
            self.strictRead,
            self.strictWrite,
            string_length_limit=self.string_length_limit,
            container_length_limit=self.container_length_limit,
        )


class TBinaryProtocolAccelerated(TBinaryProtocol):
    """The same under the name of Apache's with the C extension. ``fallback`` is taken and has no effect. Goes past
    what subclasses override, as Apache's does."""

    _is_accelerated = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if kwargs:
            kwargs.pop("fallback", None)
        TBinaryProtocol.__init__(self, *args, **kwargs)
        self._fast_decode = fastbinary.decode_binary
        self._fast_encode = fastbinary.encode_binary


class TBinaryProtocolAcceleratedFactory(AcceleratedFactory):
    def getProtocol(self, trans: Any) -> TBinaryProtocolAccelerated:
        return TBinaryProtocolAccelerated(
            trans,
            string_length_limit=self.string_length_limit,
            container_length_limit=self.container_length_limit,
        )


_OURS = (TBinaryProtocol, TBinaryProtocolAccelerated)
_core.set_apache(protocols=(_OURS, (), ()))
