"""Unframed messages: writes are collected until flush, reads are made ahead."""

from __future__ import annotations

from typing import Any

from fastthrift.contrib.aio.transport.base import Collecting, TAsyncTransportBase, short_read

__all__ = ["TAsyncBufferedTransport", "TAsyncBufferedTransportFactory", "TAsyncTransportBase"]


class TAsyncBufferedTransport(Collecting):
    """Collects writes until a flush and asks below for ``buf_size`` bytes at a time."""

    DEFAULT_BUFFER = 4096

    def __init__(self, trans: Any, buf_size: int = DEFAULT_BUFFER) -> None:
        super().__init__(trans)
        self._buf_size = buf_size

    async def _read(self, sz: int) -> bytes:  # type: ignore[override]
        if self._used == len(self._rbuf):
            self._rbuf, self._used = b"", 0
            self._rbuf = await short_read(self._trans)(max(sz, self._buf_size))
        return self._take(sz)

    async def flush(self) -> None:  # type: ignore[override]
        out, self._wbuf = bytes(self._wbuf), bytearray()
        self._trans.write(out)
        await self._trans.flush()


class TAsyncBufferedTransportFactory:
    """Puts a buffer of the usual size on each transport."""

    def get_transport(self, trans: Any) -> TAsyncBufferedTransport:
        return TAsyncBufferedTransport(trans)
