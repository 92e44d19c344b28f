"""A server's connection: reads requests, writes responses, in the thread that serves it."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import time
from typing import Any, Callable

from fastthrift.http.refused import Refused
from fastthrift.http.request import Limits, Request, RequestReader
from fastthrift.http.response import response
from fastthrift.refusals import Refusals
from fastthrift.transport.sslsocket import HANDSHAKE_MS

logger = logging.getLogger("fastthrift.server")

# From the first byte of a request to its last, as from the first byte of a response to its last: as long as this, and
# longer for what moves at a kibibyte a second.
MESSAGE_SECONDS = 30.0
LEAST_BYTES_A_SECOND = 1024
# A response to a request that was not read to its end must not be lost by closing on unread bytes (RFC 9112, 9.6).
LINGER_SECONDS = 1.0
LINGER_BYTES = 1024 * 1024

_PIECE = 64 * 1024

# What a call gives: the body of a 200, a whole response after which the connection closes, SENT, or None for no response.
Answer = Callable[[Request, "Connection"], "bytes | Whole | None"]


class Whole(bytes):
    """A response with its head, as somebody else wrote it."""


# The response has been sent meanwhile.
SENT = Whole()


class Connection:
    """Serves one client with ``answer`` until one of both, or the deadline, ends that."""

    def __init__(
        self,
        sock: socket.socket,
        address: Any,
        answer: Answer,
        refusals: Refusals,
        idle_seconds: float | None,
        may_go_on: Callable[[], bool],
        limits: Limits = Limits(),  # noqa: B008 - it cannot be changed
    ) -> None:
        self.sock = sock
        self.address = address
        self._answer = answer
        self._refusals = refusals
        self._idle_seconds = idle_seconds
        self._may_go_on = may_go_on
        self._reader = RequestReader(limits)

    def close(self) -> None:
        with contextlib.suppress(OSError, TypeError):  # of a server class's own kind of socket
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)  # wakes a thread that waits
        with contextlib.suppress(OSError):
            self.sock.close()

    def serve(self) -> None:
        try:
            self._shake_hands()
            while self._serve_one():
                pass
        except OSError as error:
            logger.debug("connection ended: %s", error)

    def _shake_hands(self) -> None:
        if isinstance(self.sock, ssl.SSLSocket):
            self.sock.settimeout(HANDSHAKE_MS / 1000)
            self.sock.do_handshake()

    def _serve_one(self) -> bool:
        """Whether another request may follow."""
        try:
            request = self._next_request()
            if request is None:
                return False
            if request.line.method != "POST":
                self.send(response(405, b"messages come by POST\n", request))
                return request.keep_alive
            body = self._answer(request, self)
            if body is None:
                return False
            if body is SENT:
                return request.keep_alive and self._may_go_on()
            if isinstance(body, Whole):
                self.send(body)
                self._linger()
                return False
            keep_alive = request.keep_alive and self._may_go_on()
            self.send(response(200, body, request if keep_alive else None))
            return keep_alive
        except Refused as error:
            self._refusals.refused("request", error)
            self.send(response(error.status, error.text.encode() + b"\n", None))
            self._linger()
            return False

    def _next_request(self) -> Request | None:
        began = time.monotonic()
        received = 0
        while True:
            request = self._reader.next_request()
            if request is not None:
                return request
            if self._reader.take_continue():
                self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            if self._reader.is_idle:
                limit = self._idle_seconds
            else:
                limit = MESSAGE_SECONDS + received / LEAST_BYTES_A_SECOND
            left = None if limit is None else began + limit - time.monotonic()
            if left is not None and left <= 0:
                if self._reader.is_idle:
                    return None
                raise Refused(408, "the request took too long")
            self.sock.settimeout(left)
            try:
                data = self.sock.recv(_PIECE)
            except socket.timeout:
                continue
            if not data:
                return None
            if self._reader.is_idle:
                began = time.monotonic()
            received += len(data)
            self._reader.feed(data)

    def send(self, data: bytes) -> None:
        self.sock.settimeout(MESSAGE_SECONDS + len(data) / LEAST_BYTES_A_SECOND)
        self.sock.sendall(data)

    def _linger(self) -> None:
        deadline = time.monotonic() + LINGER_SECONDS
        size = 0
        with contextlib.suppress(OSError, TypeError):
            socket.socket.shutdown(self.sock, socket.SHUT_WR)
            while size < LINGER_BYTES:
                left = deadline - time.monotonic()
                if left <= 0:
                    return
                self.sock.settimeout(left)
                data = self.sock.recv(_PIECE)
                if not data:
                    return
                size += len(data)
