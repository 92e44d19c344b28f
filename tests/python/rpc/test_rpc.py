"""make_client, make_server and client_context: every transport and protocol, with thriftpy2 on the other side too."""

from __future__ import annotations

import itertools
import socket
import threading
import warnings
from pathlib import Path
from typing import Any

import pytest

from background import free_port
from calc import Handler, Running, calc, make, serving, theirs
from fastthrift import rpc
from fastthrift.client import TClient
from fastthrift.processor import TProcessor
from fastthrift.protocol import TBinaryProtocolFactory, TCompactProtocolFactory
from fastthrift.server import TThreadedServer
from fastthrift.thrift import TApplicationException
from fastthrift.transport import (
    TBufferedTransportFactory,
    TFramedTransportFactory,
    TServerSocket,
    TSocket,
    TTransportException,
)
from generic import Factory, ForeignTransport, OwnBinary, OwnBuffered, OwnClient, OwnCompact, OwnFramed, OwnProcessor

TRANSPORTS = ["buffered", "framed"]
PROTOCOLS = ["binary", "compact"]
PAIRS = list(itertools.product(TRANSPORTS, PROTOCOLS))
OURS: dict[str, Any] = {
    "buffered": TBufferedTransportFactory(),
    "framed": TFramedTransportFactory(),
    "binary": TBinaryProtocolFactory(),
    "compact": TCompactProtocolFactory(),
}


def factories_of_thriftpy2() -> dict[str, Any]:
    from thriftpy2 import protocol, transport

    return {
        "buffered": transport.TBufferedTransportFactory(),
        "framed": transport.TFramedTransportFactory(),
        "binary": protocol.TBinaryProtocolFactory(),
        "compact": protocol.TCompactProtocolFactory(),
    }


def call_everything(client: Any, module: Any) -> None:
    assert client.add(1, 2) == 3
    assert client.add(b=5, a=-7) == -2
    with pytest.raises(module.Overflow) as raised:
        client.add(999, 2)
    assert (raised.value.message, raised.value.limit) == ("too big", 1000)
    assert client.echo("grüße") == "grüße"
    assert client.echo("x" * 100_000) == "x" * 100_000
    item = module.Item(id=5, name="n", tags=["a", "b"])
    assert client.item(item) == item
    assert client.nothing() is None
    assert client.note("hello") is None
    assert client.need(1) == 8
    assert client.need(1, 2) == 3
    assert client.tclose("bye") == "bye"
    assert client.add(3, 4) == 7


@pytest.mark.parametrize(("trans", "proto"), PAIRS)
def test_our_client_and_our_server(trans: str, proto: str) -> None:
    handler = Handler()
    server = make(handler, itrans_factory=OURS[trans], iprot_factory=OURS[proto])
    with serving(server) as running:
        client = rpc.make_client(
            calc.Calc, "127.0.0.1", running.port, trans_factory=OURS[trans], proto_factory=OURS[proto]
        )
        call_everything(client, calc)
        assert handler.noted.wait(10)
        client.close()
    assert handler.notes == ["hello"]


@pytest.mark.parametrize(("trans", "proto"), PAIRS)
def test_thriftpy2s_client_and_our_server(trans: str, proto: str) -> None:
    peer = pytest.importorskip("thriftpy2.rpc")
    factories = factories_of_thriftpy2()
    server = make(Handler(), itrans_factory=OURS[trans], iprot_factory=OURS[proto])
    with serving(server) as running:
        client = peer.make_client(
            theirs().Calc, "127.0.0.1", running.port, trans_factory=factories[trans], proto_factory=factories[proto]
        )
        call_everything(client, theirs())
        client.close()


