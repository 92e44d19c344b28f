"""Every protocol over every transport, both ways, against Apache's Python."""

from __future__ import annotations

import contextlib
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


class Stack(NamedTuple):
    """What makes one side's transport and protocol: ours by factories, theirs by functions."""

    our_transport: Any
    our_protocol: Any
    their_transport: Callable[[Any], Any]
    their_protocol: Callable[[Any], Any]


TRANSPORTS: dict[str, Any] = {
    "buffered": (TBufferedTransportFactory(), lambda t: apache.TTransport.TBufferedTransport(t)),
    "framed": (TFramedTransportFactory(), lambda t: apache.TTransport.TFramedTransport(t)),
    # Apache's accelerated protocols lose bytes over its own zlib transport (THRIFT's trap 10).
    "zlib": (TZlibTransportFactory(), lambda t: apache.TZlibTransport.TZlibTransport(t)),
}
PROTOCOLS: dict[str, Any] = {
    "binary": (TBinaryProtocolFactory(), lambda t: apache.TBinaryProtocol.TBinaryProtocol(t)),
    "binary accelerated": (TBinaryProtocolFactory(), lambda t: apache.TBinaryProtocol.TBinaryProtocolAccelerated(t)),
    "compact": (TCompactProtocolFactory(), lambda t: apache.TCompactProtocol.TCompactProtocol(t)),
    "compact accelerated": (
        TCompactProtocolFactory(),
        lambda t: apache.TCompactProtocol.TCompactProtocolAccelerated(t),
    ),
    "json": (TApacheJSONProtocolFactory(), lambda t: apache.TJSONProtocol.TJSONProtocol(t)),
}
STACKS = {
    f"{protocol} over {transport}": Stack(TRANSPORTS[transport][0], ours, TRANSPORTS[transport][1], theirs)
    for transport in TRANSPORTS
    for protocol, (ours, theirs) in PROTOCOLS.items()
}
ALL_TYPES = (0, 1, 2, 3, 4)
for number, name in ((0, "binary"), (2, "compact")):
    for transform in (False, True):

        def header(trans: Any, number: int = number, transform: bool = transform) -> Any:
            made = apache.THeaderProtocol.THeaderProtocol(trans, ALL_TYPES, number)
            if transform:
                made.add_transform(1)
            return made

        STACKS[f"header {name}" + (" zlib" if transform else "")] = Stack(
            TBufferedTransportFactory(),
            THeaderProtocolFactory(default_protocol=number, transforms=[1] if transform else []),
            lambda t: t,
            header,
        )


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


@pytest.mark.parametrize("name", STACKS)
def test_apaches_client_calls_our_server(name: str) -> None:
    if name.endswith("accelerated over zlib"):
        pytest.skip("Apache's accelerated protocols drop bytes over its zlib transport")
    stack = STACKS[name]
    with serving(itrans_factory=stack.our_transport, iprot_factory=stack.our_protocol) as running:
        sock = apache.TSocket.TSocket("127.0.0.1", running.port)
        sock.setTimeout(10_000)
        transport = stack.their_transport(sock)
        sock.open()
        client = apache_side.client(apache, stack.their_protocol(transport))
        all_calls(client, apache.small(), apache.types.Refusal, apache.Thrift.TApplicationException, running.handler)
        sock.close()


@contextlib.contextmanager
def apache_serving(stack: Stack, handler: Any) -> Iterator[int]:
    """One connection at a time, in a thread."""

    class Transports:
        getTransport = staticmethod(stack.their_transport)

    class Protocols(apache.THeaderProtocol.THeaderProtocolFactory):  # type: ignore[misc,name-defined]
        getProtocol = staticmethod(stack.their_protocol)

    listener = apache.TSocket.TServerSocket("127.0.0.1", 0)
    listener.listen()
    port = listener.handle.getsockname()[1]
    listener.listen = lambda: None
    server = apache.TServer.TSimpleServer(apache_side.processor(apache, handler), listener, Transports(), Protocols())

    def serve() -> None:
        with contextlib.suppress(OSError, AttributeError):  # its way to end
            server.serve()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield port
    finally:
        listener.handle.shutdown(2)
        listener.close()
        thread.join(10)


@pytest.mark.parametrize("name", STACKS)
def test_our_client_calls_apaches_server(name: str) -> None:
    if name.endswith("accelerated over zlib"):
        pytest.skip("Apache's accelerated protocols drop bytes over its zlib transport")
    stack = STACKS[name]
    handler = Handler(apache.types.Refusal)
    with apache_serving(stack, handler) as port:
        sock = TSocket("127.0.0.1", port, socket_timeout=10_000)
        protocol = stack.our_protocol.get_protocol(stack.our_transport.get_transport(sock))
        sock.open()
        client = TClient(wares.Wares, protocol)
        all_calls(client, small(), wares.Refusal, TApplicationException, handler)
        client.close()


def test_one_port_takes_every_dialect_at_once() -> None:
    with serving(iprot_factory=THeaderProtocolFactory()) as running:
        names = [name for name in STACKS if "json" not in name and "over zlib" not in name]
        clients = []
        for name in names:
            stack = STACKS[name]
            sock = apache.TSocket.TSocket("127.0.0.1", running.port)
            sock.setTimeout(10_000)
            sock.open()
            clients.append((sock, apache_side.client(apache, stack.their_protocol(stack.their_transport(sock)))))
        assert len(clients) == 8 + 4
        for turn in range(3):
            for number, (_, client) in enumerate(clients):
                assert client.add(turn, 1000 + number) == turn + 1000 + number
                assert client.echo(apache.small()) == apache.small()
        for sock, _ in clients:
            sock.close()


def test_servers_of_ours_that_loop_in_python_take_it_too() -> None:
    class Watching(TThreadedServer):
        def handle(self, client: Any) -> None:
            super().handle(client)

    with serving(cls=Watching, iprot_factory=THeaderProtocolFactory()) as running:
        for name in ("binary over buffered", "compact over framed", "header compact zlib"):
            stack = STACKS[name]
            sock = apache.TSocket.TSocket("127.0.0.1", running.port)
            sock.setTimeout(10_000)
            sock.open()
            client = apache_side.client(apache, stack.their_protocol(stack.their_transport(sock)))
            assert client.echo(apache.small()) == apache.small()
            sock.close()
