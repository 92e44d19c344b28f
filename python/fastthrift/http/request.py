"""Requests out of bytes: HTTP/1.1 as RFC 9112 has it, without a socket.

`feed` takes what arrived, `next_request` gives the next complete request, None while bytes are missing, or raises
`Refused`; after that the reader is done, because nobody knows where the next request would begin. The core reads them
(cpp/framing/http.cpp), for these servers as for those on its engine.
"""

from __future__ import annotations

from typing import NamedTuple

from fastthrift import _core
from fastthrift.http.refused import Refused

Field = tuple[bytes, bytes]


class Limits(NamedTuple):
    """The sizes of nginx and Envoy; a body is a frame."""

    line: int = 8 * 1024
    field: int = 8 * 1024
    head: int = 64 * 1024
    fields: int = 100
    body: int = 16_384_000
    chunk_extensions: int = 8 * 1024  # in all of one body


class RequestLine(NamedTuple):
    method: str
    target: str
    minor: int  # of the version 1.x


class Request(NamedTuple):
    line: RequestLine
    fields: list[Field]  # names in small letters
    body: bytes
    keep_alive: bool


class RequestReader:
    """Reads the requests of one connection, however the bytes are cut."""

    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008 - it cannot be changed
        self._reader = _core.HttpReader(limits)
        self.feed = self._reader.feed
        # Whether the client waits for ``100 Continue`` before it sends the body; True once.
        self.take_continue = self._reader.take_continue

    @property
    def is_idle(self) -> bool:
        """No byte of the next request is there."""
        return self._reader.is_idle

    def next_request(self) -> Request | None:
        found = self._reader.next()
        if found is None:
            if self._reader.refusal is not None:
                raise Refused(*self._reader.refusal)
            return None
        (method, target, minor, fields), body, keep_alive = found
        return Request(RequestLine(method, target, minor), fields, body, keep_alive)
