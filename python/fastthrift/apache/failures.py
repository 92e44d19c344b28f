"""What the parts below raise in the words of the thriftpy2 face, as Apache's exceptions."""

from __future__ import annotations

import functools
from typing import Any, Callable, TypeVar

from fastthrift import thrift as below
from fastthrift.apache.protocol.TProtocol import TProtocolException
from fastthrift.apache.Thrift import TApplicationException
from fastthrift.apache.transport.TTransport import TTransportEOF, TTransportException, TTransportTimeout
from fastthrift.protocol.exc import TProtocolException as ProtocolBelow

_Function = TypeVar("_Function", bound=Callable[..., Any])

__all__ = ["apaches", "raises_apaches"]


def apaches(error: Exception) -> Exception:
    """The same failure as Apache's exception; one of other kinds as it is."""
    message = getattr(error, "message", None) or str(error)
    if isinstance(error, below.TTransportException):
        if isinstance(error, below.TTransportTimeout):
            return TTransportTimeout(TTransportException.TIMED_OUT, message, error)
        if isinstance(error, OSError):
            return _also(type(error), error.type, message, error)
        if error.type == TTransportException.END_OF_FILE:
            return TTransportEOF(error.type, message, error)
        return TTransportException(error.type, message, error)
    if isinstance(error, ProtocolBelow):
        return TProtocolException(error.type, message)
    if isinstance(error, below.TApplicationException):
        return TApplicationException(error.type, message)
    return error


def raises_apaches(function: _Function) -> _Function:
    """The function, whose failures are Apache's."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except (below.TTransportException, ProtocolBelow) as error:
            raise apaches(error) from error

    return wrapped  # type: ignore[return-value]


_BOTH: dict[type, type] = {}


def _also(kind: type, type_number: int, message: str, inner: Exception) -> Exception:
    """A TTransportException that handlers of the operating system's error catch as well, as Apache lets it through."""
    shared = next(each for each in kind.__mro__ if each.__module__ == "builtins")
    if shared not in _BOTH:
        _BOTH[shared] = type("TTransportException", (TTransportException, shared), {"__module__": __name__})
    raised = _BOTH[shared](type_number, message, inner)
    raised.errno, raised.strerror = inner.errno, inner.strerror  # type: ignore[attr-defined]
    return raised  # type: ignore[no-any-return]
