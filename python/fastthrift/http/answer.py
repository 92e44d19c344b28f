"""The answer to a client's request: where it ends, and what its failures are in Python."""

from __future__ import annotations

from http.client import SWITCHING_PROTOCOLS, HTTPException, HTTPResponse

from fastthrift.transport import failures
from fastthrift.transport.base import TTransportException

MOST_RESPONSE_BYTES = 100 * 1024 * 1024

_PIECE = 64 * 1024
_MOST_INTERIM = 100
_COMPRESSIONS = ("br", "compress", "deflate", "gzip", "x-compress", "x-gzip", "zstd")


def begin(response: HTTPResponse) -> None:
    """Reads the head of the answer; what the server says meanwhile (102, 103) is none."""
    response.begin()
    for _ in range(_MOST_INTERIM):
        if not 100 <= response.status < 200 or response.status == SWITCHING_PROTOCOLS:
            return
        response.headers = None  # type: ignore[assignment]  # it begins anew
        response.begin()
    raise TTransportException(TTransportException.UNKNOWN, f"{_MOST_INTERIM} times HTTP status {response.status:d}")


def check_framing(response: HTTPResponse) -> None:
    """Refuses an answer whose end could be in two places."""
    lengths = response.msg.get_all("Content-Length", [])
    codings = response.msg.get_all("Transfer-Encoding", [])
    is_clear = len(set(lengths)) <= 1 and all(each.isascii() and each.isdigit() for each in lengths)
    if not is_clear or (lengths and codings) or (codings and [each.lower() for each in codings] != ["chunked"]):
        raise TTransportException(TTransportException.UNKNOWN, "the HTTP answer has no clear length")
    if lengths and int(lengths[0]) > MOST_RESPONSE_BYTES:
        raise _too_long()
    coding = response.msg.get("Content-Encoding", "")
    if coding.strip().lower() in _COMPRESSIONS:
        # Nobody has asked for it; without a word it would show as bad bytes.
        raise TTransportException(
            TTransportException.UNKNOWN, f"the HTTP answer is compressed ({coding}), although the request forbids that"
        )


def check_is_message(kind: str, body: bytes) -> None:
    """Refuses a page that was meant for people: no message begins like one."""
    if body[:1] == b"<" and kind.startswith("text/"):
        page = body[:200].decode("utf-8", "replace")
        raise TTransportException(
            TTransportException.UNKNOWN,
            f"the HTTP answer is no Thrift message but {kind}, check the URL: {page!r}",
        )


def body_of(response: HTTPResponse) -> bytes:
    pieces = []
    size = 0
    while piece := response.read(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > MOST_RESPONSE_BYTES:
            raise _too_long()
    if response.length:
        raise TTransportException(
            TTransportException.END_OF_FILE, f"the HTTP answer ends {response.length} bytes before its Content-Length"
        )
    return b"".join(pieces)


def _too_long() -> TTransportException:
    return TTransportException(
        TTransportException.SIZE_LIMIT, f"the HTTP answer is longer than {MOST_RESPONSE_BYTES} bytes"
    )


def also(error: Exception, kind: int, text: str) -> TTransportException:
    """A `TTransportException` that code for the class of ``error``, which thriftpy2 lets through, catches as well."""
    # The other classes of http.client want arguments of their own.
    return failures.also(error, type(error) if isinstance(error, OSError) else HTTPException, kind, text)
