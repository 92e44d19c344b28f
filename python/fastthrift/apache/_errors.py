"""The core's errors as Apache's classes. The core raises those of thriftpy2's face; at the border of this one they change."""

from __future__ import annotations

from fastthrift import thrift
from fastthrift.apache.protocol.TProtocol import (
    TProtocolDataError,
    TProtocolException,
    TProtocolRangeError,
    TProtocolSizeError,
    TProtocolTextError,
    TProtocolTypeError,
)
from fastthrift.apache.Thrift import TApplicationException
from fastthrift.apache.transport.TTransport import TTransportEOF, TTransportException, TTransportTimeout
from fastthrift.protocol import exc


def translated(error: BaseException) -> BaseException:
    """The same error in a class of Apache's face; itself where it is none of the core's."""
    found: BaseException
    if isinstance(error, exc.TProtocolTextError):
        found = TProtocolTextError(*error.args)
    elif isinstance(error, exc.TProtocolException):
        found = _protocol(error)
    elif isinstance(error, thrift.TDecodeException):
        found = _value(error)
    elif isinstance(error, thrift.TTransportException):
        found = _transport(error)
    elif isinstance(error, thrift.TApplicationException):
        found = TApplicationException(error.type, error.message)
    else:
        return error
    path = getattr(error, "path", None)
    if path is not None:
        found.path = path  # type: ignore[attr-defined]
    found.__cause__ = error.__cause__
    found.__context__ = error.__context__
    found.__suppress_context__ = error.__suppress_context__
    return found


def _protocol(error: exc.TProtocolException) -> BaseException:
    if error.type == exc.TProtocolException.NEGATIVE_SIZE:
        return TProtocolSizeError(TTransportException.NEGATIVE_SIZE, error.message)
    if error.type == exc.TProtocolException.SIZE_LIMIT:
        return TProtocolSizeError(TTransportException.SIZE_LIMIT, error.message)
    if error.type == exc.TProtocolException.INVALID_DATA and " requires " in str(error.message):
        return TProtocolRangeError(error.type, error.message)
    return TProtocolException(error.type, error.message)


def _value(error: thrift.TDecodeException) -> BaseException:
    cause = error.__cause__
    kind: type[TProtocolException]
    if isinstance(cause, OverflowError):
        kind = TProtocolRangeError
    elif isinstance(cause, ValueError):
        kind = TProtocolDataError
    else:
        kind = TProtocolTypeError
    return kind(TProtocolException.INVALID_DATA, str(error))


def _transport(error: thrift.TTransportException) -> BaseException:
    if error.type == TTransportException.END_OF_FILE:
        return TTransportEOF(error.type, error.message)
    if error.type == TTransportException.TIMED_OUT:
        return TTransportTimeout(error.type, error.message)
    return TTransportException(error.type, error.message)
