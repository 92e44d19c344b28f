"""A socket that listens: its address, binding, and the end of it. What is accepted, and how, is for who derives from it."""

from __future__ import annotations

import contextlib
import os
import socket

from fastthrift import defaults
from fastthrift.transport import forks
from fastthrift.transport.address import UnixPath, family_of, free_unix_path, place, say_where
from fastthrift.transport.base import seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

UNSET: Any = object()  # an argument that was not given, where None is a value


class ListeningSocket:
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
        self.host, self.port, self.unix_socket = place(host, port, unix_socket)
        if client_timeout is UNSET:
            client_timeout = defaults.current.server_idle_ms
        self.socket_family = socket_family
        self.client_timeout = seconds(client_timeout)
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
            raise ValueError(f"{type(self).__name__} needs host and port, or unix_socket, to listen")
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
