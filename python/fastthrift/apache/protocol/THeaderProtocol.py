"""Binary or compact messages with headers, and every other way that a client may speak them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Optional

from fastthrift.apache._errors import translated
from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocolAccelerated
from fastthrift.apache.protocol.TCompactProtocol import TCompactProtocolAccelerated
from fastthrift.apache.protocol.TProtocol import TProtocolBase, TProtocolException, TProtocolFactory
from fastthrift.apache.Thrift import TApplicationException, TMessageType
from fastthrift.apache.transport.THeaderTransport import THeaderClientType, THeaderSubprotocolID, THeaderTransport
from fastthrift.header import Paired, Unsupported, _current

__all__ = ["THeaderProtocol", "THeaderProtocolFactory"]

PROTOCOLS_BY_ID: dict[int, Any] = {
    THeaderSubprotocolID.BINARY: TBinaryProtocolAccelerated,
    THeaderSubprotocolID.COMPACT: TCompactProtocolAccelerated,
}


class THeaderProtocol(Paired, TProtocolBase):
    """One connection in both directions; delegates values to the protocol of the message at hand."""

    def __init__(
        self,
        transport: Any,
        allowed_client_types: Iterable[int],
        default_protocol: int = THeaderSubprotocolID.BINARY,
    ) -> None:
        if not isinstance(transport, THeaderTransport):
            if default_protocol not in PROTOCOLS_BY_ID:
                raise TProtocolException(TProtocolException.INVALID_PROTOCOL, "Unknown protocol requested.")
            transport = THeaderTransport(transport, allowed_client_types, default_protocol)
        super().__init__(transport)
        self._has_written = False
        self._set_protocol()

    def _set_protocol(self, number: Optional[int] = None) -> None:
        """Reads and writes in the protocol of this number, by default that of the last message."""
        number = self.trans.protocol_id if number is None else number
        self._protocol = PROTOCOLS_BY_ID[number](self.trans)
        # Where the core reads and writes whole structs.
        self._fast_encode = self._protocol._fast_encode
        self._fast_decode = self._protocol._fast_decode
        self.string_length_limit = self._protocol.string_length_limit
        self.container_length_limit = self._protocol.container_length_limit

    def readMessageBegin(self) -> tuple[str, int, int]:
        while True:
            try:
                self.trans.readFrame()
                break
            except Unsupported as error:
                if self._has_written and not self.trans.is_answering:
                    raise translated(error) from error
                self._refuse(error)
        self._set_protocol()
        name, ttype, seqid = self._protocol.readMessageBegin()
        self.trans.is_answering = ttype in (TMessageType.CALL, TMessageType.ONEWAY)
        if self.trans.is_answering:
            _current.set(self)
        return name, ttype, seqid

    def _refuse(self, error: Unsupported) -> None:
        """Answers a frame that nobody can open, so that its sender knows; which call it was, only its sender does."""
        self.trans.is_answering = True
        self.writeMessageBegin("", TMessageType.EXCEPTION, self.trans.sequence_id)
        TApplicationException(error.type, error.message).write(self)
        self.writeMessageEnd()
        self.trans.flush()

    def writeMessageBegin(self, name: str, ttype: int, seqid: int) -> None:
        if ttype in (TMessageType.CALL, TMessageType.ONEWAY):
            self.trans.is_answering = False
        self._set_protocol(self.trans.write_protocol)
        self._has_written = True
        self.trans.sequence_id = seqid
        self._begin_message(name, seqid)
        self._protocol.writeMessageBegin(name, ttype, seqid)

    def readMessageEnd(self) -> None:
        self._protocol.readMessageEnd()
        if not self.trans.is_answering:
            # The next call may be encoded before its head is written.
            self._set_protocol(self.trans.write_protocol)

    def readStructBegin(self) -> None:
        self._protocol.readStructBegin()

    def readStructEnd(self) -> None:
        self._protocol.readStructEnd()

    def readFieldBegin(self) -> tuple[Optional[str], int, int]:
        return self._protocol.readFieldBegin()  # type: ignore[no-any-return]

    def readFieldEnd(self) -> None:
        self._protocol.readFieldEnd()

    def readMapBegin(self) -> tuple[int, int, int]:
        return self._protocol.readMapBegin()  # type: ignore[no-any-return]

    def readMapEnd(self) -> None:
        self._protocol.readMapEnd()

    def readListBegin(self) -> tuple[int, int]:
        return self._protocol.readListBegin()  # type: ignore[no-any-return]

    def readListEnd(self) -> None:
        self._protocol.readListEnd()

    def readSetBegin(self) -> tuple[int, int]:
        return self._protocol.readSetBegin()  # type: ignore[no-any-return]

    def readSetEnd(self) -> None:
        self._protocol.readSetEnd()

    def readBool(self) -> bool:
        return self._protocol.readBool()  # type: ignore[no-any-return]

    def readByte(self) -> int:
        return self._protocol.readByte()  # type: ignore[no-any-return]

    def readI16(self) -> int:
        return self._protocol.readI16()  # type: ignore[no-any-return]

    def readI32(self) -> int:
        return self._protocol.readI32()  # type: ignore[no-any-return]

    def readI64(self) -> int:
        return self._protocol.readI64()  # type: ignore[no-any-return]

    def readDouble(self) -> float:
        return self._protocol.readDouble()  # type: ignore[no-any-return]

    def readBinary(self) -> bytes:
        return self._protocol.readBinary()  # type: ignore[no-any-return]

    def readUuid(self) -> Any:
        return self._protocol.readUuid()

    def writeMessageEnd(self) -> None:
        self._protocol.writeMessageEnd()
        self._begun = None

    def writeStructBegin(self, name: str) -> None:
        self._protocol.writeStructBegin(name)

    def writeStructEnd(self) -> None:
        self._protocol.writeStructEnd()

    def writeFieldBegin(self, name: str, ttype: int, fid: int) -> None:
        self._protocol.writeFieldBegin(name, ttype, fid)

    def writeFieldEnd(self) -> None:
        self._protocol.writeFieldEnd()

    def writeFieldStop(self) -> None:
        self._protocol.writeFieldStop()

    def writeMapBegin(self, ktype: int, vtype: int, size: int) -> None:
        self._protocol.writeMapBegin(ktype, vtype, size)

    def writeMapEnd(self) -> None:
        self._protocol.writeMapEnd()

    def writeListBegin(self, etype: int, size: int) -> None:
        self._protocol.writeListBegin(etype, size)

    def writeListEnd(self) -> None:
        self._protocol.writeListEnd()

    def writeSetBegin(self, etype: int, size: int) -> None:
        self._protocol.writeSetBegin(etype, size)

    def writeSetEnd(self) -> None:
        self._protocol.writeSetEnd()

    def writeBool(self, bool_val: Any) -> None:
        self._protocol.writeBool(bool_val)

    def writeByte(self, byte: int) -> None:
        self._protocol.writeByte(byte)

    def writeI16(self, i16: int) -> None:
        self._protocol.writeI16(i16)

    def writeI32(self, i32: int) -> None:
        self._protocol.writeI32(i32)

    def writeI64(self, i64: int) -> None:
        self._protocol.writeI64(i64)

    def writeDouble(self, dub: float) -> None:
        self._protocol.writeDouble(dub)

    def writeBinary(self, str_val: bytes) -> None:
        self._protocol.writeBinary(str_val)

    def writeUuid(self, uuid: Any) -> None:
        self._protocol.writeUuid(uuid)

    def _skip_string(self) -> None:
        self._protocol._skip_string()


class THeaderProtocolFactory(TProtocolFactory):
    """A server takes clients of ``allowed_client_types``; a client sends ``default_protocol`` with headers."""

    # A server makes one protocol a connection.
    shares_protocol = True

    def __init__(
        self,
        allowed_client_types: Iterable[int] = (THeaderClientType.HEADERS,),
        default_protocol: int = THeaderSubprotocolID.BINARY,
    ) -> None:
        self.allowed_client_types = tuple(allowed_client_types)
        self.default_protocol = default_protocol

    def getProtocol(self, trans: Any) -> THeaderProtocol:
        return THeaderProtocol(trans, self.allowed_client_types, self.default_protocol)
