"""Every protocol over every transport, both ways, against Apache's Python."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator
from typing import Any, Callable, NamedTuple

import pytest

import apache_side
from fastthrift.client import TClient
from fastthrift.protocol import (
    TApacheJSONProtocolFactory,
    TBinaryProtocolFactory,
    TCompactProtocolFactory,
    THeaderProtocolFactory,
)
from fastthrift.server import TThreadedServer
from fastthrift.thrift import TApplicationException
from fastthrift.transport import (
    TBufferedTransportFactory,
    TFramedTransportFactory,
    TSocket,
    TZlibTransportFactory,
)
from wares import Handler, serving, small, wares

pytest.importorskip("thrift.transport.THeaderTransport")
apache = apache_side.Side("thrift")


apaches_face = apache_side.Side("fastthrift.apache")


class Stack(NamedTuple):
    """What makes a transport and a protocol: ours by factories, those of a side in Apache's shape by functions."""

    our_transport: Any
    our_protocol: Any
    transport: Callable[[Any, Any], Any]
    protocol: Callable[[Any, Any], Any]


TRANSPORTS: dict[str, Any] = {
    "buffered": (TBufferedTransportFactory(), lambda side, trans: side.TTransport.TBufferedTransport(trans)),
    "framed": (TFramedTransportFactory(), lambda side, trans: side.TTransport.TFramedTransport(trans)),
    "zlib": (TZlibTransportFactory(), lambda side, trans: side.TZlibTransport.TZlibTransport(trans)),
}
PROTOCOLS: dict[str, Any] = {
    "binary": (TBinaryProtocolFactory(), lambda side, trans: side.TBinaryProtocol.TBinaryProtocol(trans)),
    "binary accelerated": (
        TBinaryProtocolFactory(),
        lambda side, trans: side.TBinaryProtocol.TBinaryProtocolAccelerated(trans),
    ),
    "compact": (TCompactProtocolFactory(), lambda side, trans: side.TCompactProtocol.TCompactProtocol(trans)),
    "compact accelerated": (
        TCompactProtocolFactory(),
        lambda side, trans: side.TCompactProtocol.TCompactProtocolAccelerated(trans),
    ),
    "json": (TApacheJSONProtocolFactory(), lambda side, trans: side.TJSONProtocol.TJSONProtocol(trans)),
}
STACKS = {
    f"{protocol} over {transport}": Stack(TRANSPORTS[transport][0], ours, TRANSPORTS[transport][1], theirs)
    for transport in TRANSPORTS
    for protocol, (ours, theirs) in PROTOCOLS.items()
}
ALL_TYPES = (0, 1, 2, 3, 4)


def header(number: int, transforms: list[int]) -> Callable[[Any, Any], Any]:
    def make(side: Any, trans: Any) -> Any:
        protocol = side.THeaderProtocol.THeaderProtocol(trans, ALL_TYPES, number)
        for transform in transforms:
            protocol.add_transform(transform)
        return protocol

    return make


for number, name in ((0, "binary"), (2, "compact")):
    for transforms in ([], [1]):
        STACKS[f"header {name}" + (" zlib" if transforms else "")] = Stack(
            TBufferedTransportFactory(),
            THeaderProtocolFactory(default_protocol=number, transforms=transforms),
            lambda side, trans: trans,
            header(number, transforms),
        )

# Apache's accelerated protocols drop bytes over its own zlib transport.
APACHES_STACKS = [name for name in STACKS if not name.endswith("accelerated over zlib")]


def all_calls(client: Any, value: Any, refusal: type, application: type, handler: Any) -> None:
    assert client.add(1, -2) == -1
    with pytest.raises(refusal) as refused:
        client.add(7, 7)
    assert refused.value.code == 7  # type: ignore[attr-defined]
    assert client.nop() is None
    echoed = client.echo(value)
    assert {n: plain(getattr(echoed, n)) for n in NAMES} == {n: plain(getattr(value, n)) for n in NAMES}
    assert client.get("x" * 20_000) == "x" * 20_000
    with pytest.raises(application) as raised:
        client.get("fail")
    assert raised.value.type == TApplicationException.INTERNAL_ERROR  # type: ignore[attr-defined]
    client.note("noted")
    assert handler.noted.acquire(timeout=10)
    assert handler.notes == ["noted"]
    assert client.get("") == ""


NAMES = [field[1] for field in wares.Small.thrift_spec.values()]


def plain(value: Any) -> Any:
    return value.n if hasattr(value, "n") else set(value) if isinstance(value, (list, set)) else value


def client_of(side: Any, name: str, port: int) -> tuple[Any, Any]:
    """A client in Apache's shape, and what closes it."""
    stack = STACKS[name]
    sock = side.TSocket.TSocket("127.0.0.1", port)
    sock.setTimeout(10_000)
    sock.open()
    return apache_side.client(side, stack.protocol(side, stack.transport(side, sock))), sock


def calls_from(side: Any, name: str, port: int, handler: Any) -> None:
    client, sock = client_of(side, name, port)
    all_calls(client, side.small(), side.types.Refusal, side.Thrift.TApplicationException, handler)
    sock.close()


