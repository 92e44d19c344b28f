"""Servers of Apache's face: each kind, natively and in Python, with clients of ours and bytes of somebody else's."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import served_calc as calc
from background import answering, running
from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocol, TBinaryProtocolFactory
from fastthrift.apache.protocol.TCompactProtocol import TCompactProtocolAcceleratedFactory
from fastthrift.apache.protocol.TMultiplexedProtocol import TMultiplexedProtocol
from fastthrift.apache.server import TNonblockingServer, TServer
from fastthrift.apache.server._engine import engine_for
from fastthrift.apache.server._served import served_by
from fastthrift.apache.Thrift import TApplicationException
from fastthrift.apache.TMultiplexedProcessor import TMultiplexedProcessor
from fastthrift.apache.transport.TSocket import TServerSocket, TSocket
from fastthrift.apache.transport.TTransport import (
    TBufferedTransport,
    TBufferedTransportFactory,
    TFramedTransport,
    TFramedTransportFactory,
    TTransportException,
    TTransportFactoryBase,
)


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is refused on purpose is not told; other modules' tests read the same logger."""
    monkeypatch.setattr(logging.getLogger("fastthrift"), "propagate", False)


class ForeignProtocolFactory:
    """Whose class is not ours: the loops in Python serve."""

    def getProtocol(self, trans: Any) -> Any:
        return TBinaryProtocol(trans)


TRANSPORTS = {
    "buffered": TBufferedTransportFactory(),
    "framed": TFramedTransportFactory(),
    "none": TTransportFactoryBase(),
}
PROTOCOLS = {
    "binary": TBinaryProtocolFactory(),
    "compact": TCompactProtocolAcceleratedFactory(),
    "foreign": ForeignProtocolFactory(),
}
KINDS = {
    "simple": TServer.TSimpleServer,
    "threaded": TServer.TThreadedServer,
    "pool": TServer.TThreadPoolServer,
}


def serving(server: Any) -> contextlib.AbstractContextManager[int]:
    return running(server, lambda: server.stop(0))


@contextlib.contextmanager
def client_of(port: int, transport: Any, protocol: Any) -> Iterator[calc.Client]:
    sock = TSocket("127.0.0.1", port)
    sock.setTimeout(10_000)
    trans = transport.getTransport(sock)
    client = calc.Client(protocol.getProtocol(trans))
    trans.open()
    try:
        yield client
    finally:
        trans.close()


