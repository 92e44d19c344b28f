"""The engine under serve(): when it serves, that it answers as TProcessor does, and what only it could get wrong."""

from __future__ import annotations

import os
import socket
import struct
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from calc import Handler, Log, Running, calc, make, serving
from fastthrift import _core, defaults, rpc
from fastthrift.engine import engine_for
from fastthrift.processor import TMultiplexedProcessor, TProcessor, TProcessorFactory
from fastthrift.protocol import TBinaryProtocol, TBinaryProtocolFactory, TCompactProtocol, TCompactProtocolFactory
from fastthrift.server import TSimpleServer, TThreadedServer
from fastthrift.transport import (
    TBufferedTransport,
    TFramedTransport,
    TFramedTransportFactory,
    TMemoryBuffer,
    TServerSocket,
)
from generic import Factory, OwnBinary, OwnBuffered, OwnProcessor
from peer import CALL, EXCEPTION, ONEWAY, REPLY, message
from programs import PACKAGE, run_program


@pytest.fixture
def handler() -> Handler:
    return Handler()


@pytest.fixture
def server(handler: Handler) -> Iterator[Running]:
    with serving(make(handler)) as running:
        yield running


def raw(running: Running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", running.port), timeout=20)


def until_closed(sock: socket.socket) -> bytes:
    data = b""
    while piece := sock.recv(65536):
        data += piece
    return data


def exchange(running: Running, data: bytes) -> bytes:
    """All that the server says to some bytes, after which nothing more comes."""
    with raw(running) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        return until_closed(sock)


def connect(running: Running, **kwargs: Any) -> Any:
    return rpc.make_client(calc.Calc, "127.0.0.1", running.port, **{"timeout": 20_000, **kwargs})


# ---- when it serves


class Sees(TThreadedServer):
    def handle(self, client: Any) -> None:
        super().handle(client)


class Named(TThreadedServer):
    """A subclass that leaves connections alone."""


class NamedProcessor(TProcessor):
    """A subclass that leaves calls alone."""

    def __init__(self, service: Any, handler: Any, name: str) -> None:
        super().__init__(service, handler)
        self.name = name


class Watching(TProcessor):
    def handle_exception(self, e: Exception, result: Any) -> bool:
        return super().handle_exception(e, result)


class Looking(TProcessor):
    def __getattribute__(self, name: str) -> Any:
        return super().__getattribute__(name)


class Forgetful(TProcessor):
    def __init__(self, service: Any, handler: Any) -> None:
        self.parts = service, handler

    @property
    def _service(self) -> Any:  # type: ignore[override]
        return self.parts[0]

    @property
    def _handler(self) -> Any:  # type: ignore[override]
        return self.parts[1]


class OwnListener(TServerSocket):
    def accept(self) -> Any:
        return super().accept()


def patched() -> Any:
    server = make()
    server.handle = lambda client: TThreadedServer.handle(server, client)
    return server


def patched_processor() -> Any:
    processor = TProcessor(calc.Calc, Handler())
    processor.process_in = lambda iprot: TProcessor.process_in(processor, iprot)  # type: ignore[method-assign]
    return make(processor=processor)


SERVERS: dict[str, tuple[Any, bool]] = {
    "ours": (make, True),
    "compact and framed": (
        lambda: make(iprot_factory=TCompactProtocolFactory(), itrans_factory=TFramedTransportFactory()),
        True,
    ),
    "a subclass that leaves connections alone": (lambda: make(cls=Named), True),
    "a subclass that handles connections": (lambda: make(cls=Sees), False),
    "handle on the instance": (patched, False),
    "own processor": (lambda: make(processor=OwnProcessor(calc.Calc, Handler())), False),
    "process_in on the instance": (patched_processor, False),
    "a processor that leaves calls alone": (lambda: make(processor=NamedProcessor(calc.Calc, Handler(), "x")), True),
    "a processor that handles exceptions": (lambda: make(processor=Watching(calc.Calc, Handler())), False),
    "a processor that sees its attributes": (lambda: make(processor=Looking(calc.Calc, Handler())), False),
    "a processor with another way to its service": (lambda: make(processor=Forgetful(calc.Calc, Handler())), False),
    "processor factory": (lambda: make(processor=TProcessorFactory(TProcessor, calc.Calc, Handler())), False),
    "own protocol": (lambda: make(iprot_factory=Factory(OwnBinary)), False),
    "own factory of our protocol": (lambda: make(iprot_factory=Factory(TBinaryProtocol)), False),
    "own transport": (lambda: make(itrans_factory=Factory(OwnBuffered)), False),
    "other ways in and out": (lambda: make(oprot_factory=TBinaryProtocolFactory()), False),
    "own listener": (lambda: TThreadedServer(TProcessor(calc.Calc, Handler()), OwnListener("127.0.0.1", 0)), False),
}


@pytest.mark.parametrize(("make_server", "native"), SERVERS.values(), ids=SERVERS)
def test_the_engine_serves_what_is_exactly_ours(make_server: Any, native: bool) -> None:
    server = make_server()
    with serving(server) as running:
        assert (engine_for(server, TThreadedServer) is not None) is native
        factories = {"proto_factory": server.iprot_factory, "trans_factory": server.itrans_factory}
        with connect(running, **factories) as client:
            assert client.add(1, 2) == 3
            assert (getattr(server, "_engine", None) is not None) is native


def test_a_simple_server_never_runs_on_the_engine() -> None:
    server = make(cls=TSimpleServer)
    server.trans.listen()
    assert engine_for(server, TThreadedServer) is None
    server.trans.close()


# ---- what it answers


def arguments(*values: int) -> bytes:
    return b"".join(struct.pack("!bhi", 8, i, value) for i, value in enumerate(values, 1)) + b"\0"


def text(value: bytes) -> bytes:
    return struct.pack("!bhi", 11, 1, len(value)) + value + b"\0"


MESSAGES = {
    "call": message("add", CALL, 7, arguments(1, 2)),
    "declared exception": message("add", CALL, -1, arguments(999, 999)),
    "oneway type for a method that answers": message("add", ONEWAY, 7, arguments(1, 2)),
    "call type for a oneway": message("note", CALL, 7, text(b"x")),
    "oneway that fails": message("note", ONEWAY, 7, text(b"fail")),
    "unknown method": message("nope", CALL, 0x12345678, arguments(1, 2)),
    "unknown oneway": message("nope", ONEWAY, 7, b"\0"),
    "method of the object, not of the service": message("__class__", CALL, 7, b"\0"),
    "name that is not UTF-8": message("nope", CALL, 7, b"\0").replace(b"nope", b"\xff\xfe\xfd\xfc"),
    "reply": message("add", REPLY, 7, arguments(1, 2)),
    "exception": message("add", EXCEPTION, 7, b"\0"),
    "missing arguments": message("add", CALL, 7, b"\0"),
    "missing required argument": message("need", CALL, 7, b"\0"),
    "default": message("need", CALL, 7, arguments(1)),
    "wrong wire type": message("echo", CALL, 7, arguments(1)),
    "unknown field": message("echo", CALL, 7, b"\x0c\0\x63" + text(b"deep") + text(b"x")),
    "void": message("nothing", CALL, 7, b"\0"),
    "missing result": message("none", CALL, 7, b"\0"),
    "wrong result": message("wrong", CALL, 7, b"\0"),
    **{
        f"raises {name}": message("fail", CALL, 7, text(name.encode()))
        for name in ("ValueError", "SystemExit", "RecursionError", "MemoryError", "ConnectionResetError")
    },
    "close": message("close", CALL, 7, text(b"x")),
    "empty string": message("echo", CALL, 7, text(b"")),
    "string that is not UTF-8": message("echo", CALL, 7, text(b"\xff\x80")),
}


@pytest.mark.parametrize("data", MESSAGES.values(), ids=MESSAGES)
def test_it_answers_byte_for_byte_what_the_processor_does(server: Running, data: bytes) -> None:
    inside, outside = TBufferedTransport(TMemoryBuffer(data)), TMemoryBuffer()
    TProcessor(calc.Calc, Handler()).process(TBinaryProtocol(inside), TBinaryProtocol(outside))
    ping = message("add", CALL, 8, arguments(3, 4))
    pong = message("add", REPLY, 8, struct.pack("!bhi", 8, 0, 7) + b"\0")
    assert exchange(server, data + ping) == outside.getvalue() + pong


def multiplexed() -> TMultiplexedProcessor:
    processor = TMultiplexedProcessor()
    processor.register_processor("Calc", TProcessor(calc.Calc, Handler()))
    # What a registered processor overrides is not asked by the Python one either.
    processor.register_processor("More", OwnProcessor(calc.More, Handler()))
    return processor


SEVERAL = {
    "one service": message("Calc:add", CALL, 7, arguments(1, 2)),
    "the other, which extends it": message("More:add", CALL, 7, arguments(1, 2)),
    "a declared exception": message("Calc:add", CALL, 7, arguments(999, 999)),
    "an undeclared one": message("Calc:fail", CALL, 7, text(b"ValueError")),
    "a oneway": message("Calc:note", ONEWAY, 7, text(b"x")),
    "a missing required argument": message("Calc:need", CALL, 7, b"\0"),
    "no method of the service": message("Calc:nope", CALL, 7, arguments(1)),
    "no service": message("Nope:add", CALL, 7, arguments(1, 2)),
    "no service, oneway": message("Nope:add", ONEWAY, 7, arguments(1, 2)),
    "no name of a service": message("add", CALL, 7, arguments(1, 2)),
    "an empty name of a service": message(":add", CALL, 7, arguments(1, 2)),
    "an empty name of a method": message("Calc:", CALL, 7, arguments(1, 2)),
    "one separator more": message("Calc:add:add", CALL, 7, arguments(1, 2)),
    "a quote in the name": message("it's", CALL, 7, arguments(1, 2)),
    "a reply": message("Calc:add", REPLY, 7, arguments(1, 2)),
    "a reply to no method": message("Calc:nope", REPLY, 7, arguments(1, 2)),
    "a reply to no service": message("Nope:add", REPLY, 7, arguments(1, 2)),
    "an exception without a service": message("add", EXCEPTION, 7, b"\0"),
    "bad arguments": message("Calc:add", CALL, 7, text(b"x")),
}


@pytest.mark.parametrize("data", SEVERAL.values(), ids=SEVERAL)
def test_several_services_are_answered_byte_for_byte_as_the_processor_does(data: bytes) -> None:
    inside, outside = TBufferedTransport(TMemoryBuffer(data)), TMemoryBuffer()
    multiplexed().process(TBinaryProtocol(inside), TBinaryProtocol(outside))
    ping = message("More:add", CALL, 8, arguments(3, 4))
    pong = message("add", REPLY, 8, struct.pack("!bhi", 8, 0, 7) + b"\0")
    with serving(make(processor=multiplexed())) as running:
        assert exchange(running, data + ping) == outside.getvalue() + pong


@pytest.mark.parametrize("data", SEVERAL.values(), ids=SEVERAL)
def test_a_default_service_is_answered_as_the_processor_does(data: bytes) -> None:
    def with_default() -> TMultiplexedProcessor:
        processor = multiplexed()
        processor.register_default(TProcessor(calc.Calc, Handler()))
        return processor

    inside, outside = TBufferedTransport(TMemoryBuffer(data)), TMemoryBuffer()
    with_default().process(TBinaryProtocol(inside), TBinaryProtocol(outside))
    with serving(make(processor=with_default())) as running:
        assert exchange(running, data) == outside.getvalue()


def test_a_service_registered_while_the_server_runs_is_served() -> None:
    processor = multiplexed()
    with serving(make(processor=processor)) as running:
        call = message("Late:add", CALL, 7, arguments(1, 2))
        assert exchange(running, call)[3] == EXCEPTION
        processor.register_processor("Late", TProcessor(calc.Calc, Handler()))
        assert exchange(running, call)[3] == REPLY


def test_bad_arguments_in_a_whole_message_are_a_protocol_error_and_the_connection_lives() -> None:
    def frame(data: bytes) -> bytes:
        return struct.pack("!i", len(data)) + data

    good = frame(message("add", CALL, 2, arguments(1, 2)))
    bodies = {
        "cut": arguments(1, 2)[:9],
        "unknown type": b"\x05\0\1\0",
        "negative size": b"\x0b\0\1\xff\xff\xff\xff\0",
        "too many elements": b"\x0f\0\x63\x08\x7f\xff\xff\xff\0",
        "elements of nothing": b"\x0f\0\x63\x01\x7f\xff\xff\xff\0",
        "too deep": b"\x0c\0\1" * 100,
    }
    with serving(make(itrans_factory=TFramedTransportFactory())) as running:
        for body in bodies.values():
            answer = exchange(running, frame(message("add", CALL, 1, body)) + good)
            refusal, rest = answer[4 : 4 + int.from_bytes(answer[:4], "big")], answer[4:]
            assert refusal.startswith(message("add", EXCEPTION, 1, b""))
            assert struct.pack("!bhi", 8, 2, 7) in refusal  # TApplicationException.PROTOCOL_ERROR
            assert rest.endswith(message("add", REPLY, 2, struct.pack("!bhi", 8, 0, 3) + b"\0"))


@pytest.mark.parametrize(
    "more", [message("add", CALL, 2, arguments(3, 4)), b"\0", b"\0" * 100], ids=["a call", "a byte", "bytes"]
)
def test_what_goes_on_in_a_frame_behind_its_message_is_not_dropped_in_silence(more: bytes) -> None:
    data = message("add", CALL, 1, arguments(1, 2)) + more
    with Log("fastthrift.server") as log, serving(make(itrans_factory=TFramedTransportFactory())) as running:
        with raw(running) as sock:
            peer = "%s:%d" % sock.getsockname()
            sock.sendall(struct.pack("!i", len(data)) + data)
            answer = until_closed(sock)
    assert answer[4:] == message("add", REPLY, 1, struct.pack("!bhi", 8, 0, 3) + b"\0")
    assert log.texts == [f"message refused: {peer}: add: its frame goes on behind it, by bytes: {len(more)}"]


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (message("add", CALL, 1, struct.pack("!bhi", 11, 1, 1000) + b"short"), "add: "),
        (b"\x80\x01\0\x09" + b"nonsense" * 2, "a message: "),
    ],
    ids=["arguments that are cut off", "no message"],
)
def test_the_log_says_who_sent_what_is_refused_in_a_frame(data: bytes, what: str) -> None:
    with Log("fastthrift.server") as log, serving(make(itrans_factory=TFramedTransportFactory())) as running:
        with raw(running) as sock:
            peer = "%s:%d" % sock.getsockname()
            sock.sendall(struct.pack("!i", len(data)) + data)
            assert sock.recv(100) or what == "a message: "  # refused with a message, or with the end
    assert len(log.texts) == 1
    assert log.texts[0].startswith(f"message refused: {peer}: {what}")


