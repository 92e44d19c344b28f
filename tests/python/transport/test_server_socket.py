"""TServerSocket: TCP and UNIX listeners, what they take over and what they leave alone."""

from __future__ import annotations

import errno
import os
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock, call

import pytest

from fastthrift import defaults
from fastthrift.transport import TServerSocket, TSocket, TTransportException

needs_unix = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no UNIX sockets here")


@pytest.fixture
def profile() -> Iterator[Any]:
    yield defaults.use
    defaults.use("fastthrift")


def exchange(server: TServerSocket, client: TSocket) -> TSocket:
    """Connects, sends a word each way and gives the accepted end."""
    client.open()
    accepted = server.accept()
    client.write(b"ping")
    assert accepted.read(10) == b"ping"
    accepted.write(b"pong")
    assert client.read(10) == b"pong"
    client.close()
    return accepted


def test_a_served_port_is_named(profile: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(OSError, match=rf"Address already in use: \('127.0.0.1', {port}\)") as failed:
            TServerSocket("127.0.0.1", port, reuse_port=False).listen()
        assert failed.value.errno == errno.EADDRINUSE
        profile("thriftpy2")
        with pytest.raises(OSError, match="Address already in use$"):
            TServerSocket("127.0.0.1", port, reuse_port=False).listen()


def test_no_port_is_not_any_port() -> None:
    with pytest.raises(ValueError, match="TServerSocket needs host and port, or unix_socket"):
        TServerSocket("127.0.0.1").listen()


@needs_unix
def test_a_path_may_be_a_path_object(tmp_path: Path) -> None:
    server = TServerSocket(unix_socket=tmp_path / "s")  # type: ignore[arg-type]
    server.listen()
    exchange(server, TSocket(unix_socket=tmp_path / "s")).close()  # type: ignore[arg-type]
    server.close()
    assert not (tmp_path / "s").exists()


@needs_unix
def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        TServerSocket(unix_socket=str(tmp_path / "nowhere" / "s")).listen()


def test_port_0_lets_the_system_choose() -> None:
    server = TServerSocket("127.0.0.1", 0, client_timeout=1500)
    server.listen()
    port = server.sock.getsockname()[1]
    assert port > 0
    assert server.sock.gettimeout() is None
    accepted = exchange(server, TSocket("127.0.0.1", port))
    assert accepted.sock.gettimeout() == accepted.socket_timeout == 1.5
    assert accepted.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    accepted.close()
    server.close()


def test_listening_twice_is_listening_once() -> None:
    server = TServerSocket("127.0.0.1", 0)
    server.listen()
    sock = server.sock
    server.listen()
    assert server.sock is sock
    server.close()


@pytest.mark.parametrize(
    ("name", "idle", "shares"), [("fastthrift", 60.0, 0), ("thriftpy2", 3.0, 1)], ids=["fastthrift", "thriftpy2"]
)
def test_the_defaults_are_those_of_the_profile(profile: Any, name: str, idle: float, shares: int) -> None:
    profile(name)
    server = TServerSocket("127.0.0.1", 0)
    assert server.client_timeout == idle
    server.listen()
    if hasattr(socket, "SO_REUSEPORT"):
        assert server.sock.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT) == shares
    server.close()


@pytest.mark.parametrize(("timeout", "seconds"), [(None, None), (0, None), (250, 0.25)])
def test_client_timeout_is_milliseconds(timeout: Any, seconds: Any) -> None:
    assert TServerSocket("127.0.0.1", 0, client_timeout=timeout).client_timeout == seconds


def test_a_served_port_is_not_shared_unless_asked() -> None:
    first = TServerSocket("127.0.0.1", 0, reuse_port=True)
    first.listen()
    port = first.sock.getsockname()[1]
    second = TServerSocket("127.0.0.1", port)
    with pytest.raises(OSError) as taken:
        second.listen()
    assert taken.value.errno == errno.EADDRINUSE
    assert second.sock is None
    if hasattr(socket, "SO_REUSEPORT"):
        third = TServerSocket("127.0.0.1", port, reuse_port=True)
        third.listen()
        third.close()
    first.close()


def test_a_port_can_be_served_again_at_once() -> None:
    server = TServerSocket("127.0.0.1", 0)
    server.listen()
    port = server.sock.getsockname()[1]
    exchange(server, TSocket("127.0.0.1", port)).close()
    server.close()
    again = TServerSocket("127.0.0.1", port)
    again.listen()
    again.close()


def test_accepting_without_listening_says_so() -> None:
    server = TServerSocket("127.0.0.1", 0)
    with pytest.raises(TTransportException, match="does not listen"):
        server.accept()
    server.close()


