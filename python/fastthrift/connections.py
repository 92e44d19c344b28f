"""The connections of a server."""

from __future__ import annotations

import contextlib
import socket
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


# How long a thread whose connection has been shut down may take to notice.
_LEAVING_SECONDS = 0.5


def _shut_down(client: Any, how: int) -> bool:
    """False: it is not known how."""
    sock = getattr(client, "sock", None)
    if not isinstance(sock, socket.socket):
        return False
    with contextlib.suppress(OSError):
        if hasattr(socket.socket, "shutdown"):
            # Not `sock.shutdown`: an SSL socket's would take its keys away from the answers.
            socket.socket.shutdown(sock, how)
        else:  # eventlet's, whose sockets have it one by one
            sock.shutdown(how)
    return True


class Connections:
    """The connections that are being served, so that closing can end them between two calls."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._clients: set[Any] = set()

    def add(self, client: Any) -> None:
        with self._changed:
            self._clients.add(client)

    def remove(self, client: Any) -> None:
        with self._changed:
            self._clients.discard(client)
            self._changed.notify_all()

    def wait_below(self, most: int, timeout: float) -> bool:
        """Until fewer than ``most`` are there, or the time is over."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._clients) < most, timeout)

    def finish(self) -> None:
        """No call is read any more that has not arrived: what is in flight is answered, then its reader sees the end."""
        for client in self._snapshot():
            _shut_down(client, socket.SHUT_RD)

    def close_all(self) -> None:
        """Cuts them off. A thread that is inside a call of the system, or of OpenSSL, would go on there with whatever gets the
        number of its descriptor next: so the end wakes it first, and it closes its connection itself. One that is inside a
        handler finds it closed."""
        if any([_shut_down(client, socket.SHUT_RDWR) for client in self._snapshot()]):
            self.wait_below(1, _LEAVING_SECONDS)
        for client in self._snapshot():
            with contextlib.suppress(Exception):
                client.close()

    def _snapshot(self) -> list[Any]:
        with self._changed:
            return list(self._clients)