def test_results_too_big_for_a_frame_are_an_internal_error() -> None:
    factories = {"itrans_factory": TFramedTransportFactory()}

    class Much(Handler):
        def echo(self, text: str) -> str:
            return "x" * 17_000_000

    with serving(make(Much(), **factories)) as running:
        with connect(running, trans_factory=TFramedTransportFactory()) as client:
            with pytest.raises(Exception, match="Internal error processing echo"):
                client.echo("")
            assert client.add(1, 2) == 3


def test_thriftpy2s_profile_closes_on_undeclared_exceptions() -> None:
    defaults.use("thriftpy2")
    try:
        with serving(make()) as running:
            for how in (b"ValueError", b"SystemExit"):
                with Log("fastthrift.server") as log:
                    good, bad = MESSAGES["call"], message("fail", CALL, 9, text(how))
                    # What was answered before is delivered; what is behind is not handled.
                    answer = exchange(running, good + bad + good)
                    assert answer == message("add", REPLY, 7, struct.pack("!bhi", 8, 0, 3) + b"\0")
                assert len(log.records) == 1 and log.records[0].exc_info
    finally:
        defaults.use("fastthrift")


def test_handlers_are_looked_up_for_each_call(server: Running, handler: Handler) -> None:
    with connect(server) as client:
        assert client.add(1, 2) == 3
        handler.add = lambda a, b: a * b  # type: ignore[method-assign]
        assert client.add(3, 4) == 12
        del handler.add  # type: ignore[method-assign]
        assert client.add(3, 4) == 7


