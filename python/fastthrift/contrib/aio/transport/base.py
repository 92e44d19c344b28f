"""The base of transports whose reads and flushes are awaited; writes are plain and collect until a flush."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Callable

from fastthrift.transport.base import Buffer, TTransportBase, TTransportException

__all__ = ["TAsyncTransportBase", "TTransportBase", "TTransportException", "readall", "short_read"]


async def readall(read_fn: Callable[[int], Awaitable[bytes]], sz: int) -> bytes:
    """Exactly ``sz`` bytes from a ``read_fn`` that may give fewer at a time; END_OF_FILE when it gives none."""
    chunks = []
    missing = sz
    while missing > 0:
        chunk = await read_fn(missing)
        if not chunk:
            raise TTransportException(TTransportException.END_OF_FILE, "End of file reading from transport")
        chunks.append(chunk)
        missing -= len(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


class TAsyncTransportBase(TTransportBase):
    """`_read` may give fewer bytes than asked for, `read` gives them all."""

    async def open(self) -> None:  # type: ignore[override]
        raise NotImplementedError

    async def _read(self, sz: int) -> bytes:  # type: ignore[override]
        raise NotImplementedError

    async def read(self, sz: int) -> bytes:  # type: ignore[override]
        return await readall(self._read, sz)

    def write(self, buf: Buffer) -> None:
        raise NotImplementedError

    async def flush(self) -> None:  # type: ignore[override]
        raise NotImplementedError


class Collecting(TAsyncTransportBase):
    """A transport over another one: keeps what is written until a flush, and what was read and not asked for."""

    def __init__(self, trans: Any) -> None:
        self._trans = trans
        self._wbuf = bytearray()
        self._rbuf = b""
        self._used = 0  # of _rbuf

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

    def write(self, buf: Buffer) -> None:
        self._wbuf += buf

    def getvalue(self) -> bytes:
        """What the transport below holds, where it is a memory."""
        return bytes(self._trans.getvalue())

    def _take(self, sz: int) -> bytes:
        """At most so many bytes of what was read."""
        start, self._used = self._used, min(self._used + sz, len(self._rbuf))
        return self._rbuf[start : self._used]


def short_read(trans: Any) -> Callable[[int], Awaitable[bytes]]:
    """The read of ``trans`` that gives what is there: an exact `read` would wait for bytes that nobody has sent."""
    if getattr(type(trans), "read", None) is TAsyncTransportBase.read:
        short: Callable[[int], Awaitable[bytes]] = trans._read
        return short
    plain: Callable[[int], Awaitable[bytes]] = trans.read
    return plain
