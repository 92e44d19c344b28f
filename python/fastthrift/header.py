"""THeader: frames that say in front of each message which protocol it is in, and carry key-value pairs with it.

`Conversation` is one connection's end of it, for the transports of both faces. `headers_of(client)` and `call_headers()` are
what programs use: the pairs of a client's calls, and those of the call that a handler is answering.
"""

from __future__ import annotations

import contextvars
import struct
import zlib
from collections.abc import Iterable
from typing import Any, Callable, Optional, Union

from fastthrift import _core
from fastthrift.inflation import inflated
from fastthrift.thrift import TApplicationException, TTransportException

__all__ = [
    "ALL_CLIENT_TYPES",
    "Conversation",
    "THeaderClientType",
    "THeaderSubprotocolID",
    "THeaderTransformID",
    "Unsupported",
    "call_headers",
    "headers_of",
]

DEFAULT_MAX_FRAME = 16_384_000
HARD_MAX_FRAME = 0x3FFFFFFF
MAX_UNFRAMED = 100 * 1024 * 1024

_STEP = 64 * 1024


class THeaderClientType:
    """How a peer may speak; Apache's numbers."""

    HEADERS = 0
    FRAMED_BINARY = 1
    UNFRAMED_BINARY = 2
    FRAMED_COMPACT = 3
    UNFRAMED_COMPACT = 4


class THeaderSubprotocolID:
    BINARY = 0
    COMPACT = 2


class THeaderTransformID:
    ZLIB = 1


ALL_CLIENT_TYPES = (
    THeaderClientType.HEADERS,
    THeaderClientType.FRAMED_BINARY,
    THeaderClientType.UNFRAMED_BINARY,
    THeaderClientType.FRAMED_COMPACT,
    THeaderClientType.UNFRAMED_COMPACT,
)
_FRAMED = (THeaderClientType.FRAMED_BINARY, THeaderClientType.FRAMED_COMPACT)
_COMPACT = (THeaderClientType.FRAMED_COMPACT, THeaderClientType.UNFRAMED_COMPACT)
_PROTOCOLS = (THeaderSubprotocolID.BINARY, THeaderSubprotocolID.COMPACT)


def checked_client_types(client_types: Iterable[int]) -> tuple[int, ...]:
    chosen = tuple(client_types)
    for each in chosen:
        if each not in ALL_CLIENT_TYPES:
            raise ValueError(f"unknown client type {each!r}: THeaderClientType has them")
    return chosen


class Unsupported(TApplicationException):
    """A frame that is in order, but of a protocol or transform that nobody here knows. It is used up."""