def test_arguments_of_a_call_are_not_seen_by_the_next(handler: Handler) -> None:
    seen: list[Any] = []

    class Keeps(Handler):
        def item(self, it: Any) -> Any:
            seen.append(it)
            return it

        def add(self, a: int, b: int) -> int:
            seen.append((a, b))
            return 0

    with serving(make(Keeps())) as running, connect(running) as client:
        first = calc.Item(1, "one", ["a"])
        assert client.item(first) == first
        assert client.item(calc.Item(2)) == calc.Item(2)
        assert seen == [first, calc.Item(2)]
        del seen[:]
        client.add(1, 2)
        client.add(None, 3)
        client.add()
        assert seen == [(1, 2), (None, 3), (None, None)]


# ---- threads and time


def test_quick_handlers_share_a_thread_and_slow_ones_do_not_stall(handler: Handler) -> None:
    with serving(make(handler)) as running:
        with connect(running) as client:
            for i in range(200):
                assert client.add(i, 1) == i + 1
        slow = [raw(running) for _ in range(6)]
        for sock in slow:
            sock.sendall(message("wait", CALL, 1, arguments(1)))
        for _ in slow:
            assert handler.entered.acquire(timeout=20)
        assert running.server._engine.threads >= 6
        with connect(running) as client:
            assert client.add(1, 2) == 3
        handler.go_on.set()
        for sock in slow:
            with sock:
                sock.shutdown(socket.SHUT_WR)
                assert until_closed(sock).startswith(message("wait", REPLY, 1, b""))


