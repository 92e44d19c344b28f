"""THttpClient: what subclasses share with it by name, and calls that fail before anything is sent."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Optional

import pytest

import served_calc
from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocol, TBinaryProtocolFactory
from fastthrift.apache.protocol.TProtocol import TProtocolException
from fastthrift.apache.server.THttpServer import THttpServer
from fastthrift.apache.transport import THttpClient as module
from fastthrift.apache.transport.TTransport import TMemoryBuffer, TTransportException


class Adds:
    def add(self, a: int, b: int) -> int:
        return a + b


class Seen:
    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []


@pytest.fixture
def url() -> Iterator[str]:
    server = THttpServer(served_calc.Processor(Adds()), ("127.0.0.1", 0), TBinaryProtocolFactory())
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.httpd.server_address[1]}/"
    server.shutdown()
    thread.join(10)
    assert not thread.is_alive()


@pytest.fixture
def listener() -> Iterator[tuple[str, Seen]]:
    """A server that keeps what comes and gives it back."""
    seen = Seen()

    class Echo(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.bodies.append(body)
            seen.headers.append(dict(self.headers))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/", seen
    server.shutdown()
    thread.join(10)
    server.server_close()


class THttpClient(module.THttpClient):
    """Never calls `__init__` of its parent, whose private names are its own: that of databricks-sql-connector does so."""

    def __init__(self) -> None:
        self.__wbuf = BytesIO()
        self.__timeout: Optional[float] = None
        self.__custom_headers: Any = None
        self.posted: list[tuple[bytes, Any, Optional[float]]] = []
        self.answers = BytesIO()

    def isOpen(self) -> bool:
        return True

    def read(self, sz: int) -> bytes:
        return self.answers.read(sz)

    def flush(self) -> None:
        data, self.__wbuf = self.__wbuf.getvalue(), BytesIO()
        self.posted.append((data, self.__custom_headers, self.__timeout))
        answer = TMemoryBuffer()
        served_calc.Processor(Adds()).process(TBinaryProtocol(TMemoryBuffer(data)), TBinaryProtocol(answer))
        self.answers = BytesIO(answer.getvalue())


def test_a_subclass_of_the_same_name_posts_what_inherited_methods_collect() -> None:
    transport = THttpClient()
    transport.setTimeout(2500.0)
    transport.setCustomHeaders({"User-Agent": "ours"})
    assert served_calc.Client(TBinaryProtocol(transport)).add(2, 3) == 5
    ((data, headers, timeout),) = transport.posted
    assert data.startswith(b"\x80\x01\x00\x01\x00\x00\x00\x03add")
    assert (headers, timeout) == ({"User-Agent": "ours"}, 2.5)
    transport.setTimeout(None)
    transport.setCustomHeaders(None)
    assert served_calc.Client(TBinaryProtocol(transport)).add(2, -3) == -1
    assert transport.posted[1][1:] in [({}, None), (None, None)]


def test_a_subclass_of_another_name_finds_them_by_their_mangled_names(listener: tuple[str, Seen]) -> None:
    class Signs(module.THttpClient):
        def flush(self) -> None:
            self.signed = self._THttpClient__wbuf.getvalue()[::-1]  # type: ignore[attr-defined]
            super().flush()

    where, seen = listener
    transport = Signs(where)
    transport.setTimeout(10_000)
    transport.write(b"abc")
    transport.flush()
    assert (transport.signed, seen.bodies, transport.read(9)) == (b"cba", [b"abc"], b"abc")
    assert transport._THttpClient__timeout == 10.0  # type: ignore[attr-defined]


def test_a_subclass_that_collects_on_its_own_is_left_alone() -> None:
    class Own(module.THttpClient):
        def __init__(self) -> None:
            self.mine = b""

        def write(self, buf: bytes) -> None:
            self.mine += buf

    transport = Own()
    protocol = TBinaryProtocol(transport)
    protocol.writeMessageBegin("ping", 1, 0)
    assert transport.mine.startswith(b"\x80\x01\x00\x01")


def test_headers_and_the_timeout_hold_from_the_next_message_on(listener: tuple[str, Seen]) -> None:
    where, seen = listener
    transport = module.THttpClient(where)
    for headers in ({"X-Tenant": "a", "Cookie": "k=v"}, {"X-Tenant": "b"}, None):
        transport.setCustomHeaders(headers)
        transport.write(b"x")
        transport.flush()
    assert [each.get("X-Tenant") for each in seen.headers] == ["a", "b", None]
    assert seen.headers[0]["Cookie"] == "k=v" and "Cookie" not in seen.headers[1]
    with pytest.raises(ValueError, match="line break"):
        transport.setCustomHeaders({"X": "a\r\nb"})


def test_arguments_that_do_not_fit_leave_nothing_behind(url: str) -> None:
    transport = module.THttpClient(url)
    transport.setTimeout(10_000)
    client = served_calc.Client(TBinaryProtocol(transport))
    with pytest.raises(TProtocolException):
        client.add("one", 2)  # type: ignore[arg-type]
    assert client.add(1, 2) == 3
    transport.close()
    assert client.add(3, 4) == 7  # it connects when it has to


def test_what_was_written_before_a_close_is_gone(listener: tuple[str, Seen]) -> None:
    where, seen = listener
    transport = module.THttpClient(where)
    transport.write(b"lost")
    transport.close()
    transport.write(b"sent")
    transport.flush()
    assert seen.bodies == [b"sent"]


def test_reading_before_a_flush_says_that_nothing_was_flushed() -> None:
    with pytest.raises(TTransportException, match="nothing was flushed") as caught:
        module.THttpClient("http://127.0.0.1:1/").read(1)
    assert caught.value.type == TTransportException.NOT_OPEN


def test_a_message_that_nobody_took_is_not_sent_with_the_next() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        transport = module.THttpClient(f"http://127.0.0.1:{closed.getsockname()[1]}/")
        transport.write(b"x" * 100)
        with pytest.raises(TTransportException, match="refused"):
            transport.flush()
        assert transport._THttpClient__wbuf.getvalue() == b""  # type: ignore[attr-defined]
