"""TSocket and TServerSocket: Python sockets as transports."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys

from fastthrift import _core, defaults
from fastthrift.thrift import TTransportTimeout
from fastthrift.transport import forks
from fastthrift.transport.address import family_of, place
from fastthrift.transport.base import TTransportBase, TTransportException, seconds
from fastthrift.transport.call_deadline import CallDeadline
from fastthrift.transport.failures import end_of_file, lost
from fastthrift.transport.listening import UNSET as UNSET
from fastthrift.transport.listening import ListeningSocket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from fastthrift.factories import Buffer

MAC_OR_BSD = sys.platform == "darwin" or "bsd" in sys.platform

_NO_LINGER = bytes(4 if os.name == "nt" else 8)  # struct linger: two zeros, shorts on Windows and ints elsewhere


class TSocket(CallDeadline, TTransportBase):
    """The client's end of a connection, and the server's after `TServerSocket.accept`.

    Made from ``host`` and ``port`` (an int or a string of digits), from the path of a UNIX socket, or from an open
    ``sock``, which may be anything that has a socket's methods. Timeouts are milliseconds; None or 0 is none.
    """

    _is_parents = False  # the connection was opened before this process was forked

    def __init__(
        self,
        host: str | None = None,
        port: Any = None,
        unix_socket: str | None = None,
        sock: Any = None,
        socket_family: int = socket.AF_INET,
        socket_timeout: float | None = 3000,
        connect_timeout: float | None = None,
    ) -> None:
        self.sock: Any = sock
        if sock is None:
            self.host, self.port, self.unix_socket = place(host, port, unix_socket)
        self.socket_family = socket_family
        self.socket_timeout = seconds(socket_timeout)
        self.connect_timeout = seconds(connect_timeout) if connect_timeout else self.socket_timeout

    def set_handle(self, sock: Any) -> None:
        self.sock = sock

    def set_timeout(self, ms: float | None) -> None:
        """The timeout of connecting, and of each read and write from now on."""
        self.socket_timeout = self.connect_timeout = seconds(ms)
        if self.sock is not None:
            self.sock.settimeout(self.socket_timeout)

    def is_open(self) -> bool:
        return bool(self.sock)

    def _init_sock(self) -> None:
        if self.unix_socket:
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        else:
            self._init_inet(family_of(self.host, self.socket_family))

    def _init_inet(self, family: int) -> None:
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)

    def open(self) -> None:
        if self.sock is not None:
            self.close()
        self._is_parents = False
        address = self._address()
        try:
            self._init_sock()
            try:
                self._connect(address)
            except OSError as error:
                self._connect_elsewhere(error)
        except OSError as error:
            self.close()
            if isinstance(error, socket.timeout):
                why = f" within {self.connect_timeout:g} s" if self.connect_timeout else " in time"
            else:
                why = f": {error.strerror or error}"
            message = f"Could not connect to {address}"
            if defaults.current.reasons_in_messages:
                message += why
            raise TTransportException(TTransportException.NOT_OPEN, message) from error
        forks.is_opened(self)

    def leave_to_parent(self) -> None:
        """In a forked child: lets go of a connection that was opened before; the next write opens another one."""
        # Those of gevent and the like belong to a loop, which has its own way with forks.
        if type(self.sock).__module__ not in ("socket", "ssl"):
            return
        sock, self.sock = self.sock, None
        self._is_parents = True
        with contextlib.suppress(OSError):
            sock.close()

    def _address(self) -> Any:
        if not hasattr(self, "unix_socket"):
            raise TTransportException(
                TTransportException.NOT_OPEN, "this TSocket was made from sock=, it has no address to connect to"
            )
        if not self.unix_socket and self.port is None:
            raise ValueError("TSocket needs host and port, or unix_socket, to be opened")
        return self.unix_socket or (self.host, self.port)

    def _connect(self, address: Any) -> None:
        self.sock.settimeout(self.connect_timeout)
        self.sock.connect(address)
        self.sock.settimeout(self.socket_timeout)

    def _connect_elsewhere(self, error: OSError) -> None:
        """Tries what else the host's name stands for, where nobody else has a say in that; raises the first ``error`` where
        there is nothing else."""
        if type(self)._init_sock is not TSocket._init_sock or self.unix_socket or isinstance(error, socket.timeout):
            raise error
        last = error
        for family, address in self._other_addresses(error):
            self._close_quietly()
            try:
                self._init_inet(family)
                return self._connect(address)
            except OSError as another:
                last = another
        raise last if isinstance(error, socket.gaierror) else error

    def _other_addresses(self, error: OSError) -> list[tuple[int, Any]]:
        found: list[Any] = []
        is_unknown = isinstance(error, socket.gaierror)
        family = family_of(self.host, self.socket_family)
        with contextlib.suppress(OSError, UnicodeError):
            if not is_unknown:
                found += socket.getaddrinfo(self.host, self.port, family, socket.SOCK_STREAM)[1:]
        # It may be there for IPv6 only: it has no IPv4 address, or is localhost and refuses.
        is_refused = isinstance(error, ConnectionRefusedError) and self.host == "localhost"
        if family == socket.AF_INET and socket.has_ipv6 and (is_unknown or is_refused):
            with contextlib.suppress(OSError, UnicodeError):
                found += socket.getaddrinfo(self.host, self.port, socket.AF_INET6, socket.SOCK_STREAM)
        return [(each[0], each[4]) for each in found]

    def read(self, sz: int) -> bytes:
        """At most ``sz`` bytes, what one `recv` gives."""
        if self.sock is None:
            raise self._not_open()
        self._keep_deadline()
        while True:
            try:
                buff: bytes = self.sock.recv(sz)
                break
            except InterruptedError:
                continue
            except socket.timeout as error:
                raise TTransportTimeout(TTransportException.TIMED_OUT, self._timed_out("read")) from error
            except OSError as error:
                if error.errno == errno.ECONNRESET and MAC_OR_BSD:
                    buff = b""  # how these systems report an end of file
                    break
                raise self._lost(error, "reading") from error
        if len(buff) == 0:
            raise end_of_file()
        return buff

    def write(self, buf: Buffer) -> None:
        if self.sock is None:
            if not self._is_parents:
                raise self._not_open()
            self.open()
        self._keep_deadline()
        try:
            self.sock.sendall(buf)
        except socket.timeout as error:
            raise TTransportTimeout(TTransportException.TIMED_OUT, self._timed_out("write")) from error
        except OSError as error:
            raise self._lost(error, "writing") from error

    def _not_open(self) -> TTransportException:
        whose = ": the connection is that of the process this one was forked from" if self._is_parents else ""
        return TTransportException(TTransportException.NOT_OPEN, "TSocket is not open" + whose)

    @staticmethod
    def _lost(error: OSError, doing: str) -> OSError:
        return lost(error, f"TSocket: {error.strerror or error} while {doing}")

    def _timed_out(self, what: str) -> str:
        limit = f" within {self.socket_timeout:g} s" if self.socket_timeout else ""
        return f"TSocket: timed out, no {what}{limit}"

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self._is_parents = False
        sock = self.sock
        if sock is None:
            return
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        self._close_quietly()

    def _close_quietly(self) -> None:
        sock, self.sock = self.sock, None
        if type(sock) is socket.socket and _core.leave_to_calls(sock.fileno()):
            sock.detach()
            return
        if sock is not None:  # else another thread has closed it meanwhile
            with contextlib.suppress(OSError):
                sock.close()


class TServerSocket(ListeningSocket):
    """A listening socket whose connections are `TSocket`s; its arguments are those of `ListeningSocket`."""

    def accept(self) -> TSocket:
        if self.sock is None:
            raise TTransportException(TTransportException.NOT_OPEN, "TServerSocket does not listen")
        client, _ = self.sock.accept()
        client.settimeout(self.client_timeout)
        if client.family in (socket.AF_INET, socket.AF_INET6):
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        timeout = None if self.client_timeout is None else self.client_timeout * 1000
        return TSocket(sock=client, socket_family=self.socket_family, socket_timeout=timeout)
