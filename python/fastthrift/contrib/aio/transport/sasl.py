"""SASL for asyncio: the negotiation and the frames of `fastthrift.transport.sasl`, awaited."""

from __future__ import annotations

import contextlib
from typing import Any, Callable, Union

from fastthrift.contrib.aio.transport.base import TAsyncTransportBase, readall, short_read
from fastthrift.transport.base import Buffer, TTransportException
from fastthrift.transport.call_deadline import deadline
from fastthrift.transport.sasl.client import TSaslClientTransport

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
            with deadline(self._trans, False):
                await self._negotiate()
        except BaseException:
            with contextlib.suppress(Exception):  # the first error is the one to report
                self.close()
            self.sasl = None
            raise

    async def _negotiate(self) -> None:  # type: ignore[override]
        steps = self._negotiation()
        messages = next(steps)
        while messages:
            for status, body in messages:
                await self._send_message(status, body)
            messages = steps.send(await self._recv_sasl_message())

    async def _send_message(self, status: int, body: Union[str, bytes, None]) -> None:  # type: ignore[override]
        self._trans.write(self._message(status, body))
        await self._trans.flush()

    async def _recv_sasl_message(self) -> tuple[int, bytes]:  # type: ignore[override]
        read = short_read(self._trans)
        status, length = self._status_and_length(await readall(read, 5))
        return status, await readall(read, length) if length else b""

    async def flush(self) -> None:  # type: ignore[override]
        self._flush_unsent()
        await self._trans.flush()

    async def _read(self, sz: int) -> bytes:  # type: ignore[override]
        """What is there, at least a byte, of a frame."""
        if self._position == len(self._unread):
            await self._read_frame()
        return self._take(sz)

    async def _read_frame(self) -> None:  # type: ignore[override]
        self._check_negotiated()
        read = short_read(self._trans)
        header = await readall(read, 4)
        length = self._frame_length(header)
        self._keep_frame(header, await readall(read, length) if length else b"")


class TAsyncSaslClientTransportFactory:
    """Puts the negotiation of ``mechanism`` on each transport; each gets a client of its own from the factory."""

    def __init__(self, sasl_client_factory: Callable[[], Any], mechanism: Union[str, bytes]) -> None:
        self.sasl_client_factory = sasl_client_factory
        self.mechanism = mechanism

    def get_transport(self, trans: Any) -> TAsyncSaslClientTransport:
        return TAsyncSaslClientTransport(self.sasl_client_factory, self.mechanism, trans)
