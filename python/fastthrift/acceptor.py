"""Waits for connections so that the wait can be ended, from another thread or from a signal handler."""

from __future__ import annotations

import contextlib
import selectors
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Acceptor:
    """Accepts from a listening transport. A Python socket is polled together with a bell; others are just asked."""

    def __init__(self, trans: Any) -> None:
        self._trans = trans
        self._bell: tuple[socket.socket, socket.socket] | None = None
        sock = getattr(trans, "sock", None)
        if isinstance(sock, socket.socket) and sock.fileno() >= 0:
            self._bell = socket.socketpair()
            # Several processes may poll one socket, and only one of them gets the connection. Closed: accept will tell.
            # A patched socket (eventlet's, say) that must not block would give connections that are not patched.
            if type(sock).__module__ == "socket":
                with contextlib.suppress(OSError):
                    sock.setblocking(False)

    def accept(self) -> Any:
        """The next connection, or None when there is nothing (yet): the bell rang, or a second is over."""
        if self._bell is None:
            return self._trans.accept()
        sock = self._trans.sock
        if sock is None:
            raise OSError("the listening socket was closed")
        # Not epoll: it forgets a socket that another thread closes, and would wait for ever.
        with getattr(selectors, "PollSelector", selectors.SelectSelector)() as selector:
            try:
                selector.register(sock, selectors.EVENT_READ)
                selector.register(self._bell[0], selectors.EVENT_READ)
            except (ValueError, KeyError) as error:
                raise OSError("the listening socket was closed") from error
            ready = {key.fileobj for key, _ in selector.select(1.0)}
        if sock not in ready:
            return None
        try:
            return self._trans.accept()
        except BlockingIOError:
            return None

    def ring(self) -> None:
        """Ends a wait that is under way, or the next one."""
        if self._bell is not None:
            with contextlib.suppress(OSError):
                self._bell[1].send(b"!")

    def close(self) -> None:
        if self._bell is not None:
            for end in self._bell:
                end.close()
