"""The connections of a server."""

from __future__ import annotations

import contextlib
import socket
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


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
            sock = getattr(client, "sock", None)
            if not isinstance(sock, socket.socket):
                continue
            with contextlib.suppress(OSError):
                if hasattr(socket.socket, "shutdown"):
                    # Not `sock.shutdown`: an SSL socket's would take its keys away from the answers.
                    socket.socket.shutdown(sock, socket.SHUT_RD)
                else:  # eventlet's, whose sockets have it one by one
                    sock.shutdown(socket.SHUT_RD)

    def close_all(self) -> None:
        for client in self._snapshot():
            with contextlib.suppress(Exception):
                client.close()

    def _snapshot(self) -> list[Any]:
        with self._changed:
            return list(self._clients)
