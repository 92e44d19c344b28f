"""TAsyncHttpServer: the calls of a service by POST, many connections on one event loop. Needs no aiohttp."""

from __future__ import annotations

import ssl
from typing import Any

from fastthrift.contrib.aio.http.connection import Connection
from fastthrift.contrib.aio.http.memory import TAsyncMemoryBuffer, TAsyncReceived
from fastthrift.contrib.aio.protocol.binary import TAsyncBinaryProtocolFactory
from fastthrift.contrib.aio.server import TAsyncServer
from fastthrift.contrib.aio.socket import TAsyncServerSocket
from fastthrift.http.refused import Refused
from fastthrift.http.request import Limits, Request
from fastthrift.http.server import DEFAULT_IDLE_MS
from fastthrift.processor import TProcessorFactory, answers_undeclared
from fastthrift.thrift import TException
from fastthrift.transport.socket import UNSET


class TAsyncHttpServer(TAsyncServer):
    """Answers each POST, whatever its path, with the message that ``processor`` writes.

    ``await serve()`` serves until `close`; ``await start()`` does it in the background. ``client_timeout``: milliseconds that
    a connection may be idle between requests, None for ever. Port 0 lets the system pick one: `server_address` tells it.
    """

    limits = Limits()

    def __init__(
        self,
        processor: Any,
        host: str,
        port: Any,
        iprot_factory: Any,
        ssl_context: ssl.SSLContext | None = None,
        *,
        client_timeout: float | None = UNSET,
    ) -> None:
        self.host = host
        self.port = port
        self.ssl_context = ssl_context
        idle = DEFAULT_IDLE_MS if client_timeout is UNSET else client_timeout
        trans = TAsyncServerSocket(host, port, client_timeout=idle, ssl_context=ssl_context)
        super().__init__(processor, trans, iprot_factory=iprot_factory or TAsyncBinaryProtocolFactory())

    @property
    def server_address(self) -> Any:
        """Where it listens."""
        sock = self.trans.sock
        return (self.host, self.port) if sock is None else sock.getsockname()

    async def serve(self) -> None:  # type: ignore[override]
        """Listens, and serves until `close()`."""
        if self.server is None:
            await self.start()
        assert self._stopped is not None
        try:
            await self._stopped.wait()
        finally:
            if not self.closed:
                await self.stop(0)

    async def handle(self, client: Any) -> None:
        """Serves one connection until it ends."""
        connection = Connection(
            client.reader,
            client.writer,
            self._answer,
            self._refusals,
            self.trans.client_timeout,
            lambda: not self.closed,
            self.limits,
        )
        await connection.serve()

    async def _answer(self, request: Request) -> bytes:
        processor = self.processor
        if isinstance(processor, TProcessorFactory):
            processor = processor.get_processor()
        sink = TAsyncMemoryBuffer()
        iprot = self.iprot_factory.get_protocol(TAsyncReceived(request.body))
        oprot = self.oprot_factory.get_protocol(sink)
        try:
            await processor.process(iprot, oprot)
        except Exception as error:  # noqa: BLE001 - whatever a user's protocol or processor raises
            if not answers_undeclared(processor):
                raise Refused(500, f"Internal Server Error: {error}") from error
            # Our processor answers what handlers raise: what comes here is about the bytes, or from a user's processor.
            is_clients = isinstance(error, (TException, ValueError, EOFError))
            raise Refused(400 if is_clients else 500, f"no message for this service: {type(error).__name__}") from error
        return sink.getvalue()
