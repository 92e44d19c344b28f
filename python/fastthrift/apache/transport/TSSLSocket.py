"""TLS: `TSSLSocket` checks the server's certificate and host, TLS 1.2 or newer, on Python's `ssl`."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import ssl
import warnings
from typing import Any, Callable, Optional

from fastthrift.apache.transport import TSocket
from fastthrift.apache.transport.sslcompat import match_peer_ipaddress
from fastthrift.apache.transport.TTransport import TTransportException

logger = logging.getLogger(__name__)

_HANDSHAKE_SECONDS = 10

_Validate = Callable[[Any, Any], Any]


class TSSLBase:
    """The keywords of both ends: ``keyfile``, ``certfile``, ``cert_reqs``, ``ca_certs``, ``ciphers``, ``ssl_version``,
    ``server_hostname``, or a ready ``ssl_context`` instead of all of them."""

    SSL_VERSION = ssl.PROTOCOL_TLS_CLIENT

    _KEYWORDS = (
        "ssl_version",
        "cert_reqs",
        "ca_certs",
        "keyfile",
        "certfile",
        "ciphers",
        "server_hostname",
        "ssl_context",
    )

    def __init__(self, server_side: bool, host: Optional[str], ssl_opts: dict[str, Any]) -> None:
        unknown = set(ssl_opts) - set(self._KEYWORDS)
        if unknown:
            raise TypeError(f"unexpected keyword arguments: {', '.join(sorted(unknown))}")
        self._server_side = server_side
        self.server_hostname: Optional[str] = ssl_opts.pop("server_hostname", None) or host
        given: Optional[ssl.SSLContext] = ssl_opts.pop("ssl_context", None)
        if given is not None:
            if ssl_opts:
                raise ValueError(f"Incompatible arguments: ssl_context and {' '.join(sorted(ssl_opts))}")
            self._custom_context = True
            self._context: Optional[ssl.SSLContext] = given
            return
        self._custom_context = False
        self._context = None
        self._ssl_version = ssl_opts.get("ssl_version")
        self.cert_reqs: int = ssl_opts.get("cert_reqs", ssl.CERT_NONE if server_side else ssl.CERT_REQUIRED)
        self.ca_certs: Optional[str] = ssl_opts.get("ca_certs")
        self.keyfile: Optional[str] = ssl_opts.get("keyfile")
        self._certfile: Optional[str] = ssl_opts.get("certfile")
        self.ciphers: Optional[str] = ssl_opts.get("ciphers")
        if self.cert_reqs != ssl.CERT_NONE:
            if not self.ca_certs:
                raise ValueError("ca_certs is needed when cert_reqs is not ssl.CERT_NONE")
            if not os.access(self.ca_certs, os.R_OK):
                raise OSError(
                    f'Certificate Authority ca_certs file "{self.ca_certs}" is not readable, cannot validate SSL certificates.'
                )

    @property
    def certfile(self) -> Optional[str]:
        return self._certfile

    @certfile.setter
    def certfile(self, certfile: Optional[str]) -> None:
        if self._server_side and not certfile:
            raise ValueError("certfile is needed for server-side")
        if certfile and not os.access(certfile, os.R_OK):
            raise OSError(f"No such certfile found: {certfile}")
        self._certfile = certfile
        if not self._custom_context:
            self._context = None

    @property
    def ssl_version(self) -> Any:
        """The protocol of the context."""
        return self.ssl_context.protocol

    @property
    def _should_verify(self) -> bool:
        if self._custom_context:
            return self.ssl_context.verify_mode != ssl.CERT_NONE
        return self.cert_reqs != ssl.CERT_NONE

    @property
    def ssl_context(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = self._make_context()
        return self._context

    def _make_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if self._server_side else ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if not self._server_side:
            context.check_hostname = self.cert_reqs == ssl.CERT_REQUIRED
        context.verify_mode = ssl.VerifyMode(self.cert_reqs)
        if self.certfile:
            context.load_cert_chain(self.certfile, self.keyfile)
        if self.ciphers:
            context.set_ciphers(self.ciphers)
        if self.ca_certs:
            context.load_verify_locations(self.ca_certs)
        return context

    @staticmethod
    def _positional(args: tuple[Any, ...], names: tuple[str, ...], kwargs: dict[str, Any]) -> None:
        """Apache's arguments of old by position, with its warning."""
        if len(args) > len(names):
            raise TypeError(f"too many positional arguments: {args[len(names) :]}")
        for name, value in zip(names, args):
            warnings.warn(f"{name} is deprecated as positional argument: use keyword", DeprecationWarning, stacklevel=4)
            if name in kwargs:
                raise TypeError(f"Duplicate argument: {name}")
            kwargs[name] = value


