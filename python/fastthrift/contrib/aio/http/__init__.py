"""Thrift over HTTP on an event loop: a client over aiohttp (``pip install fastthrift[aiohttp]``) and a server without it."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncGenerator
from typing import Any

from fastthrift.contrib.aio.client import TAsyncClient
from fastthrift.contrib.aio.http.client import TAsyncHttpClient, TAsyncHttpHeaderFactory
from fastthrift.contrib.aio.http.memory import TAsyncMemoryBuffer
from fastthrift.contrib.aio.http.server import TAsyncHttpServer
from fastthrift.contrib.aio.processor import TAsyncProcessor
from fastthrift.contrib.aio.protocol.binary import TAsyncBinaryProtocolFactory
from fastthrift.contrib.aio.transport.base import TAsyncTransportBase
from fastthrift.http import DEFAULT_HTTP_CLIENT_TIMEOUT_MS, HTTP_URI, _url
from fastthrift.http.client import THttpHeaderFactory
from fastthrift.protocol.base import TProtocolFactory
from fastthrift.transport._ssl import server_context
from fastthrift.transport.address import port_number
from fastthrift.transport.base import TTransportException
from fastthrift.transport.socket import UNSET

__all__ = [
    "DEFAULT_HTTP_CLIENT_TIMEOUT_MS",
    "HTTP_URI",
    "TAsyncBinaryProtocolFactory",
    "TAsyncClient",
    "TAsyncHttpClient",
    "TAsyncHttpHeaderFactory",
    "TAsyncHttpServer",
    "TAsyncMemoryBuffer",
    "TAsyncProcessor",
    "TAsyncTransportBase",
    "TProtocolFactory",
    "TTransportException",
    "client_context",
    "make_client",
    "make_server",
]


async def make_client(
    service: Any,
    host: str = "localhost",
    port: Any = 9090,
    path: str = "",
    scheme: str = "http",
    proto_factory: Any = None,
    ssl_context: ssl.SSLContext | None = None,
    http_header_factory: THttpHeaderFactory | None = None,
    timeout: float | None = DEFAULT_HTTP_CLIENT_TIMEOUT_MS,
    url: str = "",
) -> TAsyncClient:
    """A client of ``service`` at ``url``, or at ``scheme``, ``host``, ``port`` and ``path``. ``timeout`` is milliseconds for
    a whole call. Nothing is connected before the first call."""
    transport = TAsyncHttpClient(url or _url(scheme, host, port, path), timeout, ssl_context, http_header_factory)
    protocol = (proto_factory or TAsyncBinaryProtocolFactory()).get_protocol(transport)
    await transport.open()
    return TAsyncClient(service, protocol)


@contextlib.asynccontextmanager
async def client_context(
    service: Any,
    host: str = "localhost",
    port: Any = 9090,
    path: str = "",
    scheme: str = "http",
    proto_factory: Any = None,
    ssl_context: ssl.SSLContext | None = None,
    http_header_factory: THttpHeaderFactory | None = None,
    timeout: float | None = DEFAULT_HTTP_CLIENT_TIMEOUT_MS,
    url: str = "",
) -> AsyncGenerator[TAsyncClient, None]:
    """`make_client` for an ``async with`` statement, which closes it."""
    client = await make_client(
        service, host, port, path, scheme, proto_factory, ssl_context, http_header_factory, timeout, url
    )
    try:
        yield client
    finally:
        await client._iprot.trans.aclose()


def make_server(
    service: Any,
    handler: Any,
    host: str,
    port: Any,
    proto_factory: Any = None,
    ssl_context: ssl.SSLContext | None = None,
    *,
    certfile: Any = None,
    keyfile: Any = None,
    client_timeout: float | None = UNSET,
    answer_undeclared: bool | None = None,
) -> TAsyncHttpServer:
    """A server of ``service`` that does not listen yet: ``await server.serve()``. Port 0 lets the system pick one.

    ``certfile`` (and ``keyfile`` where the key is not in it) or a ready ``ssl_context`` make it one of HTTPS.
    ``answer_undeclared``: as of `TProcessor`.
    """
    if ssl_context is None and certfile:
        ssl_context = server_context(certfile, keyfile)
    return TAsyncHttpServer(
        TAsyncProcessor(service, handler, answer_undeclared=answer_undeclared),
        host,
        port_number(port) or 0,
        proto_factory,
        ssl_context,
        client_timeout=client_timeout,
    )
