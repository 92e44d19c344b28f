"""Both ways against thriftpy2's and Apache's HTTP clients and servers, as they come."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from fastthrift import http
from fastthrift.protocol import TBinaryProtocolFactory, TCompactProtocolFactory
from fastthrift.thrift import TApplicationException
from fastthrift.transport import TBufferedTransportFactory, TFramedTransportFactory, TTransportException
from phone import Handler, Running, phone, serving, theirs

# ---- thriftpy2

thriftpy2_http = pytest.importorskip("thriftpy2.http")
thriftpy2_protocol = pytest.importorskip("thriftpy2.protocol")
thriftpy2_transport = pytest.importorskip("thriftpy2.transport")

PROTOCOLS = {
    "binary": (TBinaryProtocolFactory, thriftpy2_protocol.TBinaryProtocolFactory),
    "compact": (TCompactProtocolFactory, thriftpy2_protocol.TCompactProtocolFactory),
}
TRANSPORTS = {
    "buffered": (TBufferedTransportFactory, thriftpy2_transport.TBufferedTransportFactory),
    "framed": (TFramedTransportFactory, thriftpy2_transport.TFramedTransportFactory),
}


# How often the peers' servers look whether they shall end, in place of each half second.
SOON = 0.02


@pytest.fixture(params=PROTOCOLS)
def protocols(request: pytest.FixtureRequest) -> Any:
    return PROTOCOLS[request.param]


@pytest.fixture(params=TRANSPORTS)
def transports(request: pytest.FixtureRequest) -> Any:
    return TRANSPORTS[request.param]


@contextlib.contextmanager
def thriftpy2_serving(**factories: Any) -> Iterator[Running]:
    module = theirs()
    handler = Handler(module)
    server = thriftpy2_http.make_server(module.Phone, handler, "127.0.0.1", 0, **factories)
    server.close = server.httpd.shutdown  # it has no other way
    server.httpd.serve_forever = functools.partial(server.httpd.serve_forever, SOON)
    running = Running(server, handler)
    try:
        yield running
    finally:
        running.stop()
        server.httpd.server_close()


def all_calls(client: Any, module: Any, handler: Handler) -> None:
    assert client.hello("Bob") == "hello Bob"
    assert client.hello("w\xf6rld" * 10_000) == "hello " + "w\xf6rld" * 10_000
    assert client.find("Ann") == module.Entry(name="Ann", numbers=["1", "2"])
    with pytest.raises(module.Unknown) as raised:
        client.find("Bob")
    assert raised.value.name == "Bob"
    assert client.nothing() is None
    client.note("over HTTP")
    assert handler.noted.acquire(timeout=10)
    assert handler.notes == ["over HTTP"]
    assert len(client.blob(1_000_000)) == 1_000_000


@pytest.mark.parametrize("keep_alive", [False, True])
def test_thriftpy2s_client_calls_our_server(protocols: Any, transports: Any, keep_alive: bool) -> None:
    module = theirs()
    with serving(proto_factory=protocols[0](), trans_factory=transports[0]()) as running:
        client = thriftpy2_http.make_client(
            module.Phone,
            "127.0.0.1",
            running.port,
            proto_factory=protocols[1](),
            trans_factory=transports[1](),
            keep_alive=keep_alive,
        )
        all_calls(client, module, running.handler)
        client.close()


@pytest.mark.parametrize("keep_alive", [False, True])
def test_our_client_calls_thriftpy2s_server(protocols: Any, keep_alive: bool) -> None:
    # Not framed: its server reads a frame and answers without one.
    with thriftpy2_serving(proto_factory=protocols[1]()) as running:
        client = http.make_client(
            phone.Phone, "127.0.0.1", running.port, proto_factory=protocols[0](), keep_alive=keep_alive
        )
        all_calls(client, phone, running.handler)
        client.close()


def test_what_thriftpy2s_server_leaves_unanswered_is_an_error_here() -> None:
    with thriftpy2_serving() as running:
        client = http.make_client(phone.Phone, "127.0.0.1", running.port, keep_alive=True)
        with pytest.raises(TTransportException) as raised:
            client.fail("x")
        assert raised.value.type == TTransportException.END_OF_FILE
        assert client.hello("Bob") == "hello Bob"


def test_thriftpy2s_client_learns_what_a_handler_raised() -> None:
    module = theirs()
    thriftpy2_thrift = pytest.importorskip("thriftpy2.thrift")
    with serving() as running:
        client = thriftpy2_http.make_client(module.Phone, "127.0.0.1", running.port)
        with pytest.raises(thriftpy2_thrift.TApplicationException, match="ValueError"):
            client.fail("x")


# ---- Apache's library, without generated code: its protocol's methods are what generated code calls

apache_client = pytest.importorskip("thrift.transport.THttpClient")
apache_server = pytest.importorskip("thrift.server.THttpServer")
apache_thrift = pytest.importorskip("thrift.Thrift")
apache_binary = pytest.importorskip("thrift.protocol.TBinaryProtocol")
apache_compact = pytest.importorskip("thrift.protocol.TCompactProtocol")

STRING, CALL, REPLY, ONEWAY, STOP = 11, 1, 2, 4, 0
APACHE = {
    "binary": (TBinaryProtocolFactory, apache_binary.TBinaryProtocolFactory),
    "compact": (TCompactProtocolFactory, apache_compact.TCompactProtocolFactory),
}


def write_text(protocol: Any, name: str, kind: int, seqid: int, fid: int, text: str | None) -> None:
    protocol.writeMessageBegin(name, kind, seqid)
    protocol.writeStructBegin(name)
    if text is not None:
        protocol.writeFieldBegin("text", STRING, fid)
        protocol.writeString(text)
        protocol.writeFieldEnd()
    protocol.writeFieldStop()
    protocol.writeStructEnd()
    protocol.writeMessageEnd()
    protocol.trans.flush()


def read_text(protocol: Any, fid: int) -> str | None:
    text = None
    protocol.readStructBegin()
    while True:
        _, kind, found = protocol.readFieldBegin()
        if kind == STOP:
            break
        assert (kind, found) == (STRING, fid)
        text = protocol.readString()
        protocol.readFieldEnd()
    protocol.readStructEnd()
    protocol.readMessageEnd()
    return text


@pytest.mark.parametrize("name", APACHE)
def test_apaches_client_calls_our_server(name: str) -> None:
    ours, apaches = APACHE[name]
    with serving(proto_factory=ours()) as running:
        transport = apache_client.THttpClient(f"http://127.0.0.1:{running.port}/path?query=1")
        transport.setTimeout(20_000)
        transport.setCustomHeaders({"X-One": "1"})
        protocol = apaches().getProtocol(transport)
        for seqid in (1, 2):
            write_text(protocol, "hello", CALL, seqid, 1, "Bob")
            assert transport.code == 200
            assert protocol.readMessageBegin() == ("hello", REPLY, seqid)
            assert read_text(protocol, 0) == "hello Bob"
        write_text(protocol, "note", ONEWAY, 3, 1, "from Apache's")
        assert transport.code == 200
        assert running.handler.noted.acquire(timeout=10)
        assert running.handler.notes == ["from Apache's"]
        write_text(protocol, "hullo", CALL, 4, 1, "Bob")
        assert protocol.readMessageBegin() == ("hullo", 3, 4)
        error = apache_thrift.TApplicationException()
        error.read(protocol)
        assert error.type == TApplicationException.UNKNOWN_METHOD
        transport.close()


class Processor:
    """hello and note in the way of generated code."""

    def __init__(self) -> None:
        self.notes: list[str | None] = []
        self.noted = threading.Semaphore(0)
        self._look: Any = None

    def on_message_begin(self, look: Any) -> None:
        self._look = look

    def process(self, iprot: Any, oprot: Any) -> bool:
        name, kind, seqid = iprot.readMessageBegin()
        if self._look:
            self._look(name, kind, seqid)
        text = read_text(iprot, 1)
        if name == "note":
            self.notes.append(text)
            self.noted.release()
        else:
            write_text(oprot, name, REPLY, seqid, 0, f"hello {text}")
        return True


@pytest.mark.parametrize("keep_alive", [False, True])
@pytest.mark.parametrize("name", APACHE)
def test_our_client_calls_apaches_server(name: str, keep_alive: bool) -> None:
    ours, apaches = APACHE[name]
    processor = Processor()
    server = apache_server.THttpServer(processor, ("127.0.0.1", 0), apaches())
    server.httpd.serve_forever = functools.partial(server.httpd.serve_forever, SOON)
    port = server.httpd.server_address[1]
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        client = http.make_client(
            phone.Phone, "127.0.0.1", port, proto_factory=ours(), keep_alive=keep_alive, timeout=20_000
        )
        assert client.hello("Bob") == "hello Bob"
        assert client.hello("x" * 100_000) == "hello " + "x" * 100_000
        client.note("from ours")
        assert processor.noted.acquire(timeout=10)
        assert processor.notes == ["from ours"]
        assert client.hello("Cid") == "hello Cid"
        client.close()
    finally:
        server.httpd.shutdown()
        server.httpd.server_close()
        thread.join(10)
    assert not thread.is_alive()
