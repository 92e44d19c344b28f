"""A decorator for what works on the parts below: their failures come out as Apache's exceptions."""

from __future__ import annotations

import functools
from typing import Any, Callable, TypeVar

from fastthrift import thrift as below
from fastthrift.apache._errors import translated
from fastthrift.apache.transport.TTransport import TTransportException, TTransportTimeout
from fastthrift.protocol.exc import TProtocolException as ProtocolBelow

_Function = TypeVar("_Function", bound=Callable[..., Any])

__all__ = ["raises_apaches"]


def raises_apaches(function: _Function) -> _Function:
    """The function, whose failures are Apache's."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except (below.TTransportException, ProtocolBelow) as error:
            raise _apaches(error) from error

    return wrapped  # type: ignore[return-value]


def _apaches(error: Exception) -> BaseException:
    if isinstance(error, below.TTransportException) and isinstance(error, OSError):
        if not isinstance(error, below.TTransportTimeout):
            return _also(error)
        return TTransportTimeout(TTransportException.TIMED_OUT, error.message, error)
    return translated(error)


def _also(error: Any) -> BaseException:
    """A TTransportException that handlers of the operating system's error catch as well, as Apache lets it through."""
    shared = next(each for each in type(error).__mro__ if each.__module__ == "builtins")
    return _made(shared, error.type, error.message, error.errno, error.strerror, error)


@functools.cache
def _both(shared: type) -> type[TTransportException]:
    def reduce(self: Any) -> tuple[Any, ...]:
        # The class is nobody's attribute.
        return _made, (shared, self.type, self.message, self.errno, self.strerror)

    # The text is ours: the system's error may have none.
    body = {"__module__": __name__, "__reduce__": reduce, "__str__": lambda self: self.message}
    return type("TTransportException", (TTransportException, shared), body)


def _made(
    shared: type, kind: int, text: str | None, number: int | None, words: str | None, inner: Any = None
) -> BaseException:
    raised: Any = _both(shared)(kind, text, inner)
    raised.errno, raised.strerror = number, words
    return raised  # type: ignore[no-any-return]