class Conversation:
    """What has been heard on a connection, and how one answers.

    A server reads first and answers each message as it came: dialect, protocol, transforms, flags. A client writes frames
    with headers, and takes each answer as it comes. Pairs that are set go with the next message alone.
    """

    def __init__(
        self,
        allowed_client_types: Iterable[int] = ALL_CLIENT_TYPES,
        default_protocol: int = THeaderSubprotocolID.BINARY,
        *,
        max_frame: int = DEFAULT_MAX_FRAME,
        max_inflated: Optional[int] = None,
    ) -> None:
        self.allowed_client_types = checked_client_types(allowed_client_types)
        if default_protocol not in _PROTOCOLS:
            raise ValueError(f"unknown protocol {default_protocol!r}: THeader carries binary (0) and compact (2)")
        self.default_protocol = default_protocol
        self.max_frame = max_frame
        self.max_inflated = max_frame if max_inflated is None else max_inflated
        self.sequence_id = 0
        self.flags = 0
        self.transforms: list[int] = []
        self.read_headers: dict[bytes, bytes] = {}
        self.write_headers: dict[bytes, bytes] = {}
        self.begin()

    def begin(self) -> None:
        """Of a connection that is new."""
        self.is_answering = False
        self.protocol_id = self.default_protocol  # of what was read
        self.client_type = THeaderClientType.HEADERS
        self._read_transforms: list[int] = []
        self._dialect: Optional[_core.Dialect] = None
        self._unread = bytearray()

    @property
    def write_protocol(self) -> int:
        return self.protocol_id if self.is_answering else self.default_protocol

    def set_header(self, key: bytes, value: bytes) -> None:
        self.write_headers[key] = value

    def add_transform(self, transform_id: int) -> None:
        if transform_id != THeaderTransformID.ZLIB:
            raise ValueError("unknown transform")
        self.transforms.append(transform_id)

    def receive(self, read: Callable[[int], bytes]) -> bytes:
        """The next message; ``read`` gives at most as many bytes as it is asked for, none at the end.

        Raises `Unsupported` for a frame that can be answered but not understood.
        """
        if self._dialect is None:
            self._dialect = _core.Dialect(max_frame=self.max_frame, max_message=MAX_UNFRAMED)
        message = self._next(self._dialect, read)
        self.client_type = self._dialect.number or 0
        if self.client_type not in self.allowed_client_types:
            raise TTransportException(
                TTransportException.INVALID_CLIENT_TYPE, f"Client type {self.client_type} not allowed by server."
            )
        if self.client_type == THeaderClientType.HEADERS:
            return self._opened(message)
        self.protocol_id = THeaderSubprotocolID.COMPACT if self.client_type in _COMPACT else THeaderSubprotocolID.BINARY
        self.read_headers, self._read_transforms = {}, []
        return message

    def _next(self, dialect: _core.Dialect, read: Callable[[int], bytes]) -> bytes:
        data = self._unread
        while (extent := dialect.next(data)) is None:
            missing = dialect.wanted - len(data)
            # Never far ahead of what has come, and never into the next message.
            chunk = read(min(missing, max(len(data), _STEP)))
            if not chunk:
                raise TTransportException(TTransportException.END_OF_FILE, "End of file reading from transport")
            data += chunk
        message = bytes(data[extent[0] : extent[1]])
        del data[: extent[1]]
        return message

    def _opened(self, frame: bytes) -> bytes:
        flags, self.sequence_id, protocol, transforms, pairs, payload = _core.read_header_frame(frame)
        self.read_headers, self._read_transforms = dict(pairs), []
        self.flags = flags
        if protocol not in _PROTOCOLS:
            self.protocol_id = self.default_protocol
            raise Unsupported(TApplicationException.INVALID_PROTOCOL, f"Unknown protocol {protocol} in the header")
        self.protocol_id = protocol
        for transform in transforms:
            if transform != THeaderTransformID.ZLIB:
                text = f"Unknown transform {transform} in the header"
                raise Unsupported(TApplicationException.INVALID_TRANSFORM, text)
        for _ in transforms:
            payload = inflated(payload, self.max_inflated)
        self._read_transforms = list(transforms)
        return payload

    def wrapped(self, payload: bytes) -> bytes:
        """The bytes to send for a message, in one piece."""
        if not self.is_answering:
            # Each answer tells its own dialect: Node's servers give some with headers and some without.
            self._dialect = None
        headers, self.write_headers = self.write_headers, {}
        if self.is_answering and self.client_type != THeaderClientType.HEADERS:
            if self.client_type not in _FRAMED:
                return payload
            if len(payload) > self.max_frame:
                text = f"Frame of {len(payload)} bytes is above the limit of {self.max_frame}; nothing was sent"
                raise TTransportException(TTransportException.SIZE_LIMIT, text)
            return struct.pack("!i", len(payload)) + payload
        transforms = self._read_transforms if self.is_answering else self.transforms
        for _ in transforms:
            payload = zlib.compress(payload)
        return _core.write_header_frame(
            self.flags, self.sequence_id, self.write_protocol, transforms, headers.items(), payload, self.max_frame
        )


