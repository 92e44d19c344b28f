"""Thrift over HTTP: a client that is a transport, and a server of many connections."""

from __future__ import annotations

import contextlib
import ssl
import urllib.parse
from collections.abc import Generator
from typing import Any, Callable

from fastthrift.client import TClient
from fastthrift.http.client import DEFAULT_HTTP_CLIENT_TIMEOUT_MS, THttpClient, THttpHeaderFactory
from fastthrift.http.exchange import ResponseException
from fastthrift.http.fileobject import TFileObjectTransport
from fastthrift.http.server import THttpServer
from fastthrift.parts import check_parts
from fastthrift.processor import TProcessor
from fastthrift.protocol import TBinaryProtocolFactory
from fastthrift.protocol.base import TProtocolFactory
from fastthrift.server import TServer
from fastthrift.transport import TBufferedTransportFactory, TMemoryBuffer
from fastthrift.transport._ssl import server_context
from fastthrift.transport.address import port_number
from fastthrift.transport.base import TTransportBase, TTransportFactory
from fastthrift.transport.socket import UNSET

__all__ = [
    "DEFAULT_HTTP_CLIENT_TIMEOUT_MS",
    "HTTP_URI",
    "ResponseException",
    "TBinaryProtocolFactory",
    "TBufferedTransportFactory",
    "TClient",
    "TFileObjectTransport",
    "THttpClient",
    "THttpHeaderFactory",
    "THttpServer",
    "TMemoryBuffer",
    "TProcessor",
    "TProtocolFactory",
    "TServer",
    "TTransportBase",
    "TTransportFactory",
    "client_context",
    "make_client",
    "make_server",
]

HTTP_URI = "{scheme}://{host}:{port}{path}"

_BINARY = TBinaryProtocolFactory()
_BUFFERED = TBufferedTransportFactory()


def make_server(
    service: Any,
    handler: Any,
    host: str,
    port: Any,
    proto_factory: Any = _BINARY,
    trans_factory: Any = _BUFFERED,
    *,
    certfile: Any = None,
    keyfile: Any = None,
    ssl_context: ssl.SSLContext | None = None,
    client_timeout: float | None = UNSET,
    answer_undeclared: bool | None = None,
) -> THttpServer:
    """A server of ``service`` that listens already; `serve()` answers. Port 0 lets the system pick one.

    ``certfile`` (and ``keyfile`` where the key is not in it) or a ready ``ssl_context`` make it one of HTTPS.
    ``answer_undeclared``: as of `TProcessor`.
    """
    check_parts(service, proto_factory, trans_factory)
    if ssl_context is None and certfile:
        ssl_context = server_context(certfile, keyfile)
    return THttpServer(
        TProcessor(service, handler, answer_undeclared=answer_undeclared),
        (host, port_number(port) or 0),
        itrans_factory=trans_factory,
        iprot_factory=proto_factory,
        ssl_context=ssl_context,
        client_timeout=client_timeout,
    )


def make_client(
    service: Any,
    host: str = "localhost",
    port: Any = 9090,
    path: str = "",
    scheme: str = "http",
    proto_factory: Any = _BINARY,
    trans_factory: Any = _BUFFERED,
    ssl_context_factory: Callable[[], ssl.SSLContext] | None = None,
    http_header_factory: THttpHeaderFactory | None = None,
    timeout: float | None = DEFAULT_HTTP_CLIENT_TIMEOUT_MS,
    url: str = "",
    keep_alive: bool = False,
) -> TClient:
    """A client of ``service`` at ``url``, or at ``scheme``, ``host``, ``port`` and ``path``. ``timeout`` is milliseconds for
    a whole call. Nothing is connected before the first call."""
    check_parts(service, proto_factory, trans_factory)
    http = THttpClient(
        url or _url(scheme, host, port, path), timeout, ssl_context_factory, http_header_factory, keep_alive
    )
    transport = trans_factory.get_transport(http)
    protocol = proto_factory.get_protocol(transport)
    transport.open()
    return TClient(service, protocol)


@contextlib.contextmanager
def client_context(
    service: Any,
    host: str = "localhost",
    port: Any = 9090,
    path: str = "",
    scheme: str = "http",
    proto_factory: Any = _BINARY,
    trans_factory: Any = _BUFFERED,
    ssl_context_factory: Callable[[], ssl.SSLContext] | None = None,
    http_header_factory: THttpHeaderFactory | None = None,
    timeout: float | None = DEFAULT_HTTP_CLIENT_TIMEOUT_MS,
    url: str = "",
    keep_alive: bool = False,
) -> Generator[TClient, None, None]:
    """`make_client` for a ``with`` statement, which closes it."""
    client = make_client(
        service,
        host,
        port,
        path,
        scheme,
        proto_factory,
        trans_factory,
        ssl_context_factory,
        http_header_factory,
        timeout,
        url,
        keep_alive,
    )
    try:
        yield client
    finally:
        client.close()


def _url(scheme: str, host: Any, port: Any, path: str) -> str:
    if isinstance(host, bytes):
        host = host.decode("ascii")
    if not host or not isinstance(host, str) or port == "" or not port_number(port):
        raise ValueError(f"expected a host and a port, or url=, got {host!r} and {port!r}")
    if path and not path.startswith("/"):
        path = "/" + path
    name = f"[{host}]" if ":" in host and not host.startswith("[") else host
    # A path may have a query, but the number sign of a fragment is one of its characters.
    return HTTP_URI.format(
        scheme=scheme, host=name, port=port_number(port), path=path.replace("#", urllib.parse.quote("#"))
    )