def test_close_ends_an_accept_and_may_be_repeated() -> None:
    server = TServerSocket("127.0.0.1", 0)
    server.listen()
    ended = threading.Event()

    def accept() -> None:
        with pytest.raises((OSError, TTransportException)):
            server.accept()
        ended.set()

    thread = threading.Thread(target=accept)
    thread.start()
    server.close()
    server.close()
    assert ended.wait(10)
    thread.join(10)
    assert server.sock is None


@needs_unix
def test_a_unix_socket_belongs_to_its_user_and_goes_with_its_server(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    server = TServerSocket(unix_socket=path, client_timeout=500)
    server.listen()
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    accepted = exchange(server, TSocket(unix_socket=path))
    assert accepted.sock.gettimeout() == 0.5
    accepted.close()
    server.close()
    assert not os.path.lexists(path)


@needs_unix
def test_the_mode_of_a_unix_socket_can_be_asked_for(tmp_path: Path) -> None:
    server = TServerSocket(unix_socket=str(tmp_path / "s"), unix_mode=0o660)
    server.listen()
    assert stat.S_IMODE(os.stat(tmp_path / "s").st_mode) == 0o660
    server.close()


@needs_unix
@pytest.mark.parametrize("mask", [0o077, 0o022, 0o002, 0])
def test_thriftpy2s_profile_leaves_the_mode_of_a_unix_socket_to_the_umask(
    tmp_path: Path, profile: Any, mask: int
) -> None:
    profile("thriftpy2")
    before = os.umask(mask)
    try:
        servers = [TServerSocket(unix_socket=str(tmp_path / f"s{mode}"), **mode) for mode in ({}, {"unix_mode": 0o600})]
        for server in servers:
            server.listen()
    finally:
        os.umask(before)
    modes = [stat.S_IMODE(os.stat(server.unix_socket).st_mode) for server in servers]
    for server in servers:
        server.close()
    assert modes == [0o777 & ~mask, 0o600]


@needs_unix
def test_a_stale_unix_socket_is_taken_over(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path)
    server = TServerSocket(unix_socket=path)
    server.listen()
    exchange(server, TSocket(unix_socket=path)).close()
    server.close()


@needs_unix
def test_a_live_unix_socket_is_left_alone(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    first = TServerSocket(unix_socket=path)
    first.listen()
    with pytest.raises(OSError) as taken:
        TServerSocket(unix_socket=path).listen()
    assert taken.value.errno == errno.EADDRINUSE
    client = TSocket(unix_socket=path)
    client.open()
    client.close()
    first.close()


@needs_unix
@pytest.mark.parametrize("kind", ["file", "directory", "link to a socket"])
def test_what_is_no_socket_is_never_deleted(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "s"
    if kind == "file":
        path.write_bytes(b"precious")
    elif kind == "directory":
        path.mkdir()
    else:
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(tmp_path / "elsewhere"))
        path.symlink_to(tmp_path / "elsewhere")
    before = os.lstat(path)
    with pytest.raises(OSError) as taken:
        TServerSocket(unix_socket=str(path)).listen()
    assert taken.value.errno == errno.EADDRINUSE
    assert os.lstat(path).st_ino == before.st_ino


@needs_unix
def test_thriftpy2s_profile_takes_over_an_empty_file_and_no_other(tmp_path: Path, profile: Any) -> None:
    profile("thriftpy2")
    empty, full = tmp_path / "empty", tmp_path / "full"
    empty.touch()
    full.write_bytes(b"precious")
    server = TServerSocket(unix_socket=str(empty))
    server.listen()
    server.close()
    with pytest.raises(OSError):
        TServerSocket(unix_socket=str(full)).listen()
    assert full.read_bytes() == b"precious"


def test_closing_a_socket_that_somebody_put_there_shuts_it_down() -> None:
    for failing in ("", "shutdown", "close"):
        sock = Mock(**{f"{failing}.side_effect": OSError(errno.ENOTCONN, "x")} if failing else {})
        server = TServerSocket("127.0.0.1", 0)
        server.sock = sock
        server.close()
        assert sock.mock_calls == [call.shutdown(socket.SHUT_RDWR), call.close()]


@needs_unix
def test_a_path_that_somebody_else_has_bound_since_stays(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    server = TServerSocket(unix_socket=path)
    server.listen()
    os.rename(path, path + ".moved")  # keeps the inode in use, so that the next one differs
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(path)
        server.close()
        assert os.path.lexists(path)


@needs_unix
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_that_closes_leaves_its_parent_listening(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    server = TServerSocket(unix_socket=path)
    server.listen()
    child = os.fork()
    if child == 0:
        server.close()
        os._exit(0)
    assert os.waitpid(child, 0) == (child, 0)
    assert os.path.lexists(path)
    exchange(server, TSocket(unix_socket=path)).close()
    server.close()
    assert not os.path.lexists(path)