class CallHeaders:
    """The pairs of one call that the core's engine answers, and those of its answer."""

    __slots__ = ("read_headers", "write_headers")

    def __init__(self, read_headers: dict[bytes, bytes]) -> None:
        self.read_headers = read_headers
        self.write_headers: dict[bytes, bytes] = {}

    def get_headers(self) -> dict[bytes, bytes]:
        return self.read_headers

    def set_header(self, key: Union[bytes, str], value: Union[bytes, str]) -> None:
        self.write_headers[as_bytes(key)] = as_bytes(value)

    def clear_headers(self) -> None:
        self.write_headers.clear()


class EngineHooks:
    """What the core's engine leaves to Python for servers that take all dialects."""

    def __init__(self, max_inflated: int) -> None:
        self._max_inflated = max_inflated

    def begin(self, pairs: dict[bytes, bytes]) -> CallHeaders:
        headers = CallHeaders(pairs)
        _current.set(headers)
        return headers

    def inflate(self, data: bytes) -> bytes:
        return inflated(data, self._max_inflated)

    def deflate(self, data: bytes) -> bytes:
        return zlib.compress(data)


_current: contextvars.ContextVar[Any] = contextvars.ContextVar("call_headers", default=None)


def call_headers() -> Any:
    """In a handler: ``get_headers()`` of the call that is being answered, and ``set_header(key, value)`` for its answer.

    None where the call came without THeader's protocol.
    """
    return _current.get()


def headers_of(client: Any) -> Any:
    """A client's ``set_header(key, value)`` for its next call, ``get_headers()`` of the last answer, ``add_transform(1)``."""
    protocol = client._oprot
    if not hasattr(protocol, "set_header"):
        raise TypeError("this client's protocol has no headers: make it with THeaderProtocolFactory()")
    return protocol


def as_bytes(text: Union[str, bytes]) -> bytes:
    """Pairs are bytes; text is UTF-8."""
    if isinstance(text, str):
        return text.encode()
    if isinstance(text, bytes):
        return text
    raise ValueError(f"keys and values of headers are bytes or str, not {type(text).__name__}")


class Conversing:
    """What a transport shows of its conversation, in either face."""

    _conversation: Conversation

    def get_headers(self) -> dict[bytes, bytes]:
        """The pairs that came with the last message."""
        return self._conversation.read_headers

    def clear_headers(self) -> None:
        self._conversation.write_headers.clear()

    def add_transform(self, transform_id: int) -> None:
        """Sends all messages transformed; an answer is, if its call was."""
        self._conversation.add_transform(transform_id)

    @property
    def protocol_id(self) -> int:
        """The protocol of the message that was read last, or of those that a client writes."""
        return self._conversation.protocol_id

    @property
    def write_protocol(self) -> int:
        """The protocol of what is written: that of the call which is answered, or the default one."""
        return self._conversation.write_protocol

    @property
    def sequence_id(self) -> int:
        return self._conversation.sequence_id

    @sequence_id.setter
    def sequence_id(self, sequence_id: int) -> None:
        # Compact gives a negative one as its unsigned neighbour.
        self._conversation.sequence_id = sequence_id - (1 << 32) if sequence_id > 0x7FFFFFFF else sequence_id

    @property
    def flags(self) -> int:
        return self._conversation.flags

    @flags.setter
    def flags(self, flags: int) -> None:
        self._conversation.flags = flags

    @property
    def is_answering(self) -> bool:
        """Whether what is written answers what was read, in its dialect: a server's side."""
        return self._conversation.is_answering

    @is_answering.setter
    def is_answering(self, is_answering: bool) -> None:
        self._conversation.is_answering = is_answering


class Paired:
    """What a protocol over such a transport shows of it."""

    trans: Any

    def get_headers(self) -> dict[bytes, bytes]:
        """The pairs that came with the last message."""
        headers: dict[bytes, bytes] = self.trans.get_headers()
        return headers

    def set_header(self, key: Any, value: Any) -> None:
        """Sends a pair with the next message."""
        self.trans.set_header(key, value)

    def clear_headers(self) -> None:
        self.trans.clear_headers()

    def add_transform(self, transform_id: int) -> None:
        """Sends all messages transformed: `THeaderTransformID.ZLIB`. An answer is, if its call was."""
        self.trans.add_transform(transform_id)
