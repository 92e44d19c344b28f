"""The short way: a client or a server from a service, an address and two factories."""

from __future__ import annotations

import contextlib
import importlib
import socket
import warnings
from collections.abc import Generator

from fastthrift.client import TClient
from fastthrift.parts import check_parts
from fastthrift.processor import TProcessor
from fastthrift.protocol import TBinaryProtocolFactory
from fastthrift.server import TThreadedServer
from fastthrift.transport import TBufferedTransportFactory, TServerSocket, TSocket
from fastthrift.transport.address import client_address, server_address
from fastthrift.transport.socket import UNSET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from fastthrift.contrib.aio.rpc import make_client as make_aio_client
    from fastthrift.contrib.aio.rpc import make_server as make_aio_server
    from fastthrift.factories import TProtocolFactory, TTransportFactory

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
    check_parts(service, proto_factory, trans_factory)
    tls = {"cafile": cafile, "ssl_context": ssl_context, "certfile": certfile, "keyfile": keyfile}
    address = client_address(host, port, unix_socket, url, any(tls.values()))
    trans = _client_socket(address, socket_family, timeout, timeout, tls)
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
    check_parts(service, proto_factory, trans_factory)
    tls = {"cafile": cafile, "ssl_context": ssl_context, "certfile": certfile, "keyfile": keyfile}
    address = client_address(host, port, unix_socket, url, any(tls.values()))
    trans = _client_socket(address, socket_family, socket_timeout, connect_timeout, tls)
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
    *,
    answer_undeclared: bool | None = None,
) -> TThreadedServer:
    """A server of ``service`` that does not listen yet; `serve()` does. Port 0 lets the system pick one.

    ``client_timeout``: milliseconds that a connection may be silent between calls, None for ever. ``answer_undeclared``:
    whether an exception that the IDL does not declare is answered or ends the connection (`TProcessor`).
    """
    check_parts(service, proto_factory, trans_factory)
    kind: Any = TServerSocket
    options: dict[str, Any] = server_address(host, port, unix_socket, bool(certfile))
    if "host" in options:
        options["socket_family"] = socket_family
        if certfile:
            # Imported here: a program without TLS does not pay for `ssl`.
            from fastthrift.transport.sslsocket import TSSLServerSocket as kind

            options["certfile"] = certfile
    trans = kind(client_timeout=client_timeout, **options)
    processor = TProcessor(service, handler, answer_undeclared=answer_undeclared)
    return TThreadedServer(processor, trans, iprot_factory=proto_factory, itrans_factory=trans_factory)


def _client_socket(
    address: dict[str, Any],
    socket_family: int,
    socket_timeout: float | None,
    connect_timeout: float | None,
    tls: dict[str, Any],
) -> TSocket:
    options = {"socket_timeout": socket_timeout, "connect_timeout": connect_timeout, **address}
    if "host" not in address:
        return TSocket(**options)
    options["socket_family"] = socket_family
    if not any(tls.values()):
        return TSocket(**options)
    from fastthrift.transport.sslsocket import TSSLSocket

    return TSSLSocket(**options, **tls)


def _connected(service: Any, trans: TSocket, proto_factory: Any, trans_factory: Any) -> TClient:
    transport = trans_factory.get_transport(trans)
    protocol = proto_factory.get_protocol(transport)
    transport.open()
    return TClient(service, protocol)


# thriftpy2.rpc has these names too; `ssl`, `asyncio` and `typing` are imported only for who asks.
_ELSEWHERE = {
    "TSSLServerSocket": ("fastthrift.transport.sslsocket", "TSSLServerSocket"),
    "TSSLSocket": ("fastthrift.transport.sslsocket", "TSSLSocket"),
    "TProtocolFactory": ("fastthrift.factories", "TProtocolFactory"),
    "TTransportFactory": ("fastthrift.factories", "TTransportFactory"),
    "make_aio_client": ("fastthrift.contrib.aio.rpc", "make_client"),
    "make_aio_server": ("fastthrift.contrib.aio.rpc", "make_server"),
}


def __getattr__(name: str) -> Any:
    if name not in _ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, original = _ELSEWHERE[name]
    return getattr(importlib.import_module(module), original)
