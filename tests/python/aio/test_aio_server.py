"""What a server on an event loop does with its connections: many requests, silence, bad bytes, the end."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import warnings
from pathlib import Path
from typing import Any

import pytest

from aio_parts import (
    BINARY,
    BUFFERED,
    COMPACT,
    FRAMED,
    LONG,
    STACKS,
    Handler,
    PlainHandler,
    ServerByHand,
    calc,
    calling,
    run,
    serving,
)
from fastthrift import _core
from fastthrift.contrib.aio.rpc import make_server
from fastthrift.contrib.aio.server import TAsyncServer
from fastthrift.thrift import TTransportException

SERVERS = pytest.mark.parametrize("server_class", [TAsyncServer, ServerByHand])


class Requests:
    """Bytes of requests, and what the bytes of replies say; as a client's session has them."""

    def __init__(self, stack: Any = (BUFFERED, BINARY)) -> None:
        protocol = stack[1].get_protocol(None)
        framed = stack[0] is FRAMED
        self._session = _core.ClientSession(calc.Calc, protocol, framed=framed, max_frame=None)
        self.replies: list[tuple[int, Any, BaseException | None]] = []

    def bytes_of(self, method: str, *args: Any) -> bytes:
        request = self._session.request(method, args, {})
        assert request is not None
        return request[1]

    async def read(self, reader: asyncio.StreamReader, count: int) -> list[Any]:
        """The next ``count`` replies, or those that come before the end."""
        while len(self.replies) < count:
            data = await reader.read(1 << 16)
            if not data:
                break
            self._session.feed(data, self.replies)
        found, self.replies = self.replies[:count], self.replies[count:]
        return [result if error is None else error for _, result, error in found]


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port)


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("handler_class", [Handler, PlainHandler])
@SERVERS
def test_pipelined_requests_are_answered_in_order(stack: Any, handler_class: Any, server_class: Any) -> None:
    async def main() -> None:
        async with serving(handler_class(), stack, server_class) as (_, port):
            requests = Requests(stack)
            reader, writer = await connect(port)
            writer.write(b"".join(requests.bytes_of("add", n, 1) for n in range(200)))
            assert await requests.read(reader, 200) == list(range(1, 201))
            writer.close()

    run(main())


@pytest.mark.parametrize("stack", STACKS)
@SERVERS
def test_requests_may_come_byte_by_byte(stack: Any, server_class: Any) -> None:
    async def main() -> None:
        async with serving(Handler(), stack, server_class) as (_, port):
            requests = Requests(stack)
            reader, writer = await connect(port)
            for byte in requests.bytes_of("echo", "slow") + requests.bytes_of("add", 1, 2):
                writer.write(bytes([byte]))
                await asyncio.sleep(0)
            assert await requests.read(reader, 2) == ["slow", 3]
            writer.close()

    run(main())


