"""The short way: a client or a server from a service, an address and two factories."""

from __future__ import annotations

import contextlib
import importlib
import socket
import urllib.parse
import warnings
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from fastthrift.client import TClient
from fastthrift.processor import TProcessor
from fastthrift.protocol import TBinaryProtocolFactory
from fastthrift.protocol.base import TProtocolFactory
from fastthrift.server import TThreadedServer
from fastthrift.transport import TBufferedTransportFactory, TServerSocket, TSocket
from fastthrift.transport.address import port_number
from fastthrift.transport.base import TTransportFactory
from fastthrift.transport.socket import UNSET

if TYPE_CHECKING:
    from fastthrift.contrib.aio.rpc import make_client as make_aio_client
    from fastthrift.contrib.aio.rpc import make_server as make_aio_server

__all__ = [
    "TBinaryProtocolFactory",
    "TBufferedTransportFactory",
    "TClient",
    "TProcessor",
    "TProtocolFactory",
    "TServerSocket",
    "TSocket",
    "TThreadedServer",
    "TTransportFactory",
    "client_context",
    "make_aio_client",
    "make_aio_server",
    "make_client",
    "make_server",
]

_BINARY = TBinaryProtocolFactory()
_BUFFERED = TBufferedTransportFactory()


def make_client(
    service: Any,
    host: str = "localhost",
    port: Any = 9090,
    unix_socket: str | None = None,
    proto_factory: TProtocolFactory = _BINARY,
    trans_factory: TTransportFactory = _BUFFERED,
    timeout: float | None = 3000,
    cafile: str | None = None,
    ssl_context: Any = None,
    certfile: str | None = None,
    keyfile: str | None = None,
    url: str = "",
    socket_family: int = socket.AF_INET,
) -> TClient:
    """A connected client of ``service``. ``port`` is an int or a string of digits, ``timeout`` milliseconds."""
    trans = _client_socket(
        host, port, unix_socket, url, socket_family, timeout, timeout, (cafile, ssl_context, certfile, keyfile)
    )
    return _connected(service, trans, proto_factory, trans_factory)


@contextlib.contextmanager
def client_context(
    service: Any,
    host: str = "localhost",
    port: Any = 9090,
    unix_socket: str | None = None,
    proto_factory: TProtocolFactory = _BINARY,
    trans_factory: TTransportFactory = _BUFFERED,
    timeout: float | None = None,
    socket_timeout: float | None = 3000,
    connect_timeout: float | None = 3000,
    cafile: str | None = None,
    ssl_context: Any = None,
    certfile: str | None = None,
    keyfile: str | None = None,
    url: str = "",
    socket_family: int = socket.AF_INET,
) -> Generator[TClient, None, None]:
    """`make_client` for a ``with`` statement, which closes it."""
    if timeout:
        warnings.warn(
            "`timeout` deprecated, use `socket_timeout` and `connect_timeout` instead.", UserWarning, stacklevel=3
        )
        socket_timeout = connect_timeout = timeout
    trans = _client_socket(
        host,
        port,
        unix_socket,
        url,
        socket_family,
        socket_timeout,
        connect_timeout,
        (cafile, ssl_context, certfile, keyfile),
    )
    client = _connected(service, trans, proto_factory, trans_factory)
    try:
        yield client
    finally:
        client.close()


def make_server(
    service: Any,
    handler: Any,
    host: str = "localhost",
    port: Any = 9090,
    unix_socket: str | None = None,
    proto_factory: TProtocolFactory = _BINARY,
    trans_factory: TTransportFactory = _BUFFERED,
    client_timeout: float | None = UNSET,
    certfile: str | None = None,
    socket_family: int = socket.AF_INET,
) -> TThreadedServer:
    """A server of ``service`` that does not listen yet; `serve()` does. Port 0 lets the system pick one.

    ``client_timeout``: milliseconds that a connection may be silent between calls, None for ever.
    """
    if unix_socket:
        if certfile:
            warnings.warn("SSL only works with host:port, not unix_socket.", UserWarning, stacklevel=2)
        trans: TServerSocket = TServerSocket(unix_socket=unix_socket, client_timeout=client_timeout)
    elif host and port is not None and port != "":
        if certfile:
            # Imported here: a program without TLS does not pay for `ssl`.
            from fastthrift.transport.sslsocket import TSSLServerSocket

            trans = TSSLServerSocket(
                host, port, socket_family=socket_family, client_timeout=client_timeout, certfile=certfile
            )
        else:
            trans = TServerSocket(host=host, port=port, socket_family=socket_family, client_timeout=client_timeout)
    else:
        raise ValueError("Either host/port or unix_socket must be provided.")
    return TThreadedServer(
        TProcessor(service, handler), trans, iprot_factory=proto_factory, itrans_factory=trans_factory
    )


def _client_socket(
    host: str | None,
    port: Any,
    unix_socket: str | None,
    url: str,
    socket_family: int,
    socket_timeout: float | None,
    connect_timeout: float | None,
    tls: tuple[Any, ...],
) -> TSocket:
    if url:
        parsed = urllib.parse.urlparse(url if "//" in url else "//" + url)
        host = parsed.hostname or host
        port = parsed.port or port
    if unix_socket:
        if any(tls):
            warnings.warn("SSL only works with host:port, not unix_socket.", UserWarning, stacklevel=4)
        return TSocket(unix_socket=unix_socket, connect_timeout=connect_timeout, socket_timeout=socket_timeout)
    if not host or not port_number(port if port != "" else None):
        raise ValueError("Either host/port or unix_socket or url must be provided.")
    cafile, ssl_context, certfile, keyfile = tls
    if any(tls):
        from fastthrift.transport.sslsocket import TSSLSocket

        return TSSLSocket(
            host,
            port,
            socket_family=socket_family,
            socket_timeout=socket_timeout,
            connect_timeout=connect_timeout,
            ssl_context=ssl_context,
            cafile=cafile,
            certfile=certfile,
            keyfile=keyfile,
        )
    return TSocket(
        host, port, socket_family=socket_family, connect_timeout=connect_timeout, socket_timeout=socket_timeout
    )


def _connected(service: Any, trans: TSocket, proto_factory: Any, trans_factory: Any) -> TClient:
    transport = trans_factory.get_transport(trans)
    protocol = proto_factory.get_protocol(transport)
    transport.open()
    return TClient(service, protocol)


# thriftpy2.rpc has these names too; `ssl` and `asyncio` are imported only for who asks.
_ELSEWHERE = {
    "TSSLServerSocket": ("fastthrift.transport.sslsocket", "TSSLServerSocket"),
    "TSSLSocket": ("fastthrift.transport.sslsocket", "TSSLSocket"),
    "make_aio_client": ("fastthrift.contrib.aio.rpc", "make_client"),
    "make_aio_server": ("fastthrift.contrib.aio.rpc", "make_server"),
}


def __getattr__(name: str) -> Any:
    if name not in _ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, original = _ELSEWHERE[name]
    return getattr(importlib.import_module(module), original)
