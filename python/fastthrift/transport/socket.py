"""TSocket and TServerSocket: Python sockets as transports."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
import time

from fastthrift import _core, defaults
from fastthrift.thrift import TTransportTimeout
from fastthrift.transport import forks
from fastthrift.transport.address import UnixPath, family_of, free_unix_path, port_number, say_where, unix_path
from fastthrift.transport.base import TTransportBase, TTransportException
from fastthrift.transport.failures import lost

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from fastthrift.factories import Buffer

MAC_OR_BSD = sys.platform == "darwin" or "bsd" in sys.platform

UNSET: Any = object()

_NO_LINGER = bytes(4 if os.name == "nt" else 8)  # struct linger: two zeros, shorts on Windows and ints elsewhere

_READ_NOTHING = "TSocket read 0 bytes"
_PEER_CLOSED = (
    ": the peer closed the connection. If it did so at once, check that both sides use the same "
    "transport (buffered, framed) and protocol (binary, compact); if later, that the connection was not idle for longer "
    "than the server allows"
)


def _seconds(ms: float | None) -> float | None:
    """thriftpy2's milliseconds, 0 or less for none."""
    return ms / 1000 if ms is not None and ms > 0 else None


class TSocket(TTransportBase):
    """The client's end of a connection, and the server's after `TServerSocket.accept`.

    Made from ``host`` and ``port`` (an int or a string of digits), from the path of a UNIX socket, or from an open
    ``sock``, which may be anything that has a socket's methods. Timeouts are milliseconds; None or 0 is none.
    """

    _deadline: float | None = None
    _shortened = False  # the socket's timeout, for the deadline
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
        self.sock: Any = None
        if sock is not None:
            self.sock = sock
        elif unix_socket:
            self.unix_socket: str | None = unix_path(unix_socket)
            self.host: str | None = None
            self.port: int | None = None
        else:
            self.unix_socket = None
            self.host = host
            self.port = port_number(port)
        self.socket_family = socket_family
        self.socket_timeout = _seconds(socket_timeout)
        self.connect_timeout = _seconds(connect_timeout) if connect_timeout else self.socket_timeout

    def set_handle(self, sock: Any) -> None:
        self.sock = sock

    def set_timeout(self, ms: float | None) -> None:
        """The timeout of connecting, and of each read and write from now on."""
        self.socket_timeout = self.connect_timeout = _seconds(ms)
        if self.sock is not None:
            self.sock.settimeout(self.socket_timeout)

    def begin_call(self) -> None:
        """From here to `end_call` all reads and writes together may take no longer than ``socket_timeout``."""
        self._deadline = None if self.socket_timeout is None else time.monotonic() + self.socket_timeout

    def end_call(self) -> None:
        self._deadline = None
        if self._shortened:
            self._shortened = False
            if self.sock is not None:
                self.sock.settimeout(self.socket_timeout)

    def _keep_deadline(self) -> None:
        """Lets the next wait of the call take only what is left of its time."""
        if self._deadline is None or self.socket_timeout is None:
            return
        left = self._deadline - time.monotonic()
        if left < 0.95 * self.socket_timeout:  # an answer mostly comes in one piece and at once
            self._shortened = True
            self.sock.settimeout(max(left, 1e-6))

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
                if not self._may_try_ipv6(error):
                    raise
                self._close_quietly()
                self._init_inet(socket.AF_INET6)
                self._connect(address)
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

    def _may_try_ipv6(self, error: OSError) -> bool:
        """Whether the host may be there for IPv6 only: it has no IPv4 address, or is localhost and refuses."""
        if type(self)._init_sock is not TSocket._init_sock or self.unix_socket or not socket.has_ipv6:
            return False
        if self.socket_family != socket.AF_INET:
            return False
        return isinstance(error, socket.gaierror) or (
            isinstance(error, ConnectionRefusedError) and self.host == "localhost"
        )

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
            hint = _PEER_CLOSED if defaults.current.reasons_in_messages else ""
            raise TTransportException(TTransportException.END_OF_FILE, _READ_NOTHING + hint)
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