@pytest.mark.parametrize(("trans", "proto"), PAIRS)
def test_our_client_and_thriftpy2s_server(trans: str, proto: str) -> None:
    peer = pytest.importorskip("thriftpy2.rpc")
    factories = factories_of_thriftpy2()
    server = peer.make_server(
        theirs().Calc,
        Handler(theirs()),
        "127.0.0.1",
        free_port(),
        trans_factory=factories[trans],
        proto_factory=factories[proto],
        client_timeout=20_000,
    )
    server.daemon = True
    with serving(server) as running:
        client = rpc.make_client(
            calc.Calc, "127.0.0.1", running.port, trans_factory=OURS[trans], proto_factory=OURS[proto]
        )
        call_everything(client, calc)
        with pytest.raises(TApplicationException, match="Missing result"):
            client.none()
        client.close()


GENERIC_STACKS: dict[str, dict[str, Any]] = {
    "foreign transport, binary": {"trans": Factory(ForeignTransport), "proto": OURS["binary"], "wire": "buffered"},
    "foreign transport, compact": {"trans": Factory(ForeignTransport), "proto": OURS["compact"], "wire": "buffered"},
    "subclassed binary": {"trans": OURS["framed"], "proto": Factory(OwnBinary), "wire": "framed"},
    "subclassed compact": {"trans": OURS["buffered"], "proto": Factory(OwnCompact), "wire": "buffered"},
    "subclassed buffered": {"trans": Factory(OwnBuffered), "proto": OURS["binary"], "wire": "buffered"},
    "subclassed framed": {"trans": Factory(OwnFramed), "proto": OURS["binary"], "wire": "framed"},
}


@pytest.mark.parametrize("side", ["client", "server", "both"])
@pytest.mark.parametrize("stack", GENERIC_STACKS.values(), ids=GENERIC_STACKS)
def test_stacks_that_users_wrote(stack: dict[str, Any], side: str) -> None:
    plain = {"trans": OURS[stack["wire"]], "proto": OURS["compact" if "ompact" in str(proto_of(stack)) else "binary"]}
    below = plain if side == "client" else stack
    above = plain if side == "server" else stack
    server = make(Handler(), itrans_factory=below["trans"], iprot_factory=below["proto"])
    with serving(server) as running:
        client = rpc.make_client(
            calc.Calc, "127.0.0.1", running.port, trans_factory=above["trans"], proto_factory=above["proto"]
        )
        call_everything(client, calc)
        client.close()


def proto_of(stack: dict[str, Any]) -> str:
    proto = stack["proto"]
    return str(getattr(proto, "cls", type(proto)))


def test_subclassed_client_and_processor() -> None:
    server = make(processor=OwnProcessor(calc.Calc, Handler()))
    with serving(server) as running:
        trans = TBufferedTransportFactory().get_transport(TSocket("127.0.0.1", running.port))
        trans.open()
        with OwnClient(calc.Calc, TBinaryProtocolFactory().get_protocol(trans)) as client:
            call_everything(client, calc)
        assert not trans.is_open()


def test_different_protocols_each_way() -> None:
    server = make(
        Handler(),
        itrans_factory=OURS["framed"],
        iprot_factory=OURS["binary"],
        otrans_factory=OURS["buffered"],
        oprot_factory=OURS["compact"],
    )
    with serving(server) as running:
        sock = TSocket("127.0.0.1", running.port)
        sock.open()
        answers = OURS["compact"].get_protocol(OURS["buffered"].get_transport(sock))
        questions = OURS["binary"].get_protocol(OURS["framed"].get_transport(sock))
        client = TClient(calc.Calc, answers, questions)
        call_everything(client, calc)
        client.close()
        assert not sock.is_open()


@pytest.mark.parametrize("as_text", [False, True])
def test_a_port_may_be_digits(as_text: bool) -> None:
    port = free_port()
    server = rpc.make_server(calc.Calc, Handler(), "127.0.0.1", str(port) if as_text else port)
    with serving(server):
        with rpc.client_context(calc.Calc, "127.0.0.1", str(port) if as_text else port) as client:
            assert client.add(1, 2) == 3


