"""How servers of either face begin and end: signals, interruptions, engines, connections that will not go."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import threading
from typing import Any

import pytest

from fastthrift import stoppable
from fastthrift.apache.server import TNonblockingServer, TServer
from fastthrift.server import DEFAULT_GRACE_MS, TSimpleServer, TThreadedServer
from fastthrift.stoppable import StoppableServer
from fastthrift.transport import TServerSocket


class Listener:
    """Gives what it was told to give; `close` ends the wait for more."""

    def __init__(self, *clients: Any) -> None:
        self.clients = list(clients)
        self.log: list[str] = []
        self.closed = threading.Event()

    def listen(self) -> None:
        self.log.append("listen")

    def accept(self) -> Any:
        if self.clients:
            found = self.clients.pop(0)
            if isinstance(found, BaseException):
                raise found
            return found
        assert self.closed.wait(20)
        raise OSError("closed")

    def close(self) -> None:
        self.log.append("close")
        self.closed.set()


class Client:
    def __init__(self) -> None:
        self.closed = threading.Event()

    def close(self) -> None:
        self.closed.set()


class Server(StoppableServer):
    """Handles each connection where it is accepted."""

    def __init__(self, trans: Any) -> None:
        self.trans = trans
        self.handled: list[Any] = []

    def _start(self, client: Any) -> None:
        self._run(client)

    def handle(self, client: Any) -> None:
        self.handled.append(client)
        if not self.trans.clients:
            self.close()


class Engine:
    """Stands in for the core's: is over after so many waits, or once it was stopped."""

    def __init__(self, waits: list[Any]) -> None:
        self.waits = waits
        self.log: list[Any] = []

    def start(self) -> None:
        self.log.append("start")

    def stop(self, grace_ms: float) -> None:
        self.log.append(f"stop {grace_ms:g}")

    def wait(self, ms: int) -> bool:
        found = self.waits.pop(0)
        if isinstance(found, BaseException):
            raise found
        return bool(found() if callable(found) else found)


class OnEngine(Server):
    def __init__(self, trans: Any, engine: Engine) -> None:
        super().__init__(trans)
        self.engine = engine

    def _engine_for(self) -> Any:
        return self.engine


def test_every_server_on_threads_ends_by_the_same_class() -> None:
    for kind in (TSimpleServer, TThreadedServer, TServer.TServer, TServer.TThreadPoolServer, TServer.TForkingServer,
                 TNonblockingServer.TNonblockingServer):  # fmt: skip
        assert issubclass(kind, StoppableServer)
    assert DEFAULT_GRACE_MS == stoppable.DEFAULT_GRACE_MS == 5_000


def test_connections_are_handled_and_closed_until_it_is_closed() -> None:
    clients = [Client(), Client(), Client()]
    server = Server(Listener(*clients))
    server.serve()
    assert server.handled == clients
    assert all(client.closed.is_set() for client in clients)
    assert server.closed
    assert server.trans.log[0] == "listen"
    assert server.trans.log[-1] == "close"


def test_a_handler_that_raises_has_its_connection_closed() -> None:
    class Failing(Server):
        def handle(self, client: Any) -> None:
            raise KeyError("own")

    client = Client()
    server = Failing(Listener(client))
    with pytest.raises(KeyError):
        server.serve()
    assert client.closed.is_set()
    assert server.closed
    assert server._connections.wait_below(1, 0)


def test_closed_before_it_serves_it_serves_nothing() -> None:
    server = Server(Listener(Client()))
    server.close()
    server.serve()
    assert server.handled == []


def test_accepting_goes_on_after_errors_that_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    client = Client()
    server = Server(Listener(OSError(71, "Protocol error"), ValueError("own"), client))
    with caplog.at_level(logging.WARNING):
        server.serve()
    assert server.handled == [client]
    assert caplog.messages == [
        "accept refused: OSError: [Errno 71] Protocol error",
        "accept refused: ValueError: own",
    ]


def test_a_server_without_a_way_to_handle_says_so() -> None:
    bare = StoppableServer()
    for call in (bare._start, bare.handle):
        with pytest.raises(NotImplementedError):
            call(Client())
    assert bare._engine_for() is None
    bare.close()  # without a transport, before __init__ of a subclass that has none
    assert bare.closed


def test_leaving_its_block_closes_it_whatever_is_raised() -> None:
    server = Server(Listener())
    with pytest.raises(ZeroDivisionError), server:
        _ = 1 / 0
    assert server.closed
    assert server.trans.log == ["close"]


@pytest.mark.parametrize(("grace", "stopped"), [(0, "stop 0"), (250, "stop 250"), (DEFAULT_GRACE_MS, "stop 5000")])
def test_an_engine_is_stopped_with_the_time_that_calls_have(grace: float, stopped: str) -> None:
    engine = Engine([False])
    server = OnEngine(Listener(), engine)
    server.trans.sock = object()
    engine.waits += [lambda: server.stop(grace) or True, True]  # type: ignore[func-returns-value]
    server.serve()
    assert engine.log[0] == "start"
    assert stopped in engine.log
    assert engine.log[-1] == "stop 0"  # nothing of it is left
    assert "_engine" not in vars(server)


