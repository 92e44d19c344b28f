"""SASL for asyncio: the negotiation and the frames of `fastthrift.transport.sasl`, awaited."""

from __future__ import annotations

import contextlib
import struct
from typing import Any, Callable, Union

from fastthrift.contrib.aio.transport.base import TAsyncTransportBase, readall, short_read
from fastthrift.transport.base import Buffer, TTransportException
from fastthrift.transport.sasl.client import _MOST_NEGOTIATION, _MOST_ROUNDS, TSaslClientTransport

__all__ = [
    "TAsyncSaslClientTransport",
    "TAsyncSaslClientTransportFactory",
    "TAsyncTransportBase",
    "TTransportException",
    "readall",
]


class TAsyncSaslClientTransport(TAsyncTransportBase, TSaslClientTransport):
    """The client's end. ``open`` opens the transport below and negotiates; a failed negotiation closes it again."""

    def is_open(self) -> bool:
        return TSaslClientTransport.is_open(self)

    def close(self) -> None:
        TSaslClientTransport.close(self)

    def write(self, buf: Buffer) -> None:
        self._unsent += buf

    async def open(self) -> None:  # type: ignore[override]
        if self.sasl is not None:
            raise TTransportException(TTransportException.ALREADY_OPEN, "Already open!")
        if not self._trans.is_open():
            await self._trans.open()
        self.sasl = self.sasl_client_factory()
        try:
            await self._negotiate()
        except BaseException:
            with contextlib.suppress(Exception):  # the first error is the one to report
                self.close()
            self.sasl = None
            raise

    async def _negotiate(self) -> None:  # type: ignore[override]
        success, mechanism, initial = self.sasl.start(self.mechanism)
        if not success:
            self._refuse(f"Could not start SASL: {self.sasl.getError()}")
        await self._send_message(self.START, mechanism)
        await self._send_message(self.OK, initial)
        for _ in range(_MOST_ROUNDS):
            status, challenge = await self._recv_sasl_message()
            if status == self.COMPLETE:
                return
            if status != self.OK:
                self._refuse(f"Bad status: {status} ({challenge.decode('utf-8', 'replace')})")
            success, response = self.sasl.step(challenge)
            if not success:
                self._refuse(f"Bad SASL result: {self.sasl.getError()}")
            await self._send_message(self.OK, response)
        self._refuse(f"Bad SASL result: no end after {_MOST_ROUNDS} challenges")

    async def _send_message(self, status: int, body: Union[str, bytes, None]) -> None:  # type: ignore[override]
        data = body.encode() if isinstance(body, str) else body or b""
        self._trans.write(struct.pack(">BI", status, len(data)) + data)
        await self._trans.flush()

    async def _recv_sasl_message(self) -> tuple[int, bytes]:  # type: ignore[override]
        read = short_read(self._trans)
        status, length = struct.unpack(">BI", await readall(read, 5))
        if length > _MOST_NEGOTIATION:
            raise TTransportException(
                TTransportException.SIZE_LIMIT, f"a SASL message of {length} bytes; the limit is {_MOST_NEGOTIATION}"
            )
        return status, await readall(read, length) if length else b""

    async def flush(self) -> None:  # type: ignore[override]
        data, self._unsent = bytes(self._unsent), bytearray()
        if data and not self.is_open():
            raise TTransportException(TTransportException.NOT_OPEN, "the SASL transport is not open")
        if data:
            self._flush_data(data)
        await self._trans.flush()

    async def _read(self, sz: int) -> bytes:  # type: ignore[override]
        """What is there, at least a byte, of a frame."""
        if self._position == len(self._unread):
            await self._read_frame()
        chunk = self._unread[self._position : self._position + sz]
        self._position += len(chunk)
        return chunk

    async def _read_frame(self) -> None:  # type: ignore[override]
        if self.sasl is None:
            raise TTransportException(TTransportException.NOT_OPEN, "the SASL transport is not open")
        read = short_read(self._trans)
        header = await readall(read, 4)
        (length,) = struct.unpack(">I", header)
        if self.max_frame is not None and length > self.max_frame:
            raise TTransportException(
                TTransportException.SIZE_LIMIT, f"a SASL frame of {length} bytes; the limit is {self.max_frame}"
            )
        data = await readall(read, length) if length else b""
        if data and self.encode:
            success, data = self.sasl.decode(header + data)
            if not success:
                raise TTransportException(TTransportException.UNKNOWN, f"Bad SASL result: {self.sasl.getError()}")
        if not data:
            raise TTransportException(
                TTransportException.END_OF_FILE, "Received empty SASL frame while more data expected"
            )
        self._unread, self._position = bytes(data), 0


class TAsyncSaslClientTransportFactory:
    """Puts the negotiation of ``mechanism`` on each transport; each gets a client of its own from the factory."""

    def __init__(self, sasl_client_factory: Callable[[], Any], mechanism: Union[str, bytes]) -> None:
        self.sasl_client_factory = sasl_client_factory
        self.mechanism = mechanism

    def get_transport(self, trans: Any) -> TAsyncSaslClientTransport:
        return TAsyncSaslClientTransport(self.sasl_client_factory, self.mechanism, trans)
