"""What bytes that are no message look like, for errors that a person reads. The core has more of it, for what it reads itself."""

from __future__ import annotations

from typing import Any

_LOOKS = (
    (b"HTTP", "an HTTP response: the server speaks HTTP, use THttpClient"),
    (b"POST", "an HTTP request: the client must use a Thrift socket, or this server HTTP"),
    (b"GET ", "an HTTP request: the client must use a Thrift socket, or this server HTTP"),
    (b"\x15\x03", "a TLS alert: one side uses TLS and the other does not"),
    (b"\x16\x03", "a TLS handshake: one side uses TLS and the other does not"),
)


def look_of(first: bytes) -> str:
    """Words to end an error with; none for bytes that look like nothing known."""
    return next((f"; this looks like {what}" for start, what in _LOOKS if first.startswith(start)), "")


def explained(error: Any, trans: Any) -> Any:
    """The error of who tried to read a message from ``trans``, with what is there instead."""
    read = getattr(trans, "cstringio_buf", None)
    words = look_of(read.getvalue()[:4]) if read is not None else ""
    if words and error.message and not error.message.endswith(words):
        error.message += words
        error.args = (error.message,)
    return error