class TSSLSocket(TSocket.TSocket, TSSLBase):
    """A client's connection over TLS. ``validate_callback(cert, hostname)`` may refuse what OpenSSL accepts."""

    def __init__(self, host: str = "localhost", port: int = 9090, *args: Any, **kwargs: Any) -> None:
        self.is_valid = False
        self.peercert: Any = None
        self._positional(args, ("validate", "ca_certs", "keyfile", "certfile", "unix_socket", "ciphers"), kwargs)
        validate = kwargs.pop("validate", None)
        if validate is not None:
            if "cert_reqs" in kwargs:
                raise ValueError("Cannot specify both validate and cert_reqs")
            kwargs["cert_reqs"] = ssl.CERT_REQUIRED if validate else ssl.CERT_NONE
        unix_socket = kwargs.pop("unix_socket", None)
        keepalive = kwargs.pop("socket_keepalive", False)
        self._validate_callback: Optional[_Validate] = kwargs.pop("validate_callback", None)
        TSSLBase.__init__(self, False, host, kwargs)
        TSocket.TSocket.__init__(self, host, port, unix_socket, socket_keepalive=keepalive)

    @property
    def validate(self) -> bool:
        return self._should_verify

    def close(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            self.handle.settimeout(0.001)
            self.handle = self.handle.unwrap()
        super().close()

    def _do_open(self, family: int, socktype: int) -> Any:
        plain = socket.socket(family, socktype)
        try:
            return self.ssl_context.wrap_socket(plain, server_hostname=self.server_hostname)
        except BaseException:
            plain.close()
            raise

    def open(self) -> None:
        super().open()
        if not self._should_verify:
            return
        self.peercert = self.handle.getpeercert()
        if self._validate_callback is not None:
            try:
                self._validate_callback(self.peercert, self.server_hostname)
            except TTransportException:
                self.close()
                raise
            except Exception as error:
                self.close()
                raise TTransportException(TTransportException.NOT_OPEN, message=str(error), inner=error) from error
        self.is_valid = True


class _AcceptedTLS(TSocket.TSocket):
    """A server's end. The handshake is due at the first read or write, in the thread that serves the connection: a client that
    never begins it holds up nobody else."""

    def __init__(self, handle: Any, validate: Optional[_Validate]) -> None:
        super().__init__()
        self.setHandle(handle)
        self._validate = validate
        self._handshake_is_due = True

    def _shake_hands(self) -> None:
        if not self._handshake_is_due or self.handle is None:
            return
        self._handshake_is_due = False
        timeout = self.handle.gettimeout()
        try:
            self.handle.settimeout(_HANDSHAKE_SECONDS)
            self.handle.do_handshake()
            if self._validate is not None:
                self._validate(self.handle.getpeercert(), self.handle.getpeername()[0])
            self.handle.settimeout(timeout)
        except Exception as error:
            self.close()
            raise TTransportException(
                TTransportException.NOT_OPEN, message=f"TLS handshake failed: {error}", inner=error
            ) from error

    def read(self, sz: int) -> bytes:
        self._shake_hands()
        return super().read(sz)

    def write(self, buff: bytes) -> None:
        self._shake_hands()
        super().write(buff)


class TSSLServerSocket(TSocket.TServerSocket, TSSLBase):
    """Listens for TLS connections. With ``cert_reqs=ssl.CERT_REQUIRED`` clients must show a certificate that ``ca_certs`` have
    signed and that is made out to their IP address, unless ``validate_callback`` decides otherwise."""

    def __init__(self, host: Optional[str] = None, port: int = 9090, *args: Any, **kwargs: Any) -> None:
        self._positional(args, ("certfile", "unix_socket", "ciphers"), kwargs)
        unix_socket = kwargs.pop("unix_socket", None)
        if "ssl_context" not in kwargs:
            kwargs.setdefault("certfile", "cert.pem")
        self._validate_callback: Optional[_Validate] = kwargs.pop("validate_callback", match_peer_ipaddress)
        TSSLBase.__init__(self, True, None, kwargs)
        if not self._custom_context:
            self.certfile = self._certfile
        TSocket.TServerSocket.__init__(self, host, port, unix_socket)

    def setCertfile(self, certfile: str) -> None:
        """Another certificate for connections from now on."""
        warnings.warn("setCertfile is deprecated: use the property certfile", DeprecationWarning, stacklevel=2)
        self.certfile = certfile

    def accept(self) -> Optional[TSocket.TSocket]:
        if self.handle is None:
            raise TTransportException(TTransportException.NOT_OPEN, "the server socket does not listen")
        plain, address = self.handle.accept()
        try:
            plain.settimeout(None)
            if plain.family in (socket.AF_INET, socket.AF_INET6):
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            secure = self.ssl_context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        except (ssl.SSLError, OSError):
            logger.exception("Error while accepting from %s", address)
            plain.close()
            return None
        return _AcceptedTLS(secure, self._validate_callback if self._should_verify else None)
