"""The service of these tests, handlers for it, and servers and clients of every stack, native and by hand."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

import fastthrift
from fastthrift.contrib.aio.client import TAsyncClient
from fastthrift.contrib.aio.processor import TAsyncProcessor
from fastthrift.contrib.aio.protocol import TAsyncBinaryProtocolFactory, TAsyncCompactProtocolFactory
from fastthrift.contrib.aio.server import TAsyncServer
from fastthrift.contrib.aio.socket import TAsyncServerSocket, TAsyncSocket
from fastthrift.contrib.aio.transport import TAsyncBufferedTransportFactory, TAsyncFramedTransportFactory
from fastthrift.thrift import TApplicationException

IDL = str(Path(__file__).with_name("aio_parts.thrift"))

calc: Any = fastthrift.load(IDL, module_name="aio_parts_thrift")

BUFFERED, FRAMED = TAsyncBufferedTransportFactory(), TAsyncFramedTransportFactory()
BINARY, COMPACT = TAsyncBinaryProtocolFactory(), TAsyncCompactProtocolFactory()
STACKS = [
    pytest.param((transport, protocol), id=f"{name}-{kind}")
    for name, transport in (("buffered", BUFFERED), ("framed", FRAMED))
    for kind, protocol in (("binary", BINARY), ("compact", COMPACT))
]

# Every wait of these tests, in seconds: far more than what a right program needs.
LONG = 20.0


def run(main: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(main, LONG))


def item(depth: int = 1) -> Any:
    return calc.Item(
        id=7,
        name="näme",
        tags=["a", "", "b" * 300],
        labels={"k": "v", "": "x"},
        numbers=[1, -(2**40)],
        blob=b"\x00\xff",
        flag=True,
        weight=-0.5,
        children=[item(depth - 1)] * 2 if depth else [],
    )


class Handler:
    """Coroutines that do what the calls ask for; ``module`` has the classes that they make."""

    def __init__(self, module: Any = calc) -> None:
        self.module = module
        self.notes: list[str] = []
        self.waiting: dict[int, asyncio.Future[int]] = {}

    # Made in the loop that waits for them: on Python 3.9 they belong to one from the start.
    @cached_property
    def noted(self) -> asyncio.Event:
        return asyncio.Event()

    @cached_property
    def entered(self) -> asyncio.Queue[int]:
        return asyncio.Queue()

    async def add(self, a: int, b: int) -> int:
        if a + b > 1000:
            raise self.module.Overflow(message="too big", limit=1000)
        return a + b

    async def echo(self, text: str) -> str:
        return text

    async def item(self, it: Any) -> Any:
        return it

    async def nothing(self) -> str:
        return "ignored"

    async def note(self, text: str) -> None:
        self.notes.append(text)
        self.noted.set()

    async def fail(self, how: str) -> int:
        raise {
            "value": ValueError("secret"),
            "application": TApplicationException(TApplicationException.INTERNAL_ERROR, "as I say"),
            "declared": self.module.Overflow(message="declared", limit=3),
            "exit": SystemExit(3),
            "interrupt": KeyboardInterrupt(),
            "cancelled": asyncio.CancelledError(),
        }[how]

    async def none(self) -> None:
        return None

    async def need(self, a: int, b: int) -> int:
        return a * b

    async def wrong(self) -> Any:
        return "no number"

    async def close(self, text: str) -> str:
        return "closed " + text

    async def wait(self, token: int) -> int:
        """Until somebody sets the result of ``waiting[token]``."""
        self.waiting[token] = asyncio.get_running_loop().create_future()
        self.entered.put_nowait(token)
        return await self.waiting[token]


class PlainHandler:
    """The same with plain functions."""

    def __init__(self) -> None:
        self._handler = Handler()
        self.notes, self.noted = self._handler.notes, self._handler.noted

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._handler, name)

        def plain(*args: Any) -> Any:
            with contextlib.closing(method(*args)) as coroutine:
                try:
                    coroutine.send(None)
                except StopIteration as done:
                    return done.value
            raise AssertionError(f"{name} waits")

        return plain


class ServerByHand(TAsyncServer):
    """Overrides what the native way goes past."""

    async def handle(self, client: Any) -> None:
        await super().handle(client)


class ClientByHand(TAsyncClient):
    async def _send(self, _api: str, **kwargs: Any) -> None:
        await super()._send(_api, **kwargs)


@contextlib.asynccontextmanager
async def serving(
    handler: Any, stack: Any = (BUFFERED, BINARY), server_class: type[TAsyncServer] = TAsyncServer, **options: Any
) -> AsyncIterator[tuple[TAsyncServer, int]]:
    """A server on the running loop, and its port."""
    trans = TAsyncServerSocket("127.0.0.1", 0, **options)
    server = server_class(TAsyncProcessor(calc.Calc, handler), trans, stack[0], stack[1])
    await server.start()
    port = trans.sock.getsockname()[1]
    try:
        yield server, port
    finally:
        await server.stop(0)


@contextlib.asynccontextmanager
async def calling(
    port: int,
    stack: Any = (BUFFERED, BINARY),
    client_class: type[TAsyncClient] = TAsyncClient,
    timeout: float | None = 1000 * LONG,
    **options: Any,
) -> AsyncIterator[Any]:
    """A client that is connected to the port."""
    sock = TAsyncSocket("127.0.0.1", port, socket_timeout=timeout, **options)
    client = client_class(calc.Calc, stack[1].get_protocol(stack[0].get_transport(sock)))
    await client._iprot.trans.open()
    try:
        yield client
    finally:
        client.close()


@contextlib.asynccontextmanager
async def listening(on_connection: Any) -> AsyncIterator[int]:
    """A plain server of bytes: ``await on_connection(reader, writer)`` for each connection."""
    server = await asyncio.start_server(on_connection, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
