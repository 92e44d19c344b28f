"""Bytes in memory as a transport that is awaited: one message of HTTP."""

from __future__ import annotations

from io import BytesIO

from fastthrift.contrib.aio.transport.base import TAsyncTransportBase
from fastthrift.transport.base import Buffer
from fastthrift.transport.memory.cymemory import TCyMemoryBuffer


class Received:
    """A message that has come whole. It is read by pieces, or decoded where it is: then its rest is `undecoded`."""

    def __init__(self, value: bytes = b"") -> None:
        self._value = value
        self._used = 0
        self._memory: TCyMemoryBuffer | None = None

    @property
    def undecoded(self) -> TCyMemoryBuffer:
        if self._memory is None:
            self._memory = TCyMemoryBuffer(self._value[self._used :] if self._used else self._value)
            self._value = b""
        return self._memory

    def read(self, sz: int) -> bytes:
        """Up to as many bytes."""
        if self._memory is not None:
            return self._memory.read(min(sz, len(self._memory.getvalue())))
        piece = self._value[self._used : self._used + sz]
        self._used += len(piece)
        return piece


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


class TAsyncReceived(TAsyncTransportBase):
    """A request that has come whole, to be read once."""

    def __init__(self, value: bytes) -> None:
        self._received = Received(value)

    @property
    def undecoded(self) -> TCyMemoryBuffer:
        return self._received.undecoded

    def is_open(self) -> bool:
        return True

    async def open(self) -> None:  # type: ignore[override]
        pass

    def close(self) -> None:
        self.clean()

    async def _read(self, sz: int) -> bytes:  # type: ignore[override]
        return self._received.read(sz)

    def clean(self) -> None:
        self._received = Received()
