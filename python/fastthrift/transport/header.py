"""THeaderTransport: each message in a frame with headers, or as the peer speaks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Optional, Union

from fastthrift.header import (
    ALL_CLIENT_TYPES,
    DEFAULT_MAX_FRAME,
    HARD_MAX_FRAME,
    Conversation,
    Conversing,
    THeaderClientType,
    THeaderSubprotocolID,
    THeaderTransformID,
    as_bytes,
)
from fastthrift.transport.base import Buffer, TTransportBase, short_read
from fastthrift.transport.memory.cymemory import TCyMemoryBuffer

__all__ = [
    "THeaderClientType",
    "THeaderSubprotocolID",
    "THeaderTransformID",
    "THeaderTransport",
    "THeaderTransportFactory",
]


class THeaderTransport(Conversing, TTransportBase):
    """Reads the messages of a peer in any of ``allowed_client_types``, and answers in kind.

    `THeaderProtocol` works on it; by itself it gives and takes the bytes of messages, whose protocol is `protocol_id`.
    ``max_frame`` bounds a frame, and what a frame inflates to.
    """

    def __init__(
        self,
        trans: Any,
        allowed_client_types: Iterable[int] = ALL_CLIENT_TYPES,
        default_protocol: int = THeaderSubprotocolID.BINARY,
        *,
        max_frame: int = DEFAULT_MAX_FRAME,
    ) -> None:
        self._trans = trans
        self._read_below = short_read(trans)
        self._conversation = Conversation(allowed_client_types, default_protocol)
        self.set_max_frame_size(max_frame)
        # Native, so that protocols need no Python call for each value.
        self.incoming = TCyMemoryBuffer()
        self.outgoing = TCyMemoryBuffer()

    @property
    def trans(self) -> Any:
        return self._trans

    @property
    def sock(self) -> Any:
        return getattr(self._trans, "sock", None)

    def is_open(self) -> bool:
        return bool(self._trans.is_open())

    def open(self) -> None:
        self._begin()
        self._trans.open()

    def close(self) -> None:
        self._begin()
        self._trans.close()

    def _begin(self) -> None:
        self.clean()
        self._conversation.begin()

    def clean(self) -> None:
        """Drops what is written and not sent, and what is left of the message at hand."""
        self.incoming.clean()
        self.outgoing.clean()

    def set_header(self, key: Union[bytes, str], value: Union[bytes, str]) -> None:
        """Sends a pair with the next message."""
        self._conversation.set_header(as_bytes(key), as_bytes(value))

    def set_max_frame_size(self, size: int) -> None:
        if not 0 < size <= HARD_MAX_FRAME:
            raise ValueError(f"the size of a frame is between 1 and {HARD_MAX_FRAME}")
        self._conversation.max_frame = self._conversation.max_inflated = size

    def set_max_decompressed_size(self, size: int) -> None:
        if size <= 0:
            raise ValueError("the size of an inflated message is 1 at least")
        self._conversation.max_inflated = size

    @property
    def client_type(self) -> int:
        """How the peer speaks, once a message has been read."""
        return self._conversation.client_type

    def read_frame(self) -> None:
        """Waits for the next message; the rest of the one at hand is dropped."""
        self.incoming.setvalue(b"")
        self.incoming.setvalue(self._conversation.receive(self._read_below))

    def _read(self, sz: int) -> bytes:
        chunk = self.incoming.read(sz)
        if not chunk and sz > 0:
            self.read_frame()
            chunk = self.incoming.read(sz)
        return chunk

    def write(self, buf: Buffer) -> None:
        self.outgoing.write(buf)

    def flush(self) -> None:
        payload = self.outgoing.getvalue()
        self.outgoing.clean()
        if payload:
            self._trans.write(self._conversation.wrapped(payload))
        self._trans.flush()


class THeaderTransportFactory:
    """Puts headers on transports, with the options of `THeaderTransport`."""

    def __init__(
        self,
        allowed_client_types: Iterable[int] = ALL_CLIENT_TYPES,
        default_protocol: int = THeaderSubprotocolID.BINARY,
        *,
        max_frame: Optional[int] = None,
    ) -> None:
        self.allowed_client_types = tuple(allowed_client_types)
        self.default_protocol = default_protocol
        self.max_frame = DEFAULT_MAX_FRAME if max_frame is None else max_frame

    def get_transport(self, trans: Any) -> THeaderTransport:
        return THeaderTransport(trans, self.allowed_client_types, self.default_protocol, max_frame=self.max_frame)
