"""Exceptions that the IDL does not declare: every server answers them or closes the connection, as it is told itself, and
else as the process's defaults say.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from calc import Handler, calc, serving
from fastthrift import defaults, http, rpc
from fastthrift.contrib.aio import http as aio_http
from fastthrift.contrib.aio.processor import TAsyncProcessor
from fastthrift.contrib.gunicorn.counting import counted
from fastthrift.processor import TMultiplexedProcessor, TProcessor, TProcessorFactory
from fastthrift.protocol import TBinaryProtocolFactory, TCompactProtocolFactory, TMultiplexedProtocolFactory
from fastthrift.server import TSimpleServer, TThreadedServer
from fastthrift.thrift import TApplicationException
from fastthrift.transport import TServerSocket, TTransportException
from generic import OwnProcessor

# What a server is told itself, the process's profile, and whether the client gets an answer.
WORDS = [
    (None, "fastthrift", True),
    (None, "thriftpy2", False),
    (True, "fastthrift", True),
    (True, "thriftpy2", True),
    (False, "fastthrift", False),
    (False, "thriftpy2", False),
]


@contextlib.contextmanager
def sockets(server: Any) -> Iterator[dict[str, Any]]:
    with serving(server) as running:
        yield {"port": running.port}


def plain(word: bool | None) -> Any:
    return sockets(rpc.make_server(calc.Calc, Handler(), "127.0.0.1", 0, answer_undeclared=word))


def with_processor(processor: Any, cls: type = TThreadedServer, **factories: Any) -> Any:
    return sockets(cls(processor, TServerSocket("127.0.0.1", 0), **factories))


def attribute(word: bool | None) -> Any:
    processor = TProcessor(calc.Calc, Handler())
    processor.answer_undeclared = word
    return with_processor(processor)


def of_a_class(word: bool | None) -> Any:
    cls = type("Told", (TProcessor,), {"answer_undeclared": word})
    return with_processor(cls(calc.Calc, Handler()))


@contextlib.contextmanager
def multiplexed(word: bool | None) -> Iterator[dict[str, Any]]:
    processor = TMultiplexedProcessor(answer_undeclared=word)
    processor.register_processor("Calc", TProcessor(calc.Calc, Handler()))
    with with_processor(processor) as at:
        yield {**at, "proto_factory": TMultiplexedProtocolFactory(TBinaryProtocolFactory(), "Calc")}


@contextlib.contextmanager
def compact(word: bool | None) -> Iterator[dict[str, Any]]:
    protocol = TCompactProtocolFactory()
    processor = TProcessor(calc.Calc, Handler(), answer_undeclared=word)
    with with_processor(processor, iprot_factory=protocol) as at:
        yield {**at, "proto_factory": protocol}


@contextlib.contextmanager
def on_a_loop(make: Any) -> Iterator[dict[str, Any]]:
    """A server of asyncio in a thread: ``make()`` gives the coroutines that start and close it, and how to find its port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(20)

    try:
        start, close, port = make(loop)
        run(start())
        yield {"port": port()}
        run(close())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


def asynchronous(own: bool) -> Any:
    def kind(word: bool | None) -> Any:
        def make(loop: asyncio.AbstractEventLoop) -> Any:
            server = rpc.make_aio_server(calc.Calc, Handler(), "127.0.0.1", 0, loop=loop, answer_undeclared=word)
            if own:
                cls = type("OwnAsyncProcessor", (TAsyncProcessor,), {"process_in": _process_in})
                server.processor = cls(calc.Calc, Handler(), answer_undeclared=word)
            return server.start, server.close, lambda: server.trans.sock.getsockname()[1]

        return on_a_loop(make)

    return kind


async def _process_in(self: Any, iprot: Any) -> Any:
    return await TAsyncProcessor.process_in(self, iprot)


SERVERS = {
    "engine": plain,
    "an attribute": attribute,
    "a class": of_a_class,
    "compact": compact,
    "multiplexed": multiplexed,
    "simple": lambda word: with_processor(TProcessor(calc.Calc, Handler(), answer_undeclared=word), TSimpleServer),
    "generic": lambda word: with_processor(OwnProcessor(calc.Calc, Handler(), answer_undeclared=word)),
    "factory": lambda word: with_processor(TProcessorFactory(TProcessor, calc.Calc, Handler(), answer_undeclared=word)),
    "gunicorn's": lambda word: with_processor(
        counted(TProcessor(calc.Calc, Handler(), answer_undeclared=word), lambda: None)
    ),
    "asyncio": asynchronous(own=False),
    "asyncio, generic": asynchronous(own=True),
}


@pytest.fixture(params=WORDS, ids=lambda words: f"{words[0]}-{words[1]}")
def words(request: pytest.FixtureRequest) -> Iterator[tuple[bool | None, bool]]:
    word, profile, is_answered = request.param
    defaults.use(profile)
    yield word, is_answered
    defaults.use("fastthrift")


@pytest.mark.parametrize("kind", SERVERS)
@pytest.mark.parametrize("how", ["fail", "wrong"])
def test_undeclared_exceptions_and_wrong_results(kind: str, how: str, words: tuple[bool | None, bool]) -> None:
    word, is_answered = words
    with SERVERS[kind](word) as options, rpc.make_client(calc.Calc, "127.0.0.1", timeout=20_000, **options) as client:
        assert client.add(1, 2) == 3
        call = (lambda: client.fail("ValueError")) if how == "fail" else client.wrong
        if is_answered:
            with pytest.raises(TApplicationException, match="Internal error processing") as answered:
                call()
            assert answered.value.type == TApplicationException.INTERNAL_ERROR
            assert client.add(3, 4) == 7  # the connection goes on
        else:
            with pytest.raises(TTransportException) as ended:
                call()
            assert ended.value.type == TTransportException.END_OF_FILE


def test_what_is_declared_is_answered_in_any_case(words: tuple[bool | None, bool]) -> None:
    with plain(words[0]) as options, rpc.make_client(calc.Calc, "127.0.0.1", **options) as client:
        with pytest.raises(calc.Overflow):
            client.add(1000, 1)
        assert client.add(1, 2) == 3


def test_http(words: tuple[bool | None, bool]) -> None:
    word, is_answered = words
    server = http.make_server(calc.Calc, Handler(), "127.0.0.1", 0, answer_undeclared=word)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        client = http.make_client(calc.Calc, "127.0.0.1", server.httpd.server_address[1], timeout=20_000)
        with pytest.raises(TApplicationException if is_answered else TTransportException):
            client.fail("ValueError")
        assert client.add(1, 2) == 3
        client.close()
    finally:
        server.close()
        thread.join(20)


def test_http_of_asyncio(words: tuple[bool | None, bool]) -> None:
    word, is_answered = words
    server = aio_http.make_server(calc.Calc, Handler(), "127.0.0.1", 0, answer_undeclared=word)

    def make(loop: asyncio.AbstractEventLoop) -> Any:
        return server.start, server.close, lambda: server.server_address[1]

    with on_a_loop(make) as options:
        client = http.make_client(calc.Calc, "127.0.0.1", timeout=20_000, **options)
        with pytest.raises(
            TApplicationException if is_answered else TTransportException,
            match="Internal error" if is_answered else "500",
        ):
            client.fail("ValueError")
        assert client.add(1, 2) == 3
        client.close()
