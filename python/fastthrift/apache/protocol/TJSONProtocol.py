"""Apache's JSON protocol: ids and short names of types instead of the names of fields. Simple JSON is exported from here too."""

from __future__ import annotations

import uuid as _uuid
from typing import Any, Optional

from fastthrift import _core
from fastthrift.apache import _native as _native
from fastthrift.apache.protocol._json_pieces import TJSONProtocolBase
from fastthrift.apache.protocol._simple_json import TSimpleJSONProtocol, TSimpleJSONProtocolFactory
from fastthrift.apache.protocol.json_text import bad
from fastthrift.apache.protocol.TProtocol import (
    DEFAULT_STRING_LENGTH_LIMIT,
    TProtocolException,
    TProtocolFactory,
    TProtocolSizeError,
    checkIntegerLimits,
)
from fastthrift.apache.Thrift import TType
from fastthrift.apache.transport._looks import explained
from fastthrift.apache.transport.TTransport import TTransportException
from fastthrift.protocol import apache_json

__all__ = ["TJSONProtocol", "TJSONProtocolFactory", "TSimpleJSONProtocol", "TSimpleJSONProtocolFactory"]

VERSION = 1

# BINARY is no type of Apache's.
CTYPES = {ttype: name for ttype, name in apache_json.CTYPES.items() if ttype != apache_json.TType.BINARY}
CTYPES[TType.UUID] = "uid"
JTYPES = {name: ttype for ttype, name in CTYPES.items()}


