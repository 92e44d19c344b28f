"""Framed messages: four bytes of length in front of everything that is written between two flushes."""

from __future__ import annotations

import struct
from typing import Any

from fastthrift.contrib.aio.transport.base import Collecting, TAsyncTransportBase, readall, short_read
from fastthrift.contrib.aio.transport.buffered import TAsyncBufferedTransport
from fastthrift.transport.base import TTransportException

__all__ = ["TAsyncBufferedTransport", "TAsyncFramedTransport", "TAsyncFramedTransportFactory", "TAsyncTransportBase"]

# More than this is asked for below only once as much has arrived.
_STEP = 65536


class TAsyncFramedTransport(Collecting):
    """``max_frame``: the most bytes of one frame in either direction, None for no limit; a longer one is a `TTransportException`."""

    def __init__(self, trans: Any, *, max_frame: int | None = 16_384_000) -> None:
        super().__init__(trans)
        self.max_frame = max_frame

    async def read(self, sz: int) -> bytes:  # type: ignore[override]
        """At most ``sz`` bytes of one frame."""
        if self._used == len(self._rbuf):
            await self.read_frame()
        return self._take(sz)

    async def _read(self, sz: int) -> bytes:  # type: ignore[override]
        return await self.read(sz)

    async def read_frame(self) -> None:
        read = short_read(self._trans)
        (size,) = struct.unpack("!i", await readall(read, 4))
        if size <= 0:
            raise TTransportException(TTransportException.NEGATIVE_SIZE, f"No frame: its length is {size}")
        self._check(size)
        frame = bytearray()
        while len(frame) < size:
            frame += await readall(read, min(size - len(frame), max(_STEP, len(frame))))
        self._rbuf, self._used = bytes(frame), 0

    async def flush(self) -> None:  # type: ignore[override]
        out, self._wbuf = self._wbuf, bytearray()
        self._check(len(out))
        self._trans.write(struct.pack("!i", len(out)) + out)
        await self._trans.flush()

    def _check(self, size: int) -> None:
        if self.max_frame is not None and size > self.max_frame:
            raise TTransportException(
                TTransportException.SIZE_LIMIT, f"Frame of {size} bytes is over the limit of {self.max_frame}"
            )


class TAsyncFramedTransportFactory:
    """``max_frame``: the most bytes of one frame in either direction, None for no limit."""

    def __init__(self, *, max_frame: int | None = 16_384_000) -> None:
        self.max_frame = max_frame

    def get_transport(self, trans: Any) -> TAsyncBufferedTransport:
        return TAsyncBufferedTransport(TAsyncFramedTransport(trans, max_frame=self.max_frame))
