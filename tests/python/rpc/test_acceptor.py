"""Waiting for connections in a way that others can end, and the connections that have come."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from fastthrift.acceptor import Acceptor
from fastthrift.connections import Connections
from fastthrift.transport import TServerSocket, TSocket


@pytest.fixture
def listening() -> Iterator[TServerSocket]:
    trans = TServerSocket("127.0.0.1", 0)
    trans.listen()
    yield trans
    trans.close()


def peer_of(trans: TServerSocket) -> socket.socket:
    return socket.create_connection(trans.sock.getsockname()[:2], timeout=10)


def test_a_connection_that_waits_is_accepted(listening: TServerSocket) -> None:
    acceptor = Acceptor(listening)
    with peer_of(listening) as peer:
        client = acceptor.accept()
        assert client.sock.getpeername() == peer.getsockname()
        client.close()
    acceptor.close()


def test_several_that_wait_are_accepted_one_after_the_other(listening: TServerSocket) -> None:
    acceptor = Acceptor(listening)
    peers = [peer_of(listening) for _ in range(5)]
    names = {peer.getsockname() for peer in peers}
    clients = [acceptor.accept() for _ in peers]
    assert {client.sock.getpeername() for client in clients} == names
    for each in (*peers, *clients):
        each.close()
    acceptor.close()


@pytest.mark.parametrize("rings", [1, 3])
def test_a_ring_before_the_wait_ends_it_at_once(listening: TServerSocket, rings: int) -> None:
    acceptor = Acceptor(listening)
    for _ in range(rings):
        acceptor.ring()
    before = time.monotonic()
    assert acceptor.accept() is None
    assert time.monotonic() - before < 0.9
    acceptor.close()


def test_a_ring_during_the_wait_ends_it(listening: TServerSocket) -> None:
    acceptor = Acceptor(listening)
    results: list[Any] = []
    waiting = threading.Thread(target=lambda: results.append(acceptor.accept()))
    waiting.start()
    acceptor.ring()
    waiting.join(10)
    assert results == [None]
    acceptor.close()


def test_ringing_what_is_closed_does_nothing(listening: TServerSocket) -> None:
    acceptor = Acceptor(listening)
    acceptor.close()
    acceptor.ring()
    acceptor.close()


@pytest.mark.parametrize("how", ["by its transport", "below it"])
def test_a_closed_listener_is_an_error_and_no_endless_wait(listening: TServerSocket, how: str) -> None:
    acceptor = Acceptor(listening)
    if how == "below it":
        listening.sock.close()
    else:
        listening.close()
    with pytest.raises(OSError, match="the listening socket was closed"):
        acceptor.accept()
    acceptor.close()


def test_a_connection_that_another_process_took_is_none(listening: TServerSocket) -> None:
    acceptor = Acceptor(listening)

    class Taken(TServerSocket):
        def accept(self) -> TSocket:
            raise BlockingIOError(11, "Resource temporarily unavailable")

    with peer_of(listening):
        listening.__class__ = Taken
        assert acceptor.accept() is None
    acceptor.close()


def test_the_listener_does_not_block_what_it_accepts_does(listening: TServerSocket) -> None:
    acceptor = Acceptor(listening)
    assert listening.sock.gettimeout() == 0
    with peer_of(listening):
        client = acceptor.accept()
        assert client.sock.gettimeout() == listening.client_timeout
        client.close()
    acceptor.close()


class OwnListener:
    """A transport of a user's, with no socket to poll."""

    def __init__(self, *results: Any) -> None:
        self.results = list(results)

    def accept(self) -> Any:
        found = self.results.pop(0)
        if isinstance(found, Exception):
            raise found
        return found


def test_a_transport_without_a_socket_is_just_asked() -> None:
    acceptor = Acceptor(OwnListener("first", None, OSError("gone")))
    assert acceptor.accept() == "first"
    assert acceptor.accept() is None
    with pytest.raises(OSError, match="gone"):
        acceptor.accept()
    acceptor.ring()
    acceptor.close()


class Client:
    """What a server holds of a connection."""

    def __init__(self, sock: Any = None, error: Exception | None = None) -> None:
        self.sock = sock
        self.error = error
        self.closed = 0

    def close(self) -> None:
        self.closed += 1
        if self.error is not None:
            raise self.error


@pytest.mark.parametrize(
    ("count", "most", "below"), [(0, 1, True), (1, 1, False), (1, 2, True), (3, 3, False), (3, 4, True)]
)
def test_waiting_for_room_looks_at_how_many_there_are(count: int, most: int, below: bool) -> None:
    connections = Connections()
    for _ in range(count):
        connections.add(Client())
    assert connections.wait_below(most, 0) is below


def test_a_wait_for_room_ends_when_a_connection_does() -> None:
    connections, client = Connections(), Client()
    connections.add(client)
    found: list[bool] = []
    waiting = threading.Thread(target=lambda: found.append(connections.wait_below(1, 20)))
    waiting.start()
    connections.remove(client)
    waiting.join(10)
    assert found == [True]


def test_a_connection_that_is_removed_twice_counts_once() -> None:
    connections, client, other = Connections(), Client(), Client()
    connections.add(client)
    connections.add(other)
    connections.remove(client)
    connections.remove(client)
    assert connections.wait_below(2, 0)
    assert not connections.wait_below(1, 0)


def test_to_finish_ends_reading_and_not_writing() -> None:
    ours, peer = socket.socketpair()
    with ours, peer:
        connections = Connections()
        connections.add(Client(ours))
        peer.sendall(b"before")
        connections.finish()
        ours.settimeout(10)
        assert ours.recv(100) == b"before"  # what has arrived is read still
        assert ours.recv(100) == b""
        ours.sendall(b"answer")
        peer.settimeout(10)
        assert peer.recv(100) == b"answer"


@pytest.mark.parametrize("sock", [None, "no socket", 5])
def test_to_finish_leaves_alone_what_is_no_socket(sock: Any) -> None:
    connections = Connections()
    connections.add(Client(sock))
    connections.finish()


def test_to_finish_a_socket_that_is_closed_already_is_no_error() -> None:
    ours, peer = socket.socketpair()
    connections = Connections()
    connections.add(Client(ours))
    ours.close()
    peer.close()
    connections.finish()


def test_closing_all_closes_each_whatever_one_raises() -> None:
    connections = Connections()
    clients = [Client(), Client(error=OSError("reset")), Client(error=ValueError("own")), Client()]
    for each in clients:
        connections.add(each)
    connections.close_all()
    assert [each.closed for each in clients] == [1, 1, 1, 1]
    assert not connections.wait_below(4, 0)  # who serves one takes it away


def test_connections_come_and_go_in_many_threads() -> None:
    connections = Connections()
    start = threading.Barrier(8)

    def come_and_go() -> None:
        start.wait(10)
        for _ in range(200):
            client = Client()
            connections.add(client)
            connections.finish()
            connections.remove(client)

    threads = [threading.Thread(target=come_and_go) for _ in range(7)]
    for each in threads:
        each.start()
    start.wait(10)
    for _ in range(200):
        connections.close_all()
    for each in threads:
        each.join(20)
    assert connections.wait_below(1, 0)
