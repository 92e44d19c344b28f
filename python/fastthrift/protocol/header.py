"""THeaderProtocol: binary or compact messages with headers, and every other way that a client may speak them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastthrift.header import (
    ALL_CLIENT_TYPES,
    DEFAULT_MAX_FRAME,
    Paired,
    THeaderClientType,
    THeaderSubprotocolID,
    THeaderTransformID,
    Unsupported,
    _current,
    checked_client_types,
)
from fastthrift.protocol.base import TProtocolBase
from fastthrift.protocol.binary import TBinaryProtocol
from fastthrift.protocol.compact import TCompactProtocol
from fastthrift.thrift import TMessageType
from fastthrift.transport.header import THeaderTransport

__all__ = [
    "THeaderClientType",
    "THeaderProtocol",
    "THeaderProtocolFactory",
    "THeaderSubprotocolID",
    "THeaderTransformID",
]

_CLASSES = {THeaderSubprotocolID.BINARY: TBinaryProtocol, THeaderSubprotocolID.COMPACT: TCompactProtocol}


class THeaderProtocol(Paired, TProtocolBase):
    """The protocol of a connection in both directions, over a `THeaderTransport` or what it puts one on.

    Reading the head of a message finds out in which protocol it is; answers go the same way. ``options`` are those of the
    binary and compact protocols (``decode_response``, ``max_depth``, ...).
    """

    def __init__(
        self,
        trans: Any,
        allowed_client_types: Iterable[int] = ALL_CLIENT_TYPES,
        default_protocol: int = THeaderSubprotocolID.BINARY,
        *,
        max_frame: int = DEFAULT_MAX_FRAME,
        **options: Any,
    ) -> None:
        if not isinstance(trans, THeaderTransport):
            trans = THeaderTransport(trans, allowed_client_types, default_protocol, max_frame=max_frame)
        super().__init__(trans)
        self._readers = {each: make(trans.incoming, **options) for each, make in _CLASSES.items()}
        self._writers = {each: make(trans.outgoing, **options) for each, make in _CLASSES.items()}
        self._reader = self._readers[self.trans.protocol_id]
        self._writer = self._writers[self.trans.write_protocol]
        self._has_written = False

    def read_message_begin(self) -> tuple[str, int, int]:
        while True:
            try:
                self.trans.read_frame()
                break
            except Unsupported as error:
                if self._has_written and not self.trans.is_answering:
                    raise
                self._refuse(error)
        self._reader = self._readers[self.trans.protocol_id]
        name, ttype, seqid = self._reader.read_message_begin()
        self.trans.is_answering = ttype in (TMessageType.CALL, TMessageType.ONEWAY)
        if self.trans.is_answering:
            _current.set(self)
        return name, ttype, seqid

    def _refuse(self, error: Unsupported) -> None:
        """Answers a frame that nobody can open, so that its sender knows; which call it was, only its sender does."""
        self.trans.is_answering = True
        self.write_message_begin("", TMessageType.EXCEPTION, self.trans.sequence_id)
        error.write(self)
        self.write_message_end()
        self.trans.flush()

    def read_message_end(self) -> None:
        self._reader.read_message_end()

    def read_struct(self, obj: Any) -> Any:
        return self._reader.read_struct(obj)

    def skip(self, ttype: int) -> None:
        self._reader.skip(ttype)

    def _read_val(self, ttype: int, spec: Any = None) -> Any:
        return self._reader._read_val(ttype, spec)

    def write_message_begin(self, name: str, ttype: int, seqid: int) -> None:
        if ttype in (TMessageType.CALL, TMessageType.ONEWAY):
            self.trans.is_answering = False
        self._writer = self._writers[self.trans.write_protocol]
        self._has_written = True
        self.trans.sequence_id = seqid
        self._writer.write_message_begin(name, ttype, seqid)

    def write_message_end(self) -> None:
        self._writer.write_message_end()

    def write_struct(self, obj: Any) -> None:
        self._writer.write_struct(obj)

    def _write_val(self, ttype: int, val: Any, spec: Any = None) -> None:
        self._writer._write_val(ttype, val, spec)


class THeaderProtocolFactory:
    """Makes the protocol of a connection, which a server uses in both directions.

    A server takes ``allowed_client_types``, all by default, and decides for each connection; a client sends
    ``default_protocol`` with headers, through ``transforms``. ``options`` are those of the binary and compact protocols.
    """

    # A server makes one protocol a connection, whatever else it was given for answers.
    shares_protocol = True

    def __init__(
        self,
        allowed_client_types: Iterable[int] = ALL_CLIENT_TYPES,
        default_protocol: int = THeaderSubprotocolID.BINARY,
        *,
        transforms: Iterable[int] = (),
        max_frame: int = DEFAULT_MAX_FRAME,
        **options: Any,
    ) -> None:
        self.allowed_client_types = checked_client_types(allowed_client_types)
        self.default_protocol = default_protocol
        self.transforms = tuple(transforms)
        self.max_frame = max_frame
        self.options = options
        TBinaryProtocol(None, **options)  # unknown options are errors here, not at the first connection

    def get_protocol(self, trans: Any) -> THeaderProtocol:
        protocol = THeaderProtocol(
            trans, self.allowed_client_types, self.default_protocol, max_frame=self.max_frame, **self.options
        )
        for transform in self.transforms:
            protocol.add_transform(transform)
        return protocol
