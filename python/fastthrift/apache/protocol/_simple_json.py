"""JSON for people to read: the names of fields and bare values."""

from __future__ import annotations

import math
from typing import Any

from fastthrift.apache.protocol._json_pieces import TJSONProtocolBase
from fastthrift.apache.protocol.json_text import double_text
from fastthrift.apache.protocol.TProtocol import TProtocolFactory


class TSimpleJSONProtocol(TJSONProtocolBase):
    """Names of fields and bare values, without the head of a message: for logs. Nobody can read it back."""

    def _unreadable(self, *args: Any) -> Any:
        raise NotImplementedError("simple JSON cannot be read")

    readMessageBegin = readMessageEnd = readStructBegin = readStructEnd = readFieldBegin = readFieldEnd = _unreadable
    readMapBegin = readMapEnd = readListBegin = readListEnd = readSetBegin = readSetEnd = _unreadable
    readBool = readByte = readI16 = readI32 = readI64 = readDouble = readString = readBinary = readUuid = _unreadable

    def writeDouble(self, dbl: float) -> None:
        # As Python writes it: 1.0, not 1.
        self._writer_.number(str(float(dbl)) if math.isfinite(dbl) else double_text(dbl))

    def writeMessageBegin(self, name: str, request_type: int, seqid: int) -> None:
        self.resetWriteContext()

    def writeMessageEnd(self) -> None:
        pass

    def writeStructBegin(self, name: str) -> None:
        self._writer_.begin(True)

    def writeStructEnd(self) -> None:
        self._writer_.end(True)

    def writeFieldBegin(self, name: str, ttype: int, fid: int) -> None:
        self._writer_.string(name)

    def writeFieldEnd(self) -> None:
        pass

    def writeFieldStop(self) -> None:
        pass

    def writeMapBegin(self, ktype: int, vtype: int, size: int) -> None:
        self._writer_.begin(True)

    def writeMapEnd(self) -> None:
        self._writer_.end(True)

    def writeListBegin(self, etype: int, size: int) -> None:
        self._writer_.begin(False)

    def writeListEnd(self) -> None:
        self._writer_.end(False)

    def writeSetBegin(self, etype: int, size: int) -> None:
        self._writer_.begin(False)

    def writeSetEnd(self) -> None:
        self._writer_.end(False)


class TSimpleJSONProtocolFactory(TProtocolFactory):
    def getProtocol(self, trans: Any) -> TSimpleJSONProtocol:
        return TSimpleJSONProtocol(trans)
