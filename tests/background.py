"""Servers in threads, and ends of connections that do what a test says."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from collections.abc import Iterator
from typing import Any, Callable, Optional


def free_port() -> int:
    """Where nobody listens. None of those that the system gives out by itself: by the time a server of another process begins
    to listen, a test beside this one would have it."""
    for port in random.Random().sample(range(20_000, 30_000), 1_000):
        with contextlib.suppress(OSError), socket.socket() as sock:
            sock.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")


@contextlib.contextmanager
def running(server: Any, stop: Optional[Callable[[], Any]] = None, seconds: float = 10) -> Iterator[int]:
    """The port of a server, which serves meanwhile; after `stop`, else its `close`, `serve()` returns."""
    if not hasattr(server, "httpd"):
        server.trans.listen()
    listening = getattr(server.trans, "handle", None) or server.trans.sock
    port = int(listening.getsockname()[1])
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield port
    finally:
        (stop or server.close)()
        thread.join(seconds)
        assert not thread.is_alive(), "serve() goes on"


@contextlib.contextmanager
def answering(*connections: Callable[[socket.socket], Any], seconds: float = 10) -> Iterator[int]:
    """The port of a server that gives each connection, once something has come by it, to the next of these functions, and
    keeps it until the client closes it. That a client has gone is no failure."""
    under_way: list[socket.socket] = []

    def serve() -> None:
        for handle in connections:
            with contextlib.suppress(OSError), listener.accept()[0] as sock:
                under_way.append(sock)
                if sock.recv(65536):
                    handle(sock)
                while sock.recv(65536):
                    pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(seconds)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            for sock in (listener, *under_way):
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
            thread.join(seconds)
            assert not thread.is_alive(), "a connection goes on"


def trickle(sock: socket.socket, data: bytes) -> None:
    """Sends byte by byte, until the other end has gone."""
    sock.settimeout(0.05)
    for byte in data:
        sock.sendall(bytes([byte]))
        with contextlib.suppress(socket.timeout):
            if not sock.recv(65536):
                return
