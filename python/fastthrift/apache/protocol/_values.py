"""Values one by one: what a protocol is made of. A base for protocols, whose methods do nothing, as Apache's."""

from __future__ import annotations

from typing import Any, Optional

from fastthrift.apache.protocol._exceptions import TProtocolException, TProtocolTextError, TProtocolTypeError
from fastthrift.apache.Thrift import TType


class Values:
    """The reading and writing of single values, which each protocol does its own way, and going over them."""

    DEFAULT_RECURSION_DEPTH = 64

    def writeMessageBegin(self, name: str, ttype: int, seqid: int) -> None:
        pass

    def writeMessageEnd(self) -> None:
        pass

    def writeStructBegin(self, name: str) -> None:
        pass

    def writeStructEnd(self) -> None:
        pass

    def writeFieldBegin(self, name: str, ttype: int, fid: int) -> None:
        pass

    def writeFieldEnd(self) -> None:
        pass

    def writeFieldStop(self) -> None:
        pass

    def writeMapBegin(self, ktype: int, vtype: int, size: int) -> None:
        pass

    def writeMapEnd(self) -> None:
        pass

    def writeListBegin(self, etype: int, size: int) -> None:
        pass

    def writeListEnd(self) -> None:
        pass

    def writeSetBegin(self, etype: int, size: int) -> None:
        pass

    def writeSetEnd(self) -> None:
        pass

    def writeBool(self, bool_val: Any) -> None:
        pass

    def writeByte(self, byte: int) -> None:
        pass

    def writeI16(self, i16: int) -> None:
        pass

    def writeI32(self, i32: int) -> None:
        pass

    def writeI64(self, i64: int) -> None:
        pass

    def writeDouble(self, dub: float) -> None:
        pass

    def writeString(self, str_val: str) -> None:
        try:
            encoded = str_val.encode("utf-8")
        except AttributeError:
            text = f"a string is a str, not {type(str_val).__name__} {str_val!r}"
            raise TProtocolTypeError(TProtocolException.INVALID_DATA, text) from None
        self.writeBinary(encoded)

    def writeBinary(self, str_val: bytes) -> None:
        pass

    def writeUuid(self, uuid: Any) -> None:
        pass

    def readMessageBegin(self) -> tuple[str, int, int]:
        return None  # type: ignore[return-value]  # as Apache's, and so are those below

    def readMessageEnd(self) -> None:
        pass

    def readStructBegin(self) -> None:
        pass

    def readStructEnd(self) -> None:
        pass

    def readFieldBegin(self) -> tuple[Optional[str], int, int]:
        return None  # type: ignore[return-value]

    def readFieldEnd(self) -> None:
        pass

    def readMapBegin(self) -> tuple[int, int, int]:
        return None  # type: ignore[return-value]

    def readMapEnd(self) -> None:
        pass

    def readListBegin(self) -> tuple[int, int]:
        return None  # type: ignore[return-value]

    def readListEnd(self) -> None:
        pass

    def readSetBegin(self) -> tuple[int, int]:
        return None  # type: ignore[return-value]

    def readSetEnd(self) -> None:
        pass

    def readBool(self) -> bool:
        return None  # type: ignore[return-value]

    def readByte(self) -> int:
        return None  # type: ignore[return-value]

    def readI16(self) -> int:
        return None  # type: ignore[return-value]

    def readI32(self) -> int:
        return None  # type: ignore[return-value]

    def readI64(self) -> int:
        return None  # type: ignore[return-value]

    def readDouble(self) -> float:
        return None  # type: ignore[return-value]

    def readString(self) -> str:
        return text_of(self.readBinary())

    def readBinary(self) -> bytes:
        return None  # type: ignore[return-value]

    def readUuid(self) -> Any:
        return None

    def skip(self, ttype: int, max_depth: int = DEFAULT_RECURSION_DEPTH) -> None:
        """Goes over a value of the type; strings as bytes, whether they are text or not."""
        if max_depth <= 0:
            raise TProtocolException(TProtocolException.DEPTH_LIMIT, "Maximum skip depth exceeded")
        below = max_depth - 1
        if ttype == TType.BOOL:
            self.readBool()
        elif ttype == TType.BYTE:
            self.readByte()
        elif ttype == TType.I16:
            self.readI16()
        elif ttype == TType.I32:
            self.readI32()
        elif ttype == TType.I64:
            self.readI64()
        elif ttype == TType.DOUBLE:
            self.readDouble()
        elif ttype == TType.STRING:
            self._skip_string()
        elif ttype == TType.UUID:
            self.readUuid()
        elif ttype == TType.STRUCT:
            self.readStructBegin()
            while True:
                _, inner, _ = self.readFieldBegin()
                if inner == TType.STOP:
                    break
                self.skip(inner, below)
                self.readFieldEnd()
            self.readStructEnd()
        elif ttype == TType.MAP:
            key, value, size = self.readMapBegin()
            for _ in range(size):
                self.skip(key, below)
                self.skip(value, below)
            self.readMapEnd()
        elif ttype == TType.SET:
            inner, size = self.readSetBegin()
            for _ in range(size):
                self.skip(inner, below)
            self.readSetEnd()
        elif ttype == TType.LIST:
            inner, size = self.readListBegin()
            for _ in range(size):
                self.skip(inner, below)
            self.readListEnd()
        else:
            raise TProtocolException(TProtocolException.INVALID_DATA, "invalid TType")

    def _skip_string(self) -> None:
        self.readString()


def text_of(data: bytes) -> str:
    """The text of bytes that are UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TProtocolTextError(*error.args) from None
