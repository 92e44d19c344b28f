"""Bytes in memory as a transport that is awaited: one message of HTTP."""

from __future__ import annotations

from io import BytesIO

from fastthrift.contrib.aio.transport.base import TAsyncTransportBase
from fastthrift.transport.base import Buffer


class TAsyncMemoryBuffer(TAsyncTransportBase):
    """Reads and writes at one position, as `io.BytesIO` does; `read` wants all the bytes it asks for."""

    def __init__(self, value: bytes = b"") -> None:
        self._buffer = BytesIO(value)

    def is_open(self) -> bool:
        return not self._buffer.closed

    async def open(self) -> None:  # type: ignore[override]
        pass

    def close(self) -> None:
        self._buffer.close()

    async def _read(self, sz: int) -> bytes:  # type: ignore[override]
        return self._buffer.read(sz)

    def write(self, buf: Buffer) -> None:
        self._buffer.write(buf)

    async def flush(self) -> None:  # type: ignore[override]
        pass

    def clean(self) -> None:
        """Forgets everything."""
        self.setvalue(b"")

    def getvalue(self) -> bytes:
        return self._buffer.getvalue()

    def setvalue(self, value: bytes) -> None:
        self._buffer = BytesIO(value)
