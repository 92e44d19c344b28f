"""Messages deflated: one zlib stream a direction for as long as the connection lives, flushed with each message."""

from __future__ import annotations

import zlib
from typing import Any

from fastthrift.inflation import DEFAULT_MAX_INFLATED, Inflater
from fastthrift.transport.base import Buffer, TTransportBase, short_read
from fastthrift.transport.buffered.cybuffered import TCyBufferedTransport

__all__ = ["TZlibTransport", "TZlibTransportFactory"]


class _Streams(TTransportBase):
    """The two streams, below the buffers that the core reads and writes."""

    def __init__(self, trans: Any, level: int, most: int | None) -> None:
        self.trans = trans
        # What is deflated does not tell its length: reads must not wait for more than there is.
        self._read_below = short_read(trans)
        self._level = level
        self._most = most
        self._begin()

    def _begin(self) -> None:
        self._deflater = zlib.compressobj(self._level)
        self.inflater = Inflater(self._most)

    def is_open(self) -> bool:
        return bool(self.trans.is_open())

    def open(self) -> None:
        self._begin()
        self.trans.open()

    def close(self) -> None:
        self._begin()
        self.trans.close()

    def _read(self, sz: int) -> bytes:
        return self.inflater.read(sz, self._read_below)

    def write(self, buf: Buffer) -> None:
        self.trans.write(self._deflater.compress(buf) + self._deflater.flush(zlib.Z_SYNC_FLUSH))

    def flush(self) -> None:
        self.inflater.begin_message()
        self.trans.flush()

    @property
    def sock(self) -> Any:
        return getattr(self.trans, "sock", None)


class TZlibTransport(TCyBufferedTransport):
    """Deflates what is written, at each flush, and inflates what is read.

    ``max_decompressed_size`` bounds a message while it is inflated (None: nothing does). A message ends where this side
    flushes, or where a server of ours begins to read the next one (`begin_message`).
    """

    __slots__ = ("_streams",)

    def __init__(
        self, trans: Any, compresslevel: int = 9, max_decompressed_size: int | None = DEFAULT_MAX_INFLATED
    ) -> None:
        if max_decompressed_size is not None and max_decompressed_size <= 0:
            raise ValueError("max_decompressed_size must be positive; None is no limit")
        self._streams = _Streams(trans, compresslevel, max_decompressed_size)
        super().__init__(self._streams)

    def begin_message(self) -> None:
        """The limit holds for what is read from here on."""
        self._streams.inflater.begin_message()


class TZlibTransportFactory:
    """Puts zlib on transports, with the options of `TZlibTransport`."""

    def __init__(self, compresslevel: int = 9, max_decompressed_size: int | None = DEFAULT_MAX_INFLATED) -> None:
        self.compresslevel = compresslevel
        self.max_decompressed_size = max_decompressed_size

    def get_transport(self, trans: Any) -> TZlibTransport:
        return TZlibTransport(trans, self.compresslevel, self.max_decompressed_size)