def test_answers_do_not_wait_for_a_call_behind_them_that_is_known_to_be_slow(handler: Handler) -> None:
    with serving(make(handler)) as running:
        with raw(running) as sock:
            sock.sendall(message("wait", CALL, 1, arguments(1)))
            assert handler.entered.acquire(timeout=20)
            time.sleep(0.05)  # until it counts as slow
            handler.go_on.set()
            answer = message("wait", REPLY, 1, struct.pack("!bhi", 8, 0, 1) + b"\0")
            assert sock.recv(len(answer), socket.MSG_WAITALL) == answer
            handler.go_on.clear()
            sock.sendall(MESSAGES["call"] + message("wait", CALL, 2, arguments(1)))
            answer = message("add", REPLY, 7, struct.pack("!bhi", 8, 0, 3) + b"\0")
            assert sock.recv(len(answer), socket.MSG_WAITALL) == answer
            assert handler.entered.acquire(timeout=20)
            handler.go_on.set()


def test_handler_threads_are_limited_and_the_limit_does_not_hold_up_a_stop(handler: Handler) -> None:
    server = make(handler)
    server.trans.listen()
    sample = TBinaryProtocol(TBufferedTransport(TMemoryBuffer()))
    engine = _core.Server(
        server.trans.sock.fileno(), calc.Calc, handler, sample, object(), handler_threads=2, idle_ms=20_000
    )
    engine.start()
    address = server.trans.sock.getsockname()
    socks = [socket.create_connection(address, timeout=20) for _ in range(3)]
    for sock in socks:
        sock.sendall(message("wait", CALL, 1, arguments(1)))
    for _ in range(2):
        assert handler.entered.acquire(timeout=20)
    assert not handler.entered.acquire(timeout=0.05)
    assert engine.threads == 2
    engine.stop(20_000)
    assert handler.entered.acquire(timeout=20)  # the third is in flight: one more thread answers it
    assert not engine.wait(10)
    handler.go_on.set()
    assert engine.wait(20_000)
    for sock in socks:
        with sock:
            assert until_closed(sock).startswith(message("wait", REPLY, 1, b""))
    server.trans.close()


