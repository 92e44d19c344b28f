"""Undoing zlib without ever holding more than a limit allows: a few bytes may stand for gigabytes."""

from __future__ import annotations

import zlib
from typing import Callable

from fastthrift.protocol.exc import TProtocolException
from fastthrift.thrift import TTransportException

__all__ = ["DEFAULT_MAX_INFLATED", "Inflater", "inflated"]

# A frame's limit.
DEFAULT_MAX_INFLATED = 16_384_000

# As much is asked for below, and of zlib, at once.
_READ_SIZE = 4096
_PIECE = 64 * 1024


def _too_long(most: int) -> TTransportException:
    return TTransportException(TTransportException.SIZE_LIMIT, f"the inflated message is longer than {most} bytes")


def _broken(error: object) -> TProtocolException:
    return TProtocolException(TProtocolException.INVALID_DATA, f"bad zlib data: {error}")


def inflated(data: bytes, most: int) -> bytes:
    """What one complete zlib stream stands for, if that is at most ``most`` bytes."""
    stream = zlib.decompressobj()
    try:
        found = stream.decompress(data, most + 1)
    except zlib.error as error:
        raise _broken(error) from error
    if len(found) > most:
        raise _too_long(most)
    if not stream.eof:
        raise _broken("the stream has no end")
    if stream.unused_data:
        raise _broken(f"{len(stream.unused_data)} bytes behind the end of the stream")
    return found


class Inflater:
    """A zlib stream that goes on for as long as a connection does; a message has at most ``most`` bytes (None: any number)."""

    def __init__(self, most: int | None = DEFAULT_MAX_INFLATED) -> None:
        self.most = most
        self.bytes_in = 0
        self.bytes_out = 0
        self._stream = zlib.decompressobj()
        self._unread = b""
        self._position = 0
        self._has_more = False
        self._message_bytes = 0

    def begin_message(self) -> None:
        """What is read from here on is another message."""
        self._message_bytes = 0

    def read(self, sz: int, read_below: Callable[[int], bytes]) -> bytes:
        """At most ``sz`` bytes, as many as are there, but one at least; none at the end of what is below."""
        while self._position == len(self._unread):
            if not self._inflate(b"" if self._has_more else read_below(_READ_SIZE)):
                return b""
        chunk = self._unread[self._position : self._position + sz]
        self._position += len(chunk)
        self._message_bytes += len(chunk)
        if self.most is not None and self._message_bytes > self.most:
            raise _too_long(self.most)
        return chunk

    def _inflate(self, data: bytes) -> bool:
        """One piece of what ``data`` and what zlib still holds stand for, maybe nothing; False where there is no data."""
        if not data and not self._has_more:
            return False
        self.bytes_in += len(data)
        try:
            self._unread = self._stream.decompress(self._stream.unconsumed_tail + data, _PIECE)
        except zlib.error as error:
            raise _broken(error) from error
        self._position = 0
        self.bytes_out += len(self._unread)
        # Nothing more comes of what zlib holds once it gives nothing.
        self._has_more = bool(self._unread)
        if self._stream.eof and not self._unread:
            raise _broken("the stream has ended")
        return True