def check_calls(client: calc.Client, handler: calc.Handler | None) -> None:
    assert client.add(1, 2) == 3
    assert client.joined("b", "a") == "ab"
    client.tell("raise")
    client.tell("hello")
    assert client.print_() is None
    with pytest.raises(calc.Refused) as refused:
        client.add(1, 1000)
    assert refused.value == calc.Refused("too much")
    for b in (1001, 1002):
        with pytest.raises(TApplicationException) as failed:
            client.add(1, b)
        assert (failed.value.type, str(failed.value)) == (TApplicationException.INTERNAL_ERROR, "Internal error")
    with pytest.raises(TApplicationException) as unknown:
        client._call("nothing", calc.print_args(), calc.print_result)
    assert unknown.value.type == TApplicationException.UNKNOWN_METHOD
    assert str(unknown.value) == "Unknown function nothing"
    with pytest.raises(TypeError):
        client.add("x", 1)  # type: ignore[arg-type]
    assert client.add(20, 22) == 42
    if handler is not None:
        assert handler.told == ["hello", "printed"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_answers_everything_and_lives_on(kind: str, transport: str, protocol: str) -> None:
    handler = calc.Handler()
    factories = TRANSPORTS[transport], PROTOCOLS[protocol]
    server = KINDS[kind](calc.Processor(handler), TServerSocket("127.0.0.1", 0), *factories)
    with serving(server) as port, client_of(port, *factories) as client:
        check_calls(client, handler)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_nonblocking_server_answers_everything_and_lives_on(protocol: str) -> None:
    handler = calc.Handler()
    server = TNonblockingServer.TNonblockingServer(
        calc.Processor(handler), TServerSocket("127.0.0.1", 0), PROTOCOLS[protocol]
    )
    with serving(server) as port, client_of(port, TRANSPORTS["framed"], PROTOCOLS[protocol]) as client:
        check_calls(client, handler)


def test_the_nonblocking_server_is_driven_by_ones_own_loop() -> None:
    server = TNonblockingServer.TNonblockingServer(calc.Processor(calc.Handler()), TServerSocket("127.0.0.1", 0))
    with pytest.raises(RuntimeError):
        server.handle()
    server.setNumThreads(2)
    server.prepare()
    port = server.socket.handle.getsockname()[1]
    found: list[int] = []

    def call() -> None:
        with client_of(port, TRANSPORTS["framed"], PROTOCOLS["binary"]) as client:
            found.extend(client.add(each, 1) for each in range(3))

    thread = threading.Thread(target=call)
    thread.start()
    while thread.is_alive():
        server.handle()
    server.close()
    assert found == [1, 2, 3]


def test_the_nonblocking_server_closes_a_connection_with_a_bad_frame_only() -> None:
    server = TNonblockingServer.TNonblockingServer(
        calc.Processor(calc.Handler()), TServerSocket("127.0.0.1", 0), PROTOCOLS["foreign"], max_frame_size=1000
    )
    with serving(server) as port:
        for head in (b"\xff\xff\xff\xff", struct.pack("!i", 1001), b"\0\0\0\1\0"):
            with socket.create_connection(("127.0.0.1", port), 10) as sock:
                sock.sendall(head)
                assert sock.recv(1) == b""
        with client_of(port, TRANSPORTS["framed"], PROTOCOLS["binary"]) as client:
            assert client.add(1, 2) == 3


@pytest.mark.parametrize("protocol", ["binary", "foreign"])
def test_the_nonblocking_server_has_ended_when_close_returns(protocol: str) -> None:
    server = TNonblockingServer.TNonblockingServer(
        calc.Processor(calc.Handler()), TServerSocket("127.0.0.1", 0), PROTOCOLS[protocol]
    )
    raised: list[BaseException] = []

    def serve() -> None:
        try:
            server.serve()
        except BaseException as error:  # noqa: BLE001 - told to the test
            raised.append(error)

    server.trans.listen()
    port = server.trans.handle.getsockname()[1]
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with client_of(port, TRANSPORTS["framed"], PROTOCOLS["binary"]) as client:
        assert client.add(1, 2) == 3
        server.close()
        thread.join(10)
        assert not thread.is_alive()
        with pytest.raises(TTransportException):
            client.add(1, 2)
    assert raised == []


def test_the_nonblocking_server_is_closed_from_within_its_wait_as_by_a_signal() -> None:
    server = TNonblockingServer.TNonblockingServer(calc.Processor(calc.Handler()), TServerSocket("127.0.0.1", 0))
    server.prepare()
    selector = server._selector
    assert selector is not None
    wait = selector.select

    def interrupted(timeout: float | None = None) -> Any:
        server.close()
        return wait(timeout)

    selector.select = interrupted  # type: ignore[method-assign]
    server.serve()
    assert server.socket.handle is None
    assert not server.prepared


def engine_of(processor: Any, factory: Any = TRANSPORTS["buffered"], protocol: Any = PROTOCOLS["binary"]) -> Any:
    server = TServer.TThreadedServer(processor, TServerSocket("127.0.0.1", 0), factory, protocol)
    server.serverTransport.listen()
    try:
        return engine_for(server, processor, server.serverTransport, (factory, protocol), (factory, protocol))
    finally:
        server.serverTransport.close()


def test_the_engine_serves_what_is_exactly_ours() -> None:
    class Counting(calc.Processor):
        def process(self, iprot: Any, oprot: Any) -> Any:
            return super().process(iprot, oprot)

    class Overriding(calc.Processor):
        def __init__(self, handler: Any) -> None:
            super().__init__(handler)
            self._processMap["add"] = Overriding.process_add

        def process_add(self, seqid: int, iprot: Any, oprot: Any) -> None:
            super().process_add(seqid, iprot, oprot)

    plain = calc.Processor(calc.Handler())
    assert engine_of(plain) is not None
    assert engine_of(plain, TRANSPORTS["framed"], PROTOCOLS["compact"]) is not None
    assert engine_of(plain, protocol=PROTOCOLS["foreign"]) is None
    assert engine_of(Counting(calc.Handler())) is None
    assert engine_of(Overriding(calc.Handler())) is None
    watched = calc.Processor(calc.Handler())
    watched.on_message_begin(lambda name, kind, seqid: None)
    assert engine_of(watched) is None
    edited = calc.Processor(calc.Handler())
    edited._processMap["add"] = lambda self, seqid, iprot, oprot: None
    assert served_by(edited) is None


def test_steps_that_a_client_overrides_are_called() -> None:
    seen: list[str] = []

    class Mine(calc.Client):
        def send_add(self, a: int, b: int) -> None:
            seen.append("send")
            super().send_add(a, b)

    class Other(calc.Client):
        def _recv(self, name: str, result: Any) -> Any:
            seen.append("recv")
            return super()._recv(name, result)

    server = TServer.TThreadedServer(
        calc.Processor(calc.Handler()), TServerSocket("127.0.0.1", 0), TRANSPORTS["buffered"], PROTOCOLS["binary"]
    )
    with serving(server) as port:
        for kind in (Mine, Other):
            trans = TBufferedTransport(TSocket("127.0.0.1", port))
            trans.open()
            client = kind(TBinaryProtocol(trans))
            assert client.add(1, 2) == 3
            client.send_add(3, 4)
            assert client.recv_add() == 7
            assert client.add(1, 2) == 3
            trans.close()
    assert seen == ["send", "recv", "recv", "recv"]


@contextlib.contextmanager
def client_that_hears(*answers: bytes) -> Iterator[calc.Client]:
    """A client whose requests get these answers, one after the other."""

    def answer(sock: socket.socket) -> None:
        for each in answers[:-1]:
            sock.sendall(each)
            sock.recv(65536)
        sock.sendall(answers[-1])

    with answering(answer) as port, client_of(port, TRANSPORTS["buffered"], PROTOCOLS["binary"]) as client:
        yield client


def reply(name: bytes, kind: int, seqid: int, body: bytes) -> bytes:
    return struct.pack("!HHi", 0x8001, kind, len(name)) + name + struct.pack("!i", seqid) + body


SIX = b"\x08\x00\x00\x00\x00\x00\x06\x00"


def add(client: Any, one: int, other: int, natively: bool) -> Any:
    """By one call, or step by step."""
    if natively:
        return client.add(one, other)
    client.send_add(one, other)
    return client.recv_add()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(b"add", 2, 7, SIX), TApplicationException.BAD_SEQUENCE_ID),
        (reply(b"sub", 2, 1, SIX), TApplicationException.WRONG_METHOD_NAME),
        (reply(b"add", 1, 1, SIX), TApplicationException.INVALID_MESSAGE_TYPE),
    ],
)
@pytest.mark.parametrize("natively", [True, False])
def test_an_answer_to_something_else_ends_the_connection(answer: bytes, kind: int, natively: bool) -> None:
    with client_that_hears(answer) as client:
        with pytest.raises(TApplicationException) as refused:
            add(client, 1, 5, natively)
        assert refused.value.type == kind
        with pytest.raises(TTransportException) as closed:
            client.add(1, 5)
        assert closed.value.type == TTransportException.NOT_OPEN