def test_many_idle_connections_cost_no_threads(server: Running) -> None:
    socks = [raw(server) for _ in range(200)]
    with connect(server) as client:
        assert client.add(1, 2) == 3
    engine = server.server._engine
    deadline = time.monotonic() + 20
    while engine.connections < 200:
        assert time.monotonic() < deadline
    assert engine.threads <= 2
    for sock in socks:
        sock.close()


# ---- its life


def test_a_log_that_fails_does_not_end_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    unraisable: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", unraisable.append)

    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(name)

    server = make()
    server.trans.listen()
    sample = TBinaryProtocol(TBufferedTransport(TMemoryBuffer()))
    engine = _core.Server(server.trans.sock.fileno(), calc.Calc, Handler(), sample, Broken())
    engine.start()
    with rpc.make_client(calc.Calc, *server.trans.sock.getsockname(), timeout=20_000) as client:
        with pytest.raises(Exception, match="Internal error processing fail"):
            client.fail("ValueError")
        assert client.add(1, 2) == 3
    engine.stop(1000)
    assert engine.wait(20_000)
    server.trans.close()
    assert [str(each.exc_value) for each in unraisable] == ["raised"]


@pytest.mark.parametrize(
    "protocol",
    [
        OwnBinary(TBufferedTransport(TMemoryBuffer())),
        TBinaryProtocol(TMemoryBuffer()),
        TBinaryProtocol(OwnBuffered(TMemoryBuffer())),
        object(),
    ],
    ids=["own protocol", "memory", "own transport", "no protocol"],
)
def test_a_stack_that_is_not_ours_is_refused(protocol: Any) -> None:
    assert not _core.can_serve(protocol)
    with pytest.raises(TypeError, match="needs a protocol of ours"):
        _core.Server(0, calc.Calc, Handler(), protocol, object())


