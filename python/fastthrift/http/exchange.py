"""One request as a handler sees it that wants to write the HTTP response itself."""

from __future__ import annotations

import io
import logging
from email.message import Message
from http.client import HTTPMessage
from http.server import BaseHTTPRequestHandler
from typing import Any, Callable

from fastthrift.http.request import Request
from fastthrift.processor import PassesProcessor

logger = logging.getLogger("fastthrift.server")


class ResponseException(PassesProcessor):
    """Raised by a service's method: ``handler`` is called with the `BaseHTTPRequestHandler` of the request and writes the
    response (``send_response``, ``send_header``, ``end_headers``, ``wfile``) in place of a Thrift message."""

    def __init__(self, handler: Callable[[BaseHTTPRequestHandler], None]) -> None:
        super().__init__(handler)
        self.handler = handler


class Exchange(BaseHTTPRequestHandler):
    """The request that has been read, and a response that is collected until it is complete."""

    def __init__(self, request: Request, connection: Any, client_address: Any, server: Any) -> None:
        # Not the parent's: it reads from the connection.
        line = request.line
        self.request = self.connection = connection
        self.client_address = client_address
        self.server = server
        self.command = line.method
        self.path = line.target
        self.request_version = f"HTTP/1.{line.minor}"
        self.requestline = f"{line.method} {line.target} {self.request_version}"
        self.raw_requestline = self.requestline.encode("ascii") + b"\r\n"
        self.headers: Message = HTTPMessage()
        for name, value in request.fields:
            self.headers[name.decode("ascii")] = value.decode("latin-1")
        self.rfile = io.BytesIO(request.body)
        self.wfile = io.BytesIO()
        self.close_connection = True

    def end_headers(self) -> None:
        # Nobody checks the length that a handler declares, or whether it does.
        self.send_header("Connection", "close")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        logger.debug(format, *args)

    @property
    def response(self) -> bytes:
        sink = self.wfile
        assert isinstance(sink, io.BytesIO)
        return sink.getvalue()
