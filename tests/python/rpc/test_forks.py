"""Clients and forks: the connection is the parent's, a child's calls go over one of its own."""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from calc import Handler, Running, calc, make, serving
from fastthrift import rpc
from fastthrift.apache.transport.TSocket import TSocket as ApacheSocket
from fastthrift.apache.transport.TTransport import TBufferedTransport as ApacheBuffered
from fastthrift.client import TClient
from fastthrift.processor import TProcessor
from fastthrift.protocol import TBinaryProtocolFactory, TCompactProtocolFactory, TJSONProtocolFactory
from fastthrift.server import TThreadedServer
from fastthrift.thrift import TMessageType, TType
from fastthrift.transport import TBufferedTransport, TServerSocket, TSocket, TTransportException

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")

PROTOCOLS = {"natively": TBinaryProtocolFactory, "value by value": TJSONProtocolFactory}


@pytest.fixture(params=PROTOCOLS)
def protocol(request: pytest.FixtureRequest) -> Any:
    return PROTOCOLS[request.param]()


@pytest.fixture
def served(protocol: Any) -> Iterator[tuple[Running, Handler]]:
    handler = Handler()
    server = TThreadedServer(
        TProcessor(calc.Calc, handler), TServerSocket("127.0.0.1", 0), iprot_factory=protocol, daemon=True
    )
    with serving(server) as running:
        yield running, handler
        handler.go_on.set()


def in_child(act: Callable[[], Any]) -> str:
    """What ``act`` gives or raises in a forked child, as text; a child that hangs is killed."""
    near, far = socket.socketpair()
    child = os.fork()
    if child == 0:
        try:
            said = repr(act())
        except BaseException as error:  # noqa: BLE001 - is told to the parent
            said = f"{type(error).__name__}: {error}"
        far.sendall(said.encode() or b" ")
        os._exit(0)
    far.close()
    near.settimeout(20)
    try:
        with near:
            return near.recv(4096).decode()
    except socket.timeout:
        os.kill(child, 9)
        return "hangs"
    finally:
        os.waitpid(child, 0)


def test_parent_and_child_call_without_disturbing_each_other(served: tuple[Running, Handler], protocol: Any) -> None:
    with rpc.make_client(calc.Calc, "127.0.0.1", served[0].port, proto_factory=protocol, timeout=20_000) as client:
        assert client.add(1, 2) == 3
        mine = client._iprot.trans.sock.getsockname()

        def use() -> Any:
            sums = [client.add(i, i) for i in range(20)]
            return sums == [2 * i for i in range(20)], client._iprot.trans.sock.getsockname() != mine

        assert in_child(use) == "(True, True)"
        assert [client.add(i, 1) for i in range(20)] == list(range(1, 21))
        assert client._iprot.trans.sock.getsockname() == mine


def test_a_child_that_closes_leaves_the_parents_connection_alone(
    served: tuple[Running, Handler], protocol: Any
) -> None:
    with rpc.make_client(calc.Calc, "127.0.0.1", served[0].port, proto_factory=protocol, timeout=20_000) as client:
        assert client.add(1, 2) == 3
        assert in_child(client.close) == "None"
        assert client.add(3, 4) == 7


def test_a_call_of_another_thread_of_the_parent_does_not_block_a_child(
    served: tuple[Running, Handler], protocol: Any
) -> None:
    running, handler = served
    with rpc.make_client(calc.Calc, "127.0.0.1", running.port, proto_factory=protocol, timeout=20_000) as client:
        answers: list[int] = []
        waiting = threading.Thread(target=lambda: answers.append(client.wait(7)))
        waiting.start()
        assert handler.entered.acquire(timeout=20)
        assert in_child(lambda: client.add(1, 2)) == "3"
        handler.go_on.set()
        waiting.join(20)
        assert answers == [7]
        assert client.add(3, 4) == 7


def test_a_fork_inside_a_call_ends_well_on_both_sides(served: tuple[Running, Handler], protocol: Any) -> None:
    class Forks(TClient):
        forks = False

        def _send(self, api: str, **kwargs: Any) -> None:
            super()._send(api, **kwargs)
            if self.forks:
                self.forks = False
                self.said = in_child(lambda: self._leave() or self.add(5, 6))

    trans = TSocket("127.0.0.1", served[0].port, socket_timeout=20_000)
    trans.open()
    client = Forks(calc.Calc, protocol.get_protocol(TBufferedTransport(trans)))
    client.forks = True
    assert client.add(1, 2) == 3
    assert client.said == "11"
    assert client.add(3, 4) == 7
    client.close()


