"""Where clients connect to and servers listen, by the arguments of make_client and make_server."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest

from fastthrift.contrib.aio.socket import TAsyncServerSocket, TAsyncSocket
from fastthrift.transport import TServerSocket, TSocket
from fastthrift.transport.address import client_address, place, port_number, server_address
from fastthrift.transport.base import seconds

# (host, port, unix_socket, url): the address
CLIENTS: dict[tuple[Any, Any, Any, str], dict[str, Any]] = {
    ("localhost", 9090, None, ""): {"host": "localhost", "port": 9090},
    ("localhost", "9090", None, ""): {"host": "localhost", "port": "9090"},
    ("localhost", 9090, "/tmp/s", ""): {"unix_socket": "/tmp/s"},
    ("localhost", 9090, None, "http://other:80/path"): {"host": "other", "port": 80},
    ("localhost", 9090, None, "other:80"): {"host": "other", "port": 80},
    ("localhost", 9090, None, "other"): {"host": "other", "port": 9090},
    ("localhost", 9090, None, "//[::1]:80"): {"host": "::1", "port": 80},
    (None, None, None, "other:80"): {"host": "other", "port": 80},
    ("localhost", 9090, "/tmp/s", "other:80"): {"unix_socket": "/tmp/s"},
}
SERVERS: dict[tuple[Any, Any, Any], dict[str, Any]] = {
    ("localhost", 9090, None): {"host": "localhost", "port": 9090},
    ("localhost", 0, None): {"host": "localhost", "port": 0},
    ("localhost", 9090, "/tmp/s"): {"unix_socket": "/tmp/s"},
    (None, None, "/tmp/s"): {"unix_socket": "/tmp/s"},
}


@pytest.mark.parametrize("arguments", CLIENTS, ids=str)
def test_a_client_connects_to(arguments: Any) -> None:
    assert client_address(*arguments, uses_tls=False) == CLIENTS[arguments]


@pytest.mark.parametrize("arguments", SERVERS, ids=str)
def test_a_server_listens_on(arguments: Any) -> None:
    assert server_address(*arguments, uses_tls=False) == SERVERS[arguments]


@pytest.mark.parametrize(
    "host, port", [("", 9090), (None, 9090), ("localhost", None), ("localhost", ""), ("localhost", 0)]
)
def test_a_client_needs_a_host_and_a_port(host: Any, port: Any) -> None:
    with pytest.raises(ValueError, match="^Either host/port or unix_socket or url must be provided.$"):
        client_address(host, port, None, "", uses_tls=False)


@pytest.mark.parametrize("host, port", [("", 9090), (None, 9090), ("localhost", None), ("localhost", "")])
def test_a_server_needs_a_host_and_a_port(host: Any, port: Any) -> None:
    with pytest.raises(ValueError, match="^Either host/port or unix_socket must be provided.$"):
        server_address(host, port, None, uses_tls=False)


def test_tls_has_no_say_in_a_unix_socket() -> None:
    for address in (
        lambda: client_address("h", 1, "/tmp/s", "", uses_tls=True),
        lambda: server_address("h", 1, "/tmp/s", uses_tls=True),
    ):
        with pytest.warns(UserWarning, match="^SSL only works with host:port, not unix_socket.$"):
            assert address() == {"unix_socket": "/tmp/s"}


def test_tls_over_tcp_is_no_reason_to_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        client_address("h", 1, None, "", uses_tls=True)
        server_address("h", 1, None, uses_tls=True)


@pytest.mark.parametrize("port, number", [(None, None), (0, 0), (65535, 65535), ("0", 0), ("00080", 80)])
def test_a_port_is_a_number_or_its_digits(port: Any, number: Any) -> None:
    assert port_number(port) == number


@pytest.mark.parametrize("port", [-1, 65536, "", "http", "-1", "9_0", "٣", "100000", 1.5, True, b"80"])
def test_nothing_else_is_a_port(port: Any) -> None:
    with pytest.raises(ValueError, match="port must be an int or a string of digits from 0 to 65535"):
        port_number(port)


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (("h", 1, None), ("h", 1, None)),
        (("h", "9090", None), ("h", 9090, None)),
        (("h", 0, ""), ("h", 0, None)),
        ((None, None, None), (None, None, None)),
        (("", 80, None), ("", 80, None)),
        (("h", 1, "/run/s"), (None, None, "/run/s")),
        (("h", "no port", "/run/s"), (None, None, "/run/s")),  # a path goes before the others, whatever they are
        ((None, None, b"/run/s"), (None, None, b"/run/s")),
        ((None, None, Path("/run/s")), (None, None, "/run/s")),
        ((None, None, "\0abstract"), (None, None, "\0abstract")),
    ],
)
def test_sockets_are_at_a_host_and_port_or_at_a_path(arguments: Any, found: Any) -> None:
    assert place(*arguments) == found
    for kind in (TSocket, TServerSocket, TAsyncSocket, TAsyncServerSocket):
        made: Any = kind(*arguments)
        assert (made.host, made.port, made.unix_socket) == found, kind


@pytest.mark.parametrize("port", ["x", -1, 65536, "99999", 1.5, True, [], "٣"])
def test_a_port_that_is_none_is_refused_by_every_socket(port: Any) -> None:
    for kind in (TSocket, TServerSocket, TAsyncSocket, TAsyncServerSocket):
        with pytest.raises(ValueError, match="port must be an int or a string of digits from 0 to 65535"):
            kind("h", port)


@pytest.mark.parametrize(
    ("ms", "found"),
    [(None, None), (0, None), (-1, None), (1, 0.001), (3000, 3.0), (0.5, 0.0005), (60_000, 60.0), (float("inf"), float("inf"))],
)  # fmt: skip
def test_timeouts_are_milliseconds_and_none_is_for_ever(ms: Any, found: Any) -> None:
    assert seconds(ms) == found
    assert TServerSocket("h", 1, client_timeout=ms).client_timeout == found
    for kind in (TSocket, TAsyncSocket):
        made: Any = kind("h", 1, socket_timeout=ms)
        assert made.socket_timeout == found
        made.set_timeout(ms)
        assert (made.socket_timeout, made.connect_timeout) == (found, found)


@pytest.mark.parametrize("kind", [TServerSocket, TAsyncServerSocket])
def test_to_listen_nowhere_is_refused_by_the_name_of_who_should(kind: Any) -> None:
    with pytest.raises(ValueError, match=f"{kind.__name__} needs host and port, or unix_socket, to listen"):
        kind("h").listen()