class Sink(asyncio.Transport):
    """Takes what a connection writes, one entry a write."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.is_reading = True
        self.is_closed = False

    def write(self, data: Any) -> None:
        self.writes.append(bytes(data))

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self.high = high

    def pause_reading(self) -> None:
        self.is_reading = False

    def resume_reading(self) -> None:
        self.is_reading = True

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = True


async def connection_of(handler: Any, **options: Any) -> tuple[Any, Sink]:
    """A connection of a server that does not listen, over a `Sink`."""
    from fastthrift.contrib.aio.eager import Starter
    from fastthrift.contrib.aio.processor import TAsyncProcessor
    from fastthrift.contrib.aio.session import Connection, service_of
    from fastthrift.contrib.aio.socket import TAsyncServerSocket

    server = TAsyncServer(TAsyncProcessor(calc.Calc, handler), TAsyncServerSocket("127.0.0.1", 0, **options))
    loop = asyncio.get_running_loop()
    connection, sink = Connection(server, service_of(server, TAsyncServer), loop, Starter(loop)), Sink()
    connection.connection_made(sink)
    return connection, sink


async def in_a_callback(function: Any, *args: Any) -> None:
    """As the loop calls a protocol."""
    done = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(lambda: done.set_result(function(*args)))
    await done


@pytest.mark.parametrize("handler_class", [Handler, PlainHandler])
def test_all_requests_of_a_read_are_answered_with_one_write(handler_class: Any) -> None:
    async def main() -> None:
        connection, sink = await connection_of(handler_class())
        requests = Requests()
        await in_a_callback(connection.data_received, b"".join(requests.bytes_of("add", n, n) for n in range(100)))
        assert len(sink.writes) == 1
        reader = asyncio.StreamReader()
        reader.feed_data(sink.writes[0])
        assert await requests.read(reader, 100) == [2 * n for n in range(100)]

    run(main())


def test_a_peer_that_does_not_read_stops_being_read_from() -> None:
    async def main() -> None:
        connection, sink = await connection_of(PlainHandler())
        requests = Requests()
        big = "x" * 300_000
        connection.pause_writing()
        assert not sink.is_reading
        await in_a_callback(connection.data_received, requests.bytes_of("echo", big))
        await in_a_callback(connection.data_received, b"".join(requests.bytes_of("echo", big) for _ in range(20)))
        held = sum(map(len, sink.writes))
        assert held < 2_000_000  # of 6 MB
        before = -1
        while before < sum(map(len, sink.writes)):
            before = sum(map(len, sink.writes))
            connection.resume_writing()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert before > 21 * 300_000
        assert sink.is_reading

    run(main())


def test_the_handlers_of_one_connection_that_wait_are_bounded() -> None:
    from fastthrift.contrib.aio.session import MOST_CALLS

    async def main() -> None:
        handler = Handler()
        connection, sink = await connection_of(handler)
        requests = Requests()
        many = MOST_CALLS + 50
        await in_a_callback(connection.data_received, b"".join(requests.bytes_of("wait", n) for n in range(many)))
        assert handler.entered.qsize() == MOST_CALLS and not sink.is_reading
        for n in range(many):
            while n not in handler.waiting:
                await handler.entered.get()
            handler.waiting[n].set_result(n)
        while not sink.is_reading:
            await asyncio.sleep(0)
        reader = asyncio.StreamReader()
        while sum(map(len, sink.writes)) == 0 or connection._session.waiting:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        reader.feed_data(b"".join(sink.writes))
        assert await requests.read(reader, many) == list(range(many))

    run(main())


def test_each_call_has_a_task_and_a_context_of_its_own() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="clean")
    tasks: list[Any] = []

    class Handler:
        async def echo(self, text: str) -> str:
            found = variable.get()
            variable.set(text)
            tasks.append(asyncio.current_task())
            if text == "wait":
                await asyncio.sleep(0)
            assert tasks[-1] is asyncio.current_task()
            return found

    async def main() -> None:
        async with serving(Handler()) as (_, port), calling(port) as client:
            assert [await client.echo(text) for text in ("a", "wait", "b")] == ["clean"] * 3
        assert len({id(task) for task in tasks}) == 3 and None not in tasks

    run(main())


def test_a_handler_may_use_what_asyncio_offers_to_tasks() -> None:
    class Handler:
        async def add(self, a: int, b: int) -> int:
            return sum(await asyncio.gather(asyncio.sleep(0, a), asyncio.sleep(0, b)))

        async def echo(self, text: str) -> str:
            return await asyncio.wait_for(asyncio.create_task(asyncio.sleep(0, text)), LONG)

        def need(self, a: int, b: int) -> Any:
            return asyncio.ensure_future(asyncio.sleep(0, a * b))  # a plain function that gives something to wait for

    async def main() -> None:
        async with serving(Handler()) as (_, port), calling(port) as client:
            assert await client.add(1, 2) == 3
            assert await client.echo("x") == "x"
            assert await client.need(2, 3) == 6

    run(main())


@SERVERS
@pytest.mark.parametrize("handler_class", [Handler, PlainHandler])
def test_what_is_not_declared_is_logged_with_its_traceback(server_class: Any, handler_class: Any, caplog: Any) -> None:
    async def main() -> None:
        async with serving(handler_class(), server_class=server_class) as (_, port), calling(port) as client:
            with pytest.raises(Exception, match="Internal error processing fail: ValueError"):
                await client.fail("value")

    run(main())
    records = [record for record in caplog.records if record.exc_info]
    assert [record.getMessage() for record in records] == ["fail raised what its IDL does not declare"]
    assert "secret" in str(records[0].exc_info)


# Bytes that are no request; the log says why, the connection ends, others are served.
NO_REQUESTS = {
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "TLS": b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + b"\0" * 100,
    "a huge length": b"\x80\x01\x00\x01\x7f\xff\xff\xff" + b"x" * 20,
    "deep nesting": b"\x80\x01\x00\x01\x00\x00\x00\x04echo\0\0\0\1" + b"\x0c\x00\x61" * 500,
    "an endless list": b"\x80\x01\x00\x01\x00\x00\x00\x04echo\0\0\0\1" + b"\x0f\x00\x61\x01\x7f\xff\xff\xff",
}


@SERVERS
@pytest.mark.parametrize("name", NO_REQUESTS)
def test_bytes_that_are_no_request_end_their_connection_alone(server_class: Any, name: str, caplog: Any) -> None:
    peers: list[str] = []

    async def main() -> None:
        async with serving(Handler(), server_class=server_class) as (_, port), calling(port) as good:
            requests = Requests()
            reader, writer = await connect(port)
            peers.append("%s:%d" % writer.get_extra_info("sockname"))
            writer.write(requests.bytes_of("add", 1, 2))
            assert await requests.read(reader, 1) == [3]
            writer.write(NO_REQUESTS[name])
            assert await requests.read(reader, 1) == []
            writer.close()
            assert await good.add(2, 2) == 4

    with caplog.at_level(logging.WARNING):
        run(main())
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "refused" in caplog.text and len(caplog.records[0].getMessage()) < 300
    # The general way, over foreign transports, has no address at hand.
    assert f"refused: {peers[0]}: " in caplog.text or server_class is not TAsyncServer


def test_requests_before_bad_bytes_are_answered() -> None:
    async def main() -> None:
        handler = Handler()
        async with serving(handler) as (_, port):
            requests = Requests()
            reader, writer = await connect(port)
            writer.write(requests.bytes_of("add", 1, 2) + requests.bytes_of("wait", 5) + b"\xff" * 40)
            assert await handler.entered.get() == 5
            handler.waiting[5].set_result(55)
            assert await requests.read(reader, 3) == [3, 55]

    run(main())


@SERVERS
def test_a_peer_that_has_finished_sending_gets_its_answers(server_class: Any) -> None:
    async def main() -> None:
        handler = Handler()
        async with serving(handler, server_class=server_class) as (_, port):
            requests = Requests()
            reader, writer = await connect(port)
            writer.write(requests.bytes_of("wait", 1))
            writer.write_eof()
            await handler.entered.get()
            handler.waiting[1].set_result(11)
            assert await requests.read(reader, 2) == [11]
            writer.close()

    run(main())


@SERVERS
def test_a_silent_connection_is_closed_and_one_that_calls_is_not(server_class: Any) -> None:
    async def main() -> None:
        async with serving(Handler(), server_class=server_class, client_timeout=300) as (_, port):
            reader, writer = await connect(port)
            silent = asyncio.create_task(reader.read())
            async with calling(port) as client:
                calls = 0
                while not silent.done():
                    assert await client.add(calls, 1) == calls + 1
                    calls += 1
                    await asyncio.sleep(0.01)
                assert await silent == b""
                assert await client.add(1, 1) == 2
            writer.close()

    run(main())


def test_a_handler_that_takes_long_is_no_silence() -> None:
    async def main() -> None:
        handler = Handler()
        async with serving(handler, client_timeout=50) as (server, port), calling(port) as client:
            call = asyncio.create_task(client.wait(1))
            await handler.entered.get()
            loop = asyncio.get_running_loop()
            loop.call_later(0.3, lambda: handler.waiting[1].set_result(1))
            assert await call == 1

    run(main())


@pytest.mark.parametrize("handler_class", [Handler, PlainHandler])
def test_the_time_that_a_request_took_to_come_is_no_silence(handler_class: Any) -> None:
    async def main() -> None:
        connection, sink = await connection_of(handler_class(), client_timeout=10_000)
        now, connection._loop = 0.0, Clock(lambda: now)
        connection._active = now
        data = Requests().bytes_of("add", 1, 2)
        connection.data_received(data[:5])
        now += 9
        connection.data_received(data[5:8])
        now += 9
        connection._look_at_idleness()
        assert not sink.is_closed  # a message may take longer than a silence
        await in_a_callback(connection.data_received, data[8:])
        assert len(sink.writes) == 1
        now += 9
        connection._look_at_idleness()
        assert not sink.is_closed
        now += 2
        connection._look_at_idleness()
        assert sink.is_closed

    run(main())


def test_a_request_that_never_ends_is_given_up() -> None:
    async def main() -> None:
        connection, sink = await connection_of(Handler(), client_timeout=10_000)
        now, connection._loop = 0.0, Clock(lambda: now)
        connection._active = now
        for byte in Requests().bytes_of("add", 1, 2)[:25]:
            connection.data_received(bytes([byte]))
            now += 1
        connection._look_at_idleness()
        assert not sink.is_closed
        now += 10
        connection._look_at_idleness()
        assert sink.is_closed

    run(main())


class Clock:
    """The running loop with another time."""

    def __init__(self, time: Any) -> None:
        self._loop, self.time = asyncio.get_running_loop(), time

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)


def test_a_oneway_call_is_not_answered_even_if_it_fails(caplog: Any) -> None:
    class Handler:
        def __init__(self) -> None:
            self.seen: list[str] = []

        async def note(self, text: str) -> None:
            self.seen.append(text)
            raise ValueError(text)

        async def add(self, a: int, b: int) -> int:
            return a + b

    async def main() -> None:
        handler = Handler()
        async with serving(handler) as (_, port), calling(port) as client:
            assert await client.note("x") is None
            assert await client.add(1, 1) == 2
            assert handler.seen == ["x"]

    run(main())


@SERVERS
def test_close_answers_the_calls_in_flight(server_class: Any) -> None:
    async def main() -> None:
        handler = Handler()
        async with serving(handler, server_class=server_class) as (server, port), calling(port) as client:
            async with calling(port) as idle:
                assert await idle.add(1, 1) == 2
                call = asyncio.create_task(client.wait(1))
                await handler.entered.get()
                closing = asyncio.create_task(server.close())
                with pytest.raises((TTransportException, ConnectionError)):
                    while True:
                        await idle.add(1, 1)  # ends at once
                with pytest.raises(OSError):
                    while True:
                        (await connect(port))[1].close()
                assert not closing.done()
                handler.waiting[1].set_result(11)
                assert await call == 11
                await closing
                assert server.closed

    run(main())


@SERVERS
def test_stop_without_grace_cuts_calls_off(server_class: Any) -> None:
    async def main() -> None:
        handler = Handler()
        async with serving(handler, server_class=server_class) as (server, port), calling(port) as client:
            call = asyncio.create_task(client.wait(1))
            await handler.entered.get()
            await server.stop(0)
            with pytest.raises((TTransportException, ConnectionError)):
                await call
            await asyncio.sleep(0)
            assert handler.waiting[1].cancelled()

    run(main())


@pytest.mark.parametrize("kind", ["asyncio", "uvloop"])
def test_serve_ends_when_another_loop_closes_the_server(kind: str) -> None:
    loops = pytest.importorskip(kind)
    loop = loops.new_event_loop()
    server = make_server(calc.Calc, Handler(), "127.0.0.1", 0, loop=loop)
    server.init_server()
    port = server.trans.sock.getsockname()[1]
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()

    async def main() -> None:
        async with calling(port) as client:
            assert await client.add(1, 2) == 3
        await server.close()

    try:
        run(main())
        thread.join(LONG)
        assert not thread.is_alive()
    finally:
        loop.close()


@pytest.mark.parametrize("kind", ["asyncio", "uvloop"])
@pytest.mark.parametrize("stack", [(BUFFERED, BINARY), (FRAMED, COMPACT)], ids=["buffered", "framed"])
def test_both_loops_serve_and_call(kind: str, stack: Any) -> None:
    loop = pytest.importorskip(kind).new_event_loop()

    async def main() -> None:
        handler = Handler()
        async with serving(handler, stack) as (server, port), calling(port, stack) as client:
            assert await asyncio.gather(*(client.add(n, 1) for n in range(300))) == list(range(1, 301))
            big = "y" * 3_000_000
            assert await asyncio.gather(*(client.echo(big) for _ in range(5))) == [big] * 5
            call = asyncio.create_task(client.wait(1))
            await handler.entered.get()
            handler.waiting[1].set_result(4)
            assert await call == 4
            assert client._calls is not None and server._connections

    try:
        loop.run_until_complete(asyncio.wait_for(main(), LONG))
    finally:
        loop.close()


def test_a_server_without_a_loop_makes_one_and_warns() -> None:
    server = make_server(calc.Calc, Handler(), "127.0.0.1", 0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        server.init_server()
    assert [each.category for each in caught] == [DeprecationWarning]
    assert str(caught[0].message).startswith("No event loop provided. Creating a new event loop automatically.")
    assert server.loop is not None
    server.loop.call_soon(lambda: asyncio.ensure_future(server.close()))
    server.serve()
    assert server.loop.is_closed()


def test_too_many_connections_are_refused(caplog: Any) -> None:
    async def main() -> None:
        async with serving(Handler()) as (server, port), calling(port) as client:
            server.max_connections = 1
            assert await client.add(1, 1) == 2
            reader, writer = await connect(port)
            try:
                assert await reader.read() == b""
            except ConnectionResetError:
                pass
            writer.close()
            assert await client.add(1, 1) == 2

    run(main())


def test_a_unix_socket_is_served_and_taken_away(tmp_path: Path) -> None:
    from fastthrift.contrib.aio.rpc import make_client

    path = str(tmp_path / "socket")

    async def main() -> None:
        async with make_server(calc.Calc, Handler(), unix_socket=path, client_timeout=None):
            client = await make_client(calc.Calc, unix_socket=path)
            assert await client.echo("unix") == "unix"
            client.close()
        assert not os.path.exists(path)

    run(main())


PROGRAM = """
    import asyncio, sys
    sys.path[:0] = {path!r}
    from aio_parts import calc
    from fastthrift.contrib.aio.rpc import make_server

    class Handler:
        async def wait(self, token):
            print("entered", flush=True)
            await asyncio.sleep(0.3)
            return token

    server = make_server(calc.Calc, Handler(), "127.0.0.1", {port}, loop=asyncio.new_event_loop())
    server.init_server()
    print("listening", flush=True)
    try:
        server.serve()
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    print("ended", flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize(("number", "ends"), [(signal.SIGTERM, ["ended"]), (signal.SIGINT, ["interrupted", "ended"])])
def test_a_signal_lets_calls_in_flight_finish(number: signal.Signals, ends: list[str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = textwrap.dedent(PROGRAM).format(path=[str(Path(__file__).parent), *sys.path], port=port)
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None

    async def main() -> None:
        async with calling(port) as client:
            call = asyncio.create_task(client.wait(8))
            loop = asyncio.get_running_loop()
            assert process.stdout is not None
            assert await loop.run_in_executor(None, process.stdout.readline) == "entered\n"
            process.send_signal(number)
            assert await call == 8

    try:
        assert process.stdout.readline() == "listening\n"
        run(main())
        assert process.stdout.read().split() == ends
        assert process.wait(LONG) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
