"""The same calls through both: a client of one library with a server of the other, over each protocol and transport."""

from __future__ import annotations

import itertools
import logging
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from background import free_port

from . import idls
from .pair import OURS, THEIRS, Pair, Side, plain

PAIR = Pair.of(idls.SERVICE)
STACKS = [("binary", "TBufferedTransportFactory"), ("binary", "TFramedTransportFactory"),
          ("compact", "TBufferedTransportFactory"), ("compact", "TFramedTransportFactory")]  # fmt: skip
SIDES = {"thriftpy2": THEIRS, "fastthrift": OURS}


class Handler:
    """Answers with what it was given; the ids say which exception to raise."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.forgotten = threading.Event()

    def version(self) -> str:
        return "v1"

    def ping(self) -> None:
        pass

    def echo(self, value: Any) -> Any:
        return value

    flag = number = big = real = text = raw = items = counts = kind = echo

    def get(self, id: int) -> Any:
        if id == 404:
            raise self.module.NotFound(id=id, message="niemand da: größe")
        if id == 403:
            raise self.module.Refused(["a", "b"])
        return self.module.Item(id=id, name="item", tags=["x"], kind=2)

    def put(self, item: Any, times: int) -> None:
        if times != 2:
            raise self.module.Refused([str(times)])

    def out_of_order(self, c: int, a: int, b: int) -> int:
        return c * 100 + a * 10 + b

    def forget(self, id: int) -> None:
        self.forgotten.set()

    def broken(self) -> str:
        raise RuntimeError("not declared")

    def nothing(self) -> None:
        return None


@dataclass
class Served:
    port: int
    handler: Handler


@pytest.fixture(scope="module")
def servers() -> Iterator[Any]:
    """Starts servers, each once, and ends them after the module. thriftpy2 would give UNIX sockets 3 s of idleness."""
    loggers = [logging.getLogger(f"{name}.server") for name in ("thriftpy2", "fastthrift")]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    running: dict[tuple[str, str, str], Served] = {}
    started = []

    def serve(side: Side, protocol: str, transport: str) -> Served:
        key = (side.name, protocol, transport)
        if key not in running:
            module = PAIR.module(side)
            port = free_port()
            handler = Handler(module)
            server = side.package.rpc.make_server(
                module.Store, handler, "127.0.0.1", port, proto_factory=side.factory(protocol),
                trans_factory=getattr(side.package.transport, transport)(), client_timeout=20_000,
            )  # fmt: skip
            thread = threading.Thread(target=server.serve, daemon=True)
            thread.start()
            started.append(server)
            wait_for(port)
            running[key] = Served(port, handler)
        return running[key]

    yield serve
    for server in started:
        server.close()
    for logger in loggers:
        logger.setLevel(logging.NOTSET)


def wait_for(port: int) -> None:
    import time

    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise AssertionError("the server does not listen")


def connect(side: Side, served: Served, protocol: str, transport: str) -> Any:
    return side.package.rpc.make_client(
        PAIR.module(side).Store, port=served.port, proto_factory=side.factory(protocol),
        trans_factory=getattr(side.package.transport, transport)(), timeout=10_000,
    )  # fmt: skip


@pytest.fixture(
    params=[p for p in itertools.product(SIDES, SIDES, STACKS) if p[:2] != ("thriftpy2", "thriftpy2")],
    ids=lambda p: f"{p[0]}-to-{p[1]}-{'-'.join(p[2])}",
)
def dialogue(request: pytest.FixtureRequest, servers: Any) -> Iterator[tuple[Side, Any, Served]]:
    client_name, server_name, (protocol, transport) = request.param
    client_side, server_side = SIDES[client_name], SIDES[server_name]
    served = servers(server_side, protocol, transport)
    client = connect(client_side, served, protocol, transport)
    yield client_side, client, served
    client.close()


integers = st.integers(-(2**31), 2**31 - 1)


def test_values_come_back_unchanged(dialogue: tuple[Side, Any, Served]) -> None:
    side, client, _ = dialogue
    module = PAIR.module(side)

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(
        st.booleans(), integers, st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text(max_size=5000),
        st.binary(max_size=5000), st.dictionaries(st.text(max_size=8), integers, max_size=5),
    )  # fmt: skip
    def compare(flag: bool, number: int, big: int, real: float, text: str, raw: bytes, counts: dict[str, int]) -> None:
        assert client.flag(flag) is flag
        assert client.number(number) == number
        assert client.big(big) == big
        assert client.real(real) == real
        assert client.text(text) == text
        assert client.raw(raw) == raw
        assert client.counts(counts) == counts
        items = [module.Item(id=big, name=text[:50], tags=[text[:3]] * 3, kind=1)] * 3
        assert client.items(items) == items

    compare()


def test_every_kind_of_answer(dialogue: tuple[Side, Any, Served]) -> None:
    side, client, served = dialogue
    module = PAIR.module(side)
    assert client.ping() is None
    assert client.version() == "v1"
    assert plain(client.get(1)) == plain(module.Item(id=1, name="item", tags=["x"], kind=2))
    with pytest.raises(module.NotFound) as missing:
        client.get(404)
    assert (missing.value.id, missing.value.message) == (404, "niemand da: größe")
    with pytest.raises(module.Refused) as refused:
        client.get(id=403)
    assert refused.value.reasons == ["a", "b"]
    assert client.out_of_order(3, 1, 2) == 312  # positional arguments in the order of declaration
    assert client.kind(2) == 2
    served.handler.forgotten.clear()
    assert client.forget(5) is None
    assert served.handler.forgotten.wait(10)
    assert client.number(1) == 1


def test_default_of_an_argument_is_the_clients(dialogue: tuple[Side, Any, Served]) -> None:
    side, client, _ = dialogue
    module = PAIR.module(side)
    assert client.put(module.Item()) is None
    with pytest.raises(module.Refused):
        client.put(module.Item(), 3)


def test_none_for_a_result_is_missing_result(dialogue: tuple[Side, Any, Served]) -> None:
    side, client, _ = dialogue
    with pytest.raises(side.package.thrift.TApplicationException) as error:
        client.nothing()
    assert error.value.type == side.package.thrift.TApplicationException.MISSING_RESULT


def test_unknown_method_is_answered(dialogue: tuple[Side, Any, Served]) -> None:
    side, client, _ = dialogue

    class Strange(PAIR.module(side).Store):  # type: ignore[misc, name-defined]
        thrift_services = ["strange"]
        strange_args = PAIR.module(side).Store.ping_args
        strange_result = PAIR.module(side).Store.ping_result

    odd = side.package.thrift.TClient(Strange, client._iprot, client._oprot)
    with pytest.raises(side.package.thrift.TApplicationException) as error:
        odd.strange()
    assert error.value.type == side.package.thrift.TApplicationException.UNKNOWN_METHOD


def test_calls_that_do_not_fit_are_refused_and_the_connection_lives(dialogue: tuple[Side, Any, Served]) -> None:
    side, client, _ = dialogue
    with pytest.raises(AttributeError):
        client.no_such_method()
    with pytest.raises(Exception):  # noqa: B017
        client.number("not a number")
    if side is OURS:
        assert client.number(6) == 6


def test_undeclared_exception_ends_the_call(dialogue: tuple[Side, Any, Served], request: pytest.FixtureRequest) -> None:
    side, client, _ = dialogue
    with pytest.raises(side.package.thrift.TException) as error:
        client.broken()
    answered = isinstance(error.value, side.package.thrift.TApplicationException)
    server = request.node.callspec.params["dialogue"][1]
    assert answered == (server == "fastthrift")  # thriftpy2's server closes the connection instead