@pytest.mark.parametrize("kind", ["TBinaryProtocol", "TBinaryProtocolAccelerated", "TCompactProtocolAccelerated"])
def test_children_of_apaches_face_have_connections_of_their_own(kind: str) -> None:
    module = importlib.import_module("fastthrift.apache.protocol." + kind.replace("Accelerated", ""))
    factory = TCompactProtocolFactory() if "Compact" in kind else TBinaryProtocolFactory()
    with serving(make(iprot_factory=factory)) as running:
        sock = ApacheSocket("127.0.0.1", running.port)
        sock.setTimeout(20_000)
        sock.open()
        protocol = getattr(module, kind)(ApacheBuffered(sock))

        def add(a: int, b: int) -> int:
            protocol.writeMessageBegin("add", TMessageType.CALL, a)
            protocol.writeStructBegin("add_args")
            for fid, value in ((1, a), (2, b)):
                protocol.writeFieldBegin("", TType.I32, fid)
                protocol.writeI32(value)
                protocol.writeFieldEnd()
            protocol.writeFieldStop()
            protocol.writeStructEnd()
            protocol.writeMessageEnd()
            protocol.trans.flush()
            assert protocol.readMessageBegin() == ("add", TMessageType.REPLY, a)
            protocol.readStructBegin()
            assert protocol.readFieldBegin()[1:] == (TType.I32, 0)
            total: int = protocol.readI32()
            protocol.readFieldEnd()
            assert protocol.readFieldBegin()[1] == TType.STOP
            protocol.readStructEnd()
            protocol.readMessageEnd()
            return total

        assert add(1, 2) == 3
        mine = sock.handle.getsockname()

        def use() -> Any:
            sums = [add(i, i) for i in range(20)]
            return sums == [2 * i for i in range(20)], sock.handle.getsockname() != mine, sock.close()

        assert in_child(use) == "(True, True, None)"
        assert "Transport not open" in in_child(lambda: sock.read(1))
        assert add(3, 4) == 7
        assert sock.handle.getsockname() == mine
        sock.close()


@pytest.mark.parametrize("act", ["close", "call", "nothing"])
def test_a_child_takes_nothing_from_the_loop_of_its_parent(act: str) -> None:
    """The selector is one for both: what the child takes out of it, the parent hears no more."""

    async def use(port: int) -> None:
        async with await rpc.make_aio_client(calc.Calc, "127.0.0.1", port, timeout=5_000) as client:
            assert await client.add(1, 2) == 3

            def in_a_loop_of_its_own() -> str:
                asyncio.events._set_running_loop(None)
                if act == "close":
                    client.close()
                elif act == "call":
                    with pytest.raises(TTransportException) as failed:
                        asyncio.run(client.add(5, 6))
                    assert failed.value.type == TTransportException.NOT_OPEN
                gc.collect()
                return act

            assert in_child(in_a_loop_of_its_own) == repr(act)
            for i in range(5):
                assert await client.add(i, 4) == i + 4

    with serving(make()) as running:
        asyncio.run(use(running.port))


def test_what_the_child_had_closed_stays_closed() -> None:
    with serving(make()) as running:
        client = rpc.make_client(calc.Calc, "127.0.0.1", running.port, timeout=20_000)
        client.close()
        assert "NOT_OPEN" in in_child(lambda: kind_of_failure(client))


def test_a_child_that_only_reads_is_told_whose_connection_it_is() -> None:
    with serving(make()) as running:
        trans = TSocket("127.0.0.1", running.port)
        trans.open()
        assert "is that of the process this one was forked from" in in_child(lambda: trans.read(1))
        assert trans.is_open()
        trans.close()


def test_a_given_socket_is_the_childs_as_well() -> None:
    near, far = socket.socketpair()
    trans = TSocket(sock=near)
    with near, far:
        assert in_child(lambda: trans.write(b"from the child")) == "None"
        far.settimeout(20)
        assert far.recv(100) == b"from the child"


def kind_of_failure(client: Any) -> str:
    try:
        return str(client.add(1, 2))
    except TTransportException as error:
        return "NOT_OPEN" if error.type == TTransportException.NOT_OPEN else str(error)
