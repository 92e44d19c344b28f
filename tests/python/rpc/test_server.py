"""Servers: every stack, stopping under load, silent and hostile clients, fork and signals."""

from __future__ import annotations

import logging
import os
import signal
import socket
import struct
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from calc import Handler, Log, Running, calc, make, serving
from fastthrift import rpc
from fastthrift.processor import TProcessor, TProcessorFactory
from fastthrift.protocol import TBinaryProtocolFactory
from fastthrift.server import TServer, TSimpleServer, TThreadedServer, logger
from fastthrift.thrift import TException
from fastthrift.transport import TBufferedTransportFactory, TServerSocket, TTransportException
from generic import OwnProcessor
from peer import CALL, message
from programs import PACKAGE

ADD = message("add", CALL, 9, b"\x08\0\1\0\0\0\1\x08\0\2\0\0\0\2\0")
ANSWER = message("add", 2, 9, b"\x08\0\0\0\0\0\3\0")

# Both ways through a server: the core's engine, and the loop in Python that a subclassed processor needs.
PROCESSORS = [TProcessor, OwnProcessor]


@pytest.fixture(params=PROCESSORS, ids=["engine", "generic"])
def processor(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(params=[TThreadedServer, TSimpleServer], ids=lambda cls: cls.__name__)
def server_class(request: pytest.FixtureRequest) -> Any:
    return request.param


def connect(running: Running, timeout: float = 20_000) -> Any:
    return rpc.make_client(calc.Calc, "127.0.0.1", running.port, timeout=timeout)


def raw(running: Running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", running.port), timeout=20)


def receive(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = sock.recv(size - len(data))
        if not piece:
            break
        data += piece
    return data


def test_the_logger_has_its_name() -> None:
    assert logger is logging.getLogger("fastthrift.server")


def test_the_attributes_are_those_of_thriftpy2() -> None:
    server = TThreadedServer("processor", "trans")
    assert (server.processor, server.trans, server.daemon, server.closed) == ("processor", "trans", False, False)
    assert type(server.itrans_factory) is TBufferedTransportFactory
    assert type(server.iprot_factory) is TBinaryProtocolFactory
    assert server.otrans_factory is server.itrans_factory
    assert server.oprot_factory is server.iprot_factory
    assert TThreadedServer(1, 2, daemon=True).daemon
    made = TServer(1, 2, "it", "ip", "ot", "op")
    assert (made.itrans_factory, made.iprot_factory, made.otrans_factory, made.oprot_factory) == (
        "it",
        "ip",
        "ot",
        "op",
    )
    assert made.serve() is made.close() is None


def test_calls_of_one_connection_after_another(server_class: Any, processor: Any) -> None:
    with serving(make(processor=processor(calc.Calc, Handler()), cls=server_class)) as running:
        for _ in range(3):
            with connect(running) as client:
                assert client.add(1, 2) == 3
                with pytest.raises(calc.Overflow):
                    client.add(1000, 1)
                assert client.add(3, 4) == 7


def test_an_undeclared_exception_is_answered_and_the_connection_lives(processor: Any) -> None:
    with serving(make(processor=processor(calc.Calc, Handler()))) as running, connect(running) as client:
        with Log("fastthrift.server") as log:
            for how in ("ValueError", "SystemExit", "KeyboardInterrupt", "MemoryError", "TTransportException"):
                with pytest.raises(TException) as answered:
                    client.fail(how)
                assert answered.value.type == 6
                assert how in answered.value.message
        assert len([record for record in log.records if record.exc_info]) == 5
        assert client.add(1, 2) == 3


def test_a_oneway_that_fails_disturbs_nothing(processor: Any) -> None:
    handler = Handler()
    with serving(make(processor=processor(calc.Calc, handler))) as running, connect(running) as client:
        client.note("fail")
        assert client.add(1, 2) == 3
        assert handler.notes == ["fail"]


def test_a_slow_handler_stalls_nobody(processor: Any) -> None:
    handler = Handler()
    with serving(make(processor=processor(calc.Calc, handler))) as running:
        slow = connect(running)
        answer: list[int] = []
        waiting = threading.Thread(target=lambda: answer.append(slow.wait(5)))
        waiting.start()
        assert handler.entered.acquire(timeout=10)
        with connect(running, timeout=5_000) as quick:
            assert quick.add(1, 2) == 3
        handler.go_on.set()
        waiting.join(10)
        slow.close()
    assert answer == [5]


def test_pipelined_calls_are_answered_in_order(processor: Any) -> None:
    with serving(make(processor=processor(calc.Calc, Handler()))) as running, raw(running) as sock:
        sock.sendall(ADD * 500)
        assert receive(sock, len(ANSWER) * 500) == ANSWER * 500


def test_a_call_byte_by_byte_and_a_half_closed_client(processor: Any) -> None:
    with serving(make(processor=processor(calc.Calc, Handler()))) as running, raw(running) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(len(ADD)):
            sock.sendall(ADD[i : i + 1])
        sock.shutdown(socket.SHUT_WR)
        assert receive(sock, 1000) == ANSWER


HOSTILE: dict[str, bytes] = {
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "ones": b"\xff" * 100,
    "zeros": bytes(100),
    "a list of void without end": message("add", CALL, 1, b"\x0f\0\x61\x01\x7f\xff\xff\xff"),
    "a string of two billion": message("add", CALL, 1, b"\x0b\0\1\x7f\xff\xff\xff"),
    "a negative string": message("add", CALL, 1, b"\x0b\0\1\xff\xff\xff\xff"),
    "structs without end": message("add", CALL, 1, b"\x0c\0\1" * 1000),
    "a frame": struct.pack("!i", len(ADD)) + ADD,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bytes_close_their_own_connection_only(processor: Any, data: bytes) -> None:
    with serving(make(processor=processor(calc.Calc, Handler()))) as running, connect(running) as other:
        with Log("fastthrift.server") as log, raw(running) as sock:
            sock.sendall(data)
            assert receive(sock, 1) == b""
            assert other.add(1, 2) == 3
    assert all(len(text) <= 250 for text in log.texts)


def test_the_log_of_refused_messages_is_short_and_bounded(processor: Any) -> None:
    with serving(make(processor=processor(calc.Calc, Handler()))) as running, Log("fastthrift.server") as log:
        for _ in range(60):
            with raw(running) as sock:
                sock.sendall(b"\xff" * 100)
                assert receive(sock, 1) == b""
    assert 1 <= len(log.records) <= 35
    assert sum(map(len, log.texts)) <= 35 * 250
    assert all(record.exc_info is None for record in log.records)


def test_an_idle_connection_is_closed_quietly(processor: Any) -> None:
    with serving(make(processor=processor(calc.Calc, Handler()), client_timeout=100)) as running:
        with Log("fastthrift.server") as log, raw(running) as sock:
            start = time.monotonic()
            assert receive(sock, 1) == b""
            assert 0.05 <= time.monotonic() - start < 5
        assert [r for r in log.records if r.levelno > logging.DEBUG] == []


def test_a_connection_that_calls_now_and_then_is_kept(processor: Any) -> None:
    """thriftpy2's asyncio server cuts it off: there the timeout bounds the whole connection."""
    pause = threading.Event()
    with serving(make(processor=processor(calc.Calc, Handler()), client_timeout=400)) as running:
        with connect(running) as client:
            for _ in range(8):
                assert client.add(1, 2) == 3
                pause.wait(0.1)


# ---- stopping


def test_close_ends_an_idle_serve_at_once(server_class: Any, processor: Any) -> None:
    running = Running(make(processor=processor(calc.Calc, Handler()), cls=server_class))
    client = connect(running)
    assert client.add(1, 2) == 3
    with Log("fastthrift.server") as log:
        start = time.monotonic()
        running.server.close()
        running.thread.join(10)
        assert time.monotonic() - start < 0.5
        running.trans.close()  # what callers of thriftpy2 do after it
    assert not running.thread.is_alive()
    assert running.server.closed
    assert [r for r in log.records if r.levelno > logging.INFO] == []
    with pytest.raises((TTransportException, OSError)):
        client.add(1, 2)
    client.close()


def test_closing_the_transport_alone_ends_serve_too() -> None:
    running = Running(make(processor=OwnProcessor(calc.Calc, Handler())))
    running.trans.close()
    running.thread.join(10)
    assert not running.thread.is_alive()


def test_the_port_is_free_after_close(processor: Any) -> None:
    running = Running(make(processor=processor(calc.Calc, Handler())))
    with connect(running) as client:
        client.add(1, 2)
    running.stop()
    again = TServerSocket("127.0.0.1", running.port)
    again.listen()
    again.close()


def test_a_call_in_flight_is_answered_after_close(processor: Any) -> None:
    handler = Handler()
    running = Running(make(processor=processor(calc.Calc, handler)))
    client = connect(running)
    answers: list[Any] = []
    caller = threading.Thread(target=lambda: answers.append(client.wait(5)))
    caller.start()
    assert handler.entered.acquire(timeout=10)
    running.server.close()
    with pytest.raises((TTransportException, OSError)):
        connect(running, timeout=500).add(1, 2)  # nothing new is accepted
    assert running.thread.is_alive()
    handler.go_on.set()
    caller.join(10)
    running.thread.join(10)
    assert answers == [5]
    assert not running.thread.is_alive()
    client.close()


def test_grace_ends(processor: Any) -> None:
    handler = Handler()
    running = Running(make(processor=processor(calc.Calc, handler), daemon=True))
    client = connect(running)
    failed = threading.Event()

    def call() -> None:
        with pytest.raises((TException, OSError)):
            client.wait(5)
        failed.set()

    caller = threading.Thread(target=call)
    caller.start()
    assert handler.entered.acquire(timeout=10)
    start = time.monotonic()
    running.server.stop(grace_ms=200)
    running.thread.join(10)
    assert not running.thread.is_alive()
    assert 0.1 <= time.monotonic() - start < 3
    assert failed.wait(10)
    handler.go_on.set()
    caller.join(10)
    client.close()


def test_close_under_load_loses_no_call_that_was_entered(processor: Any) -> None:
    class Counting(Handler):
        def __init__(self) -> None:
            super().__init__()
            self.lock = threading.Lock()
            self.calls: set[str] = set()

        def echo(self, text: str) -> str:
            with self.lock:
                self.calls.add(text)
            return text

    handler = Counting()
    running = Running(make(processor=processor(calc.Calc, handler)))
    answered: list[str] = []
    started = threading.Barrier(7)

    def call(number: int) -> None:
        client = connect(running)
        client.echo(f"{number}:first")
        answered.append(f"{number}:first")
        started.wait(10)
        try:
            for i in range(100_000):
                text = f"{number}:{i}"
                assert client.echo(text) == text
                answered.append(text)
        except (TException, OSError):
            pass
        client.close()

    callers = [threading.Thread(target=call, args=(n,)) for n in range(6)]
    for caller in callers:
        caller.start()
    started.wait(10)
    while len(answered) < 300:
        threading.Event().wait(0.01)
    running.stop()
    for caller in callers:
        caller.join(20)
    assert set(answered) == handler.calls


def test_a_server_is_a_context_manager(processor: Any) -> None:
    server = make(processor=processor(calc.Calc, Handler()))
    with server:
        running = Running(server)
        with connect(running) as client:
            assert client.add(1, 2) == 3
    running.thread.join(10)
    assert not running.thread.is_alive()


def test_close_before_serve_is_remembered() -> None:
    server = make()
    server.close()
    server.serve()
    assert server.trans.sock is None


def test_a_port_that_is_taken_is_an_error() -> None:
    with serving(make()) as running:
        with pytest.raises(OSError, match="in use"):
            rpc.make_server(calc.Calc, Handler(), "127.0.0.1", running.port).serve()


# ---- subclasses


def test_a_subclass_without_super_init_and_with_its_own_handle() -> None:
    handled: list[Any] = []

    class Own(TThreadedServer):
        def __init__(self, processor: Any, trans: Any) -> None:
            self.processor = processor
            self.trans = trans
            self.itrans_factory = self.otrans_factory = TBufferedTransportFactory()
            self.iprot_factory = self.oprot_factory = TBinaryProtocolFactory()
            self.daemon = True

        def handle(self, client: Any) -> None:
            handled.append(threading.current_thread())
            super().handle(client)

    server = Own(TProcessor(calc.Calc, Handler()), TServerSocket("127.0.0.1", 0))
    with serving(server) as running, connect(running) as client:
        assert client.add(1, 2) == 3
    assert [thread.daemon for thread in handled] == [True]


def test_a_handle_that_raises_closes_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda args: None)

    class Own(TThreadedServer):
        def handle(self, client: Any) -> None:
            raise SystemExit(1)

    with serving(make(cls=Own)) as running, raw(running) as sock:
        assert receive(sock, 1) == b""


def test_a_processor_factory_gives_each_connection_its_own() -> None:
    made: list[TProcessor] = []

    class Own(TProcessor):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            made.append(self)

    server = make(processor=TProcessorFactory(Own, calc.Calc, Handler()))
    with serving(server) as running:
        for _ in range(2):
            with connect(running) as client:
                assert client.add(1, 2) == 3
    assert len(made) == 2


def test_a_listening_transport_of_the_users() -> None:
    class Listener:
        """Duck-typed: no socket to be seen."""

        def __init__(self) -> None:
            self.inner = TServerSocket("127.0.0.1", 0)

        def listen(self) -> None:
            self.inner.listen()

        def accept(self) -> Any:
            return self.inner.accept()

        def close(self) -> None:
            self.inner.close()

    listener = Listener()
    listener.listen()
    address = listener.inner.sock.getsockname()
    server = TThreadedServer(TProcessor(calc.Calc, Handler()), listener)
    thread = threading.Thread(target=server.serve)
    thread.start()
    with rpc.make_client(calc.Calc, "127.0.0.1", address[1]) as client:
        assert client.add(1, 2) == 3
    server.close()
    thread.join(10)
    assert not thread.is_alive()


def test_an_accept_that_fails_is_logged_and_tried_again() -> None:
    class Flaky(TServerSocket):
        failures = [OSError(24, "Too many open files"), ConnectionAbortedError(103, "aborted"), ValueError("odd")]

        def accept(self) -> Any:
            if self.failures:
                raise self.failures.pop(0)
            return super().accept()

    server = TThreadedServer(TProcessor(calc.Calc, Handler()), Flaky("127.0.0.1", 0))
    with Log("fastthrift.server") as log, serving(server) as running, connect(running) as client:
        assert client.add(1, 2) == 3
    assert len([text for text in log.texts if text.startswith("accept refused")]) == 3


class Patched(socket.socket):
    """As a library that patches sockets has them: when it must not block, it gives connections that are not patched."""

    must_block = True

    def setblocking(self, flag: bool) -> None:
        self.must_block = flag
        super().setblocking(flag)

    def accept(self) -> tuple[socket.socket, Any]:
        connection, address = super().accept()
        if self.must_block:
            connection = Patched(connection.family, connection.type, fileno=connection.detach())
        return connection, address


@pytest.mark.parametrize("cls", [TThreadedServer, TSimpleServer])
def test_a_patched_sockets_connections_are_patched_too(cls: type, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    class Seen(OwnProcessor):
        def process(self, iprot: Any, oprot: Any) -> None:
            below: Any = iprot.trans
            while not hasattr(type(below), "set_handle"):
                below = below.trans
            seen.append(type(below.sock))
            super().process(iprot, oprot)

    trans = TServerSocket("127.0.0.1", 0)
    monkeypatch.setattr(socket, "socket", Patched)
    trans.listen()
    monkeypatch.undo()
    assert type(trans.sock) is Patched
    with serving(cls(Seen(calc.Calc, Handler()), trans)) as running, connect(running) as client:
        assert client.add(1, 2) == 3
    assert set(seen) == {Patched}


# ---- processes

PROGRAM = """
    import os, sys, threading, time
    sys.path.insert(0, {tests!r})
    from calc import Handler, calc, make
    from generic import OwnProcessor
    from fastthrift.processor import TProcessor
    import signal

    class Slow(Handler):
        def echo(self, text):
            os.write(1, b"entered\\n")  # in one piece: threads do this
            time.sleep(0.3)
            return text

    server = make(processor={processor}(calc.Calc, Slow()))
    server.trans.listen()
    print(server.trans.sock.getsockname()[1], flush=True)
    try:
        server.serve()
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    print("closed", server.trans.sock is None, signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, flush=True)
"""


@pytest.fixture
def process(processor: Any) -> Iterator[subprocess.Popen[str]]:
    program = textwrap.dedent(PROGRAM).format(tests=str(Path(__file__).parent), processor=processor.__name__)
    started = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": PACKAGE},
    )
    yield started
    started.kill()
    started.wait(10)
    assert started.stdout is not None
    started.stdout.close()


@pytest.mark.skipif(os.name == "nt", reason="signals of another kind there")
@pytest.mark.parametrize(("number", "said"), [(signal.SIGTERM, []), (signal.SIGINT, ["interrupted"])])
def test_signals_drain(process: subprocess.Popen[str], number: int, said: list[str]) -> None:
    assert process.stdout is not None
    port = int(process.stdout.readline())
    answers: list[Any] = []

    def call(number: int) -> None:
        with rpc.make_client(calc.Calc, "127.0.0.1", port, timeout=20_000) as client:
            answers.append(client.echo(str(number)))

    callers = [threading.Thread(target=call, args=(n,)) for n in range(5)]
    for caller in callers:
        caller.start()
    for _ in callers:
        assert process.stdout.readline() == "entered\n"
    process.send_signal(number)
    for caller in callers:
        caller.join(20)
    assert sorted(answers) == ["0", "1", "2", "3", "4"]
    assert process.stdout.read().splitlines() == [*said, "closed True True"]
    assert process.wait(10) == 0


@pytest.mark.skipif(os.name == "nt", reason="signals of another kind there")
def test_an_idle_server_ends_at_once_with_sigterm(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    port = int(process.stdout.readline())
    with rpc.make_client(calc.Calc, "127.0.0.1", port, timeout=20_000) as client:
        assert client.add(1, 2) == 3  # it serves: its handler of the signal is in place
    start = time.monotonic()
    process.terminate()
    assert process.wait(10) == 0
    assert time.monotonic() - start < 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("listens_before", [False, True])
def test_a_server_made_before_the_fork_serves_in_the_child(
    processor: Any, tmp_path: Path, listens_before: bool
) -> None:
    path = str(tmp_path / "s")
    server = TThreadedServer(processor(calc.Calc, Handler()), TServerSocket(unix_socket=path))
    if listens_before:
        server.trans.listen()
    child = os.fork()
    if child == 0:
        try:
            server.serve()
        finally:
            os._exit(0)
    try:
        client = connect_when_ready(path)
        assert client.add(1, 2) == 3
        client.close()
        os.kill(child, signal.SIGTERM)
        assert os.waitpid(child, 0) == (child, 0)
    finally:
        server.close()


def connect_when_ready(path: str) -> Any:
    deadline = time.monotonic() + 20
    while True:
        try:
            return rpc.make_client(calc.Calc, unix_socket=path)
        except TTransportException:
            if time.monotonic() > deadline:
                raise
            threading.Event().wait(0.01)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_worker_that_stops_leaves_the_others_serving(processor: Any) -> None:
    """Prefork: the parent listens, two children serve, one is told to stop."""
    server = TThreadedServer(processor(calc.Calc, Handler()), TServerSocket("127.0.0.1", 0))
    server.trans.listen()
    port = server.trans.sock.getsockname()[1]
    children = []
    for _ in range(2):
        child = os.fork()
        if child == 0:
            try:
                server.serve()
            finally:
                os._exit(0)
        children.append(child)
    try:
        with rpc.make_client(calc.Calc, "127.0.0.1", port) as client:
            assert client.add(1, 2) == 3
        os.kill(children[0], signal.SIGTERM)
        assert os.waitpid(children[0], 0) == (children[0], 0)
        for _ in range(5):
            with rpc.make_client(calc.Calc, "127.0.0.1", port) as client:
                assert client.add(1, 2) == 3
    finally:
        os.kill(children[1], signal.SIGTERM)
        os.waitpid(children[1], 0)
        server.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_parent_that_closes_its_socket_leaves_its_children_serving(processor: Any) -> None:
    server = TThreadedServer(processor(calc.Calc, Handler()), TServerSocket("127.0.0.1", 0))
    server.trans.listen()
    port = server.trans.sock.getsockname()[1]
    child = os.fork()
    if child == 0:
        try:
            server.serve()
        finally:
            os._exit(0)
    server.trans.close()
    try:
        for _ in range(3):
            with rpc.make_client(calc.Calc, "127.0.0.1", port) as client:
                assert client.add(1, 2) == 3
    finally:
        os.kill(child, signal.SIGTERM)
        assert os.waitpid(child, 0) == (child, 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_server_that_has_forked_still_ends_when_its_transport_is_closed(processor: Any) -> None:
    server = TThreadedServer(processor(calc.Calc, Handler()), TServerSocket("127.0.0.1", 0))
    server.trans.listen()
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    thread = threading.Thread(target=server.serve)
    thread.start()
    port = server.trans.sock.getsockname()[1]
    with rpc.make_client(calc.Calc, "127.0.0.1", port) as client:
        assert client.add(1, 2) == 3
    server.trans.close()
    thread.join(10)
    assert not thread.is_alive()
