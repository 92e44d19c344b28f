"""Which connections a server has, and how it ends them."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from certificates import Certificates
from fastthrift.connections import Connections
from fastthrift.transport import TSocket


class Client:
    """A transport over one end of a connection, whose `close` says where its reader was."""

    def __init__(self, sock: Any, reads: bool) -> None:
        self.sock = sock
        self.is_reading = threading.Event()
        self.was_reading: list[bool] = []
        self.thread = threading.Thread(target=self.read if reads else self.is_reading.wait, daemon=True)

    def read(self) -> None:
        self.is_reading.set()
        while self.sock.recv(100):
            pass
        self.is_reading.clear()

    def close(self) -> None:
        self.was_reading.append(self.is_reading.is_set())
        self.sock.close()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    far.settimeout(10)
    with near, far:
        yield near, far


def served(connections: Connections, client: Client) -> None:
    """As a server's thread does: reads until the end, closes, and takes the connection away."""
    connections.add(client)
    read = client.thread

    def run() -> None:
        read.run()
        connections.remove(client)
        client.close()

    client.thread = threading.Thread(target=run, daemon=True)
    client.thread.start()
    assert client.is_reading.wait(10)


def test_who_reads_is_woken_and_closes_by_itself(pair: Any) -> None:
    connections, client = Connections(), Client(pair[0], reads=True)
    served(connections, client)
    connections.close_all()
    client.thread.join(10)
    assert client.was_reading == [False], (
        "a descriptor was closed under its reader, who would go on with the next of its number"
    )
    assert pair[1].recv(1) == b""


def test_a_handshake_is_over_before_its_descriptor_is_closed(certificates: Certificates, pair: Any) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server)
    pair[0].settimeout(10)
    secure = context.wrap_socket(pair[0], server_side=True, do_handshake_on_connect=False)
    connections, client = Connections(), Client(secure, reads=False)

    def shake_hands() -> None:
        client.is_reading.set()
        with pytest.raises(OSError):
            secure.do_handshake()
        client.is_reading.clear()

    client.thread = threading.Thread(target=shake_hands, daemon=True)
    served(connections, client)
    pair[1].sendall(b"\x16\x03\x01")  # of a ClientHello
    connections.close_all()
    client.thread.join(10)
    assert client.was_reading == [False]


def test_who_is_inside_a_handler_finds_it_closed(pair: Any) -> None:
    connections, client = Connections(), Client(pair[0], reads=False)
    connections.add(client)
    connections.close_all()
    assert client.was_reading == [False]
    assert client.sock.fileno() == -1
    assert pair[1].recv(1) == b""


def test_finishing_ends_the_reading_and_lets_answers_out(pair: Any) -> None:
    near, far = pair
    connections = Connections()
    connections.add(TSocket(sock=near))
    connections.finish()
    assert near.recv(1) == b""
    near.sendall(b"answer")
    assert far.recv(6) == b"answer"


@pytest.mark.parametrize("sock", [None, "a name", 7])
def test_what_has_no_socket_is_closed_at_once(sock: Any) -> None:
    closed = []
    client = type("Foreign", (), {"sock": sock, "close": lambda self: closed.append(self)})()
    connections = Connections()
    connections.add(client)
    connections.finish()
    assert closed == []
    connections.close_all()
    assert closed == [client]


def test_a_close_that_fails_is_no_reason_to_leave_others_open(pair: Any) -> None:
    class Failing:
        def close(self) -> None:
            raise RuntimeError("not today")

    connections, client = Connections(), Client(pair[0], reads=False)
    for each in (Failing(), client, Failing()):
        connections.add(each)
    connections.close_all()
    assert client.sock.fileno() == -1


def test_waiting_for_room_ends_with_a_connection_or_with_the_time() -> None:
    connections, first = Connections(), object()
    assert connections.wait_below(1, 0)
    connections.add(first)
    connections.add(first)
    assert connections.wait_below(2, 0)
    assert not connections.wait_below(1, 0.01)
    threading.Timer(0.02, connections.remove, [first]).start()
    assert connections.wait_below(1, 10)
    connections.remove(first)