def test_servers_that_always_answer_with_zero_are_understood() -> None:
    answer = reply(b"add", 2, 0, SIX)
    with client_that_hears(answer, answer) as client:
        assert add(client, 1, 5, natively=True) == 6
        assert add(client, 1, 5, natively=False) == 6


@pytest.mark.parametrize("natively", [True, False])
def test_a_result_without_a_value_is_missing(natively: bool) -> None:
    with client_that_hears(reply(b"add", 2, 1, b"\0")) as client:
        with pytest.raises(TApplicationException, match="add failed: unknown result") as missing:
            add(client, 1, 2, natively)
        assert missing.value.type == TApplicationException.MISSING_RESULT


@pytest.mark.parametrize("natively", [True, False])
def test_a_timeout_is_told_and_ends_the_connection(natively: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        sock = TSocket(*mute.getsockname())
        sock.setTimeout(50)
        trans = TFramedTransport(sock)
        trans.open()
        client = calc.Client(TBinaryProtocol(trans))
        with pytest.raises(TTransportException) as late:
            add(client, 1, 2, natively)
    assert late.value.type == TTransportException.TIMED_OUT
    assert isinstance(late.value, TimeoutError) or sys.version_info < (3, 10)
    assert not sock.isOpen()


@pytest.mark.parametrize("kind", ["threaded", "pool", "simple"])
@pytest.mark.parametrize("protocol", ["binary", "foreign"])
@pytest.mark.parametrize("data", [b"\xff" * 40, b"GET / HTTP/1.0\r\n\r\n", b"\x80\x01\0\1\x7f\xff\xff\xff", b"\0\0\0"])
def test_bytes_that_are_no_call_end_their_connection_only(kind: str, protocol: str, data: bytes) -> None:
    factories = TRANSPORTS["buffered"], PROTOCOLS[protocol]
    server = KINDS[kind](calc.Processor(calc.Handler()), TServerSocket("127.0.0.1", 0), *factories)
    with serving(server) as port:
        with socket.create_connection(("127.0.0.1", port), 10) as sock:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionResetError):
                assert sock.recv(1) == b""
        with client_of(port, *factories) as client:
            assert client.add(1, 2) == 3


