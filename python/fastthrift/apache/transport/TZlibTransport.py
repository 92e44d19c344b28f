"""Messages deflated: one zlib stream a direction for as long as the connection lives, flushed with each message."""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import Any, Optional

from fastthrift.apache.failures import raises_apaches
from fastthrift.apache.transport.TTransport import (
    DEFAULT_MAX_FRAME_SIZE,
    Collecting,
    CReadableTransport,
    TTransportBase,
    TTransportEOF,
)
from fastthrift.inflation import Inflater

__all__ = ["TZlibTransport", "TZlibTransportFactory"]


class TZlibTransportFactory:
    """Makes zlib transports; the last one is kept for as long as it is asked for the same transport."""

    _last_trans: Any = None
    _last_z: Any = None

    def getTransport(
        self, trans: Any, compresslevel: int = 9, max_decompressed_size: Optional[int] = DEFAULT_MAX_FRAME_SIZE
    ) -> TZlibTransport:
        if trans is self._last_trans:
            last: TZlibTransport = self._last_z
            return last
        made = TZlibTransport(trans, compresslevel, max_decompressed_size)
        self._last_trans, self._last_z = trans, made
        return made


class TZlibTransport(TTransportBase, CReadableTransport, Collecting):
    """Deflates what is written, at each flush, and inflates what is read.

    ``max_decompressed_size`` bounds a message (None: nothing does). A message ends where this side flushes, or where a
    server of this package begins to read the next one (`begin_message`).
    """

    DEFAULT_BUFFSIZE = 4096

    def __init__(
        self, trans: Any, compresslevel: int = 9, max_decompressed_size: Optional[int] = DEFAULT_MAX_FRAME_SIZE
    ) -> None:
        if max_decompressed_size is not None and max_decompressed_size <= 0:
            raise ValueError("max_decompressed_size must be positive; None is no limit")
        self.__trans = trans
        self.compresslevel = compresslevel
        self._max_decompressed_size = max_decompressed_size
        self._begin()

    def _begin(self) -> None:
        self.__rbuf = BytesIO()
        self.__wbuf = BytesIO()
        self.__inflater = Inflater(self._max_decompressed_size)
        self.__deflater = zlib.compressobj(self.compresslevel)
        self.bytes_out = 0
        self.bytes_out_comp = 0

    @property
    def bytes_in(self) -> int:
        """Bytes that were read below."""
        return self.__inflater.bytes_in

    @property
    def bytes_in_comp(self) -> int:
        """What they were inflated to."""
        return self.__inflater.bytes_out

    def getCompRatio(self) -> tuple[Optional[float], Optional[float]]:
        """Of what was read and of what was written: the size after by the size before; None before there is any."""
        read = self.bytes_in_comp / self.bytes_in if self.bytes_in else None
        written = self.bytes_out_comp / self.bytes_out if self.bytes_out else None
        return read, written

    def getCompSavings(self) -> tuple[int, int]:
        """Bytes that were fewer after than before, read and written."""
        return self.bytes_in - self.bytes_in_comp, self.bytes_out - self.bytes_out_comp

    @property
    def below_(self) -> Any:
        return self.__trans

    def isOpen(self) -> bool:
        is_open: bool = self.__trans.isOpen()
        return is_open

    def open(self) -> Any:
        self._begin()
        return self.__trans.open()

    def listen(self) -> None:
        self.__trans.listen()

    def accept(self) -> Any:
        return self.__trans.accept()

    def close(self) -> Any:
        self._begin()
        return self.__trans.close()

    def begin_message(self) -> None:
        """The limit holds for what is read from here on."""
        self.__inflater.begin_message()

    @raises_apaches
    def read(self, sz: int) -> bytes:
        found = self.__rbuf.read(sz)
        if found or sz <= 0:
            return found
        return self.__inflater.read(sz, self.__trans.read)

    def readComp(self, sz: int) -> bool:
        """Reads ahead until there is something to be had; False at the end."""
        found = self.read(max(sz, 1))
        self.__rbuf = BytesIO(found + self.__rbuf.read())
        return bool(found)

    def _written(self) -> BytesIO:
        return self.__wbuf

    def write(self, buf: bytes) -> None:
        self.__wbuf.write(buf)

    def flush(self) -> None:
        written = self.__wbuf.getvalue()
        if written:
            # Emptied before it is sent: nobody knows how much of a failed one has left.
            self.__wbuf = BytesIO()
            deflated = self.__deflater.compress(written) + self.__deflater.flush(zlib.Z_SYNC_FLUSH)
            self.bytes_out += len(written)
            self.bytes_out_comp += len(deflated)
            self.__trans.write(deflated)
        self.begin_message()
        self.__trans.flush()

    @property
    def cstringio_buf(self) -> BytesIO:
        return self.__rbuf

    @raises_apaches
    def cstringio_refill(self, partialread: bytes, reqlen: int) -> BytesIO:
        # All that was left of the buffer.
        found = partialread
        while len(found) < reqlen:
            more = self.__inflater.read(max(reqlen - len(found), self.DEFAULT_BUFFSIZE), self.__trans.read)
            if not more:
                raise TTransportEOF
            found += more
        self.__rbuf = BytesIO(found)
        return self.__rbuf
