"""Transports as Apache names them: what writes and reads bytes below a protocol."""

from __future__ import annotations

import struct
from io import BytesIO
from typing import Any, Optional

from fastthrift.apache.Thrift import TException
from fastthrift.apache.transport._base import (
    DEFAULT_MAX_FRAME_SIZE,
    DEFAULT_MAX_SASL_NEGOTIATION_SIZE,
    HARD_MAX_FRAME_SIZE,
    Collecting,
    CReadableTransport,
    TServerTransportBase,
    TTransportBase,
    TTransportEOF,
    TTransportException,
    TTransportTimeout,
)
from fastthrift.apache.transport._looks import look_of
from fastthrift.apache.transport._sasl import TSaslClientTransport

__all__ = [
    "BytesIO",
    "CReadableTransport",
    "Collecting",
    "DEFAULT_MAX_FRAME_SIZE",
    "DEFAULT_MAX_SASL_NEGOTIATION_SIZE",
    "HARD_MAX_FRAME_SIZE",
    "TBufferedTransport",
    "TBufferedTransportFactory",
    "TException",
    "TFileObjectTransport",
    "TFramedTransport",
    "TFramedTransportFactory",
    "TMemoryBuffer",
    "TSaslClientTransport",
    "TServerTransportBase",
    "TTransportBase",
    "TTransportEOF",
    "TTransportException",
    "TTransportFactoryBase",
    "TTransportTimeout",
]

_I32 = struct.Struct("!i")


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

    @property
    def below_(self) -> Any:
        return self.__trans

    def isOpen(self) -> bool:
        is_open: bool = self.__trans.isOpen()
        return is_open

    def open(self) -> None:
        self.__trans.open()
        self.__rbuf = BytesIO(b"")  # what came by the connection before answers nothing any more

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

    @property
    def below_(self) -> Any:
        return self.__trans

    def isOpen(self) -> bool:
        is_open: bool = self.__trans.isOpen()
        return is_open

    def open(self) -> None:
        self.__trans.open()
        self.__rbuf = BytesIO(b"")  # what came by the connection before answers nothing any more

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
        head = self.__trans.readAll(4)
        (size,) = _I32.unpack(head)
        if size < 0:
            raise TTransportException(TTransportException.NEGATIVE_SIZE, f"Read a negative frame size ({size})")
        if size > self.__max_frame_size:
            raise TTransportException(
                TTransportException.SIZE_LIMIT,
                f"Frame size ({size}) larger than the maximum ({self.__max_frame_size}){look_of(head)}",
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
