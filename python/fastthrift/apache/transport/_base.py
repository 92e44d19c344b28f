"""What transports derive from, and what they raise. `TTransport` exports it, and is where pickles and messages say that it comes
from."""

from __future__ import annotations

from io import BytesIO
from typing import Any, Optional

from fastthrift.apache.Thrift import TException, reduce_typed

_MODULE = "fastthrift.apache.transport.TTransport"

DEFAULT_MAX_FRAME_SIZE = 16384000
DEFAULT_MAX_SASL_NEGOTIATION_SIZE = 1048576
HARD_MAX_FRAME_SIZE = 0x3FFFFFFF


class TTransportException(TException):
    """A connection that cannot be opened, read or written."""

    __module__ = _MODULE

    UNKNOWN = 0
    NOT_OPEN = 1
    ALREADY_OPEN = 2
    TIMED_OUT = 3
    END_OF_FILE = 4
    NEGATIVE_SIZE = 5
    SIZE_LIMIT = 6
    INVALID_CLIENT_TYPE = 7

    def __init__(self, type: int = UNKNOWN, message: Optional[str] = None, inner: Any = None) -> None:
        TException.__init__(self, message)
        self.type = type
        self.inner = inner

    __reduce__ = reduce_typed


class TTransportEOF(TTransportException, EOFError):
    """The bytes end before the value does: for programs that catch EOFError, as Apache raises it, and for all others."""

    __module__ = _MODULE

    def __init__(
        self,
        type: int = TTransportException.END_OF_FILE,
        message: Optional[str] = "End of file reading from transport",
        inner: Any = None,
    ) -> None:
        super().__init__(type, message, inner)


class TTransportTimeout(TTransportException, TimeoutError):
    """No answer in time: for code that catches TimeoutError, too."""

    __module__ = _MODULE


class TTransportBase:
    """The base of all transports. `read` may give fewer bytes than asked for, `readAll` gives them all."""

    __module__ = _MODULE

    def isOpen(self) -> bool:
        return None  # type: ignore[return-value]  # as Apache's

    def open(self) -> None:
        pass

    def close(self) -> None:
        pass

    def read(self, sz: int) -> bytes:
        return None  # type: ignore[return-value]  # as Apache's

    def readAll(self, sz: int) -> bytes:
        chunk = self.read(sz) if sz > 0 else b""
        if len(chunk) == sz:
            return chunk
        chunks = [chunk]
        missing = sz - len(chunk)
        while missing > 0:
            if not chunk:
                raise TTransportEOF
            chunk = self.read(missing)
            chunks.append(chunk)
            missing -= len(chunk)
        return b"".join(chunks)

    def write(self, buf: bytes) -> None:
        pass

    def flush(self) -> None:
        pass


class Collecting:
    """What collects writes in a BytesIO until they are flushed, and takes back what was written since a mark."""

    def _written(self) -> BytesIO:
        raise NotImplementedError

    def mark_(self) -> tuple[BytesIO, int]:
        written = self._written()
        return written, written.tell()

    def back_to_(self, mark: tuple[BytesIO, int]) -> bool:
        """False where the bytes have left already."""
        written, at = mark
        if written is not self._written():
            return False
        written.seek(at)
        written.truncate()
        return True


class CReadableTransport:
    """What generated code reads natively: bytes that were read ahead, in a BytesIO, and a way to get more."""

    __module__ = _MODULE

    @property
    def cstringio_buf(self) -> BytesIO:
        """The BytesIO whose bytes from its position on come next."""
        return None  # type: ignore[return-value]  # as Apache's

    def cstringio_refill(self, partialread: bytes, reqlen: int) -> BytesIO:
        """A BytesIO that begins with ``partialread`` and holds ``reqlen`` bytes or more; EOFError where there are none."""
        return None  # type: ignore[return-value]  # as Apache's


class TServerTransportBase:
    """The base of what servers listen on."""

    __module__ = _MODULE

    def listen(self) -> None:
        pass

    def accept(self) -> Any:
        pass

    def close(self) -> None:
        pass
