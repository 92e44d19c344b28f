"""Transports as Apache names them: what writes and reads bytes below a protocol."""

from __future__ import annotations

import struct
from io import BytesIO
from typing import Any, Optional

from fastthrift.apache.Thrift import TException, reduce_typed

DEFAULT_MAX_FRAME_SIZE = 16384000
DEFAULT_MAX_SASL_NEGOTIATION_SIZE = 1048576
HARD_MAX_FRAME_SIZE = 0x3FFFFFFF

_I32 = struct.Struct("!i")


class TTransportException(TException):
    """A connection that cannot be opened, read or written."""

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

    def __init__(
        self,
        type: int = TTransportException.END_OF_FILE,
        message: Optional[str] = "End of file reading from transport",
        inner: Any = None,
    ) -> None:
        super().__init__(type, message, inner)


class TTransportTimeout(TTransportException, TimeoutError):
    """No answer in time: for code that catches TimeoutError, too."""


class TTransportBase:
    """The base of all transports. `read` may give fewer bytes than asked for, `readAll` gives them all."""

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

    @property
    def cstringio_buf(self) -> BytesIO:
        """The BytesIO whose bytes from its position on come next."""
        return None  # type: ignore[return-value]  # as Apache's

    def cstringio_refill(self, partialread: bytes, reqlen: int) -> BytesIO:
        """A BytesIO that begins with ``partialread`` and holds ``reqlen`` bytes or more; EOFError where there are none."""
        return None  # type: ignore[return-value]  # as Apache's


class TServerTransportBase:
    """The base of what servers listen on."""

    def listen(self) -> None:
        pass

    def accept(self) -> Any:
        pass

    def close(self) -> None:
        pass


class TTransportFactoryBase:
    """Puts nothing on a transport."""

    def getTransport(self, trans: Any) -> Any:
        return trans


class TBufferedTransportFactory:
    def getTransport(self, trans: Any) -> TBufferedTransport:
        return TBufferedTransport(trans)


class TBufferedTransport(TTransportBase, CReadableTransport, Collecting):
    """Collects writes until flush and reads ahead."""

    DEFAULT_BUFFER = 4096

    def __init__(self, trans: Any, rbuf_size: int = DEFAULT_BUFFER) -> None:
        self.__trans = trans
        self.__wbuf = BytesIO()
        self.__rbuf = BytesIO(b"")
        self.__rbuf_size = rbuf_size

    def isOpen(self) -> bool:
        is_open: bool = self.__trans.isOpen()
        return is_open

    def open(self) -> None:
        self.__trans.open()

    def close(self) -> None:
        self.__trans.close()

    def read(self, sz: int) -> bytes:
        found = self.__rbuf.read(sz)
        if found or sz <= 0:
            return found
        self.__rbuf = BytesIO(self.__trans.read(max(sz, self.__rbuf_size)))
        return self.__rbuf.read(sz)

    def _written(self) -> BytesIO:
        return self.__wbuf

    def write(self, buf: bytes) -> None:
        try:
            self.__wbuf.write(buf)
        except BaseException:
            self.__wbuf = BytesIO()
            raise

    def flush(self) -> None:
        out = self.__wbuf.getvalue()
        # Emptied before the write: nobody knows how much of a failed one has left, so it is never sent again.
        self.__wbuf = BytesIO()
        self.__trans.write(out)
        self.__trans.flush()

    @property
    def cstringio_buf(self) -> BytesIO:
        return self.__rbuf

    def cstringio_refill(self, partialread: bytes, reqlen: int) -> BytesIO:
        chunks = [partialread]
        missing = reqlen - len(partialread)
        while missing > 0:
            chunk = self.__trans.read(max(missing, self.__rbuf_size))
            if not chunk:
                raise TTransportEOF
            chunks.append(chunk)
            missing -= len(chunk)
        self.__rbuf = BytesIO(b"".join(chunks))
        return self.__rbuf


