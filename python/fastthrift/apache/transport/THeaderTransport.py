"""Each message in a frame with headers, or as the peer speaks: headers, framed or unframed, binary or compact."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import Any

from fastthrift.apache.failures import raises_apaches
from fastthrift.apache.transport.TTransport import (
    DEFAULT_MAX_FRAME_SIZE,
    HARD_MAX_FRAME_SIZE,
    Collecting,
    CReadableTransport,
    TTransportBase,
    TTransportEOF,
)
from fastthrift.header import Conversation, Conversing, THeaderClientType, THeaderSubprotocolID, THeaderTransformID

__all__ = ["THeaderClientType", "THeaderSubprotocolID", "THeaderTransformID", "THeaderTransport"]

HEADER_MAGIC = 0x0FFF
KNOWN_READ_TRANSFORM_IDS = frozenset({THeaderTransformID.ZLIB})


class TInfoHeaderType:
    KEY_VALUE = 1


class THeaderTransport(Conversing, TTransportBase, CReadableTransport, Collecting):
    """What `THeaderProtocol` works on: the bytes of messages, whose protocol is `protocol_id`."""

    def __init__(
        self,
        transport: Any,
        allowed_client_types: Iterable[int],
        default_protocol: int = THeaderSubprotocolID.BINARY,
    ) -> None:
        self._transport = transport
        self._conversation = Conversation(allowed_client_types, default_protocol, max_frame=DEFAULT_MAX_FRAME_SIZE)
        self.__rbuf = BytesIO()
        self.__wbuf = BytesIO()

    @property
    def below_(self) -> Any:
        return self._transport

    def isOpen(self) -> bool:
        is_open: bool = self._transport.isOpen()
        return is_open

    def open(self) -> Any:
        self._begin()
        return self._transport.open()

    def close(self) -> Any:
        self._begin()
        return self._transport.close()

    def _begin(self) -> None:
        self.__rbuf = BytesIO()
        self.__wbuf = BytesIO()
        self._conversation.begin()

    def set_header(self, key: bytes, value: bytes) -> None:
        """Sends a pair with the next message."""
        if not isinstance(key, bytes):
            raise ValueError("header names must be bytes")
        if not isinstance(value, bytes):
            raise ValueError("header values must be bytes")
        self._conversation.set_header(key, value)

    def set_max_frame_size(self, size: int) -> None:
        if not 0 < size <= HARD_MAX_FRAME_SIZE:
            raise ValueError(f"maximum frame size should be positive and at most {HARD_MAX_FRAME_SIZE}")
        self._conversation.max_frame = size

    def set_max_decompressed_size(self, size: int) -> None:
        if size <= 0:
            raise ValueError("maximum decompressed size should be positive")
        self._conversation.max_inflated = size

    def read(self, sz: int) -> bytes:
        found = self.__rbuf.read(sz)
        if found or sz <= 0:
            return found
        self.readFrame(sz)
        return self.__rbuf.read(sz)

    @raises_apaches
    def readFrame(self, req_sz: int = 0) -> None:
        """Waits for the next message; the rest of the one at hand is dropped."""
        self.__rbuf = BytesIO()
        self.__rbuf = BytesIO(self._conversation.receive(self._transport.read))

    def _written(self) -> BytesIO:
        return self.__wbuf

    def write(self, buf: bytes) -> None:
        self.__wbuf.write(buf)

    @raises_apaches
    def flush(self) -> None:
        payload = self.__wbuf.getvalue()
        self.__wbuf = BytesIO()
        if payload:
            self._transport.write(self._conversation.wrapped(payload))
        self._transport.flush()

    def clean(self) -> None:
        """Drops what is written and not sent."""
        self.__wbuf = BytesIO()

    @property
    def cstringio_buf(self) -> BytesIO:
        return self.__rbuf

    def cstringio_refill(self, partialread: bytes, reqlen: int) -> BytesIO:
        # All that was left of the frame; a value never goes on in another one.
        if len(partialread) < reqlen:
            raise TTransportEOF
        self.__rbuf = BytesIO(partialread)
        return self.__rbuf
