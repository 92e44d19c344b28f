"""Sockets as transports: `TSocket` of a client or of an accepted connection, `TServerSocket` of a server."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import socket
import stat
import sys
from typing import Any, Optional

from fastthrift.apache.transport.TTransport import (
    TServerTransportBase,
    TTransportBase,
    TTransportException,
    TTransportTimeout,
)
from fastthrift.transport import forks
from fastthrift.transport.call_deadline import CallDeadline

logger = logging.getLogger(__name__)

# Python allocates what is asked for before it comes, and a peer may announce much.
_MOST_AT_ONCE = 262_144
_IS_MAC_OR_BSD = sys.platform == "darwin" or sys.platform.startswith("freebsd")


class TSocketBase(TTransportBase):
    """What both ends have: an address and a handle."""

    handle: Any
    host: Any
    port: Any
    _unix_socket: Optional[str]
    _socket_family: int

    @property
    def sock(self) -> Any:
        """The handle, by the name that thriftpy2's face has for it."""
        return self.handle

    def _resolveAddr(self) -> list[Any]:
        """Addresses to try, as getaddrinfo gives them."""
        if self._unix_socket is not None:
            return [(socket.AF_UNIX, socket.SOCK_STREAM, 0, None, os.fspath(self._unix_socket))]
        _check_port(self.port)
        flags = socket.AI_PASSIVE
        return socket.getaddrinfo(self.host, self.port, self._socket_family, socket.SOCK_STREAM, 0, flags)

    def close(self) -> None:
        handle, self.handle = self.handle, None
        if handle is not None:
            with contextlib.suppress(OSError):
                handle.close()


class TSocket(CallDeadline, TSocketBase):
    """A connection to ``host`` and ``port``, or to the UNIX socket at a path."""

    _is_parents = False  # a child of fork() does not use it

    def __init__(
        self,
        host: str = "localhost",
        port: int = 9090,
        unix_socket: Optional[str] = None,
        socket_family: int = socket.AF_UNSPEC,
        socket_keepalive: bool = False,
    ) -> None:
        self.host = host
        self.port = port
        self.handle = None
        self._unix_socket = unix_socket
        self._timeout: Optional[float] = None
        self._socket_family = socket_family
        self._socket_keepalive = socket_keepalive

    def setHandle(self, h: Any) -> None:
        self.handle = h

    @property
    def socket_timeout(self) -> Optional[float]:  # type: ignore[override]
        """In seconds, as `CallDeadline` wants it."""
        return self._timeout

    def setTimeout(self, ms: Optional[float]) -> None:
        """The timeout of connecting, and of each read and write from now on; None for none."""
        self._timeout = None if ms is None else ms / 1000.0
        if self.handle is not None:
            self.handle.settimeout(self._timeout)

    def isOpen(self) -> bool:
        """Whether the peer is there: a connection that it has closed is closed here as well."""
        if self.handle is None:
            return False
        timeout = self.handle.gettimeout()
        self.handle.settimeout(0)
        try:
            peeked = self.handle.recv(1, socket.MSG_PEEK)
        except BlockingIOError:  # nothing to read, as it should be
            self.handle.settimeout(timeout)
            return True
        except (OSError, ValueError):  # ValueError: TLS has no flags
            if isinstance(sys.exc_info()[1], ValueError):
                self.handle.settimeout(timeout)
                return True
            self.close()
            return False
        if peeked:
            self.handle.settimeout(timeout)
            return True
        self.close()
        return False

    def _do_open(self, family: int, socktype: int) -> Any:
        return socket.socket(family, socktype)

    @property
    def _address(self) -> str:
        return self._unix_socket if self._unix_socket else f"{self.host}:{self.port}"

    def open(self) -> None:
        if self.handle is not None:
            raise TTransportException(TTransportException.ALREADY_OPEN, "already open")
        try:
            addresses = self._resolveAddr()
        except (OSError, UnicodeError, OverflowError) as error:  # the latter two for what is no name
            message = f"failed to resolve sockaddr for {self._address}: {getattr(error, 'strerror', None) or error}"
            raise TTransportException(TTransportException.NOT_OPEN, message, error) from error
        last: Optional[Exception] = None
        for family, socktype, _, _, address in addresses:
            handle = None
            try:
                handle = self._do_open(family, socktype)
                if self._socket_keepalive:
                    handle.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                if family != getattr(socket, "AF_UNIX", None):
                    # A call is one write: waiting for more to come would only hold it up.
                    handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                handle.settimeout(self._timeout)
                handle.connect(address)
            except OSError as error:
                last = error
                if handle is not None:
                    with contextlib.suppress(OSError):
                        handle.close()
                continue
            self.handle = handle
            self._is_parents = False
            forks.is_opened(self)
            return
        why = f": {getattr(last, 'strerror', None) or last}" if last is not None else ""
        message = f"Could not connect to any of {[address[4] for address in addresses]}{why}"
        raise TTransportException(TTransportException.NOT_OPEN, message, last) from last

    def leave_to_parent(self) -> None:
        """In a forked child: lets go of a connection that was opened before; the next write opens another one."""
        # Those of gevent and the like belong to a loop, which has its own way with forks.
        if type(self.handle).__module__ in ("socket", "ssl"):
            handle, self.handle = self.handle, None
            self._is_parents = True
            with contextlib.suppress(OSError):
                handle.close()

    def read(self, sz: int) -> bytes:
        if self.handle is None:
            raise TTransportException(TTransportException.NOT_OPEN, "Transport not open")
        self._keep_deadline()
        try:
            found: bytes = self.handle.recv(min(sz, _MOST_AT_ONCE))
        except socket.timeout as error:
            raise TTransportTimeout(TTransportException.TIMED_OUT, "read timeout", error) from error
        except OSError as error:
            if error.errno != errno.ECONNRESET or not _IS_MAC_OR_BSD:
                raise _unexpected(error) from error
            # How these systems report an end of file.
            self.close()
            found = b""
        if not found and sz > 0:
            raise TTransportException(TTransportException.END_OF_FILE, "TSocket read 0 bytes")
        return found

    def write(self, buff: bytes) -> None:
        if self._is_parents and self.handle is None:
            self.open()
        if self.handle is None:
            raise TTransportException(TTransportException.NOT_OPEN, "Transport not open")
        self._keep_deadline()
        try:
            self.handle.sendall(buff)
        except socket.timeout as error:
            raise TTransportTimeout(TTransportException.TIMED_OUT, "write timeout", error) from error
        except OSError as error:
            raise _unexpected(error) from error

    def flush(self) -> None:
        pass