@pytest.mark.parametrize("protocol", ["binary", "foreign"])
def test_a_server_that_is_closed_answers_what_it_was_asked(protocol: str) -> None:
    asked, go_on = threading.Event(), threading.Event()

    class Slow(calc.Handler):
        def add(self, a: int, b: int) -> int:
            asked.set()
            go_on.wait(10)
            return a + b

    factories = TRANSPORTS["buffered"], PROTOCOLS[protocol]
    server = TServer.TThreadedServer(calc.Processor(Slow()), TServerSocket("127.0.0.1", 0), *factories)
    server.serverTransport.listen()
    port = server.serverTransport.handle.getsockname()[1]
    serve = threading.Thread(target=server.serve, daemon=True)
    serve.start()
    found: list[int] = []
    with client_of(port, *factories) as client:
        call = threading.Thread(target=lambda: found.append(client.add(1, 2)))
        call.start()
        assert asked.wait(10)
        server.close()
        go_on.set()
        call.join(10)
    serve.join(10)
    assert found == [3]
    assert not serve.is_alive()


PROGRAM = """
import sys
sys.path.insert(0, sys.argv[2])
import served_calc as calc
from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocolFactory
from fastthrift.apache.server import TNonblockingServer, TServer, TProcessPoolServer
from fastthrift.apache.transport import TSocket, TTransport
listener = TSocket.TServerSocket("127.0.0.1", 0)
listener.listen()
print(listener.handle.getsockname()[1], flush=True)
kind = {"fork": TServer.TForkingServer, "processes": TProcessPoolServer.TProcessPoolServer, "threaded": TServer.TThreadedServer}
processor = calc.Processor(calc.Handler())
if sys.argv[1] in kind:
    factories = TTransport.TBufferedTransportFactory(), TBinaryProtocolFactory()
    server = kind[sys.argv[1]](processor, listener, *factories)
else:
    server = TNonblockingServer.TNonblockingServer(processor, listener)
if sys.argv[1] == "processes":
    server.setNumWorkers(2)
    server.setPostForkCallback(lambda: print("forked", flush=True))
server.serve()
print("served", flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.parametrize("kind", ["fork", "processes", "threaded", "nonblocking"])
def test_servers_in_processes_answer_and_end_at_sigterm(kind: str) -> None:
    transport = TRANSPORTS["framed" if kind == "nonblocking" else "buffered"]
    program = [sys.executable, "-c", PROGRAM, kind, str(Path(__file__).parent)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline())
            for _ in range(2):
                with client_of(port, transport, PROTOCOLS["binary"]) as client:
                    check_calls(client, None)
            process.send_signal(signal.SIGTERM)
            out, errors = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 0, errors
    assert out.split()[-1] == "served"
    assert out.count("forked") == (2 if kind == "processes" else 0)


def test_one_connection_carries_several_services() -> None:
    first, second, rest = calc.Handler(), calc.Handler(), calc.Handler()
    processor = TMultiplexedProcessor()
    processor.registerProcessor("First", calc.Processor(first))
    processor.registerProcessor("Second", calc.Processor(second))
    processor.registerDefault(calc.Processor(rest))
    factories = TRANSPORTS["framed"], PROTOCOLS["compact"]
    server = TServer.TThreadedServer(processor, TServerSocket("127.0.0.1", 0), *factories)
    with serving(server) as port:
        trans = TFramedTransport(TSocket("127.0.0.1", port))
        trans.open()
        protocol = PROTOCOLS["compact"].getProtocol(trans)
        one = calc.Client(TMultiplexedProtocol(protocol, "First"))
        two = calc.Client(TMultiplexedProtocol(protocol, "Second"))
        nobody = calc.Client(TMultiplexedProtocol(protocol, "Third"))
        check_calls(one, first)
        assert two.add(1, 2) == 3
        with pytest.raises(TApplicationException, match="Service name not found: Third") as unknown:
            nobody.add(1, 2)
        assert unknown.value.type == TApplicationException.UNKNOWN_METHOD
        two.tell("x")
        calc.Client(protocol).tell("y")
        assert two.add(1, 2) == 3
        trans.close()
    assert (second.told, rest.told) == (["x"], ["y"])


def test_a_server_takes_two_four_or_six_arguments() -> None:
    parts = [calc.Processor(calc.Handler()), TServerSocket("127.0.0.1", 0)]
    trans, protocol = TBufferedTransportFactory(), TBinaryProtocolFactory()
    assert type(TServer.TServer(*parts).inputTransportFactory) is TTransportFactoryBase
    assert TServer.TServer(*parts, trans, protocol).outputProtocolFactory is protocol
    six = TServer.TServer(*parts, trans, TFramedTransportFactory(), protocol, PROTOCOLS["compact"])
    assert type(six.outputTransportFactory) is TFramedTransportFactory
    assert six.outputProtocolFactory is PROTOCOLS["compact"]
    with pytest.raises(TypeError):
        TServer.TServer(*parts, trans)
