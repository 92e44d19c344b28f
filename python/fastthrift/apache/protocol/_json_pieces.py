"""What both JSON protocols have: pieces of text, and the values that are one piece."""

from __future__ import annotations

from typing import Any, Optional

from fastthrift.apache.protocol.json_text import JsonReader, JsonWriter, double_text
from fastthrift.apache.protocol.TProtocol import (
    DEFAULT_STRING_LENGTH_LIMIT,
    TProtocolBase,
    TProtocolException,
    TProtocolTypeError,
    checkIntegerLimits,
)


class TJSONProtocolBase(TProtocolBase):
    """What both kinds of JSON have: writing and reading pieces of text."""

    def __init__(self, trans: Any, string_length_limit: Optional[int] = DEFAULT_STRING_LENGTH_LIMIT) -> None:
        super().__init__(trans)
        self.string_length_limit = string_length_limit
        self.container_length_limit: Optional[int] = None
        # Through the attribute: decorators and tests put another transport there.
        self._writer_ = JsonWriter(lambda data: self.trans.write(data))
        self._reader_ = JsonReader(lambda size: self.trans.readAll(size), lambda: self.string_length_limit)

    def resetWriteContext(self) -> None:
        self._writer_.reset()

    def resetReadContext(self) -> None:
        self._reader_.reset()

    def _check_string_length(self, length: int) -> None:
        self._check_length(self.string_length_limit, length)

    def writeJSONString(self, string: str) -> None:
        self._writer_.string(string)

    def writeJSONNumber(self, number: Any, formatter: str = "{0}") -> None:
        self._writer_.number(formatter.format(number))

    def writeJSONBase64(self, binary: bytes) -> None:
        self._writer_.binary(binary)

    def writeJSONObjectStart(self) -> None:
        self._writer_.begin(True)

    def writeJSONObjectEnd(self) -> None:
        self._writer_.end(True)

    def writeJSONArrayStart(self) -> None:
        self._writer_.begin(False)

    def writeJSONArrayEnd(self) -> None:
        self._writer_.end(False)

    def readJSONString(self, skipContext: bool = False) -> str:
        return self._reader_.string()

    def readJSONInteger(self) -> int:
        return self._reader_.integer()

    def readJSONDouble(self) -> float:
        return self._reader_.double()

    def readJSONBase64(self) -> bytes:
        return self._reader_.binary()

    def readJSONObjectStart(self) -> None:
        self._reader_.begin(True)

    def readJSONObjectEnd(self) -> None:
        self._reader_.end(True)

    def readJSONArrayStart(self) -> None:
        self._reader_.begin(False)

    def readJSONArrayEnd(self) -> None:
        self._reader_.end(False)

    def _write_integer(self, number: int, bits: int) -> None:
        if not isinstance(number, int):
            raise TProtocolTypeError(TProtocolException.INVALID_DATA, f"expected an integer, got {number!r}")
        checkIntegerLimits(number, bits)
        self._writer_.number(str(int(number)))

    def writeByte(self, byte: int) -> None:
        self._write_integer(byte, 8)

    def writeI16(self, i16: int) -> None:
        self._write_integer(i16, 16)

    def writeI32(self, i32: int) -> None:
        self._write_integer(i32, 32)

    def writeI64(self, i64: int) -> None:
        self._write_integer(i64, 64)

    def writeBool(self, boolean: Any) -> None:
        self._writer_.number("1" if boolean else "0")

    def writeDouble(self, dbl: float) -> None:
        self._writer_.number(double_text(dbl))

    def writeString(self, string: str) -> None:
        self._writer_.string(string)

    def writeBinary(self, binary: bytes) -> None:
        self._writer_.binary(binary)

    def writeUuid(self, uuid: Any) -> None:
        self._writer_.string(str(uuid))
