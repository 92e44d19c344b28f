"""The head of a request: what its lines may look like and what they say about the body (RFC 9110, RFC 9112).

Whatever two readers could read in two ways is refused: that is how requests are smuggled past a proxy.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from fastthrift.http.refused import Refused

Field = tuple[bytes, bytes]

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_REQUEST_LINE = re.compile(rb"(" + _TOKEN + rb") ([\x21\x22\x24-\x7e]+) HTTP/([0-9])\.([0-9])\Z")
_FIELD_NAME = re.compile(rb"(" + _TOKEN + rb"):")
_FIELD_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*\Z")
_HOST = re.compile(rb"(?:\[[0-9A-Za-z:.%\-_~]+\]|[0-9A-Za-z\-._~%!$&'()*+;=]*)(?::[0-9]{0,5})?\Z")
_NAMES = re.compile(_TOKEN + rb"\Z")
_ABSOLUTE = re.compile(rb"https?://[0-9A-Za-z\-._~%!$&'()*+;=:\[\]]+(?:[/?]|\Z)", re.IGNORECASE)
_DIGITS = re.compile(rb"[0-9]{1,18}\Z")


class RequestLine(NamedTuple):
    method: str
    target: str
    minor: int  # of the version 1.x


def parse_request_line(line: bytes) -> RequestLine:
    found = _REQUEST_LINE.match(line)
    if found is None:
        raise Refused(400, "malformed request line")
    method, target, major, minor = found.groups()
    if major != b"1":
        raise Refused(505, "this server speaks HTTP/1.1")
    # CONNECT has an authority and OPTIONS may have an asterisk; all others a path or a whole URL.
    if method not in (b"CONNECT", b"OPTIONS") and not target.startswith(b"/") and not _ABSOLUTE.match(target):
        raise Refused(400, "the request target is no path and no URL")
    return RequestLine(method.decode("ascii"), target.decode("ascii"), int(minor))


def parse_field(line: bytes) -> Field:
    """``Name: value``, the name in small letters."""
    if line[:1] in (b" ", b"\t"):
        raise Refused(400, "a folded header line")
    found = _FIELD_NAME.match(line)
    if found is None:
        raise Refused(400, "malformed header line")
    value = line[found.end() :].strip(b" \t")
    if not _FIELD_VALUE.match(value):
        raise Refused(400, "a control character in a header")
    return found.group(1).lower(), value


class Framing(NamedTuple):
    """What the header fields say about the message and the connection."""

    length: int | None  # None: chunked, or no body where has_body is False
    has_body: bool
    keep_alive: bool
    expects_continue: bool


def framing_of(line: RequestLine, fields: list[Field]) -> Framing:
    """How the body of this head is delimited; refuses every head that leaves a doubt."""
    values: dict[bytes, list[bytes]] = {}
    for name, value in fields:
        values.setdefault(name, []).append(value)
    _check_host(line, values.get(b"host", []))
    lengths = values.get(b"content-length", [])
    codings = values.get(b"transfer-encoding", [])
    if lengths and codings:
        raise Refused(400, "both Content-Length and Transfer-Encoding")
    length = _length(lengths) if lengths else None
    if codings:
        _check_codings(line, codings)
    if values.get(b"content-encoding", [b"identity"]) != [b"identity"]:
        raise Refused(415, "encoded content")
    return Framing(
        length,
        bool(codings or length),
        _keeps_alive(line, values.get(b"connection", [])),
        _expects_continue(line, values.get(b"expect", [])),
    )


def _check_host(line: RequestLine, hosts: list[bytes]) -> None:
    if len(hosts) > 1 or (line.minor >= 1 and not hosts):
        raise Refused(400, f"{len(hosts)} Host headers where one is due")
    if hosts and not _HOST.match(hosts[0]):
        raise Refused(400, "malformed Host")


def _length(lengths: list[bytes]) -> int:
    if len(lengths) > 1 or not _DIGITS.match(lengths[0]):
        raise Refused(400, "Content-Length must be one number")
    return int(lengths[0])


def _check_codings(line: RequestLine, codings: list[bytes]) -> None:
    if line.minor == 0:
        raise Refused(400, "Transfer-Encoding in HTTP/1.0")
    names = [name.strip(b" \t").lower() for value in codings for name in value.split(b",")]
    if names[-1] != b"chunked" or names.count(b"chunked") > 1 or not all(map(_NAMES.match, names)):
        raise Refused(400, "the body is not delimited by chunked")
    if len(names) > 1:
        raise Refused(501, "a transfer coding other than chunked")


def _keeps_alive(line: RequestLine, values: list[bytes]) -> bool:
    options = {option.strip(b" \t").lower() for value in values for option in value.split(b",")}
    if b"close" in options:
        return False
    return line.minor >= 1 or b"keep-alive" in options


def _expects_continue(line: RequestLine, values: list[bytes]) -> bool:
    if line.minor == 0 or not values:
        return False
    if [value.lower() for value in values] != [b"100-continue"]:
        raise Refused(417, "an expectation other than 100-continue")
    return True