class TJSONProtocol(TJSONProtocolBase):
    """Written as the specification has it; read from everybody, whatever their ways with NaN, control characters, padding.

    The core reads and writes whole structs where nothing is open around them but a message.
    """

    @property
    def _fast_encode(self) -> Any:
        if type(self) is TJSONProtocol and self._is_fast and self._writer_.is_outermost():
            return _core.encode_json
        return None

    @_fast_encode.setter
    def _fast_encode(self, value: Any) -> None:
        self._is_fast = False

    @property
    def _fast_decode(self) -> Any:
        if type(self) is TJSONProtocol and self._is_fast and self._reader_.is_outermost():
            return _core.decode_json
        return None

    @_fast_decode.setter
    def _fast_decode(self, value: Any) -> None:
        self._is_fast = False

    def __init__(self, trans: Any, string_length_limit: Optional[int] = DEFAULT_STRING_LENGTH_LIMIT) -> None:
        super().__init__(trans, string_length_limit)
        self._is_fast = True

    def readMessageBegin(self) -> tuple[str, int, int]:
        self.resetReadContext()
        reader = self._reader_
        try:
            reader.begin(False)
        except TProtocolException as error:
            raise explained(error, self.trans) from None
        if reader.integer() != VERSION:
            raise TProtocolException(TProtocolException.BAD_VERSION, "Message contained bad version.")
        head = reader.string(), reader.integer(), self._integer(32)
        reader.separate()
        return head

    def readMessageEnd(self) -> None:
        self._reader_.end(False)

    def readStructBegin(self) -> None:
        self._reader_.begin(True)

    def readStructEnd(self) -> None:
        self._reader_.end(True)

    def readFieldBegin(self) -> tuple[Optional[str], int, int]:
        reader = self._reader_
        if reader.is_at_end():
            return None, TType.STOP, 0
        fid = self._integer(16)
        reader.begin(True)
        return None, self._type(), fid

    def readFieldEnd(self) -> None:
        self._reader_.end(True)

    def _type(self) -> int:
        name = self._reader_.string()
        if name not in JTYPES:
            raise bad(f"Unknown type name {name!r}")
        return JTYPES[name]

    def _size(self) -> int:
        size = self._reader_.integer()
        if size < 0:
            raise TProtocolSizeError(TTransportException.NEGATIVE_SIZE, f"Negative length: {size}")
        if size > 0x7FFFFFFF:
            raise TProtocolSizeError(TTransportException.SIZE_LIMIT, "Length exceeded max allowed: 2147483647")
        self._check_length(self.container_length_limit, size)
        return size

    def readMapBegin(self) -> tuple[int, int, int]:
        reader = self._reader_
        reader.begin(False)
        names = reader.string(), reader.string()
        size = self._size()
        # Node's empty maps are of no type.
        unknown = [name for name in names if name not in JTYPES]
        if unknown and size:
            raise bad(f"Unknown type name {unknown[0]!r}")
        reader.begin(True)
        key, value = (JTYPES.get(name, TType.STOP) for name in names)
        return key, value, size

    def readMapEnd(self) -> None:
        self._reader_.end(True)
        self._reader_.end(False)

    def readCollectionBegin(self) -> tuple[int, int]:
        reader = self._reader_
        reader.begin(False)
        name = reader.string()
        size = self._size()
        if name not in JTYPES and size:
            raise bad(f"Unknown type name {name!r}")
        return JTYPES.get(name, TType.STOP), size

    readListBegin = readCollectionBegin
    readSetBegin = readCollectionBegin

    def readCollectionEnd(self) -> None:
        self._reader_.end(False)

    readListEnd = readCollectionEnd
    readSetEnd = readCollectionEnd

    def readBool(self) -> bool:
        return self._reader_.boolean()

    def _integer(self, bits: int) -> int:
        number = self._reader_.integer()
        checkIntegerLimits(number, bits)
        return number

    def readNumber(self) -> int:
        return self._reader_.integer()

    def readByte(self) -> int:
        return self._integer(8)

    def readI16(self) -> int:
        return self._integer(16)

    def readI32(self) -> int:
        return self._integer(32)

    def readI64(self) -> int:
        return self._integer(64)

    def readDouble(self) -> float:
        return self._reader_.double()

    def readString(self) -> str:
        return self._reader_.string()

    def readBinary(self) -> bytes:
        return self._reader_.binary()

    def readUuid(self) -> _uuid.UUID:
        text = self._reader_.string()
        try:
            return _uuid.UUID(text)
        except ValueError:
            raise bad(f"{text!r} is no UUID") from None

    def writeMessageBegin(self, name: str, request_type: int, seqid: int) -> None:
        self._begin_message(name, seqid)
        self.resetWriteContext()
        writer = self._writer_
        writer.begin(False)
        writer.number(str(VERSION))
        writer.string(name)
        writer.number(str(int(request_type)))
        writer.number(str(int(seqid)))
        writer.separate()

    def writeMessageEnd(self) -> None:
        self._writer_.end(False)
        self._begun = None

    def writeStructBegin(self, name: str) -> None:
        self._writer_.begin(True)

    def writeStructEnd(self) -> None:
        self._writer_.end(True)

    def writeFieldBegin(self, name: str, ttype: int, id: int) -> None:
        self._writer_.number(str(id))
        self._writer_.begin(True)
        self._writer_.string(CTYPES[ttype])

    def writeFieldEnd(self) -> None:
        self._writer_.end(True)

    def writeFieldStop(self) -> None:
        pass

    def writeMapBegin(self, ktype: int, vtype: int, size: int) -> None:
        self._writer_.begin(False)
        self._writer_.string(CTYPES[ktype])
        self._writer_.string(CTYPES[vtype])
        self._writer_.number(str(size))
        self._writer_.begin(True)

    def writeMapEnd(self) -> None:
        self._writer_.end(True)
        self._writer_.end(False)

    def writeListBegin(self, etype: int, size: int) -> None:
        self._writer_.begin(False)
        self._writer_.string(CTYPES[etype])
        self._writer_.number(str(size))

    def writeListEnd(self) -> None:
        self._writer_.end(False)

    def writeSetBegin(self, etype: int, size: int) -> None:
        self.writeListBegin(etype, size)

    def writeSetEnd(self) -> None:
        self._writer_.end(False)


class TJSONProtocolFactory(TProtocolFactory):
    def __init__(self, string_length_limit: Optional[int] = DEFAULT_STRING_LENGTH_LIMIT) -> None:
        self.string_length_limit = string_length_limit
        self.container_length_limit: Optional[int] = None

    def getProtocol(self, trans: Any) -> TJSONProtocol:
        protocol = TJSONProtocol(trans, self.string_length_limit)
        protocol.container_length_limit = self.container_length_limit
        return protocol


_core.set_apache(protocols=((), (), (TJSONProtocol,)))
