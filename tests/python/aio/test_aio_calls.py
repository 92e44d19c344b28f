"""Every call over every stack, native and by hand on either side, and against thriftpy2's asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from aio_parts import (
    BUFFERED,
    IDL,
    LONG,
    STACKS,
    ClientByHand,
    Handler,
    PlainHandler,
    ServerByHand,
    calc,
    calling,
    item,
    run,
    serving,
)
from background import free_port
from fastthrift import defaults
from fastthrift.contrib.aio.client import TAsyncClient
from fastthrift.contrib.aio.rpc import make_client
from fastthrift.contrib.aio.server import TAsyncServer
from fastthrift.thrift import TApplicationException, TTransportException

SIDES = pytest.mark.parametrize(
    ("server_class", "client_class"),
    [
        pytest.param(server, client, id=f"{server.__name__}-{client.__name__}")
        for server in (TAsyncServer, ServerByHand)
        for client in (TAsyncClient, ClientByHand)
    ],
)
HANDLERS = pytest.mark.parametrize("handler_class", [Handler, PlainHandler])

# (method, arguments, keywords, result)
RESULTS: list[tuple[str, tuple[Any, ...], dict[str, Any], Any]] = [
    ("add", (1, 2), {}, 3),
    ("add", (), {"b": 2, "a": -5}, -3),
    ("add", (1,), {"b": 2}, 3),
    ("echo", ("",), {}, ""),
    ("echo", ("x" * 300_000,), {}, "x" * 300_000),
    ("echo", ("näme\0",), {}, "näme\0"),
    ("item", (item(),), {}, item()),
    ("item", (calc.Item(),), {}, calc.Item()),
    ("nothing", (), {}, None),
    ("need", (3,), {}, 21),
    ("need", (3, 2), {}, 6),
    ("tclose", ("it",), {}, "closed it"),
]

# (method, arguments, keywords, exception, attributes): the connection goes on afterwards
REFUSALS: list[tuple[str, tuple[Any, ...], dict[str, Any], type[BaseException], dict[str, Any]]] = [
    ("add", (999, 2), {}, calc.Overflow, {"message": "too big", "limit": 1000}),
    ("fail", ("declared",), {}, calc.Overflow, {"message": "declared", "limit": 3}),
    ("fail", ("application",), {}, TApplicationException, {"type": 6, "message": "as I say"}),
    ("fail", ("value",), {}, TApplicationException,
     {"type": 6, "message": "Internal error processing fail: ValueError"}),
    ("fail", ("exit",), {}, TApplicationException, {"type": 6, "message": "Internal error processing fail: SystemExit"}),
    ("none", (), {}, TApplicationException, {"type": TApplicationException.MISSING_RESULT}),
    ("wrong", (), {}, TApplicationException, {"type": 6, "message": "Internal error processing wrong: TDecodeException"}),
    ("need", (), {}, TApplicationException, {"type": TApplicationException.UNKNOWN_METHOD}),
    ("add", (1, 2, 3), {}, TypeError, {}),
    ("add", (1,), {"c": 2}, TypeError, {}),
    ("echo", (5,), {}, Exception, {}),
]  # fmt: skip


@pytest.mark.parametrize("stack", STACKS)
@SIDES
@HANDLERS
def test_calls_give_what_the_handler_returns_or_raises(
    stack: Any, server_class: Any, client_class: Any, handler_class: Any, caplog: Any
) -> None:
    async def main() -> None:
        handler = handler_class()
        async with serving(handler, stack, server_class) as (_, port), calling(port, stack, client_class) as client:
            for method, args, kwargs, expected in RESULTS:
                assert await getattr(client, method)(*args, **kwargs) == expected, method
            for method, args, kwargs, kind, attributes in REFUSALS:
                with pytest.raises(kind) as caught:
                    await getattr(client, method)(*args, **kwargs)
                assert {name: getattr(caught.value, name) for name in attributes} == attributes
                assert await client.add(2, 2) == 4  # the connection goes on
            assert await client.note("one way") is None
            await handler.noted.wait()
            assert handler.notes == ["one way"]
            assert "_calls" not in vars(client) or (client._calls is not None) is (client_class is TAsyncClient)

    run(main())


@pytest.mark.parametrize("stack", STACKS)
def test_the_native_way_is_taken_where_all_is_ours(stack: Any) -> None:
    async def main() -> None:
        async with serving(Handler(), stack) as (server, port), calling(port, stack) as client:
            assert await client.add(1, 2) == 3
            assert client._calls is not None and not client._calls.is_over
            assert server._connections and not server._clients
        async with serving(Handler(), stack, ServerByHand) as (server, port):
            async with calling(port, stack, ClientByHand) as client:
                assert await client.add(1, 2) == 3
                assert client._calls is None
                assert server._clients and not server._connections

    run(main())


@SIDES
@pytest.mark.parametrize("how", ["value", "exit"])
def test_thriftpy2s_profile_closes_after_an_undeclared_exception(
    server_class: Any, client_class: Any, how: str, caplog: Any
) -> None:
    async def main() -> None:
        async with serving(Handler(), server_class=server_class) as (_, port):
            async with calling(port, client_class=client_class) as client:
                with pytest.raises(TTransportException) as caught:
                    await client.fail(how)
                assert caught.value.type == TTransportException.END_OF_FILE
            async with calling(port, client_class=client_class) as client:
                assert await client.add(1, 1) == 2

    defaults.use("thriftpy2")
    try:
        run(main())
    finally:
        defaults.use("fastthrift")


def test_a_client_has_the_methods_of_its_service_alone() -> None:
    async def main() -> None:
        async with serving(Handler()) as (_, port), calling(port) as client:
            assert dir(client) == sorted(calc.Calc.thrift_services)
            with pytest.raises(AttributeError, match="TAsyncClient instance has no attribute 'foo'"):
                client.foo  # noqa: B018
            assert asyncio.iscoroutine(call := client.add(1, 2))
            assert await asyncio.create_task(call) == 3

    run(main())


def theirs_in_a_thread(stack_name: str, protocol_name: str, module: Any) -> Any:
    pytest.importorskip("thriftpy2")
    from thriftpy2.contrib.aio import protocol, transport
    from thriftpy2.rpc import make_aio_server

    loop = asyncio.new_event_loop()
    handler = Handler.__new__(Handler)
    handler.module = module
    factories = {
        "trans_factory": getattr(transport, f"TAsync{stack_name}TransportFactory")(),
        "proto_factory": getattr(protocol, f"TAsync{protocol_name}ProtocolFactory")(),
    }
    port = free_port()  # theirs takes no port 0
    server = make_aio_server(module.Calc, handler, "127.0.0.1", port, loop=loop, client_timeout=None, **factories)
    server.init_server()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    @contextlib.contextmanager
    def running() -> Iterator[tuple[int, dict[str, Any]]]:
        try:
            yield port, factories
        finally:
            asyncio.run_coroutine_threadsafe(server.close(), loop).result(LONG)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(LONG)
            loop.close()

    return running()


NAMES = pytest.mark.parametrize(
    ("trans", "proto"), [(trans, proto) for trans in ("Buffered", "Framed") for proto in ("Binary", "Compact")]
)


@NAMES
@pytest.mark.parametrize("client_class", [TAsyncClient, ClientByHand])
def test_our_client_calls_thriftpy2s_server(trans: str, proto: str, client_class: Any) -> None:
    thriftpy2 = pytest.importorskip("thriftpy2")
    from fastthrift.contrib.aio import protocol, transport

    module = thriftpy2.load(IDL, module_name="aio_theirs_thrift")
    stack = (
        getattr(transport, f"TAsync{trans}TransportFactory")(),
        getattr(protocol, f"TAsync{proto}ProtocolFactory")(),
    )

    async def main(port: int) -> None:
        async with calling(port, stack, client_class) as client:
            assert await client.add(1, 2) == 3
            with pytest.raises(calc.Overflow):
                await client.add(1000, 2)
            # thriftpy2's compact loses maps with strings: fewer fields are left to compare.
            sent = calc.Item(id=1, tags=["a"], blob=b"\xff", children=[calc.Item(weight=1.5)])
            assert await client.item(sent) == sent
            assert await asyncio.gather(*(client.echo(str(n)) for n in range(50))) == [str(n) for n in range(50)]

    with theirs_in_a_thread(trans, proto, module) as (port, _):
        run(main(port))


@NAMES
@pytest.mark.parametrize("server_class", [TAsyncServer, ServerByHand])
def test_thriftpy2s_client_calls_our_server(trans: str, proto: str, server_class: Any) -> None:
    thriftpy2 = pytest.importorskip("thriftpy2")
    from thriftpy2.contrib.aio import protocol as their_protocols
    from thriftpy2.contrib.aio import transport as their_transports
    from thriftpy2.rpc import make_aio_client

    from fastthrift.contrib.aio import protocol, transport

    module = thriftpy2.load(IDL, module_name="aio_theirs_thrift")

    def factories(transports: Any, protocols: Any) -> Any:
        made = (
            getattr(transports, f"TAsync{trans}TransportFactory"),
            getattr(protocols, f"TAsync{proto}ProtocolFactory"),
        )
        return made[0](), made[1]()

    async def main() -> None:
        ours = factories(transport, protocol)
        trans_factory, proto_factory = factories(their_transports, their_protocols)
        async with serving(Handler(), ours, server_class) as (_, port):
            client = await make_aio_client(
                module.Calc, "127.0.0.1", port, trans_factory=trans_factory, proto_factory=proto_factory
            )
            assert await client.add(1, 2) == 3
            with pytest.raises(module.Overflow):
                await client.add(1000, 2)
            sent = module.Item(id=1, tags=["a"], blob=b"\xff", children=[module.Item(weight=1.5)])
            assert await client.item(sent) == sent
            with pytest.raises(thriftpy2.thrift.TApplicationException):
                await client.fail("value")
            assert await client.nothing() is None
            client.close()

    run(main())


def test_make_client_takes_what_thriftpy2s_takes() -> None:
    async def main() -> None:
        async with serving(Handler()) as (_, port):
            for arguments in (
                {"host": "127.0.0.1", "port": port},
                {"host": "127.0.0.1", "port": str(port)},
                {"url": f"thrift://127.0.0.1:{port}"},
                {"url": f"127.0.0.1:{port}"},
                {"host": "127.0.0.1", "port": port, "trans_factory": BUFFERED, "timeout": None},
            ):
                client = await make_client(calc.Calc, **arguments)
                assert await client.add(1, 1) == 2
                client.close()
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                client = await make_client(calc.Calc, "127.0.0.1", port, socket_timeout=1234)
                client.close()
            assert [str(each.message) for each in caught if each.category is DeprecationWarning] == [
                "The 'socket_timeout' argument is deprecated. Please use 'timeout' instead."
            ]
            for wrong in ({"host": "", "port": 1}, {"host": None, "port": None}, {"host": "x", "port": 0}):
                with pytest.raises(ValueError, match="Either host/port or unix_socket or url must be provided."):
                    await make_client(calc.Calc, **wrong)

    run(main())