def test_stacks_of_ours_are_known() -> None:
    for protocol in (TBinaryProtocol, TCompactProtocol):
        for transport in (TBufferedTransport, TFramedTransport):
            assert _core.can_serve(protocol(transport(TMemoryBuffer())))


def test_a_descriptor_that_is_none_is_an_error() -> None:
    sample = TBinaryProtocol(TBufferedTransport(TMemoryBuffer()))
    with pytest.raises(Exception, match="Bad file descriptor"):
        _core.Server(-1, calc.Calc, Handler(), sample, object())


def test_an_engine_that_is_dropped_stops(handler: Handler) -> None:
    server = make()
    server.trans.listen()
    sample = TBinaryProtocol(TBufferedTransport(TMemoryBuffer()))
    engine = _core.Server(server.trans.sock.fileno(), calc.Calc, handler, sample, object())
    engine.start()
    with socket.create_connection(server.trans.sock.getsockname(), timeout=20) as sock:
        sock.sendall(MESSAGES["call"])
        assert sock.recv(1)
        before = sys.getrefcount(handler)
        del engine
        until_closed(sock)
    deadline = time.monotonic() + 20
    while sys.getrefcount(handler) >= before:  # its last thread lets go of it
        assert time.monotonic() < deadline
        time.sleep(0)
    server.trans.close()