class TMemoryBuffer(TTransportBase, CReadableTransport):
    """Bytes in memory, with one position for reading and writing: what was made from a value is overwritten."""

    def __init__(self, value: Optional[bytes] = None, offset: int = 0) -> None:
        self._buffer = BytesIO(value) if value is not None else BytesIO()
        if offset:
            self._buffer.seek(offset)

    def isOpen(self) -> bool:
        return not self._buffer.closed

    def open(self) -> None:
        pass

    def close(self) -> None:
        self._buffer.close()

    def read(self, sz: int) -> bytes:
        return self._buffer.read(sz)

    def write(self, buf: bytes) -> None:
        self._buffer.write(buf)

    def flush(self) -> None:
        pass

    def getvalue(self) -> bytes:
        return self._buffer.getvalue()

    @property
    def cstringio_buf(self) -> BytesIO:
        return self._buffer

    def cstringio_refill(self, partialread: bytes, reqlen: int) -> BytesIO:
        raise TTransportEOF


class TFramedTransportFactory:
    def __init__(self, max_frame_size: int = DEFAULT_MAX_FRAME_SIZE) -> None:
        self._max_frame_size = max_frame_size

    def getTransport(self, trans: Any) -> TFramedTransport:
        return TFramedTransport(trans, self._max_frame_size)


class TFramedTransport(TTransportBase, CReadableTransport, Collecting):
    """Puts four bytes of length in front of what is written between two flushes."""

    def __init__(self, trans: Any, max_frame_size: int = DEFAULT_MAX_FRAME_SIZE) -> None:
        if not 0 < max_frame_size <= HARD_MAX_FRAME_SIZE:
            raise ValueError(f"max_frame_size should be > 0 and <= {HARD_MAX_FRAME_SIZE}")
        self.__trans = trans
        self.__rbuf = BytesIO(b"")
        self.__wbuf = BytesIO()
        self.__max_frame_size = max_frame_size

    def isOpen(self) -> bool:
        is_open: bool = self.__trans.isOpen()
        return is_open

    def open(self) -> None:
        self.__trans.open()

    def close(self) -> None:
        self.__trans.close()

    def read(self, sz: int) -> bytes:
        found = self.__rbuf.read(sz)
        if found or sz <= 0:
            return found
        self.readFrame()
        return self.__rbuf.read(sz)

    def readFrame(self) -> None:
        """The next frame into the buffer."""
        (size,) = _I32.unpack(self.__trans.readAll(4))
        if size < 0:
            raise TTransportException(TTransportException.NEGATIVE_SIZE, f"Read a negative frame size ({size})")
        if size > self.__max_frame_size:
            raise TTransportException(
                TTransportException.SIZE_LIMIT,
                f"Frame size ({size}) larger than the maximum ({self.__max_frame_size})",
            )
        self.__rbuf = BytesIO(self.__trans.readAll(size))

    def _written(self) -> BytesIO:
        return self.__wbuf

    def write(self, buf: bytes) -> None:
        self.__wbuf.write(buf)

    def flush(self) -> None:
        out = self.__wbuf.getvalue()
        # Emptied before the write: nobody knows how much of a failed one has left, so it is never sent again.
        self.__wbuf = BytesIO()
        self.__trans.write(_I32.pack(len(out)) + out)
        self.__trans.flush()

    @property
    def cstringio_buf(self) -> BytesIO:
        return self.__rbuf

    def cstringio_refill(self, prefix: bytes, reqlen: int) -> BytesIO:
        while len(prefix) < reqlen:
            self.readFrame()
            prefix += self.__rbuf.getvalue()
        self.__rbuf = BytesIO(prefix)
        return self.__rbuf


class TFileObjectTransport(TTransportBase):
    """A file, or anything that has its methods."""

    def __init__(self, fileobj: Any) -> None:
        self.fileobj = fileobj

    def isOpen(self) -> bool:
        return True

    def close(self) -> None:
        self.fileobj.close()

    def read(self, sz: int) -> bytes:
        found: bytes = self.fileobj.read(sz)
        return found

    def write(self, buf: bytes) -> None:
        self.fileobj.write(buf)

    def flush(self) -> None:
        self.fileobj.flush()


# Behind what it is made of.
from fastthrift.apache.transport._sasl import TSaslClientTransport as TSaslClientTransport  # noqa: E402
