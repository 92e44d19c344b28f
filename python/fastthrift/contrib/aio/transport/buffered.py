"""Unframed messages: writes are collected until flush, reads are made ahead."""

from __future__ import annotations

from typing import Any

from fastthrift.contrib.aio.transport.base import TAsyncTransportBase, short_read
from fastthrift.transport.base import Buffer

__all__ = ["TAsyncBufferedTransport", "TAsyncBufferedTransportFactory", "TAsyncTransportBase"]


class TAsyncBufferedTransport(TAsyncTransportBase):
    DEFAULT_BUFFER = 4096

    def __init__(self, trans: Any, buf_size: int = DEFAULT_BUFFER) -> None:
        self._trans = trans
        self._wbuf = bytearray()
        self._rbuf = b""
        self._used = 0  # of _rbuf
        self._buf_size = buf_size

    def is_open(self) -> bool:
        return bool(self._trans.is_open())

    async def open(self) -> None:  # type: ignore[override]
        self.clean()
        await self._trans.open()

    def close(self) -> None:
        self._trans.close()

    def clean(self) -> None:
        """Forgets what was written and not sent, and what was read ahead."""
        self._wbuf.clear()
        self._rbuf, self._used = b"", 0

    async def _read(self, sz: int) -> bytes:  # type: ignore[override]
        if self._used == len(self._rbuf):
            self._rbuf, self._used = b"", 0
            self._rbuf = await short_read(self._trans)(max(sz, self._buf_size))
        start, self._used = self._used, min(self._used + sz, len(self._rbuf))
        return self._rbuf[start : self._used]

    def write(self, buf: Buffer) -> None:
        self._wbuf += buf

    async def flush(self) -> None:  # type: ignore[override]
        out, self._wbuf = bytes(self._wbuf), bytearray()
        self._trans.write(out)
        await self._trans.flush()

    def getvalue(self) -> bytes:
        """What the transport below holds, where it is a memory."""
        return bytes(self._trans.getvalue())


class TAsyncBufferedTransportFactory:
    def get_transport(self, trans: Any) -> TAsyncBufferedTransport:
        return TAsyncBufferedTransport(trans)
