"""The head of a response, which the servers with threads and on an event loop share."""

from __future__ import annotations

import functools
import time
from email.utils import formatdate
from http import HTTPStatus

from fastthrift.http.request import Request


def response(status: int, body: bytes, goes_on_after: Request | None) -> bytes:
    """The response; ``goes_on_after`` is the request on whose connection another one may follow."""
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        f"Date: {_date(int(time.time()))}",
        f"Content-Type: {'application/x-thrift' if status == 200 else 'text/plain'}",
        f"Content-Length: {len(body)}",
    ]
    if status == 405:
        lines.append("Allow: POST")
    if goes_on_after is None or not goes_on_after.keep_alive:
        lines.append("Connection: close")
    elif goes_on_after.line.minor == 0:
        lines.append("Connection: keep-alive")
    if goes_on_after is not None and goes_on_after.line.method == "HEAD":
        body = b""
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body


@functools.lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
