"""Lost connections: exceptions of two kinds at once."""

from __future__ import annotations

import copy
import errno
import pickle
import socket
import ssl

import pytest

from fastthrift.transport import TTransportException
from fastthrift.transport.failures import also, lost

LOST = [
    (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), TTransportException.END_OF_FILE),
    (BrokenPipeError(errno.EPIPE, "Broken pipe"), TTransportException.END_OF_FILE),
    (ConnectionAbortedError(errno.ECONNABORTED, "aborted"), TTransportException.END_OF_FILE),
    (TimeoutError(errno.ETIMEDOUT, "Connection timed out"), TTransportException.UNKNOWN),
    (OSError(errno.EHOSTUNREACH, "No route to host"), TTransportException.UNKNOWN),
    (ssl.SSLEOFError(ssl.SSL_ERROR_EOF, "EOF occurred in violation of protocol"), TTransportException.END_OF_FILE),
]


@pytest.mark.parametrize(("error", "kind"), LOST, ids=lambda each: type(each).__name__)
def test_both_kinds_of_handlers_catch_it(error: OSError, kind: int) -> None:
    raised = lost(error, "peer:1: gone")
    assert isinstance(raised, TTransportException) and isinstance(raised, type(error))
    assert (raised.type, raised.message) == (kind, "peer:1: gone")
    assert (raised.errno, raised.strerror, raised.args) == (error.errno, error.strerror, error.args)
    assert str(raised).startswith(f"TTransportException(type={kind}, message='peer:1: gone'")


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
def test_it_travels_between_processes(again: object) -> None:
    raised = lost(LOST[0][0], "peer:1: gone")
    twin = again(raised)  # type: ignore[operator]
    assert type(twin) is type(raised)
    assert (str(twin), twin.errno, twin.args) == (str(raised), raised.errno, raised.args)


def test_tls_keeps_its_reason() -> None:
    error = ssl.SSLError(ssl.SSL_ERROR_SSL, "[SSL: BAD_RECORD_MAC] bad record mac")
    error.reason, error.library = "BAD_RECORD_MAC", "SSL"
    raised = lost(error, "peer:1: bad record mac")
    assert isinstance(raised, TTransportException) and isinstance(raised, ssl.SSLError)
    assert (raised.reason, raised.library, raised.type) == ("BAD_RECORD_MAC", "SSL", TTransportException.UNKNOWN)


def test_one_class_for_each_kind() -> None:
    assert type(lost(ConnectionResetError(1, "a"), "a")) is type(lost(ConnectionResetError(2, "b"), "b"))
    assert type(lost(ConnectionResetError(1, "a"), "a")) is not type(lost(BrokenPipeError(1, "a"), "a"))


def test_an_error_without_a_number_has_none() -> None:
    raised = lost(ConnectionResetError("Connection lost"), "gone")
    assert (raised.errno, raised.args) == (None, ())


class Own(ConnectionResetError):
    pass


@pytest.mark.parametrize(
    "error",
    [
        ssl.SSLWantReadError(1, "x"),
        ssl.SSLCertVerificationError(1, "x"),
        socket.gaierror(1, "x"),
        BlockingIOError(11, "x"),
        Own(1, "x"),
    ],
)
def test_what_is_known_better_stays_itself(error: OSError) -> None:
    assert lost(error, "gone") is error


def test_a_wider_class_may_be_shared() -> None:
    raised = also(ValueError("x"), ValueError, TTransportException.UNKNOWN, "gone")
    assert isinstance(raised, ValueError) and raised.message == "gone"
    assert type(pickle.loads(pickle.dumps(raised))) is type(raised)