PROGRAM = """
import os, sys, threading, time
sys.path.insert(0, {package!r})
import fastthrift
from fastthrift import rpc
from fastthrift.server import TThreadedServer
idl = fastthrift.loads("service S {{ i32 sleep(1: double s) i32 busy() string echo(1: string t) }}", "exits_thrift")

class Handler:
    def sleep(self, s):
        entered.release()
        time.sleep(s)
        return 1
    def busy(self):
        entered.release()
        while True:
            pass
    def echo(self, t):
        return t

entered = threading.Semaphore(0)
server = rpc.make_server(idl.S, Handler(), "127.0.0.1", 0)
server.trans.listen()
port = server.trans.sock.getsockname()[1]
threading.Thread(target=server.serve, daemon=True).start()

def call(name, *args):
    try:
        getattr(rpc.make_client(idl.S, "127.0.0.1", port, timeout=20000), name)(*args)
    except Exception:
        pass

{body}
"""

EXITS = {
    "idle": "",
    "idle connection": "client = rpc.make_client(idl.S, '127.0.0.1', port)\nclient.echo('x')",
    "inside sleeping handlers": """
for _ in range(3):
    threading.Thread(target=call, args=("sleep", 30.0), daemon=True).start()
for _ in range(3):
    assert entered.acquire(timeout=20)
""",
    "inside a busy handler": """
threading.Thread(target=call, args=("busy",), daemon=True).start()
assert entered.acquire(timeout=20)
""",
    "handlers that return while it goes": """
for _ in range(3):
    threading.Thread(target=call, args=("sleep", 0.3), daemon=True).start()
for _ in range(3):
    assert entered.acquire(timeout=20)
""",
    "under load": """
def load():
    client = rpc.make_client(idl.S, "127.0.0.1", port, timeout=20000)
    while True:
        client.echo("x")
        entered.release()
for _ in range(3):
    threading.Thread(target=load, daemon=True).start()
for _ in range(300):
    assert entered.acquire(timeout=20)
""",
}


@pytest.mark.parametrize("body", EXITS.values(), ids=EXITS)
def test_the_interpreter_ends_cleanly_with_a_server_that_runs(body: str) -> None:
    program = textwrap.dedent(PROGRAM).format(package=PACKAGE, body=body)
    for _ in range(3):
        done = run_program(program)
        assert done.returncode == 0, done.stderr
        assert "Fatal" not in done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_forked_while_it_serves_leaves_it_alone(server: Running) -> None:
    with connect(server) as client:
        assert client.add(1, 2) == 3
        program = textwrap.dedent(PROGRAM).format(
            package=PACKAGE,
            body="""
child = os.fork()
if child == 0:
    server.close()
    del server
    sys.exit(7)
_, status = os.waitpid(child, 0)
assert os.WEXITSTATUS(status) == 7, status
call("echo", "x")
""",
        )
        done = run_program(program)
        assert done.returncode == 0, done.stderr


def test_ten_thousand_short_calls_leave_no_objects(server: Running) -> None:
    with connect(server) as client:
        for _ in range(500):
            client.echo("x")
        blocks = sys.getallocatedblocks()
        for i in range(10_000):
            client.echo("x" * (i % 50))
        assert sys.getallocatedblocks() - blocks < 500


def test_threads_of_the_engine_end_with_it() -> None:
    before = set(threading.enumerate())
    with serving(make()) as running, connect(running) as client:
        assert client.add(1, 2) == 3
        engine = running.server._engine
    assert engine.wait(20_000)
    assert engine.threads == 0
    assert set(threading.enumerate()) <= before  # of those, some may have ended meanwhile
