"""What protocols raise. `TProtocol` exports it, and is where pickles and messages say that it comes from."""

from __future__ import annotations

from struct import error as StructError
from typing import Optional

from fastthrift.apache.Thrift import TException, reduce_typed
from fastthrift.apache.transport.TTransport import TTransportException

_MODULE = "fastthrift.apache.protocol.TProtocol"


class TProtocolException(TException):
    """Bytes that are not what the protocol says, or values that it cannot carry."""

    __module__ = _MODULE

    UNKNOWN = 0
    INVALID_DATA = 1
    NEGATIVE_SIZE = 2
    SIZE_LIMIT = 3
    BAD_VERSION = 4
    NOT_IMPLEMENTED = 5
    DEPTH_LIMIT = 6
    INVALID_PROTOCOL = 7

    def __init__(self, type: int = UNKNOWN, message: Optional[str] = None) -> None:
        TException.__init__(self, message)
        self.type = type

    __reduce__ = reduce_typed


class TProtocolSizeError(TTransportException, TProtocolException):
    """A length that is negative or above its limit: Apache's plain protocols raise a TTransportException for it."""

    __module__ = _MODULE

    def __init__(self, type: int = TTransportException.SIZE_LIMIT, message: Optional[str] = None) -> None:
        TTransportException.__init__(self, type, message)


class TProtocolTypeError(TProtocolException, TypeError):
    """A value that its field's type does not take."""

    __module__ = _MODULE


class TProtocolRangeError(TProtocolException, OverflowError, StructError):
    """A number that its field's type has no room for; Apache's plain protocols raise `struct.error` for some of them."""

    __module__ = _MODULE


class TProtocolDataError(TProtocolException, ValueError):
    """A value of the right type that cannot be written: text with lone surrogates, for instance."""

    __module__ = _MODULE


class TProtocolTextError(TProtocolException, UnicodeDecodeError):
    """A string that is not UTF-8."""

    __module__ = _MODULE

    def __init__(self, encoding: str, object: bytes, start: int, end: int, reason: str) -> None:
        UnicodeDecodeError.__init__(self, encoding, object, start, end, reason)
        self.type = TProtocolException.INVALID_DATA
        self.message = UnicodeDecodeError.__str__(self)

    __str__ = UnicodeDecodeError.__str__
    __reduce__ = UnicodeDecodeError.__reduce__  # type: ignore[assignment]
