"""THeader, JSON and HTTP under clients and processors of the shape that our generator writes."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import served_calc
from background import running
from fastthrift import _core
from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocol
from fastthrift.apache.protocol.TCompactProtocol import TCompactProtocol
from fastthrift.apache.protocol.THeaderProtocol import THeaderProtocol, THeaderProtocolFactory
from fastthrift.apache.protocol.TJSONProtocol import TJSONProtocol, TJSONProtocolFactory
from fastthrift.apache.server import TServer
from fastthrift.apache.server._engine import engine_for
from fastthrift.apache.server.THttpServer import ResponseException, THttpServer
from fastthrift.apache.Thrift import TApplicationException
from fastthrift.apache.transport.THttpClient import THttpClient
from fastthrift.apache.transport.TSocket import TServerSocket, TSocket
from fastthrift.apache.transport.TTransport import (
    TBufferedTransport,
    TBufferedTransportFactory,
    TFramedTransport,
    TFramedTransportFactory,
    TMemoryBuffer,
    TTransportException,
    TTransportFactoryBase,
)
from fastthrift.apache.transport.TZlibTransport import TZlibTransport
from fastthrift.header import call_headers

ALL = (0, 1, 2, 3, 4)


class Handler:
    def __init__(self) -> None:
        self.told = threading.Semaphore(0)

    def add(self, a: int, b: int) -> int:
        if a == b:
            raise served_calc.Refused(why="equal")
        return a + b

    def joined(self, second: str, first: str) -> str:
        headers = call_headers()
        if headers is not None:
            headers.set_header(b"length", str(len(first + second)).encode())
            for key, value in headers.get_headers().items():
                headers.set_header(b"echo-" + key, value)
        return first + second

    def tell(self, text: str) -> None:
        self.told.release()

    def print_(self) -> None:
        raise ValueError("undeclared")


def all_calls(client: Any, handler: Handler) -> None:
    for number in range(3):
        assert client.add(number, 10) == number + 10
    with pytest.raises(served_calc.Refused) as refused:
        client.add(7, 7)
    assert refused.value.why == "equal"
    assert client.joined("d\xe9f", "abc") == "abcd\xe9f"
    client.tell("x")
    assert handler.told.acquire(timeout=10)
    with pytest.raises(TApplicationException) as raised:
        client.print_()
    assert raised.value.type == TApplicationException.INTERNAL_ERROR
    assert client.joined("x" * 50_000, "y") == "y" + "x" * 50_000


def header(number: int, transforms: list[int]) -> Any:
    def make(sock: Any) -> Any:
        protocol = THeaderProtocol(sock, (0,), number)
        for transform in transforms:
            protocol.add_transform(transform)
        return protocol

    return make


CLIENTS = {
    "headers, binary": header(0, []),
    "headers, compact": header(2, []),
    "headers, binary, zlib": header(0, [1]),
    "headers, compact, zlib": header(2, [1]),
    "buffered binary": lambda sock: TBinaryProtocol(TBufferedTransport(sock)),
    "framed binary": lambda sock: TBinaryProtocol(TFramedTransport(sock)),
    "buffered compact": lambda sock: TCompactProtocol(TBufferedTransport(sock)),
    "framed compact": lambda sock: TCompactProtocol(TFramedTransport(sock)),
}
FACTORIES = THeaderProtocolFactory(ALL)


def server_of(cls: Any, handler: Any, transports: Any, protocols: Any) -> Any:
    return cls(served_calc.Processor(handler), TServerSocket("127.0.0.1", 0), transports, protocols)


@pytest.mark.parametrize("kind", [TServer.TThreadedServer, TServer.TSimpleServer])
@pytest.mark.parametrize("name", CLIENTS)
def test_a_header_server_takes_every_client(name: str, kind: Any) -> None:
    handler = Handler()
    with running(server_of(kind, handler, TTransportFactoryBase(), FACTORIES)) as port:
        sock = TSocket("127.0.0.1", port)
        sock.setTimeout(10_000)
        sock.open()
        protocol = CLIENTS[name](sock)
        client = served_calc.Client(protocol)
        all_calls(client, handler)
        if name.startswith("headers"):
            protocol.set_header(b"trace", b"7")
            client.joined("a", "b")
            assert protocol.get_headers() == {b"length": b"2", b"echo-trace": b"7"}
        sock.close()


def test_the_engine_serves_headers_where_nothing_frames_below() -> None:
    for transports, expected in (
        (TTransportFactoryBase(), True),
        (TBufferedTransportFactory(), True),
        (TFramedTransportFactory(), False),
    ):
        server = server_of(TServer.TThreadedServer, Handler(), transports, FACTORIES)
        server.trans.listen()
        parts = (transports, FACTORIES)
        engine = engine_for(server, server.processor, server.trans, parts, parts)
        assert (engine is not None) is expected
        server.trans.close()


def test_the_default_takes_headers_only() -> None:
    handler = Handler()
    with running(
        server_of(TServer.TThreadedServer, handler, TTransportFactoryBase(), THeaderProtocolFactory())
    ) as port:
        for name in ("headers, compact", "framed compact"):
            sock = TSocket("127.0.0.1", port)
            sock.setTimeout(10_000)
            sock.open()
            client = served_calc.Client(CLIENTS[name](sock))
            if name == "framed compact":
                with pytest.raises(TTransportException):
                    client.add(1, 2)
            else:
                assert client.add(1, 2) == 3
            sock.close()


# ---- JSON


def test_json_calls() -> None:
    handler = Handler()
    with running(
        server_of(TServer.TThreadedServer, handler, TBufferedTransportFactory(), TJSONProtocolFactory())
    ) as port:
        sock = TSocket("127.0.0.1", port)
        sock.setTimeout(10_000)
        transport = TBufferedTransport(sock)
        transport.open()
        all_calls(served_calc.Client(TJSONProtocol(transport)), handler)
        transport.close()


def test_structs_in_json_are_the_cores_where_they_stand_alone() -> None:
    protocol = TJSONProtocol(TMemoryBuffer())
    assert protocol._fast_encode is _core.encode_json
    assert protocol._fast_decode is _core.decode_json
    protocol.writeMessageBegin("add", 1, 7)
    assert protocol._fast_encode is _core.encode_json
    served_calc.add_args(1, 2).write(protocol)
    protocol.writeMessageEnd()
    protocol.writeListBegin(12, 2)
    assert protocol._fast_encode is None
    for number in (3, 4):
        served_calc.add_args(number, 0).write(protocol)
    protocol.writeListEnd()
    text = protocol.trans.getvalue()
    assert text == (
        b'[1,"add",1,7,{"1":{"i32":1},"2":{"i32":2}}]["rec",2,{"1":{"i32":3},"2":{"i32":0}},{"1":{"i32":4},"2":{"i32":0}}]'
    )

    reader = TJSONProtocol(TMemoryBuffer(text))
    assert reader.readMessageBegin() == ("add", 1, 7)
    assert reader._fast_decode is _core.decode_json
    found = served_calc.add_args()
    found.read(reader)
    reader.readMessageEnd()
    assert found == served_calc.add_args(1, 2)
    assert reader.readListBegin() == (12, 2)
    assert reader._fast_decode is None
    for number in (3, 4):
        found = served_calc.add_args()
        found.read(reader)
        assert found == served_calc.add_args(number, 0)
    reader.readListEnd()


def test_classes_that_derive_from_json_are_asked_for_each_value() -> None:
    class Loud(TJSONProtocol):
        def writeString(self, string: str) -> None:
            super().writeString(string.upper())

    trans = TMemoryBuffer()
    protocol = Loud(trans)
    assert protocol._fast_encode is None
    served_calc.tell_args("quiet").write(protocol)
    assert trans.getvalue() == b'{"1":{"str":"QUIET"}}'


def test_json_is_read_the_same_natively_and_by_hand() -> None:
    text = b'{"1":{"str":"\\u00e9\\ud83d\\ude00\\n"},"9":{"map":["str","lst",1,{"k":["dbl",2,"NaN",-1e5]}]}}'
    for is_native in (True, False):
        protocol = TJSONProtocol(TMemoryBuffer(text + b"rest"))
        if not is_native:
            protocol._fast_decode = None
        found = served_calc.tell_args()
        found.read(protocol)
        assert found.text == "\xe9\U0001f600\n"
        assert protocol.trans.read(10) == b"rest"


def test_a_json_string_over_its_limit_is_refused_natively_too() -> None:
    for is_native in (True, False):
        protocol = TJSONProtocol(TMemoryBuffer(b'{"1":{"str":"four"}}'), string_length_limit=3)
        if not is_native:
            protocol._fast_decode = None
        with pytest.raises(TTransportException):
            served_calc.tell_args().read(protocol)


# ---- HTTP


def test_http_calls_and_a_handler_that_writes_the_response() -> None:
    class Redirects(Handler):
        def print_(self) -> None:
            if self.redirects:
                raise ResponseException(lambda request: request.send_error(418, "a teapot"))
            super().print_()

        redirects = False

    handler = Redirects()
    server = THttpServer(served_calc.Processor(handler), ("127.0.0.1", 0), TJSONProtocolFactory())
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        transport = THttpClient(f"http://127.0.0.1:{server.httpd.server_address[1]}/")
        transport.setTimeout(10_000)
        transport.open()
        client = served_calc.Client(TJSONProtocol(transport))
        all_calls(client, handler)
        handler.redirects = True
        with pytest.raises(TTransportException, match="418"):
            client.print_()
        assert transport.code == 418
        transport.close()
    finally:
        server.shutdown()
        thread.join(10)
    assert not thread.is_alive()


def test_a_server_over_zlib_limits_each_message_and_not_the_connection() -> None:
    class Zlib:
        def getTransport(self, trans: Any) -> Any:
            return TZlibTransport(trans, 9, 60_000)

    handler = Handler()
    server = server_of(TServer.TSimpleServer, handler, Zlib(), THeaderProtocolFactory(ALL))
    with running(server) as port:
        sock = TSocket("127.0.0.1", port)
        sock.setTimeout(10_000)
        sock.open()
        client = served_calc.Client(TBinaryProtocol(TZlibTransport(sock)))
        for _ in range(5):
            client.tell("x" * 50_000)
            assert handler.told.acquire(timeout=10)
        with pytest.raises(TTransportException):
            client.joined("x" * 60_000, "")
            client.add(1, 2)
        sock.close()