@contextlib.contextmanager
def served_by(side: Any, name: str) -> Iterator[tuple[int, Any]]:
    """A server in Apache's shape: its port and its handler."""
    stack = STACKS[name]
    handler = Handler(side.types.Refusal)

    class Transports:
        def getTransport(self, trans: Any) -> Any:
            return stack.transport(side, trans)

    class Protocols(side.THeaderProtocol.THeaderProtocolFactory):  # type: ignore[misc,name-defined]
        def getProtocol(self, trans: Any) -> Any:
            return stack.protocol(side, trans)

    listener = side.TSocket.TServerSocket("127.0.0.1", 0)
    listener.listen()
    port = listener.handle.getsockname()[1]
    listener.listen = lambda: None
    server = side.TServer.TSimpleServer(apache_side.processor(side, handler), listener, Transports(), Protocols())

    def serve() -> None:
        with contextlib.suppress(OSError, AttributeError):  # its way to end
            server.serve()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield port, handler
    finally:
        with contextlib.suppress(OSError):
            listener.handle.shutdown(2)
        listener.close()
        thread.join(10)


@pytest.mark.parametrize("name", APACHES_STACKS)
def test_apaches_client_calls_our_server(name: str) -> None:
    stack = STACKS[name]
    with serving(itrans_factory=stack.our_transport, iprot_factory=stack.our_protocol) as running:
        calls_from(apache, name, running.port, running.handler)


@pytest.mark.parametrize("name", APACHES_STACKS)
def test_our_client_calls_apaches_server(name: str) -> None:
    stack = STACKS[name]
    with served_by(apache, name) as (port, handler):
        sock = TSocket("127.0.0.1", port, socket_timeout=10_000)
        protocol = stack.our_protocol.get_protocol(stack.our_transport.get_transport(sock))
        sock.open()
        client = TClient(wares.Wares, protocol)
        all_calls(client, small(), wares.Refusal, TApplicationException, handler)
        client.close()


@pytest.mark.parametrize("name", STACKS)
def test_our_apache_face_calls_our_server(name: str) -> None:
    stack = STACKS[name]
    with serving(itrans_factory=stack.our_transport, iprot_factory=stack.our_protocol) as running:
        calls_from(apaches_face, name, running.port, running.handler)


@pytest.mark.parametrize("name", APACHES_STACKS)
def test_our_apache_face_calls_apaches_server(name: str) -> None:
    with served_by(apache, name) as (port, handler):
        calls_from(apaches_face, name, port, handler)


@pytest.mark.parametrize("name", APACHES_STACKS)
def test_apaches_client_calls_our_apache_face(name: str) -> None:
    with served_by(apaches_face, name) as (port, handler):
        calls_from(apache, name, port, handler)


@pytest.mark.parametrize("name", [name for name in STACKS if "accelerated" not in name])
def test_our_apache_face_calls_itself(name: str) -> None:
    with served_by(apaches_face, name) as (port, handler):
        calls_from(apaches_face, name, port, handler)


def test_one_port_takes_every_dialect_at_once() -> None:
    names = [name for name in STACKS if "json" not in name and "over zlib" not in name]
    with serving(iprot_factory=THeaderProtocolFactory()) as running:
        pairs = [(side, client_of(side, name, running.port)) for name in names for side in (apache, apaches_face)]
        assert len(pairs) == 24
        for turn in range(3):
            for number, (side, (client, _)) in enumerate(pairs):
                assert client.add(turn, 1000 + number) == turn + 1000 + number
                assert client.echo(side.small()) == side.small()
        for _, (_, sock) in pairs:
            sock.close()


def test_servers_that_loop_in_python_take_them_too() -> None:
    class Watching(TThreadedServer):
        def handle(self, client: Any) -> None:
            super().handle(client)

    with serving(cls=Watching, iprot_factory=THeaderProtocolFactory()) as running:
        for name in ("binary over buffered", "compact over framed", "header compact zlib"):
            client, sock = client_of(apache, name, running.port)
            assert client.echo(apache.small()) == apache.small()
            sock.close()


# ---- HTTP


@contextlib.contextmanager
def http_served_by(side: Any, protocol: Any) -> Iterator[tuple[int, Any]]:
    handler = Handler(side.types.Refusal)

    class Protocols(side.THeaderProtocol.THeaderProtocolFactory):  # type: ignore[misc,name-defined]
        shares_protocol = False

        def getProtocol(self, trans: Any) -> Any:
            return protocol(side, trans)

    server = side.THttpServer.THttpServer(apache_side.processor(side, handler), ("127.0.0.1", 0), Protocols())
    if side is apache:  # it looks each half second whether it shall end
        server.httpd.serve_forever = functools.partial(server.httpd.serve_forever, 0.02)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server.httpd.server_address[1], handler
    finally:
        (server.httpd.shutdown if side is apache else server.shutdown)()
        thread.join(10)
        server.httpd.server_close()
    assert not thread.is_alive()


HTTP_SIDES = {
    "apache's client": (apache, apaches_face),
    "apache's server": (apaches_face, apache),
    "ours": (apaches_face, apaches_face),
}


@pytest.mark.parametrize("protocol", ["binary", "compact", "json"])
@pytest.mark.parametrize("sides", HTTP_SIDES)
def test_over_http(sides: str, protocol: str) -> None:
    client_side, server_side = HTTP_SIDES[sides]
    make = PROTOCOLS[protocol][1]
    with http_served_by(server_side, make) as (port, handler):
        transport = client_side.THttpClient.THttpClient(f"http://127.0.0.1:{port}/any/path?a=b")
        transport.setTimeout(10_000)
        transport.open()
        client = apache_side.client(client_side, make(client_side, transport))
        all_calls(
            client, client_side.small(), client_side.types.Refusal, client_side.Thrift.TApplicationException, handler
        )
        assert transport.code == 200
        transport.close()
