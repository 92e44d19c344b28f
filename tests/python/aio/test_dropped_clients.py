"""asyncio's clients that nobody has any more, and those of another loop."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import warnings
import weakref
from typing import Any

import pytest

from aio_parts import BINARY, BUFFERED, LONG, STACKS, ClientByHand, Handler, calc, calling, run, serving
from fastthrift.contrib.aio.client import TAsyncClient
from fastthrift.contrib.aio.rpc import make_client

CLIENTS = pytest.mark.parametrize("client_class", [TAsyncClient, ClientByHand])


@pytest.fixture(autouse=True)
def _no_words_about_what_is_left_open() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # newer Pythons say it of each stream
        yield


async def until(is_so: Any) -> None:
    for _ in range(2000):
        if is_so():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not become so")


@CLIENTS
@pytest.mark.parametrize("stack", STACKS)
def test_a_dropped_client_closes_its_connection(client_class: Any, stack: Any) -> None:
    async def main() -> None:
        async with serving(Handler(), stack=stack) as (server, port):
            trans, protocol = stack
            client = await make_client(calc.Calc, "127.0.0.1", port, trans_factory=trans, proto_factory=protocol)
            client.__class__ = client_class
            assert await client.add(1, 2) == 3
            await until(lambda: len(server._connections) == 1)
            gone = weakref.ref(client)
            del client
            await until(lambda: gone() is None)
            await until(lambda: not server._connections)

    run(main())


def test_a_dropped_client_closes_its_connection_where_streams_do_not_by_themselves(monkeypatch) -> None:
    monkeypatch.delattr(asyncio.StreamWriter, "__del__", raising=False)  # as on Python 3.9 and 3.10
    test_a_dropped_client_closes_its_connection(TAsyncClient, (BUFFERED, BINARY))


def test_a_connection_outlives_clients_that_are_made_for_a_call_each() -> None:
    async def main() -> None:
        async with serving(Handler()) as (server, port), calling(port) as kept:
            protocol = kept._iprot
            for n in range(5):
                assert await TAsyncClient(calc.Calc, protocol).add(n, 1) == n + 1
                gc.collect()
            # The streams have it in between.
            sock = protocol.trans._trans
            assert sock._calls is None
            sock.writer.write(
                b"\x80\x01\x00\x01\x00\x00\x00\x03add\x00\x00\x00\x63"
                b"\x08\x00\x01\x00\x00\x00\x04\x08\x00\x02\x00\x00\x00\x05\x00"
            )
            assert (await sock.reader.readexactly(15 + 7 + 1))[-5:] == b"\x00\x00\x00\x09\x00"
            assert await kept.add(3, 4) == 7
            assert len(server._connections) == 1

    run(main())


def test_a_client_that_is_dropped_with_a_late_answer_to_come_takes_the_connection_along() -> None:
    async def main() -> None:
        handler = Handler()
        async with serving(handler) as (_, port), calling(port) as kept:
            once = TAsyncClient(calc.Calc, kept._iprot)
            call = asyncio.ensure_future(once.wait(1))
            await handler.entered.get()
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            del once, call
            await until(lambda: not gc.collect() and not kept._iprot.trans.is_open())
            handler.waiting[1].set_result(1)

    run(main())


def test_a_call_that_only_the_loop_knows_is_answered() -> None:
    async def main() -> None:
        handler = Handler()
        async with serving(handler) as (_, port):
            answers: list[Any] = []

            async def begin() -> None:
                client = await make_client(calc.Calc, "127.0.0.1", port, timeout=None)
                call = asyncio.ensure_future(client.wait(7))
                call.add_done_callback(lambda done: answers.append(done.result()))
                await handler.entered.get()

            await begin()
            gc.collect()
            handler.waiting[7].set_result(7)
            await until(lambda: answers)
            assert answers == [7]

    run(main())


def test_a_client_of_another_loop_is_told_so_at_once() -> None:
    async def serve(started: Any) -> None:
        async with serving(Handler()) as (_, port):
            client = started(port)
            await asyncio.get_running_loop().run_in_executor(None, client)

    def use(port: int) -> Any:
        def use_it() -> None:
            made = asyncio.run(make_client(calc.Calc, "127.0.0.1", port))
            with pytest.raises(RuntimeError, match="another event loop: make one in the loop that calls"):
                asyncio.run(asyncio.wait_for(made.add(1, 2), LONG))

            async def call_once() -> Any:
                client = await make_client(calc.Calc, "127.0.0.1", port)
                assert await client.add(1, 2) == 3
                return client

            called = asyncio.run(call_once())
            with pytest.raises(RuntimeError, match="another event loop"):
                asyncio.run(asyncio.wait_for(called.add(1, 2), LONG))
            called.close()

        return use_it

    run(serve(use))


def test_a_program_that_leaves_its_client_open_ends_without_a_word() -> None:
    program = """
import asyncio, fastthrift
from fastthrift.contrib.aio.rpc import make_client, make_server

adding = fastthrift.loads("service S { i32 add(1: i32 a, 2: i32 b) }")

class Handler:
    async def add(self, a, b):
        return a + b

async def main():
    global client
    server = make_server(adding.S, Handler(), "127.0.0.1", 0, loop=asyncio.get_running_loop())
    await server.start()
    client = await make_client(adding.S, "127.0.0.1", server.trans.sock.getsockname()[1])
    print(await client.add(1, 2))
    await server.stop(0)

asyncio.run(main())
"""
    ended = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}\n{program}"],
        capture_output=True, text=True, timeout=LONG,
    )  # fmt: skip
    assert (ended.stdout, ended.stderr, ended.returncode) == ("3\n", "", 0)
