"""Where a socket connects to or listens: hosts, ports and UNIX paths as users write them."""

from __future__ import annotations

import errno
import operator
import os
import reprlib
import socket
import stat
import warnings

from fastthrift import defaults

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def port_number(port: Any) -> int | None:
    """A port from an int or a string of digits; None stays None."""
    if port is None:
        return None
    number: int | None = None
    if isinstance(port, str):
        if port.isascii() and port.isdigit() and len(port) <= 5:
            number = int(port)
    elif not isinstance(port, bool):
        try:
            number = operator.index(port)
        except TypeError:
            pass
    if number is None or not 0 <= number <= 65535:
        raise ValueError(f"port must be an int or a string of digits from 0 to 65535, got {reprlib.repr(port)}")
    return number


def unix_path(path: Any) -> Any:
    """The path of a UNIX socket as the system takes it, from a str, bytes or os.PathLike; None for none."""
    return os.fspath(path) if path else None


def place(host: str | None, port: Any, unix_socket: Any) -> tuple[str | None, int | None, Any]:
    """Host, port and path of a socket, by the arguments of its constructor: a path goes before the others."""
    if unix_socket:
        return None, None, unix_path(unix_socket)
    return host, port_number(port), None


def say_where(error: OSError, address: Any) -> None:
    """Puts the address into the text of an error that the system raised without one."""
    if error.strerror and error.filename is None and defaults.current.reasons_in_messages:
        error.strerror = f"{error.strerror}: {address}"


def client_address(host: Any, port: Any, unix_socket: str | None, url: str, uses_tls: bool) -> dict[str, Any]:
    """Where a client connects to, by the arguments of `make_client`: what the constructors of sockets are called with.

    The part of a ``url``, with or without a scheme, that is there goes before ``host`` and ``port``.
    """
    if url:
        from urllib.parse import urlparse  # takes longer to import than this package, and few give a URL

        parsed = urlparse(url if "//" in url else "//" + url)
        host = parsed.hostname or host
        port = parsed.port or port
    if unix_socket:
        return _unix_address(unix_socket, uses_tls)
    if host and port_number(port if port != "" else None):
        return {"host": host, "port": port}
    raise ValueError("Either host/port or unix_socket or url must be provided.")


def server_address(host: Any, port: Any, unix_socket: str | None, uses_tls: bool) -> dict[str, Any]:
    """Where a server listens, by the arguments of `make_server`."""
    if unix_socket:
        return _unix_address(unix_socket, uses_tls)
    if host and port is not None and port != "":
        return {"host": host, "port": port}
    raise ValueError("Either host/port or unix_socket must be provided.")


def _unix_address(path: str, uses_tls: bool) -> dict[str, Any]:
    if uses_tls:
        warnings.warn("SSL only works with host:port, not unix_socket.", UserWarning, stacklevel=4)
    return {"unix_socket": path}


def family_of(host: str | None, family: int) -> int:
    """The family asked for, but a literal IPv6 address needs AF_INET6."""
    if family == socket.AF_INET and isinstance(host, str) and ":" in host:
        return socket.AF_INET6
    return family


def free_unix_path(path: str) -> None:
    """Removes what a dead server left at ``path``: a socket that refuses connections, and nothing else."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return
    if defaults.current.take_over_empty_file and stat.S_ISREG(status.st_mode) and status.st_size == 0:
        os.unlink(path)
        return
    if not stat.S_ISSOCK(status.st_mode):
        raise OSError(errno.EADDRINUSE, "Address already in use by something that is no socket", path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
            return
        except OSError:
            pass  # it does not refuse: busy, or not ours to ask
    raise OSError(errno.EADDRINUSE, "Address already in use", path)


class UnixPath:
    """A path that this process has bound; `release` unlinks it if it is still the same socket."""

    def __init__(self, path: str) -> None:
        status = os.lstat(path)
        self._path = path
        self._identity = (status.st_dev, status.st_ino)
        self._process = os.getpid()

    def release(self) -> None:
        # A forked child closes its copy of the socket; the path goes on serving the parent.
        if os.getpid() != self._process:
            return
        try:
            status = os.lstat(self._path)
            if (status.st_dev, status.st_ino) == self._identity:
                os.unlink(self._path)
        except OSError:
            pass
