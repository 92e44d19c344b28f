"""Where a TSocket of Apache's face connects to, and what it says when that fails."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from fastthrift.apache.transport.TSocket import TServerSocket, TSocket
from fastthrift.apache.transport.TTransport import TTransportException


@pytest.mark.parametrize(
    "host,port,text",
    [
        ("127.0.0.1", 70000, "port must be from 0 to 65535, got 70000"),  # the system would take it for 4464
        ("127.0.0.1", "70000", "port must be"),
        ("127.0.0.1", -1, "port must be"),
        ("127.0.0.1", 10**30, "port must be"),
        ("127.0.0.1", 1.5, "Int or String expected"),
        ("a..b", 9090, "failed to resolve sockaddr for a..b:9090: "),
        ("a" * 300, 9090, "failed to resolve"),
        ("127.0.0.1", 1, r"Could not connect to any of \[\('127.0.0.1', 1\)\]: .*refused"),
    ],
)
def test_what_cannot_be_connected_to_says_why(host: str, port: Any, text: str) -> None:
    sock = TSocket(host, port)
    with pytest.raises(TTransportException, match=text) as raised:
        sock.open()
    assert raised.value.type == TTransportException.NOT_OPEN
    assert not sock.isOpen()


def test_a_port_that_is_none_is_not_listened_on() -> None:
    with pytest.raises(OSError, match="70000"):
        TServerSocket("127.0.0.1", 70000).listen()


@pytest.mark.parametrize("port", [str, lambda port: f" {port}", lambda port: str(port).encode()])
def test_a_port_may_be_text(port: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sock = TSocket("127.0.0.1", port(listener.getsockname()[1]))
        sock.open()
        sock.close()


def test_a_path_may_be_a_path_object(tmp_path: Path) -> None:
    path: Any = tmp_path / "socket"
    listener = TServerSocket(unix_socket=path)
    listener.listen()
    sock = TSocket(unix_socket=path)
    sock.open()
    sock.close()
    listener.close()
