"""The short way in asyncio: a client or a server from a service, an address and two factories."""

from __future__ import annotations

import asyncio
import socket
import ssl
import warnings
from typing import Any

from fastthrift.contrib.aio.client import TAsyncClient
from fastthrift.contrib.aio.processor import TAsyncProcessor
from fastthrift.contrib.aio.protocol.binary import TAsyncBinaryProtocolFactory
from fastthrift.contrib.aio.server import TAsyncServer
from fastthrift.contrib.aio.socket import TAsyncServerSocket, TAsyncSocket
from fastthrift.contrib.aio.transport.buffered import TAsyncBufferedTransportFactory
from fastthrift.parts import check_parts
from fastthrift.protocol.base import TProtocolFactory
from fastthrift.transport.address import client_address, server_address
from fastthrift.transport.base import TTransportFactory
from fastthrift.transport.socket import UNSET

__all__ = [
    "TAsyncBinaryProtocolFactory",
    "TAsyncBufferedTransportFactory",
    "TAsyncClient",
    "TAsyncProcessor",
    "TAsyncServer",
    "TAsyncServerSocket",
    "TAsyncSocket",
    "TProtocolFactory",
    "TTransportFactory",
    "make_client",
    "make_server",
]

_BINARY = TAsyncBinaryProtocolFactory()
_BUFFERED = TAsyncBufferedTransportFactory()


async def make_client(
    service: Any,
    host: str = "localhost",
    port: Any = 9090,
    unix_socket: str | None = None,
    proto_factory: TProtocolFactory = _BINARY,
    trans_factory: TTransportFactory = _BUFFERED,
    timeout: float | None = 3000,
    connect_timeout: float | None = None,
    cafile: Any = None,
    ssl_context: ssl.SSLContext | None = None,
    certfile: Any = None,
    keyfile: Any = None,
    validate: bool = True,
    url: str = "",
    socket_timeout: float | None = None,
    socket_family: int = socket.AF_INET,
) -> TAsyncClient:
    """A connected client of ``service``. ``timeout``: milliseconds for each call; ``connect_timeout`` is the same without
    one. Any of ``cafile``, ``ssl_context``, ``certfile`` and ``keyfile`` means TLS."""
    check_parts(service, proto_factory, trans_factory, is_asyncio=True)
    if socket_timeout is not None:
        warnings.warn(
            "The 'socket_timeout' argument is deprecated. Please use 'timeout' instead.",
            DeprecationWarning,
            stacklevel=2,
        )
        timeout = socket_timeout
    tls = {"cafile": cafile, "ssl_context": ssl_context, "certfile": certfile, "keyfile": keyfile}
    options: dict[str, Any] = client_address(host, port, unix_socket, url, any(tls.values()))
    if "host" in options:
        options.update(tls, socket_family=socket_family, validate=validate)
    sock = TAsyncSocket(connect_timeout=connect_timeout, socket_timeout=timeout, **options)
    transport = trans_factory.get_transport(sock)
    protocol = proto_factory.get_protocol(transport)
    await transport.open()
    return TAsyncClient(service, protocol)


def make_server(
    service: Any,
    handler: Any,
    host: str = "localhost",
    port: Any = 9090,
    unix_socket: str | None = None,
    proto_factory: TProtocolFactory = _BINARY,
    trans_factory: TTransportFactory = _BUFFERED,
    client_timeout: float | None = UNSET,
    certfile: Any = None,
    keyfile: Any = None,
    ssl_context: ssl.SSLContext | None = None,
    loop: asyncio.AbstractEventLoop | None = None,
    socket_family: int = socket.AF_INET,
    *,
    answer_undeclared: bool | None = None,
) -> TAsyncServer:
    """A server of ``service`` that does not listen yet; `serve()` or `await start()` does. Port 0 lets the system pick.

    ``client_timeout``: milliseconds that a connection may be silent between calls, None for ever. ``answer_undeclared``:
    as of `TProcessor`.
    """
    check_parts(service, proto_factory, trans_factory, is_asyncio=True)
    options: dict[str, Any] = server_address(host, port, unix_socket, bool(certfile or ssl_context))
    if "host" in options:
        options.update(socket_family=socket_family, certfile=certfile, keyfile=keyfile, ssl_context=ssl_context)
    trans = TAsyncServerSocket(client_timeout=client_timeout, **options)
    return TAsyncServer(
        TAsyncProcessor(service, handler, answer_undeclared=answer_undeclared),
        trans,
        itrans_factory=trans_factory,
        iprot_factory=proto_factory,
        loop=loop,
    )
