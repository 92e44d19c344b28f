"""The client's end of SASL over any transport."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Generator
from typing import Any, Callable, Optional, Union

from fastthrift.transport.base import Buffer, TTransportBase, TTransportException, readall
from fastthrift.transport.call_deadline import deadline

__all__ = ["TSaslClientTransport", "TSaslClientTransportFactory"]

# What nobody's negotiation needs: Apache's limit of a message, and rounds of it.
_MOST_NEGOTIATION = 1_048_576
_MOST_ROUNDS = 100


class TSaslClientTransport(TTransportBase):
    """The client's end. ``open`` opens the transport below and negotiates; a failed negotiation closes it again."""

    START = 1
    OK = 2
    BAD = 3
    ERROR = 4
    COMPLETE = 5

    def __init__(
        self,
        sasl_client_factory: Callable[[], Any],
        mechanism: Union[str, bytes],
        trans: Any,
        *,
        max_frame: Optional[int] = 16_384_000,
    ) -> None:
        self._trans = trans
        self.sasl_client_factory = sasl_client_factory
        self.mechanism = mechanism
        self.max_frame = max_frame
        self.sasl: Any = None
        # Whether the mechanism changes data; its first answer to `encode` tells.
        self.encode: Optional[bool] = None
        self._unsent = bytearray()
        self._unread = b""
        self._position = 0

    @property
    def sock(self) -> Any:
        return getattr(self._trans, "sock", None)

    def is_open(self) -> bool:
        return self.sasl is not None and bool(self._trans.is_open())

    def open(self) -> None:
        if self.sasl is not None:
            raise TTransportException(TTransportException.ALREADY_OPEN, "Already open!")
        if not self._trans.is_open():
            self._trans.open()
        self.sasl = self.sasl_client_factory()
        try:
            with deadline(self._trans, False):
                self._negotiate()
        except BaseException:
            with contextlib.suppress(Exception):  # the first error is the one to report
                self.close()
            self.sasl = None
            raise

    def _negotiate(self) -> None:
        steps = self._negotiation()
        messages = next(steps)
        while messages:
            for status, body in messages:
                self._send_message(status, body)
            messages = steps.send(self._recv_sasl_message())

    def _negotiation(self) -> Generator[list[tuple[int, Any]], tuple[int, bytes], None]:
        """Yields the messages to send, none at the end, and is sent what the peer answers."""
        success, mechanism, initial = self.sasl.start(self.mechanism)
        if not success:
            self._refuse(f"Could not start SASL: {self.sasl.getError()}")
        messages = [(self.START, mechanism), (self.OK, initial)]
        for _ in range(_MOST_ROUNDS):
            status, challenge = yield messages
            if status == self.COMPLETE:
                yield []
            if status != self.OK:
                self._refuse(f"Bad status: {status} ({challenge.decode('utf-8', 'replace')})")
            success, response = self.sasl.step(challenge)
            if not success:
                self._refuse(f"Bad SASL result: {self.sasl.getError()}")
            messages = [(self.OK, response)]
        self._refuse(f"Bad SASL result: no end after {_MOST_ROUNDS} challenges")

    @staticmethod
    def _refuse(text: str) -> None:
        raise TTransportException(TTransportException.NOT_OPEN, text)

    @staticmethod
    def _message(status: int, body: Union[str, bytes, None]) -> bytes:
        data = body.encode() if isinstance(body, str) else body or b""
        return struct.pack(">BI", status, len(data)) + data

    @staticmethod
    def _status_and_length(head: bytes) -> tuple[int, int]:
        status, length = struct.unpack(">BI", head)
        if length > _MOST_NEGOTIATION:
            raise TTransportException(
                TTransportException.SIZE_LIMIT, f"a SASL message of {length} bytes; the limit is {_MOST_NEGOTIATION}"
            )
        return status, length

    def _send_message(self, status: int, body: Union[str, bytes, None]) -> None:
        self._trans.write(self._message(status, body))
        self._trans.flush()

    def _recv_sasl_message(self) -> tuple[int, bytes]:
        status, length = self._status_and_length(readall(self._trans.read, 5))
        return status, readall(self._trans.read, length) if length else b""

    def write(self, buf: Buffer) -> None:
        self._unsent += buf

    def flush(self) -> None:
        self._flush_unsent()
        self._trans.flush()

    def _flush_unsent(self) -> None:
        """Gives what was written to the transport below, which has yet to be flushed."""
        data, self._unsent = bytes(self._unsent), bytearray()
        if data and not self.is_open():
            raise TTransportException(TTransportException.NOT_OPEN, "the SASL transport is not open")
        if data:
            self._flush_data(data)

    def _flush_data(self, data: bytes) -> None:
        if self.encode is None:
            # The mechanism may count what it encodes: this first answer is the one that is sent.
            encoded = self._encoded(data)
            self.encode = len(encoded) != len(data)
            if self.encode:
                self._trans.write(encoded)
                return
        if self.encode:
            self._flush_encoded(data)
        else:
            self._flush_plain(data)

    def _encoded(self, data: bytes) -> bytes:
        success, encoded = self.sasl.encode(data)
        if not success:
            raise TTransportException(TTransportException.UNKNOWN, f"Bad SASL result: {self.sasl.getError()}")
        return bytes(encoded)

    def _flush_encoded(self, buffer: bytes) -> None:
        # The mechanism puts the length in front itself.
        self._trans.write(self._encoded(buffer))

    def _flush_plain(self, buffer: bytes) -> None:
        self._trans.write(struct.pack(">I", len(buffer)) + buffer)

    def _read(self, sz: int) -> bytes:
        """What is there, at least a byte, of a frame."""
        if self._position == len(self._unread):
            self._read_frame()
        return self._take(sz)

    def _take(self, sz: int) -> bytes:
        chunk = self._unread[self._position : self._position + sz]
        self._position += len(chunk)
        return chunk

    def _read_frame(self) -> None:
        self._check_negotiated()
        header = readall(self._trans.read, 4)
        length = self._frame_length(header)
        self._keep_frame(header, readall(self._trans.read, length) if length else b"")

    def _check_negotiated(self) -> None:
        if self.sasl is None:
            raise TTransportException(TTransportException.NOT_OPEN, "the SASL transport is not open")

    def _frame_length(self, header: bytes) -> int:
        (length,) = struct.unpack(">I", header)
        if self.max_frame is not None and length > self.max_frame:
            raise TTransportException(
                TTransportException.SIZE_LIMIT, f"a SASL frame of {length} bytes; the limit is {self.max_frame}"
            )
        return int(length)

    def _keep_frame(self, header: bytes, data: bytes) -> None:
        if data and self.encode:
            success, data = self.sasl.decode(header + data)
            if not success:
                raise TTransportException(TTransportException.UNKNOWN, f"Bad SASL result: {self.sasl.getError()}")
        if not data:
            raise TTransportException(
                TTransportException.END_OF_FILE, "Received empty SASL frame while more data expected"
            )
        self._unread, self._position = bytes(data), 0

    def clean(self) -> None:
        """Drops what is written and not sent, and what is received and not read."""
        self._unsent = bytearray()
        self._unread, self._position = b"", 0

    def close(self) -> None:
        self.sasl = self.encode = None
        self.clean()
        self._trans.close()


class TSaslClientTransportFactory:
    """Puts the negotiation of ``mechanism`` on each transport; each gets a client of its own from the factory."""

    def __init__(self, sasl_client_factory: Callable[[], Any], mechanism: Union[str, bytes]) -> None:
        self.sasl_client_factory = sasl_client_factory
        self.mechanism = mechanism

    def get_transport(self, trans: Any) -> TSaslClientTransport:
        return TSaslClientTransport(self.sasl_client_factory, self.mechanism, trans)
