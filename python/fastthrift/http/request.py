"""Requests out of bytes: HTTP/1.1 as RFC 9112 has it, without a socket.

`feed` takes what arrived, `next_request` gives the next complete request, None while bytes are missing, or raises
`Refused`; after that the reader is done, because nobody knows where the next request would begin.
"""

from __future__ import annotations

import re
from typing import Callable, NamedTuple

from fastthrift.http.fields import Field, Framing, RequestLine, framing_of, parse_field, parse_request_line
from fastthrift.http.refused import Refused

_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?\Z")
_NOT_AT_THE_END = (b"content-length", b"transfer-encoding", b"host", b"content-encoding")
_METHOD_CHARACTERS = frozenset(b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


class Limits(NamedTuple):
    """The sizes of nginx and Envoy; a body is a frame."""

    line: int = 8 * 1024
    field: int = 8 * 1024
    head: int = 64 * 1024
    fields: int = 100
    body: int = 16_384_000
    chunk_extensions: int = 8 * 1024  # in all of one body


class Request(NamedTuple):
    line: RequestLine
    fields: list[Field]
    body: bytes
    keep_alive: bool


class RequestReader:
    """Reads the requests of one connection, however the bytes are cut."""

    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008 - it cannot be changed
        self._limits = limits
        self._bytes = bytearray()
        self._at = 0  # what comes before has been read
        self._searched = 0  # there is no line feed from _at to here
        self._failed: Refused | None = None
        self._begin()

    def _begin(self) -> None:
        self._step: Callable[[], bool] = self._read_request_line
        self._line: RequestLine | None = None
        self._fields: list[Field] = []
        self._framing: Framing | None = None
        self._head_size = 0
        self._missing = 0
        self._extensions = 0
        self._body = bytearray()
        self._blank_lines = 0
        self._owes_continue = False
        self._request: Request | None = None

    @property
    def is_idle(self) -> bool:
        """No byte of the next request is there."""
        return self._line is None and self._at == len(self._bytes)

    def feed(self, data: bytes) -> None:
        self._bytes += data

    def next_request(self) -> Request | None:
        if self._failed is not None:
            raise self._failed
        try:
            while self._step():
                if self._request is not None:
                    request = self._request
                    self._begin()
                    return request
        except Refused as error:
            self._failed = error
            self._bytes.clear()
            raise
        del self._bytes[: self._at]
        self._searched -= self._at
        self._at = 0
        return None

    def take_continue(self) -> bool:
        """Whether the client waits for ``100 Continue`` before it sends the body; True once."""
        owes, self._owes_continue = self._owes_continue, False
        return owes and self._at == len(self._bytes)

    # Each step takes what it can and says whether the next one may run.

    def _take_line(self, most: int, too_long: Refused) -> bytes | None:
        end = self._bytes.find(b"\n", max(self._searched, self._at))
        if end < 0:
            self._searched = len(self._bytes)
            if self._searched - self._at > most + 1:
                raise too_long
            return None
        line = bytes(self._bytes[self._at : end])
        self._at = self._searched = end + 1
        if len(line) > most + 1:
            raise too_long
        if line[-1:] != b"\r" or b"\r" in line[:-1]:
            raise Refused(400, "lines end with CRLF")
        return line[:-1]

    def _read_request_line(self) -> bool:
        # Whoever speaks something else, a Thrift message without HTTP for instance, learns it at the first byte.
        first = self._bytes[self._at : self._at + 1]
        if first and first[0] not in _METHOD_CHARACTERS and first != b"\r" and first != b"\n":
            raise Refused(400, "this is not HTTP")
        line = self._take_line(self._limits.line, Refused(414, "the request line is too long"))
        if line is None:
            return False
        if not line:
            # Section 2.2: an empty line after the last body is forgiven.
            self._blank_lines += 1
            if self._blank_lines > 1:
                raise Refused(400, "empty lines where a request is due")
            return True
        self._line = parse_request_line(line)
        self._step = self._read_field
        return True

    def _next_field(self) -> Field | None | bool:
        """The next header or trailer line; False for the empty line after them, None while it is incomplete."""
        line = self._take_line(self._limits.field, Refused(431, "a header line is too long"))
        if line is None:
            return None
        if not line:
            return False
        self._head_size += len(line)
        if self._head_size > self._limits.head or len(self._fields) >= self._limits.fields:
            raise Refused(431, "too many headers")
        return parse_field(line)

    def _read_field(self) -> bool:
        field = self._next_field()
        if field is None:
            return False
        if isinstance(field, tuple):
            self._fields.append(field)
            return True
        self._finish_head()
        return True

    def _finish_head(self) -> None:
        assert self._line is not None
        framing = self._framing = framing_of(self._line, self._fields)
        is_post = self._line.method == "POST"
        if framing.has_body and not is_post:
            raise Refused(405, "messages come by POST")
        if framing.length is not None and framing.length > self._limits.body:
            raise Refused(413, f"the body is longer than {self._limits.body} bytes")
        if not framing.has_body:
            if is_post and framing.length is None:
                raise Refused(411, "a body needs a length")
            self._finish()
            return
        self._owes_continue = framing.expects_continue
        if framing.length is None:
            self._step = self._read_chunk_size
        else:
            self._missing = framing.length
            self._step = self._read_body

    def _read_body(self) -> bool:
        if len(self._bytes) - self._at < self._missing:
            return False
        self._body += self._bytes[self._at : self._at + self._missing]
        self._at += self._missing
        self._finish()
        return True

    def _read_chunk_size(self) -> bool:
        bad = Refused(400, "malformed chunk size")
        line = self._take_line(16 + self._limits.chunk_extensions, bad)
        if line is None:
            return False
        found = _CHUNK.match(line)
        if found is None:
            raise bad
        self._extensions += len(line) - len(found.group(1))
        if self._extensions > self._limits.chunk_extensions:
            raise bad
        size = int(found.group(1), 16)
        if size > self._limits.body - len(self._body):
            raise Refused(413, f"the body is longer than {self._limits.body} bytes")
        self._missing = size
        self._step = self._read_chunk if size else self._read_trailer
        return True

    def _read_chunk(self) -> bool:
        end = self._at + self._missing
        if len(self._bytes) < end + 2:
            # A wrong end is told as soon as it is seen.
            if len(self._bytes) > end and self._bytes[end] != 0x0D:
                raise Refused(400, "a chunk ends with CRLF")
            return False
        if self._bytes[end : end + 2] != b"\r\n":
            raise Refused(400, "a chunk ends with CRLF")
        self._body += self._bytes[self._at : end]
        self._at = self._searched = end + 2
        self._step = self._read_chunk_size
        return True

    def _read_trailer(self) -> bool:
        field = self._next_field()
        if field is None:
            return False
        if isinstance(field, tuple):
            if field[0] in _NOT_AT_THE_END:
                raise Refused(400, "a trailer that belongs into the head")
            self._fields.append(field)
            return True
        self._finish()
        return True

    def _finish(self) -> None:
        assert self._line is not None and self._framing is not None
        self._searched = max(self._searched, self._at)
        self._request = Request(self._line, self._fields, bytes(self._body), self._framing.keep_alive)
