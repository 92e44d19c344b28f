"""The responses of the servers with threads and on an event loop; those of the engine look the same."""

from __future__ import annotations

from fastthrift import _core
from fastthrift.http.request import Request


def response(status: int, body: bytes, goes_on_after: Request | None) -> bytes:
    """The response; ``goes_on_after`` is the request on whose connection another one may follow."""
    if goes_on_after is None:
        return _core.http_response(status, body, False, 1, False)
    line = goes_on_after.line
    return _core.http_response(status, body, goes_on_after.keep_alive, line.minor, line.method == "HEAD")