def test_an_engine_that_was_closed_before_it_started_is_cut_off() -> None:
    engine = Engine([True, True])
    server = OnEngine(Listener(), engine)
    server.closed = True
    server.serve()
    assert engine.log[:2] == ["start", "stop 0"]


def test_closing_the_listening_socket_alone_stops_the_engine() -> None:
    engine = Engine([False, True, True])
    server = OnEngine(Listener(), engine)
    server.trans.sock = None
    server.serve()
    assert engine.log[:2] == ["start", "stop 5000"]


def test_ctrl_c_lets_calls_finish_and_a_second_one_cuts_them_off() -> None:
    engine = Engine([KeyboardInterrupt(), False, KeyboardInterrupt()])
    server = OnEngine(Listener(), engine)
    server.trans.sock = object()
    with pytest.raises(KeyboardInterrupt):
        server.serve()
    assert engine.log == ["start", "stop 5000", "stop 0"]
    assert "_engine" not in vars(server)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_sigterm_closes_it_and_its_action_comes_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        seen: list[Any] = []

        class Terminated(Server):
            def handle(self, client: Any) -> None:
                seen.append(signal.getsignal(signal.SIGTERM))
                os.kill(os.getpid(), signal.SIGTERM)

        server = Terminated(Listener(Client()))
        server.serve()
        assert server.closed
        assert callable(seen[0])
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("action", [signal.SIG_IGN, lambda number, frame: None])
def test_who_has_a_say_in_sigterm_keeps_it(action: Any) -> None:
    before = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, action)
    try:
        seen: list[Any] = []

        class Looking(Server):
            def handle(self, client: Any) -> None:
                seen.append(signal.getsignal(signal.SIGTERM))
                self.close()

        Looking(Listener(Client())).serve()
        assert seen == [action]
        assert signal.getsignal(signal.SIGTERM) is action
    finally:
        signal.signal(signal.SIGTERM, before)


def test_in_another_thread_signals_are_left_alone() -> None:
    before = signal.getsignal(signal.SIGTERM)
    server = Server(Listener(Client()))
    thread = threading.Thread(target=server.serve)
    thread.start()
    thread.join(20)
    assert server.closed
    assert signal.getsignal(signal.SIGTERM) is before


def test_an_action_that_was_set_meanwhile_stays() -> None:
    before = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def own(number: int, frame: Any) -> None:
        pass

    class Setting(Server):
        def handle(self, client: Any) -> None:
            signal.signal(signal.SIGTERM, own)
            self.close()

    try:
        Setting(Listener(Client())).serve()
        assert signal.getsignal(signal.SIGTERM) is own
    finally:
        signal.signal(signal.SIGTERM, before)


class Waiting(StoppableServer):
    """A thread for each connection, which handles it until the test lets go."""

    def __init__(self) -> None:
        self.trans = TServerSocket("127.0.0.1", 0)
        self.go = threading.Event()
        self.entered = threading.Semaphore(0)

    def _start(self, client: Any) -> None:
        self._threads.run(self._run, client, daemon=True)

    def handle(self, client: Any) -> None:
        self.entered.release()
        assert self.go.wait(20)
        with contextlib.suppress(OSError, AttributeError):  # it was cut off
            client.sock.sendall(b"done")

    def serving(self) -> threading.Thread:
        self.trans.listen()
        thread = threading.Thread(target=self.serve)
        thread.start()
        return thread

    def peer(self) -> socket.socket:
        return socket.create_connection(self.trans.sock.getsockname()[:2], timeout=20)


def test_what_is_in_flight_ends_before_serve_does() -> None:
    server = Waiting()
    thread = server.serving()
    with server.peer() as peer:
        assert server.entered.acquire(timeout=20)
        server.close()
        assert thread.is_alive()
        server.go.set()
        thread.join(20)
        assert peer.recv(10) == b"done"
    assert not thread.is_alive()


def test_without_time_it_is_cut_off() -> None:
    server = Waiting()
    thread = server.serving()
    with server.peer() as peer:
        assert server.entered.acquire(timeout=20)
        server.stop(0)
        thread.join(20)
        assert not thread.is_alive()
        assert peer.recv(10) == b""
    server.go.set()


def test_a_shorter_time_later_counts() -> None:
    server = Waiting()
    thread = server.serving()
    with server.peer():
        assert server.entered.acquire(timeout=20)
        server.stop(60_000)
        server.stop(0)
        thread.join(20)
        assert not thread.is_alive()
    server.go.set()


def test_no_more_than_so_many_connections_at_a_time() -> None:
    server = Waiting()
    server.max_connections = 2
    thread = server.serving()
    peers = [server.peer() for _ in range(3)]
    for _ in range(2):
        assert server.entered.acquire(timeout=20)
    assert not server.entered.acquire(timeout=0.15)  # the third waits
    server.go.set()
    assert server.entered.acquire(timeout=20)
    for peer in peers:
        assert peer.recv(10) == b"done"
        peer.close()
    server.close()
    thread.join(20)
    assert not thread.is_alive()