class TServerSocket(TSocketBase, TServerTransportBase):
    """Listens on ``host`` and ``port`` (0: the system picks one), or at the path of a UNIX socket."""

    def __init__(
        self,
        host: Optional[str] = None,
        port: int = 9090,
        unix_socket: Optional[str] = None,
        socket_family: int = socket.AF_UNSPEC,
    ) -> None:
        self.host = host
        self.port = port
        self._unix_socket = unix_socket
        self._socket_family = socket_family
        self.handle = None
        self._backlog = 128

    def setBacklog(self, backlog: Optional[int] = None) -> None:
        """How many connections may wait to be accepted; before `listen`."""
        if self.handle is None and backlog is not None:
            self._backlog = backlog

    def listen(self) -> None:
        """Binds and listens; once is enough, so that a program can ask for its port before it serves."""
        if self.handle is not None:
            return
        if self._unix_socket is not None:
            _remove_dead_socket(self._unix_socket)
        addresses = self._resolveAddr()
        # One that takes IPv4 as well comes first.
        addresses.sort(key=lambda each: each[0] != socket.AF_INET6)
        last: Optional[OSError] = None
        for family, socktype, _, _, address in addresses:
            handle = None
            try:
                handle = socket.socket(family, socktype)
                handle.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6 and hasattr(socket, "IPV6_V6ONLY"):
                    with contextlib.suppress(OSError):
                        handle.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
                handle.bind(address)
                handle.listen(self._backlog)
            except OSError as error:
                last = error
                if handle is not None:
                    handle.close()
                continue
            handle.settimeout(None)
            self.handle = handle
            return
        raise last if last is not None else OSError(errno.EADDRNOTAVAIL, "no address to listen on")

    def accept(self) -> Optional[TSocket]:
        if self.handle is None:
            raise TTransportException(TTransportException.NOT_OPEN, "the server socket does not listen")
        client, _ = self.handle.accept()
        client.settimeout(None)
        if client.family in (socket.AF_INET, socket.AF_INET6):
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        accepted = TSocket()
        accepted.setHandle(client)
        return accepted


def _check_port(port: Any) -> None:
    """The system takes the last 16 bits of any number: 70000 would be 4464."""
    number = int(port) if isinstance(port, (str, bytes)) and port.strip().isdigit() else port
    if isinstance(number, int) and not 0 <= number <= 65535:
        raise OSError(errno.EINVAL, f"port must be from 0 to 65535, got {port!r}")


def _unexpected(error: OSError) -> TTransportException:
    return TTransportException(message=f"unexpected exception: {error.strerror or error}", inner=error)


def _remove_dead_socket(path: str) -> None:
    """Removes a socket that nobody listens on any more, and nothing else."""
    try:
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            return
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
        except OSError:
            pass