@pytest.mark.parametrize("port", ["http", "80.5", 80.5, "-1", 70_000])
def test_any_other_port_is_a_value_error(port: Any) -> None:
    for make_one in (
        lambda: rpc.make_client(calc.Calc, "127.0.0.1", port),
        lambda: rpc.make_server(calc.Calc, Handler(), "127.0.0.1", port),
        lambda: rpc.client_context(calc.Calc, "127.0.0.1", port).__enter__(),
    ):
        with pytest.raises(ValueError, match="port must be an int or a string of digits"):
            make_one()


def test_a_server_on_port_0_asks_the_system() -> None:
    with serving(rpc.make_server(calc.Calc, Handler(), "127.0.0.1", 0)) as running:
        assert running.port > 0


MISSING: dict[str, dict[str, Any]] = {"no host": {"host": "", "port": 1}, "no port": {"host": "h", "port": None}}


@pytest.mark.parametrize("where", MISSING.values(), ids=MISSING)
def test_an_address_is_needed(where: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Either host/port or unix_socket or url must be provided."):
        rpc.make_client(calc.Calc, **where)
    with pytest.raises(ValueError, match="Either host/port or unix_socket or url must be provided."):
        with rpc.client_context(calc.Calc, **where):
            pass
    with pytest.raises(ValueError, match="Either host/port or unix_socket must be provided."):
        rpc.make_server(calc.Calc, Handler(), **where)


def test_a_client_has_no_port_0() -> None:
    with pytest.raises(ValueError, match="must be provided"):
        rpc.make_client(calc.Calc, "127.0.0.1", 0)


@pytest.mark.parametrize(
    "form", ["thrift://127.0.0.1:{}", "//127.0.0.1:{}", "127.0.0.1:{}", "http://127.0.0.1:{}/path"]
)
def test_a_url_gives_host_and_port(form: str) -> None:
    with serving(make()) as running:
        client = rpc.make_client(calc.Calc, url=form.format(running.port))
        assert client.add(1, 2) == 3
        client.close()
        with rpc.client_context(calc.Calc, url=form.format(running.port)) as client:
            assert client.add(1, 2) == 3


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no UNIX sockets here")
@pytest.mark.parametrize(("trans", "proto"), PAIRS)
def test_over_a_unix_socket(tmp_path: Path, trans: str, proto: str) -> None:
    path = str(tmp_path / "s")
    server = rpc.make_server(
        calc.Calc,
        Handler(),
        unix_socket=path,
        trans_factory=OURS[trans],
        proto_factory=OURS[proto],
        client_timeout=1234,
    )
    assert server.trans.client_timeout == 1.234  # thriftpy2 ignores it there
    with serving(server):
        with rpc.client_context(
            calc.Calc, unix_socket=path, trans_factory=OURS[trans], proto_factory=OURS[proto]
        ) as client:
            call_everything(client, calc)
    assert not Path(path).exists()


def test_over_ipv6() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    server = rpc.make_server(calc.Calc, Handler(), "::1", 0, socket_family=socket.AF_INET6)
    with serving(server) as running:
        client = rpc.make_client(calc.Calc, "::1", running.port, socket_family=socket.AF_INET6)
        call_everything(client, calc)
        client.close()


@pytest.mark.parametrize("argument", ["cafile", "certfile", "keyfile", "ssl_context"])
def test_what_asks_for_tls_never_goes_in_plain_text(argument: str) -> None:
    # The files are not there: it fails before anything is sent, or with a handshake that nobody answers.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with pytest.raises((OSError, AttributeError, TTransportException)):
            client = rpc.make_client(
                calc.Calc, "127.0.0.1", listener.getsockname()[1], timeout=100, **{argument: "/nowhere"}
            )
            client.close()
        listener.settimeout(0)
        try:
            accepted, _ = listener.accept()
        except OSError:
            return  # it never connected
        with accepted:
            accepted.settimeout(5)
            assert accepted.recv(1) in (b"", b"\x16")  # a TLS handshake's first byte, or none


def test_a_server_without_its_certificate_does_not_start() -> None:
    with pytest.raises(OSError, match="No such certfile found"):
        rpc.make_server(calc.Calc, Handler(), certfile="/nowhere")


def test_tls_over_unix_sockets_warns(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="SSL only works with host:port, not unix_socket."):
        rpc.make_server(calc.Calc, Handler(), unix_socket=str(tmp_path / "s"), certfile="x")
    with pytest.warns(UserWarning, match="SSL only works with host:port, not unix_socket."):
        with pytest.raises(TTransportException):
            rpc.make_client(calc.Calc, unix_socket=str(tmp_path / "s"), certfile="x")


def test_client_context_warns_of_timeout_and_closes() -> None:
    with serving(make()) as running:
        with pytest.warns(UserWarning, match="`timeout` deprecated"):
            with rpc.client_context(calc.Calc, "127.0.0.1", running.port, timeout=1500) as client:
                sock = client._iprot.trans.sock
                assert sock.gettimeout() == 1.5
        assert sock.fileno() == -1
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with rpc.client_context(
                calc.Calc, "127.0.0.1", running.port, socket_timeout=700, connect_timeout=900
            ) as client:
                assert client._iprot.trans.sock.gettimeout() == 0.7


def test_client_context_closes_after_an_exception() -> None:
    with serving(make()) as running:
        with pytest.raises(KeyError):
            with rpc.client_context(calc.Calc, "127.0.0.1", running.port) as client:
                raise KeyError
        assert not client._iprot.trans.is_open()


def test_what_is_made_are_the_plain_objects() -> None:
    server = rpc.make_server(calc.Calc, Handler(), client_timeout=1500)
    assert type(server) is TThreadedServer
    assert type(server.processor) is TProcessor
    assert type(server.trans) is TServerSocket
    assert (server.trans.host, server.trans.port, server.trans.client_timeout) == ("localhost", 9090, 1.5)
    assert server.trans.sock is None  # nothing is bound before serve()


def test_the_signatures_are_those_of_thriftpy2() -> None:
    import inspect

    peer = pytest.importorskip("thriftpy2.rpc")
    for name in ("make_client", "make_server", "client_context"):
        ours, theirs_ = (inspect.signature(getattr(module, name)).parameters for module in (rpc, peer))
        own = {"answer_undeclared"} & set(ours)  # of make_server; by keyword alone, so that it is in nobody's way
        assert [parameter for parameter in ours if parameter not in own] == list(theirs_)
        assert all(ours[parameter].kind is inspect.Parameter.KEYWORD_ONLY for parameter in own)
        for parameter in theirs_:
            default = theirs_[parameter].default
            if isinstance(default, (int, str, type(None))) and parameter != "client_timeout":
                assert ours[parameter].default == default, (name, parameter)


def test_eight_threads_share_a_client_and_get_their_own_answers() -> None:
    with serving(make()) as running:
        client = rpc.make_client(calc.Calc, "127.0.0.1", running.port, timeout=20_000)
        wrong: list[Any] = []

        def use(thread: int) -> None:
            try:
                for i in range(150):
                    text = f"{thread}:{i}"
                    answer = client.echo(text)
                    if answer != text:
                        wrong.append((text, answer))
            except Exception as error:
                wrong.append(error)

        threads = [threading.Thread(target=use, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(50)
        client.close()
    assert wrong == []


def test_inherited_methods_are_served_and_called() -> None:
    server = make(processor=TProcessor(calc.More, Handler()))
    with serving(server) as running:
        client = rpc.make_client(calc.More, "127.0.0.1", running.port)
        assert (client.twice(4), client.add(1, 2)) == (8, 3)
        client.close()


def test_running_servers_can_be_asked_for_their_address() -> None:
    running = Running(make())
    assert running.address[0] == "127.0.0.1"
    running.stop()
