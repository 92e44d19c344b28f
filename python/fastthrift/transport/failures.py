"""Failures of connections that are exceptions of two kinds: a `TTransportException`, and what thriftpy2 lets through."""

from __future__ import annotations

import functools

from fastthrift import defaults
from fastthrift.transport.base import TTransportException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable


_READ_NOTHING = "TSocket read 0 bytes"
_PEER_CLOSED = (
    ": the peer closed the connection. If it did so at once, check that both sides use the same "
    "transport (buffered, framed) and protocol (binary, compact); if later, that the connection was not idle for longer "
    "than the server allows"
)


def end_of_file() -> TTransportException:
    """The peer has closed the connection where an answer should come."""
    hint = _PEER_CLOSED if defaults.current.reasons_in_messages else ""
    return TTransportException(TTransportException.END_OF_FILE, _READ_NOTHING + hint)


def also(error: Exception, shared: type[Exception], kind: int, text: str) -> TTransportException:
    """A `TTransportException` that code for the class ``shared``, that of ``error`` or above, catches as well."""
    number, words = (error.errno, error.strerror) if isinstance(error, OSError) else (None, None)
    return _made(shared, kind, text, number, words)


def lost(error: OSError, text: str) -> OSError:
    """The failure of a socket as both; what only a Python library knows (a user's class, a wait of TLS) stays as it is."""
    is_tls = type(error).__module__ == "ssl" and type(error).__name__ in _LOST_TLS
    if not is_tls and (type(error).__module__ != "builtins" or isinstance(error, BlockingIOError)):
        return error
    has_ended = isinstance(error, ConnectionError) or type(error).__name__ in _ENDED_TLS
    kind = TTransportException.END_OF_FILE if has_ended else TTransportException.UNKNOWN
    both: Any = also(error, type(error), kind, text)
    if is_tls:
        both.reason, both.library = getattr(error, "reason", None), getattr(error, "library", None)
    return both  # type: ignore[no-any-return]


# By name: a program without TLS does not import `ssl`.
_ENDED_TLS = ("SSLEOFError", "SSLZeroReturnError", "SSLSyscallError")
_LOST_TLS = ("SSLError", *_ENDED_TLS)


@functools.cache
def _both(shared: type) -> type[TTransportException]:
    def reduce(self: Any) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        # The class is nobody's attribute.
        return _made, (shared, self.type, self.message, getattr(self, "errno", None), getattr(self, "strerror", None))

    return type("TTransportException", (TTransportException, shared), {"__module__": __name__, "__reduce__": reduce})


def _made(shared: type, kind: int, text: str, number: int | None, words: str | None) -> TTransportException:
    raised: Any = _both(shared)(kind, text)
    raised.__dict__.pop("line", None)  # of RemoteDisconnected, which had none
    if isinstance(raised, OSError):
        raised.errno, raised.strerror = number, words
        raised.args = () if number is None else (number, words)
    return raised  # type: ignore[no-any-return]
