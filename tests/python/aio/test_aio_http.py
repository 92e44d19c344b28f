"""HTTP over asyncio: every call, thriftpy2 on the other end, and what goes wrong on either side."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import Any, Callable

import pytest

from aio_parts import BINARY, COMPACT, IDL, LONG, Handler, PlainHandler, calc, item, listening, run
from background import free_port
from fastthrift import defaults
from fastthrift.contrib.aio.http import (
    TAsyncHttpClient,
    TAsyncHttpHeaderFactory,
    TAsyncHttpServer,
    TAsyncMemoryBuffer,
    client_context,
    make_client,
    make_server,
)
from fastthrift.contrib.aio.http import client as client_module
from fastthrift.contrib.aio.http import connection as connection_module
from fastthrift.http.request import Limits
from fastthrift.processor import TProcessorFactory
from fastthrift.thrift import TApplicationException, TTransportException
from programs import run_program

aiohttp = pytest.importorskip("aiohttp")


PROTOCOLS = pytest.mark.parametrize(
    "protocol", [pytest.param(BINARY, id="binary"), pytest.param(COMPACT, id="compact")]
)

ECHO_HI = bytes.fromhex("80010001 00000004 6563686f 00000001 0b 0001 00000002 6869 00".replace(" ", ""))
ECHOED_HI = bytes.fromhex("80010002 00000004 6563686f 00000001 0b 0000 00000002 6869 00".replace(" ", ""))

# (method, arguments, result)
RESULTS: list[tuple[str, tuple[Any, ...], Any]] = [
    ("add", (1, 2), 3),
    ("echo", ("",), ""),
    ("echo", ("ä" * 300_000,), "ä" * 300_000),
    ("item", (item(2),), item(2)),
    ("nothing", (), None),
    ("note", ("x",), None),
    ("tclose", ("it",), "closed it"),
]


@contextlib.asynccontextmanager
async def serving(handler: Any = None, protocol: Any = BINARY, **options: Any) -> AsyncIterator[TAsyncHttpServer]:
    server = make_server(calc.Calc, handler or Handler(), "127.0.0.1", 0, protocol, **options)
    await server.start()
    try:
        yield server
    finally:
        await server.stop(0)


def port_of(server: TAsyncHttpServer) -> int:
    return int(server.server_address[1])


def calling(port: int, **options: Any) -> Any:
    return client_context(calc.Calc, "127.0.0.1", port, **{"timeout": 1000 * LONG, **options})


async def raw(port: int, *pieces: bytes) -> bytes:
    """All that the server sends for these bytes, until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return await asyncio.wait_for(reader.read(), LONG)
    finally:
        writer.close()


