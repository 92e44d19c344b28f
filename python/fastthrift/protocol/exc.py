"""The exceptions of protocols: bytes that are not what the protocol says."""

from __future__ import annotations

from fastthrift import _core
from fastthrift.thrift import TException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional

__all__ = [
    "ProtocolError",
    "TProtocolDataError",
    "TProtocolDepthError",
    "TProtocolException",
    "TProtocolTextError",
    "TProtocolVersionError",
]


class TProtocolException(TException):
    """Bytes that are not what the protocol says. ``type`` is one of the numbers below, ``message`` says what came and where."""

    UNKNOWN = 0
    INVALID_DATA = 1
    NEGATIVE_SIZE = 2
    SIZE_LIMIT = 3
    BAD_VERSION = 4
    NOT_IMPLEMENTED = 5
    DEPTH_LIMIT = 6

    def __init__(self, type: int = UNKNOWN, message: Optional[str] = None) -> None:
        # Not Exception's: `args` stays what `__new__` got, so that the exception pickles as it was made.
        self.type = type
        self.message = message

    def __str__(self) -> str:
        if self.message:
            return self.message
        return _TEXTS.get(self.type, "Default (unknown) TProtocolException")


_TEXTS = {
    TProtocolException.UNKNOWN: "Unknown protocol exception",
    TProtocolException.INVALID_DATA: "Invalid data",
    TProtocolException.NEGATIVE_SIZE: "Negative size",
    TProtocolException.SIZE_LIMIT: "Size limit",
    TProtocolException.BAD_VERSION: "Bad version",
    TProtocolException.NOT_IMPLEMENTED: "Not implemented",
    TProtocolException.DEPTH_LIMIT: "Depth limit",
}


class ProtocolError(Exception):
    """What thriftpy2's compiled binary protocol raises for a version it does not know; `protocol.cybin` exports it."""


class TProtocolDataError(TProtocolException, ValueError):
    """JSON that is none, or does not fit its struct: for handlers of the ValueErrors that thriftpy2 lets through, too."""


class TProtocolTextError(TProtocolException, UnicodeDecodeError):
    """A string that is not UTF-8 where ``strict_decode`` wants it to be, for handlers of either class."""

    def __init__(self, encoding: str, object: bytes, start: int, end: int, reason: str) -> None:
        UnicodeDecodeError.__init__(self, encoding, object, start, end, reason)
        self.type = TProtocolException.INVALID_DATA
        self.message = UnicodeDecodeError.__str__(self)


class TProtocolVersionError(TProtocolException, ProtocolError):
    """A message in another version of the protocol, for handlers of either class."""


class TProtocolDepthError(TProtocolException, RecursionError):
    """Structs or containers nested beyond the limit, for handlers of either class."""


_core.register_exception("TProtocolException", TProtocolException)
_core.register_exception("TProtocolTextError", TProtocolTextError)
_core.register_exception("TProtocolVersionError", TProtocolVersionError)
_core.register_exception("TProtocolDepthError", TProtocolDepthError)
_core.register_exception("ProtocolError", ProtocolError)
