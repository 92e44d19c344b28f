"""An HTTP server that answers with whatever bytes a test wants, and keeps what it was sent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Callable, Optional, Union

# What follows a request: bytes to send, None to close, or a function that gets the connection.
Step = Union[bytes, None, Callable[[socket.socket], None]]


def ok(body: bytes = b"answer", *fields: str) -> bytes:
    return answer("200 OK", body, *fields)


def answer(status: str, body: bytes, *fields: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


class ByHand:
    """Each list in ``connections`` is a connection: one step after each request, and then it closes."""

    def __init__(self, connections: list[list[Step]]) -> None:
        self._connections = connections
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(20)
        self.port = int(self._listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.requests: list[bytes] = []
        self.closed = threading.Semaphore(0)  # once for each connection that was closed by this side
        self.may_close = threading.Event()
        self.may_close.set()
        self._stopped = False
        self._open: Optional[socket.socket] = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        for steps in self._connections:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            if self._stopped:
                sock.close()
                return
            self._open = sock
            with sock, suppress(OSError):
                sock.settimeout(20)
                for step in steps:
                    self._read_request(sock)
                    if step is None:
                        break
                    if callable(step):
                        step(sock)
                    else:
                        sock.sendall(step)
                self.may_close.wait(20)
            self.closed.release()

    def _read_request(self, sock: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            piece = sock.recv(65536)
            if not piece:
                raise OSError("the client has gone")
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        while len(body) < length:
            piece = sock.recv(65536)
            if not piece:
                raise OSError("the client has gone")
            body += piece
        self.requests.append(head + b"\r\n\r\n" + body)

    def stop(self) -> None:
        self.may_close.set()
        self._stopped = True
        with suppress(OSError):  # wakes a thread that accepts
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        self._listener.close()
        if self._open is not None:
            with suppress(OSError):
                self._open.shutdown(socket.SHUT_RDWR)
        self._thread.join(20)
        assert not self._thread.is_alive()


@contextmanager
def by_hand(*connections: list[Step]) -> Iterator[ByHand]:
    server = ByHand(list(connections))
    try:
        yield server
    finally:
        server.stop()


def fields_of(request: bytes) -> dict[str, Any]:
    head = request.partition(b"\r\n\r\n")[0].decode("latin-1")
    return dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