def post(body: bytes = ECHO_HI, *fields: str, version: str = "1.1") -> bytes:
    lines = [f"POST / HTTP/{version}", "Host: x", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


CLOSE = "Connection: close"


@pytest.fixture
def thriftpy2_defaults() -> Iterator[None]:
    defaults.use("thriftpy2")
    yield
    defaults.use("fastthrift")


@PROTOCOLS
@pytest.mark.parametrize("handler_class", [Handler, PlainHandler])
def test_every_kind_of_call_is_answered(protocol: Any, handler_class: Any) -> None:
    async def main() -> None:
        async with serving(handler_class(), protocol) as server:
            async with calling(port_of(server), proto_factory=protocol) as client:
                for method, arguments, result in RESULTS:
                    assert await getattr(client, method)(*arguments) == result
                with pytest.raises(calc.Overflow) as declared:
                    await client.add(999, 2)
                assert (declared.value.message, declared.value.limit) == ("too big", 1000)
                with pytest.raises(TApplicationException) as undeclared:
                    await client.fail("value")
                assert undeclared.value.message == "Internal error processing fail: ValueError"
                assert await client.add(1, 2) == 3

    run(main())


@PROTOCOLS
@pytest.mark.parametrize("side", ["client", "server"])
def test_thriftpy2_is_understood_and_understands(side: str, protocol: Any) -> None:
    pytest.importorskip("thriftpy2")
    import thriftpy2.contrib.aio.http as theirs
    from thriftpy2.contrib.aio.protocol import TAsyncBinaryProtocolFactory, TAsyncCompactProtocolFactory

    module = sys.modules.get("aio_http_peer_thrift") or __import__("thriftpy2").load(IDL, "aio_http_peer_thrift")
    factory = TAsyncBinaryProtocolFactory() if protocol is BINARY else TAsyncCompactProtocolFactory()

    async def their_client() -> None:
        async with serving(protocol=protocol) as server:
            options = {"host": "127.0.0.1", "port": port_of(server), "proto_factory": factory}
            client = await theirs.make_client(module.Calc, **options)
            assert await client.add(1, 2) == 3
            assert await client.echo("ä" * 100_000) == "ä" * 100_000
            assert await client.note("x") is None
            with pytest.raises(module.Overflow):
                await client.add(999, 2)
            await client._iprot.trans.aclose()

    async def their_server() -> None:
        port = free_port()
        server = theirs.make_server(module.Calc, Handler(module), "127.0.0.1", port, proto_factory=factory)
        serving = asyncio.ensure_future(server.serve())
        while server._stop_event is None or not server._site or not server._site._server:
            await asyncio.sleep(0)
        async with calling(port, proto_factory=protocol) as client:
            assert await client.add(1, 2) == 3
            assert await client.echo("ä" * 100_000) == "ä" * 100_000
            assert await client.note("x") is None
            with pytest.raises(calc.Overflow):
                await client.add(999, 2)
            with pytest.raises(TTransportException, match="status 500: Internal Server Error"):
                await client.fail("value")
        await server.close()
        await serving

    run(their_client() if side == "client" else their_server())


def answering(*answers: bytes) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """One of the answers after each request of a connection, then it closes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            for answer in answers:
                head = await reader.readuntil(b"\r\n\r\n")
                length = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")][0]
                await reader.readexactly(int(length.split(b":")[1]))
                seen.append(head)
                writer.write(answer)
                await writer.drain()
        writer.close()

    seen: list[bytes] = []
    serve.seen = seen  # type: ignore[attr-defined]
    return serve


def ok(body: bytes, *fields: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *fields]).encode() + b"\r\n\r\n" + body


# (what the server sends, the type of the TTransportException, its text, a class of aiohttp that it is too)
ANSWERS = [
    pytest.param(
        b"HTTP/1.1 401 Who Are You\r\nContent-Length: 0\r\n\r\n", 0, "status 401: Who Are You", None, id="401"
    ),
    pytest.param(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", 0, "status 503: Busy", None, id="503"),
    pytest.param(b"HTTP/1.1 204 No\r\n\r\n", 4, "End of file", None, id="204"),
    pytest.param(
        b"HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 0, "status 307", None, id="307"
    ),
    pytest.param(b"", 4, "ended without an answer", "ServerDisconnectedError", id="nothing"),
    pytest.param(
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
        4,
        "ended without an answer",
        "ClientPayloadError",
        id="cut off",
    ),
    pytest.param(b"no HTTP\r\n\r\n", 0, "no HTTP answer", "ClientError", id="no HTTP"),
    pytest.param(ok(b""), 4, "End of file", None, id="empty"),
]


@pytest.mark.parametrize(("answer", "kind", "text", "also"), ANSWERS)
def test_bad_answer_is_a_transport_exception(answer: bytes, kind: int, text: str, also: str | None) -> None:
    async def main() -> None:
        async with listening(answering(answer)) as port, calling(port) as client:
            with pytest.raises(TTransportException) as raised:
                await client.echo("hi")
            assert raised.value.type == kind
            assert text in raised.value.message
            assert also is None or isinstance(raised.value, getattr(aiohttp, also))

    run(main())


def test_refused_connection_is_not_open_for_both_kinds_of_handlers() -> None:
    async def main() -> None:
        port = free_port()
        async with calling(port) as client:
            with pytest.raises(aiohttp.ClientConnectorError) as raised:
                await client.echo("hi")
        assert isinstance(raised.value, TTransportException)
        assert raised.value.type == TTransportException.NOT_OPEN
        assert f"127.0.0.1:{port}" in raised.value.message
        assert isinstance(raised.value, OSError)

    run(main())


def test_answer_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MOST_RESPONSE_BYTES", 1000)

    async def main() -> None:
        async with listening(answering(ok(b"x" * 1001))) as port, calling(port) as client:
            with pytest.raises(TTransportException, match="longer than 1000 bytes") as raised:
                await client.echo("hi")
            assert raised.value.type == TTransportException.SIZE_LIMIT

    run(main())


@pytest.mark.parametrize("drips", [False, True])
def test_timeout_is_for_the_whole_call(drips: bool) -> None:
    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" if drips else b"")
            while drips and not writer.transport.is_closing():
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.01)
            await reader.read()
        writer.close()

    async def main() -> None:
        async with listening(server) as port, calling(port, timeout=150) as client:
            with pytest.raises(asyncio.TimeoutError) as raised:
                await client.echo("hi")
            assert isinstance(raised.value, TTransportException) and isinstance(raised.value, socket.timeout)
            assert raised.value.type == TTransportException.TIMED_OUT
            assert "within 0.15 s" in raised.value.message

    run(main())


def test_client_is_usable_after_a_timeout() -> None:
    async def main() -> None:
        handler = Handler()
        async with serving(handler) as server, calling(port_of(server), timeout=100) as client:
            with pytest.raises(asyncio.TimeoutError):
                await client.wait(1)
            client._iprot.trans.set_timeout(1000 * LONG)
            assert await client.add(1, 2) == 3
            handler.waiting[1].cancel()

    run(main())


def test_oneway_that_is_never_answered_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "ONEWAY_ANSWER_MS", 50)
    seen: list[bytes] = []

    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.read(65536))
        await reader.read()
        writer.close()

    async def main() -> None:
        async with listening(server) as port, calling(port) as client:
            assert await client.note("x") is None
        assert b"note" in seen[0]

    run(main())


def test_connection_serves_many_calls() -> None:
    async def main() -> None:
        handler = answering(*[ok(ECHOED_HI[:15] + bytes([n]) + ECHOED_HI[16:]) for n in range(1, 4)])
        connections = 0

        async def counted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            await handler(reader, writer)

        async with listening(counted) as port, calling(port) as client:
            for n in range(1, 4):
                assert (n, await client.echo("hi")) == (n, "hi")
        assert connections == 1

    run(main())


def test_calls_that_share_a_client_go_one_after_the_other() -> None:
    async def main() -> None:
        async with serving() as server, calling(port_of(server)) as client:
            assert await asyncio.gather(*[client.add(n, 1) for n in range(50)]) == list(range(1, 51))

    run(main())


def test_client_works_on_one_loop_after_the_other() -> None:
    client: list[Any] = []

    async def main() -> None:
        async with serving() as server:
            if not client:
                client.append(await make_client(calc.Calc, "127.0.0.1", port_of(server)))
            client[0]._iprot.trans._netloc = f"127.0.0.1:{port_of(server)}"
            assert await client[0].add(1, 2) == 3

    run(main())
    run(main())
    client[0].close()


@pytest.mark.filterwarnings("error")
def test_closed_client_leaves_nothing_open_and_may_be_used_again() -> None:
    async def main() -> None:
        async with serving() as server:
            client = await make_client(calc.Calc, "127.0.0.1", port_of(server))
            trans = client._iprot.trans
            assert trans.is_open()
            assert await client.add(1, 2) == 3
            session = trans._session
            client.close()
            assert (session.closed, trans.is_open()) == (True, False)
            client.close()
            assert await client.add(2, 2) == 4
            await trans.aclose()
            assert not trans.is_open()

    run(main())


def test_request_has_the_headers_of_thriftpy2_and_those_of_the_factory() -> None:
    async def main() -> None:
        server = answering(ok(ECHOED_HI))
        factory = TAsyncHttpHeaderFactory({"X-Token": "abc", "user-agent": "me"})
        async with listening(server) as port:
            async with calling(port, path="a b?x=1", http_header_factory=factory) as client:
                assert await client.echo("hi") == "hi"
            lines = server.seen[0].decode().split("\r\n")  # type: ignore[attr-defined]
        assert lines[0] == "POST /a%20b?x=1 HTTP/1.1"
        assert {f"Host: 127.0.0.1:{port}", "Content-Type: application/x-thrift", "X-Token: abc", "user-agent: me"} <= {
            *lines
        }
        assert not any(line.startswith("User-Agent") for line in lines)

    run(main())


@pytest.mark.parametrize(
    ("headers", "error"),
    [({"X": "a\r\nY: b"}, ValueError), ({"Content-Length": "1"}, ValueError), ({"a b": "c"}, ValueError), ({"X": 1.5}, TypeError)],
)  # fmt: skip
def test_header_that_would_break_the_request_is_refused(headers: dict[str, Any], error: type[Exception]) -> None:
    async def main() -> None:
        async with listening(answering(ok(ECHOED_HI))) as port, calling(port) as client:
            client._iprot.trans.set_custom_headers(headers)
            with pytest.raises(error):
                await client.echo("hi")

    run(main())


@pytest.mark.parametrize("url", ["ftp://x", "x:1", "http://", "/path"])
def test_url_that_is_not_of_http_is_a_value_error(url: str) -> None:
    with pytest.raises(ValueError):
        TAsyncHttpClient(url)


def test_tls_is_verified_and_serves() -> None:
    trustme = pytest.importorskip("trustme")
    authority = trustme.CA()
    server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(server_context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    async def main() -> None:
        async with serving(ssl_context=server_context) as server:
            async with calling(port_of(server), scheme="https", ssl_context=trusting) as client:
                assert await client.add(1, 2) == 3
            async with calling(port_of(server), scheme="https") as client:
                with pytest.raises(TTransportException, match="Could not connect.*(?i:certificate)"):
                    await client.add(1, 2)

    run(main())


# (what is sent, the status)
REQUESTS = [
    pytest.param(post(ECHO_HI, CLOSE), 200, id="a call"),
    pytest.param(post(b"", CLOSE), 400, id="no message"),
    pytest.param(post(b"\x80\x01", CLOSE), 400, id="half a message"),
    pytest.param(post(b"hello", CLOSE), 400, id="no Thrift"),
    pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 405, id="GET"),
    pytest.param(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n", 411, id="no length"),
    pytest.param(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", 413, id="too long"),
    pytest.param(b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n", 400, id="no host"),
    pytest.param(
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, id="two lengths"
    ),
    pytest.param(
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, id="both lengths"
    ),
    pytest.param(b"POST / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 9000 + b"\r\n\r\n", 431, id="long header"),
    pytest.param(ECHO_HI, 400, id="Thrift without HTTP"),
]


@pytest.mark.parametrize(("request_bytes", "status"), REQUESTS)
def test_request_gets_its_status(request_bytes: bytes, status: int) -> None:
    async def main() -> None:
        async with serving() as server:
            answer = await raw(port_of(server), request_bytes)
            one_by_one = await raw(port_of(server), *[bytes([byte]) for byte in request_bytes])
        assert answer.startswith(b"HTTP/1.1 %d " % status)
        assert one_by_one.split(b"\r\n")[0] == answer.split(b"\r\n")[0]
        assert b"Connection: close" in answer

    run(main())


@pytest.mark.usefixtures("thriftpy2_defaults")
def test_thriftpy2_profile_answers_500_where_thriftpy2_does() -> None:
    async def main() -> None:
        async with serving() as server:
            answer = await raw(port_of(server), post(b""))
            assert answer.startswith(b"HTTP/1.1 500 ")
            assert b"\r\n\r\nInternal Server Error: " in answer
            async with calling(port_of(server)) as client:
                with pytest.raises(TTransportException, match="HTTP request failed with status 500"):
                    await client.fail("value")

    run(main())


def test_pipelined_and_chunked_requests_are_answered_in_order() -> None:
    chunked = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n"

    async def main() -> None:
        async with serving() as server:
            answer = await raw(port_of(server), post() + chunked % (len(ECHO_HI), ECHO_HI) + post(ECHO_HI, CLOSE))
        assert answer.count(b"HTTP/1.1 200 OK") == 3
        assert answer.count(ECHOED_HI) == 3

    run(main())


def test_client_that_waits_for_100_gets_it() -> None:
    async def main() -> None:
        async with serving() as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", port_of(server))
            request = post(ECHO_HI, "Expect: 100-continue", CLOSE)
            head = request[: -len(ECHO_HI)]
            writer.write(head)
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(ECHO_HI)
            assert (await reader.read()).endswith(ECHOED_HI)
            writer.close()

    run(main())


def test_connection_that_is_idle_is_closed() -> None:
    async def main() -> None:
        async with serving(client_timeout=50) as server:
            assert await raw(port_of(server)) == b""
            answer = await raw(port_of(server), post())
            assert answer.endswith(ECHOED_HI)  # kept open by HTTP/1.1, closed by the server

    run(main())


def test_request_that_never_ends_is_408(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "MESSAGE_SECONDS", 0.05)

    async def main() -> None:
        async with serving() as server:
            answer = await raw(port_of(server), post()[:-1])
        assert answer.startswith(b"HTTP/1.1 408 ")

    run(main())


def test_body_limit_is_an_attribute_of_the_server() -> None:
    async def main() -> None:
        async with serving() as server:
            server.limits = Limits(body=10)
            assert (await raw(port_of(server), post())).startswith(b"HTTP/1.1 413 ")

    run(main())


def test_close_answers_the_call_in_flight_and_ends_serve() -> None:
    async def main() -> None:
        handler = Handler()
        server = make_server(calc.Calc, handler, "127.0.0.1", 0)
        await server.start()
        serving = asyncio.ensure_future(server.serve())
        async with calling(port_of(server)) as client:
            call = asyncio.ensure_future(client.wait(5))
            token = await handler.entered.get()
            closing = asyncio.ensure_future(server.close())
            await asyncio.sleep(0)
            handler.waiting[token].set_result(7)
            assert await call == 7
            await closing
            await serving
            assert server.closed

    run(main())


def test_serve_that_is_cancelled_stops_listening() -> None:
    async def main() -> None:
        server = make_server(calc.Calc, Handler(), "127.0.0.1", 0)
        await server.start()
        port = port_of(server)
        serving = asyncio.ensure_future(server.serve())
        await asyncio.sleep(0)
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.1", port)

    run(main())


def test_processor_factory_makes_a_processor_for_each_request() -> None:
    from fastthrift.contrib.aio.processor import TAsyncProcessor

    made: list[int] = []

    class Counted(TAsyncProcessor):
        def __init__(self, service: Any, handler: Any) -> None:
            made.append(1)
            super().__init__(service, handler)

    async def main() -> None:
        server = TAsyncHttpServer(TProcessorFactory(Counted, calc.Calc, Handler()), "127.0.0.1", 0, None)
        async with server, calling(port_of(server)) as client:
            assert [await client.add(n, 0) for n in range(3)] == [0, 1, 2]
        assert len(made) == 3

    run(main())


def test_memory_buffer_reads_and_writes_at_one_position() -> None:
    async def main() -> None:
        buffer = TAsyncMemoryBuffer(b"abc")
        assert await buffer.read(2) == b"ab"
        buffer.write(b"Z")
        assert buffer.getvalue() == b"abZ"
        with pytest.raises(TTransportException) as raised:
            await buffer.read(1)
        assert raised.value.type == TTransportException.END_OF_FILE
        buffer.setvalue(b"qq")
        assert (buffer.getvalue(), await buffer.read(1), buffer.is_open()) == (b"qq", b"q", True)
        buffer.close()
        assert not buffer.is_open()

    run(main())


def test_import_needs_no_aiohttp_and_a_client_says_what_it_needs() -> None:
    program = """
import asyncio, sys
sys.modules["aiohttp"] = None
from fastthrift.contrib.aio.http import TAsyncHttpClient, make_server
try:
    asyncio.run(TAsyncHttpClient("http://h:1").open())
except ImportError as error:
    print(error)
"""
    done = run_program(program)
    assert done.stdout.strip() == "TAsyncHttpClient needs aiohttp: pip install fastthrift[aiohttp]", done.stderr
