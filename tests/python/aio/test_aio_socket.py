"""TAsyncSocket and TAsyncServerSocket: addresses, timeouts, TLS, and the streams that users reach for."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
from typing import Any

import pytest

from aio_parts import BINARY, BUFFERED, LONG, STACKS, Handler, calc, calling, run, serving
from certificates import Certificates
from fastthrift.contrib.aio.processor import TAsyncProcessor
from fastthrift.contrib.aio.rpc import make_client, make_server
from fastthrift.contrib.aio.server import TAsyncServer
from fastthrift.contrib.aio.socket import StreamHandler, TAsyncServerSocket, TAsyncSocket, TAsyncTimeout
from fastthrift.contrib.aio.transport import TAsyncBufferedTransport
from fastthrift.thrift import TTransportException


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("split", [False, True], ids=["one file", "certfile and keyfile"])
def test_calls_go_over_tls_natively(certificates: Certificates, stack: Any, split: bool) -> None:
    async def main() -> None:
        files = (
            {"certfile": certificates.cert, "keyfile": certificates.key} if split else {"certfile": certificates.server}
        )
        async with serving(Handler(), stack, **files) as (server, port):
            async with calling(port, stack, cafile=certificates.ca) as client:
                texts = ["x" * n for n in range(0, 100_000, 5_000)]
                assert await asyncio.gather(*(client.echo(text) for text in texts)) == texts
                assert client._calls is not None and server._connections
                assert isinstance(client._calls._transport.get_extra_info("ssl_object"), ssl.SSLObject)

    run(main())


# (arguments of the client, whether it connects)
TRUST: list[tuple[str, Any, bool]] = [
    ("cafile", lambda files: {"cafile": files.ca}, True),
    ("another authority", lambda files: {"cafile": files.stranger}, False),
    ("certfile alone, the system's authorities", lambda files: {"certfile": files.server}, False),
    ("validate=False", lambda files: {"certfile": files.server, "validate": False}, True),
    ("a ready context", lambda files: {"ssl_context": ssl.create_default_context(cafile=files.ca)}, True),
    ("nothing: plain text", lambda files: {}, False),
]


@pytest.mark.parametrize(("name", "arguments", "connects"), TRUST, ids=[row[0] for row in TRUST])
def test_whom_a_client_trusts(certificates: Certificates, name: str, arguments: Any, connects: bool) -> None:
    async def main() -> None:
        async with make_server(calc.Calc, Handler(), "127.0.0.1", 0, certfile=certificates.server) as server:
            port = server.trans.sock.getsockname()[1]
            expected = contextlib.nullcontext() if connects else pytest.raises((TTransportException, ConnectionError))
            with expected:
                client = await make_client(calc.Calc, "127.0.0.1", port, timeout=LONG * 1000, **arguments(certificates))
                try:
                    assert await client.add(1, 2) == 3
                finally:
                    client.close()

    run(main())


def test_a_certificate_for_another_host_is_refused(certificates: Certificates) -> None:
    async def main() -> None:
        async with serving(Handler(), certfile=certificates.elsewhere) as (_, port):
            with pytest.raises(TTransportException, match="Could not connect to") as caught:
                async with calling(port, cafile=certificates.ca):
                    pass
            assert caught.value.type == TTransportException.NOT_OPEN
            async with calling(port, cafile=certificates.ca, check_hostname=False) as client:
                assert await client.add(1, 1) == 2

    run(main())


def test_a_peer_that_does_not_shake_hands_is_given_up(certificates: Certificates) -> None:
    async def main() -> None:
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            sock = TAsyncSocket("127.0.0.1", silent.getsockname()[1], connect_timeout=100, cafile=certificates.ca)
            with pytest.raises(TTransportException, match="within 0.1 s"):
                await sock.open()
            assert not sock.is_open()

    run(main())


@pytest.mark.parametrize(
    "arguments",
    [{"host": "127.0.0.1", "port": 1}, {"unix_socket": "/nowhere/socket"}, {"host": "no.such.host.invalid", "port": 3}],
    ids=["port", "unix", "host"],
)
def test_what_cannot_be_connected_is_not_open(arguments: Any) -> None:
    async def main() -> None:
        sock = TAsyncSocket(**arguments)
        address = arguments.get("unix_socket") or (arguments["host"], arguments["port"])
        with pytest.raises(TTransportException) as caught:
            await sock.open()
        assert caught.value.type == TTransportException.NOT_OPEN
        assert caught.value.message.startswith(f"Could not connect to {address}")
        assert not sock.is_open()
        for use in (sock.read(1), sock.flush()):
            with pytest.raises(TTransportException) as caught:
                await use
            assert caught.value.type == TTransportException.NOT_OPEN
        with pytest.raises(TTransportException):
            sock.write(b"x")
        sock.close()

    run(main())


# (socket_timeout, connect_timeout, seconds of each)
TIMEOUTS: list[tuple[Any, Any, Any, Any]] = [
    (3000, None, 3.0, 3.0),
    (None, None, None, None),
    (0, None, None, None),
    (None, 500, None, 0.5),
    (2000, 500, 2.0, 0.5),
    (2000, 0, 2.0, None),
]


@pytest.mark.parametrize(("socket_timeout", "connect_timeout", "calls", "connecting"), TIMEOUTS)
def test_each_timeout_has_its_own_time(socket_timeout: Any, connect_timeout: Any, calls: Any, connecting: Any) -> None:
    sock = TAsyncSocket("x", 1, socket_timeout=socket_timeout, connect_timeout=connect_timeout)
    assert (sock.socket_timeout, sock.connect_timeout) == (calls, connecting)
    sock.set_timeout(1500)
    assert (sock.socket_timeout, sock.connect_timeout) == (1.5, 1.5)


def test_connect_timeout_does_not_bound_calls() -> None:
    async def main() -> None:
        handler = Handler()
        async with serving(handler) as (_, port), calling(port, timeout=None, connect_timeout=50) as client:
            call = asyncio.create_task(client.wait(1))
            await handler.entered.get()
            asyncio.get_running_loop().call_later(0.2, lambda: handler.waiting[1].set_result(1))
            assert await call == 1

    run(main())


def test_client_timeout_holds_for_unix_sockets_too() -> None:
    assert make_server(calc.Calc, None, unix_socket="/nowhere", client_timeout=1234).trans.client_timeout == 1.234
    assert make_server(calc.Calc, None, "127.0.0.1", 0, client_timeout=None).trans.client_timeout is None


def test_a_timeout_is_caught_as_what_programs_expect() -> None:
    for kind in (asyncio.TimeoutError, socket.timeout, TTransportException):
        assert issubclass(TAsyncTimeout, kind)


def test_an_open_socket_may_be_given() -> None:
    async def main() -> None:
        async with serving(Handler()) as (_, port):
            sock = TAsyncSocket(sock=socket.create_connection(("127.0.0.1", port)))
            from fastthrift.contrib.aio.client import TAsyncClient

            client = TAsyncClient(calc.Calc, BINARY.get_protocol(BUFFERED.get_transport(sock)))
            await client._iprot.trans.open()
            assert await client.add(1, 2) == 3
            client.close()
            assert sock.raw_sock is None

    run(main())


def test_localhost_is_tried_over_ipv6_where_ipv4_refuses() -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6")

    async def main() -> None:
        try:
            infos = socket.getaddrinfo("localhost", 0, socket.AF_INET6)
        except OSError:
            pytest.skip("localhost has no IPv6 address")
        trans = TAsyncServerSocket(infos[0][4][0], 0, socket_family=socket.AF_INET6)
        server = TAsyncServer(TAsyncProcessor(calc.Calc, Handler()), trans)
        try:
            await server.start()
        except OSError:
            pytest.skip("no IPv6 here")
        client = await make_client(calc.Calc, "localhost", trans.sock.getsockname()[1])
        assert await client.add(1, 1) == 2
        client.close()
        await server.close()

    run(main())


def test_the_streams_may_be_used_between_calls() -> None:
    async def main() -> None:
        async with serving(Handler()) as (_, port), calling(port) as client:
            sock = client._iprot.trans._trans
            assert await client.add(1, 2) == 3
            reader, writer = sock.reader, sock.writer
            assert isinstance(reader, asyncio.StreamReader) and isinstance(writer, asyncio.StreamWriter)
            writer.write(
                b"\x80\x01\x00\x01\x00\x00\x00\x03add\x00\x00\x00\x63\x08\x00\x01\x00\x00\x00\x04\x08\x00\x02\x00\x00\x00\x05\x00"
            )
            await writer.drain()
            assert (await reader.readexactly(15 + 7 + 1))[-5:] == b"\x00\x00\x00\x09\x00"
            assert await client.add(3, 4) == 7
            assert await TAsyncBufferedTransport(sock)._trans.flush() is None
            assert await client.add(5, 6) == 11

    run(main())


def test_using_the_streams_during_a_call_ends_the_connection() -> None:
    async def main() -> None:
        handler = Handler()
        async with serving(handler) as (_, port), calling(port) as client:
            call = asyncio.create_task(client.wait(1))
            await handler.entered.get()
            client._iprot.trans._trans.reader  # noqa: B018
            with pytest.raises(TTransportException, match="by hand during a call"):
                await call
            assert not client._iprot.trans.is_open()

    run(main())


def test_a_closed_client_may_be_opened_again() -> None:
    async def main() -> None:
        async with serving(Handler()) as (_, port), calling(port) as client:
            for _ in range(3):
                assert await client.add(1, 2) == 3
                client.close()
                with pytest.raises(TTransportException):
                    await client.add(1, 2)
                await client._iprot.trans.open()

    run(main())


def test_accept_gives_stream_handlers_to_a_callback() -> None:
    async def main() -> None:
        async def answer(client: StreamHandler) -> None:
            await client.open()
            data = await client.read(100)
            client.write(data.upper())
            await client.flush()
            client.close()

        trans = TAsyncServerSocket("127.0.0.1", 0)
        server = await trans.accept(answer)
        sock = TAsyncSocket("127.0.0.1", trans.raw_sock.getsockname()[1])
        await sock.open()
        sock.write(b"hello")
        await sock.flush()
        assert await sock.read(100) == b"HELLO"
        with pytest.raises(TTransportException) as caught:
            await sock.read(100)
        assert caught.value.type == TTransportException.END_OF_FILE
        assert "TSocket read 0 bytes" in caught.value.message
        sock.close()
        server.close()
        trans.close()

    run(main())


def test_importing_rpc_does_not_import_asyncio() -> None:
    import subprocess
    import sys

    program = "import sys, fastthrift.rpc; assert 'asyncio' not in sys.modules; fastthrift.rpc.make_aio_client; assert 'asyncio' in sys.modules"
    subprocess.run(
        [sys.executable, "-c", program], check=True, timeout=LONG, env={**os.environ, "PYTHONPATH": ":".join(sys.path)}
    )
