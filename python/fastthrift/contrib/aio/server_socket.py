"""TAsyncServerSocket: a listening socket of an event loop, and the connections that it accepts as transports."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable
from typing import Any, Callable

from fastthrift.contrib.aio.timeout import or_timeout
from fastthrift.transport._ssl import server_context
from fastthrift.transport.base import Buffer
from fastthrift.transport.failures import end_of_file
from fastthrift.transport.listening import UNSET, ListeningSocket
from fastthrift.transport.sslsocket import HANDSHAKE_MS

STREAM_LIMIT = 1 << 18


class StreamHandler:
    """The server's end of a connection, over asyncio's streams. ``timeout``: seconds that a read may wait."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeout: float | None = None
    ) -> None:
        self.reader = reader
        self.writer = writer
        self.timeout = timeout

    async def read(self, sz: int) -> bytes:
        data = await or_timeout(self.reader.read(sz), self.timeout, "the connection was silent for too long")
        if not data:
            raise end_of_file()
        return data

    def write(self, buff: Buffer) -> None:
        self.writer.write(buff)

    async def flush(self) -> None:
        await or_timeout(self.writer.drain(), self.timeout, "the peer does not read")

    def is_open(self) -> bool:
        return not self.writer.transport.is_closing()

    def close(self) -> None:
        with contextlib.suppress(RuntimeError):
            self.writer.close()

    async def open(self) -> None:
        pass


# asyncio accepts as many connections as may wait before it lets others run, and where descriptors run out logs that
# many tracebacks each time: it is told another number than the system.
_AT_ONCE = 2


class TAsyncServerSocket(ListeningSocket):
    """A listening socket on ``host`` and ``port`` (0: the system picks one) or at the path of a UNIX socket.

    ``client_timeout``: milliseconds that a connection may be silent between calls, None for ever. ``certfile`` (and
    ``keyfile`` where the key is not in it) or ``ssl_context`` mean TLS.
    """

    def __init__(
        self,
        host: str | None = None,
        port: Any = None,
        unix_socket: str | None = None,
        socket_family: int = socket.AF_INET,
        client_timeout: float | None = UNSET,
        backlog: int = 4096,
        ssl_context: ssl.SSLContext | None = None,
        certfile: Any = None,
        keyfile: Any = None,
        ciphers: str | None = None,
        *,
        reuse_port: bool | None = None,
        unix_mode: int | None = UNSET,
    ) -> None:
        super().__init__(
            host,
            port,
            unix_socket,
            socket_family,
            client_timeout,
            backlog,
            reuse_port=reuse_port,
            unix_mode=unix_mode,
        )
        if ssl_context is None and certfile is not None:
            ssl_context = server_context(certfile, keyfile, ciphers)
        self.ssl_context = ssl_context

    @property
    def raw_sock(self) -> Any:
        return self.sock

    async def accept(self, callback: Callable[[StreamHandler], Awaitable[None]]) -> asyncio.AbstractServer:
        """Listens; each connection becomes a `StreamHandler` and a task that awaits ``callback`` of it."""

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await callback(StreamHandler(reader, writer, self.client_timeout))

        loop = asyncio.get_running_loop()

        def protocol() -> asyncio.StreamReaderProtocol:
            reader = asyncio.StreamReader(limit=STREAM_LIMIT, loop=loop)
            return asyncio.StreamReaderProtocol(reader, connected, loop=loop)

        return await self.listen_with(protocol)

    async def listen_with(self, protocol_factory: Callable[[], asyncio.BaseProtocol]) -> asyncio.AbstractServer:
        """Listens; each connection gets a protocol."""
        loop = asyncio.get_running_loop()
        self.listen()
        self.sock.setblocking(False)
        create: Any = loop.create_unix_server if self.unix_socket else loop.create_server
        server: asyncio.AbstractServer = await create(
            protocol_factory,
            sock=self.sock,
            backlog=_AT_ONCE,
            ssl=self.ssl_context,
            ssl_handshake_timeout=None if self.ssl_context is None else HANDSHAKE_MS / 1000,
        )
        self.sock.listen(self.backlog)
        return server
