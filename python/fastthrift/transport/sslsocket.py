"""TSSLSocket and TSSLServerSocket: TLS by Python's ``ssl`` over the sockets of `fastthrift.transport.socket`."""

from __future__ import annotations

import os
import socket
import ssl
from typing import Any

from fastthrift.transport._ssl import (
    DEFAULT_CIPHERS,
    RESTRICTED_SERVER_CIPHERS,
    create_thriftpy_context,
    load_authorities,
    load_certificate,
    server_context,
)
from fastthrift.transport.base import TTransportException
from fastthrift.transport.socket import UNSET, TServerSocket, TSocket

__all__ = [
    "DEFAULT_CIPHERS",
    "RESTRICTED_SERVER_CIPHERS",
    "TSSLServerSocket",
    "TSSLSocket",
    "create_thriftpy_context",
]

# Milliseconds from a connection's acceptance to the end of its handshake.
HANDSHAKE_MS = 10_000

Path = Any  # str or os.PathLike


class TSSLSocket(TSocket):
    """A client's TLS connection.

    ``cafile``/``capath`` name the authorities to trust (none: the system's), ``certfile``/``keyfile`` the client's own
    certificate. ``validate=False`` trusts anybody; ``check_hostname=False`` takes a certificate for another host. A
    ready ``ssl_context`` is used as it is. Timeouts are milliseconds; connecting includes the handshake.
    """

    def __init__(
        self,
        host: str,
        port: Any,
        socket_family: int = socket.AF_INET,
        socket_timeout: float | None = 3000,
        connect_timeout: float | None = None,
        ssl_context: ssl.SSLContext | None = None,
        validate: bool = True,
        cafile: Path | None = None,
        capath: Path | None = None,
        certfile: Path | None = None,
        keyfile: Path | None = None,
        ciphers: str | None = None,
        *,
        check_hostname: bool | None = None,
    ) -> None:
        super().__init__(
            host=host,
            port=port,
            socket_family=socket_family,
            socket_timeout=socket_timeout,
            connect_timeout=connect_timeout,
        )
        self.ssl_context = ssl_context or client_context(
            validate, cafile, capath, certfile, keyfile, ciphers, check_hostname
        )

    def _init_inet(self, family: int) -> None:
        super()._init_inet(family)
        self.sock = self.ssl_context.wrap_socket(self.sock, server_hostname=self.host)


def client_context(
    validate: bool,
    cafile: Path | None,
    capath: Path | None,
    certfile: Path | None,
    keyfile: Path | None,
    ciphers: str | None = None,
    check_hostname: bool | None = None,
) -> ssl.SSLContext:
    """The context that a client's arguments ask for."""
    context = create_thriftpy_context(ciphers=ciphers, check_hostname=check_hostname)
    if not validate:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif cafile or capath:
        load_authorities(context, cafile, capath)
    else:
        context.load_default_certs()
    if certfile:
        load_certificate(context, certfile, keyfile)
    return context


class _AcceptedSSLSocket(TSocket):
    """A server's end of a TLS connection. The handshake happens at the first read or write, in the thread that serves the
    connection: a client that never begins it holds up nobody else."""

    _handshake_is_due = True

    def _shake_hands(self) -> None:
        if not self._handshake_is_due or self.sock is None:
            return
        self._handshake_is_due = False
        timeout = self.sock.gettimeout()
        self.sock.settimeout(HANDSHAKE_MS / 1000)
        try:
            self.sock.do_handshake()
        except (ssl.SSLError, socket.timeout) as error:
            self.close()
            raise TTransportException(TTransportException.NOT_OPEN, f"TLS handshake failed: {error}") from error
        self.sock.settimeout(timeout)

    def read(self, sz: int) -> bytes:
        self._shake_hands()
        return super().read(sz)

    def write(self, buf: Any) -> None:
        self._shake_hands()
        super().write(buf)


class TSSLServerSocket(TServerSocket):
    """Listens for TLS connections with the certificate in ``certfile`` (and ``keyfile`` where the key is not in it), or
    with a ready ``ssl_context``. ``cafile``: clients must show a certificate that these authorities have signed."""

    def __init__(
        self,
        host: str,
        port: Any,
        socket_family: int = socket.AF_INET,
        client_timeout: float | None = UNSET,
        backlog: int = 4096,
        ssl_context: ssl.SSLContext | None = None,
        certfile: Path = "cert.pem",
        ciphers: str | None = None,
        *,
        keyfile: Path | None = None,
        cafile: Path | None = None,
        reuse_port: bool | None = None,
    ) -> None:
        super().__init__(
            host=host,
            port=port,
            socket_family=socket_family,
            client_timeout=client_timeout,
            backlog=backlog,
            reuse_port=reuse_port,
        )
        if ssl_context is None:
            if not os.access(certfile, os.R_OK):
                raise OSError(f"No such certfile found: {certfile}")
            ssl_context = server_context(certfile, keyfile, ciphers)
            if cafile is not None:
                load_authorities(ssl_context, cafile)
                ssl_context.verify_mode = ssl.CERT_REQUIRED
        self.ssl_context = ssl_context

    def accept(self) -> TSocket:
        plain = super().accept()
        timeout = None if plain.socket_timeout is None else plain.socket_timeout * 1000
        try:
            secure = self.ssl_context.wrap_socket(plain.sock, server_side=True, do_handshake_on_connect=False)
        except BaseException:
            plain.close()
            raise
        return _AcceptedSSLSocket(sock=secure, socket_family=self.socket_family, socket_timeout=timeout)
