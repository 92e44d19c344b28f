"""A server of one connection that answers with whatever bytes a test wants."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

CALL, REPLY, EXCEPTION, ONEWAY = 1, 2, 3, 4

Answer = Callable[[bytes, int], Any]


def message(name: str, kind: int, seqid: int, body: bytes) -> bytes:
    raw = name.encode()
    return struct.pack("!HBBi", 0x8001, 0, kind, len(raw)) + raw + struct.pack("!i", seqid) + body


def i32_result(value: int) -> bytes:
    return struct.pack("!bhi", 8, 0, value) + b"\0"


def binary_header(data: bytes) -> tuple[bytes, int]:
    """The name and the sequence id of a message."""
    size = struct.unpack_from("!i", data, 4)[0]
    return data[8 : 8 + size], struct.unpack_from("!i", data, 8 + size)[0]


class Peer:
    """Calls ``answer(name, seqid)`` for each unframed request; bytes are sent, an iterable piece by piece."""

    def __init__(self, answer: Answer, header_of: Callable[[bytes], tuple[bytes, int]] = binary_header) -> None:
        self._answer = answer
        self._header_of = header_of
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(20)
        self.port = self._listener.getsockname()[1]
        self.received = b""
        self._connection: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        self._connection = connection
        with connection:
            connection.settimeout(20)
            try:
                self._serve(connection)
            except OSError:
                pass

    def _serve(self, connection: socket.socket) -> None:
        while True:
            data = connection.recv(100_000)
            if not data:
                return
            self.received += data
            answer = self._answer(*self._header_of(data))
            if answer is None:
                return
            for piece in [answer] if isinstance(answer, bytes) else answer:
                connection.sendall(piece)

    def close(self) -> None:
        self._listener.close()
        if self._connection is not None:
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(20)


@contextmanager
def answering(answer: Answer, header_of: Callable[[bytes], tuple[bytes, int]] = binary_header) -> Iterator[Peer]:
    peer = Peer(answer, header_of)
    try:
        yield peer
    finally:
        peer.close()
