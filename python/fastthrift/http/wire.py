"""A client's connection: a socket whose waits together end at one deadline."""

from __future__ import annotations

import io
import select
import socket
import ssl
import time
from typing import Any


class DeadlineSocket:
    """What `http.client.HTTPResponse` needs of a socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._deadline: float | None = None
        self.has_stray_bytes = False  # the peer sent more than its answer

    @classmethod
    def connect(cls, host: str, port: int, context: ssl.SSLContext | None, deadline: float | None) -> DeadlineSocket:
        """Tries all addresses of ``host``, one after the other; connecting includes the TLS handshake."""
        last: OSError = OSError(f"no address for {host}")
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM):
            try:
                return cls._connect_to(socket.socket(family, kind, protocol), address, host, context, deadline)
            except OSError as error:
                last = error
        raise last

    @classmethod
    def _connect_to(
        cls, sock: socket.socket, address: Any, host: str, context: ssl.SSLContext | None, deadline: float | None
    ) -> DeadlineSocket:
        try:
            sock.settimeout(_left(deadline))
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context is not None:
                sock.settimeout(_left(deadline))
                sock = context.wrap_socket(sock, server_hostname=host)
        except BaseException:
            sock.close()
            raise
        return cls(sock)

    def secured(self, context: ssl.SSLContext, host: str, deadline: float | None) -> DeadlineSocket:
        """The connection with TLS on it, to ``host``; this object is used up."""
        self._sock.settimeout(_left(deadline))
        return DeadlineSocket(context.wrap_socket(self._sock, server_hostname=host))

    def set_deadline(self, deadline: float | None) -> None:
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(_left(self._deadline))
        self._sock.sendall(data)

    def recv_into(self, buffer: Any) -> int:
        self._sock.settimeout(_left(self._deadline))
        return self._sock.recv_into(buffer)

    def makefile(self, mode: str = "rb") -> io.BufferedReader:
        return _AnswerReader(_Raw(self), self)

    def is_stale(self) -> bool:
        """An idle connection on which something arrives: its end, or bytes that answer nothing."""
        if self.has_stray_bytes:
            return True
        if isinstance(self._sock, ssl.SSLSocket) and self._sock.pending():
            return True
        try:
            if hasattr(select, "poll"):  # select cannot take high file numbers
                poll = select.poll()
                poll.register(self._sock, select.POLLIN)
                return bool(poll.poll(0))
            return bool(select.select([self._sock], [], [], 0)[0])
        except (OSError, ValueError):
            return True

    def close(self) -> None:
        self._sock.close()


def _left(deadline: float | None) -> float | None:
    """Seconds until then; a timeout where none are left."""
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise socket.timeout("timed out")
    return left


class _Raw(io.RawIOBase):
    def __init__(self, sock: DeadlineSocket) -> None:
        self._sock = sock
        self.is_asleep = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        return None if self.is_asleep else self._sock.recv_into(buffer)


class _AnswerReader(io.BufferedReader):
    """Closed by `HTTPResponse` at the end of the body; what has been read beyond it belongs to no answer."""

    def __init__(self, raw: _Raw, sock: DeadlineSocket) -> None:
        super().__init__(raw)
        self._source = raw
        self._sock = sock

    def close(self) -> None:
        if not self.closed:
            self._source.is_asleep = True
            self._sock.has_stray_bytes |= bool(self.peek(1))
        super().close()
