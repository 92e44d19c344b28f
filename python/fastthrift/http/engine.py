"""Which HTTP servers run on the core's engine, and what is asked of Python there besides calls."""

from __future__ import annotations

import socket

from fastthrift import _core
from fastthrift.engine import engine_on, leaves_alone
from fastthrift.http import connection
from fastthrift.http.listener import Listener
from fastthrift.http.request import Request, RequestLine
from fastthrift.processor import PassesProcessor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fastthrift.http.server import THttpServer

# Methods of a server that see each connection or request, and of its httpd.
_SERVER_STEPS = ("handle", "_run", "_start", "_serve_generic", "_connect", "_answer", "_respond")
_LISTENER_STEPS = ("get_request", "verify_request", "shutdown_request", "close_request")


def engine_for(server: THttpServer, server_class: type) -> _core.Server | None:
    """An engine that serves what ``server`` would, not started; None where something is not exactly ours."""
    httpd = server.httpd
    if not leaves_alone(server, server_class, _SERVER_STEPS) or server._ssl_context is not None:
        return None
    if type(httpd) is not Listener or not leaves_alone(httpd, Listener, _LISTENER_STEPS):
        return None

    def respond(error: Exception, head: bytes, body: bytes, descriptor: int) -> bytes | None:
        method, target, minor, fields = _core.http_lines(head)
        request = Request(RequestLine(method, target, minor), fields, body, True)
        with socket.fromfd(descriptor, httpd.address_family, socket.SOCK_STREAM) as sock:
            return server._respond(error, request, sock, sock.getpeername())

    return engine_on(
        httpd.socket,
        server,
        idle_ms=(server._idle_seconds or 0) * 1000,
        message_ms=connection.MESSAGE_SECONDS * 1000,
        stalled_ms=connection.MESSAGE_SECONDS * 1000,
        http_limits=server.limits,
        respond=respond,
        passes=PassesProcessor,
    )