class TServerSocket:
    """A listening socket on ``host`` and ``port`` (0: the system picks one) or at the path of a UNIX socket.

    ``client_timeout``: milliseconds that an accepted connection may be silent, None for ever. ``reuse_port`` lets
    several processes listen on one port. ``unix_mode``: the permissions of the UNIX socket, None for those of the umask.
    """

    def __init__(
        self,
        host: str | None = None,
        port: Any = None,
        unix_socket: str | None = None,
        socket_family: int = socket.AF_INET,
        client_timeout: float | None = UNSET,
        backlog: int = 4096,
        *,
        reuse_port: bool | None = None,
        unix_mode: int | None = UNSET,
    ) -> None:
        if unix_socket:
            self.unix_socket: str | None = unix_path(unix_socket)
            self.host: str | None = None
            self.port: int | None = None
        else:
            self.unix_socket = None
            self.host = host
            self.port = port_number(port)
        if client_timeout is UNSET:
            client_timeout = defaults.current.server_idle_ms
        self.socket_family = socket_family
        self.client_timeout = _seconds(client_timeout)
        self.backlog = backlog
        self.reuse_port = defaults.current.reuse_port if reuse_port is None else reuse_port
        self.unix_mode: int | None = defaults.current.unix_mode if unix_mode is UNSET else unix_mode
        self.sock: Any = None
        self._path: UnixPath | None = None
        self._forks: int | None = None  # when `listen` made the socket; None where somebody else did

    def _init_sock(self) -> None:
        if self.unix_socket:
            free_unix_path(self.unix_socket)
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            return
        self.sock = socket.socket(family_of(self.host, self.socket_family), socket.SOCK_STREAM)
        if os.name == "nt":
            # SO_REUSEADDR there means what SO_REUSEPORT means elsewhere.
            exclusive = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR if self.reuse_port else exclusive, 1)
            return
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self.reuse_port and hasattr(socket, "SO_REUSEPORT"):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)

    def listen(self) -> None:
        """Binds and listens; once is enough, so that a program can ask for its port before it serves."""
        if self.sock is not None:
            return
        if not self.unix_socket and self.port is None:
            raise ValueError("TServerSocket needs host and port, or unix_socket, to listen")
        self._init_sock()
        self._forks = forks.count()
        sock: Any = self.sock
        address = self.unix_socket or (self.host or "", self.port)
        try:
            if self.unix_socket:
                sock.bind(self.unix_socket)
                self._path = UnixPath(self.unix_socket)
                if self.unix_mode is not None:
                    os.chmod(self.unix_socket, self.unix_mode)  # before listen: until then nobody can connect
            else:
                sock.bind(address)
            sock.listen(self.backlog)
        except BaseException as error:
            self.close()
            if isinstance(error, OSError):
                say_where(error, address)
            raise

    def adopt(self, sock: socket.socket) -> None:
        """Serves a socket that listens already and may be others' too (a parent's, systemd's): closing stops it here only."""
        self.sock = sock
        self._forks = -1

    def accept(self) -> TSocket:
        if self.sock is None:
            raise TTransportException(TTransportException.NOT_OPEN, "TServerSocket does not listen")
        client, _ = self.sock.accept()
        client.settimeout(self.client_timeout)
        if client.family in (socket.AF_INET, socket.AF_INET6):
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        timeout = None if self.client_timeout is None else self.client_timeout * 1000
        return TSocket(sock=client, socket_family=self.socket_family, socket_timeout=timeout)

    def close(self) -> None:
        """Stops listening; a thread inside `accept` gets an OSError."""
        sock, self.sock = self.sock, None
        if sock is None:
            return
        path, self._path = self._path, None
        if path is not None:
            path.release()
        with contextlib.suppress(OSError):
            # After a fork parent and children have copies of one socket: shutdown would stop them all.
            if self._forks in (None, forks.count()):
                sock.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            sock.close()
