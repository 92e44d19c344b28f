"""THttpClient and make_client: requests as they leave, answers of every kind, keep-alive, timeouts."""

from __future__ import annotations

import http.client
import socket
import ssl
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from background import free_port
from fastthrift import http as fast_http
from fastthrift.http import (
    DEFAULT_HTTP_CLIENT_TIMEOUT_MS,
    HTTP_URI,
    THttpClient,
    THttpHeaderFactory,
    client_context,
    make_client,
)
from fastthrift.http import answer as answer_module
from fastthrift.http import client as client_module
from fastthrift.protocol import TCompactProtocol, TCompactProtocolFactory
from fastthrift.thrift import TClient, TTransportTimeout
from fastthrift.transport import TBufferedTransport, TTransportBase, TTransportException
from phone import message, phone, serving
from server_by_hand import answer, by_hand, fields_of, ok

HELLO_1 = message("hello", b"\x0b\0\0\0\0\0\x09hello Ann\0", kind=2, seqid=1)
HELLO_2 = message("hello", b"\x0b\0\0\0\0\0\x09hello Ann\0", kind=2, seqid=2)


def flushed(client: THttpClient, data: bytes = b"request") -> bytes:
    client.write(data)
    client.flush()
    return client.read(1000)


def test_the_names_are_thriftpy2s() -> None:
    theirs = pytest.importorskip("thriftpy2.http")
    names = {name for name in vars(theirs) if name.startswith(("T", "make", "client", "HTTP", "DEFAULT", "Resp"))}
    assert names - {"Tuple", "Type", "TYPE_CHECKING"} <= set(fast_http.__all__)
    assert HTTP_URI == theirs.HTTP_URI
    assert DEFAULT_HTTP_CLIENT_TIMEOUT_MS == theirs.DEFAULT_HTTP_CLIENT_TIMEOUT_MS
    assert issubclass(THttpClient, TTransportBase)


# ---- the request


def test_a_flush_is_one_post_of_what_was_written() -> None:
    with by_hand([ok(b"abc")]) as server:
        client = THttpClient(f"{server.url}/a/b?c=d%20e#f")
        client.open()
        client.write(b"one")
        client.write(bytearray(b"two"))
        client.write(memoryview(b"three"))
        client.flush()
        assert (client.read(2), client.read(5), client.read(5)) == (b"ab", b"c", b"")
    (request,) = server.requests
    assert request.startswith(b"POST /a/b?c=d%20e HTTP/1.1\r\n")
    assert request.endswith(b"\r\n\r\nonetwothree")
    fields = fields_of(request)
    assert fields.pop("User-Agent").startswith("Python/THttpClient (")
    assert fields == {
        "Host": f"127.0.0.1:{server.port}",
        "Accept": "application/x-thrift",
        "Accept-Encoding": "identity",
        "Content-Type": "application/x-thrift",
        "Content-Length": "11",
        "Connection": "close",
    }


ADDRESSES = [
    ("http://h", "http", "h", 80, "/", "h"),
    ("http://h:80/x", "http", "h", 80, "/x", "h"),
    ("http://h:8080/x", "http", "h", 8080, "/x", "h:8080"),
    ("https://h/x?y", "https", "h", 443, "/x?y", "h"),
    ("https://h:443?y", "https", "h", 443, "/?y", "h"),
    ("https://h:80", "https", "h", 80, "/", "h:80"),
    ("http://[::1]:8080/", "http", "::1", 8080, "/", "[::1]:8080"),
    ("http://user:secret@h:1/", "http", "h", 1, "/", "h:1"),
]


@pytest.mark.parametrize("url,scheme,host,port,path,field", ADDRESSES)
def test_the_url_gives_the_address_and_the_host_header(
    url: str, scheme: str, host: str, port: int, path: str, field: str
) -> None:
    client = THttpClient(url)
    assert (client.scheme, client.host, client.port, client.path) == (scheme, host, port, path)
    assert f"\r\nHost: {field}\r\n".encode() in client._head(0)


@pytest.mark.parametrize(
    "path,target",
    [
        ("", b"/"),
        ("x", b"/x"),
        ("/x?y=z&a=b", b"/x?y=z&a=b"),
        ("/a b", b"/a%20b"),
        ("/\xe9", b"/%C3%A9"),
        ("/a%20b", b"/a%20b"),
        ("/a#b", b"/a%23b"),
        ("/a\0b", b"/a%00b"),
    ],
)
def test_no_path_can_break_the_request_line(path: str, target: bytes) -> None:
    client = make_client(phone.Phone, "h", 1, path=path)
    assert client._iprot.trans.trans._head(0).startswith(b"POST " + target + b" HTTP/1.1\r\n")


@pytest.mark.parametrize("url", ["ftp://h/", "h:80", "", "http://", "http:///x", "http://h:x/", "http://h:70000/"])
def test_what_is_no_http_url_is_a_value_error(url: str) -> None:
    with pytest.raises(ValueError):
        THttpClient(url)


@pytest.mark.parametrize("host", ["a..b", "a" * 300])
def test_what_cannot_be_a_name_cannot_be_connected_to(host: str) -> None:
    with pytest.raises(TTransportException) as raised:
        flushed(THttpClient(f"http://{host}:1/"))
    assert raised.value.type == TTransportException.NOT_OPEN


@pytest.mark.parametrize("host,port", [(None, 1), ("", 1), ("localhost", None), ("localhost", 0), ("localhost", "")])
def test_a_client_needs_a_host_and_a_port(host: Any, port: Any) -> None:
    with pytest.raises(ValueError, match="expected a host and a port"):
        make_client(phone.Phone, host, port)


def test_an_unknown_scheme_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="http"):
        make_client(phone.Phone, scheme="gopher")


# ---- headers


class Counted(THttpHeaderFactory):
    count = 0

    def get_headers(self) -> dict[str, str]:
        self.count += 1
        return {"X-Count": str(self.count)}


def test_the_factory_is_asked_for_each_request() -> None:
    with by_hand([ok()], [ok()]) as server:
        client = THttpClient(server.url, http_header_factory=Counted())
        flushed(client)
        flushed(client)
    assert [fields_of(request)["X-Count"] for request in server.requests] == ["1", "2"]


def test_custom_headers_replace_those_of_the_factory() -> None:
    with by_hand([ok()]) as server:
        client = THttpClient(server.url, http_header_factory=THttpHeaderFactory({"A": "1"}))
        client.setCustomHeaders({"B": "2", "Number": 5, "Raw": b"\xe9"})  # type: ignore[dict-item]
        flushed(client)
    fields = fields_of(server.requests[0])
    assert "A" not in fields
    assert (fields["B"], fields["Number"], fields["Raw"]) == ("2", "5", "\xe9")


@pytest.mark.parametrize("name", ["Host", "host", "USER-AGENT", "content-type", "Accept-Encoding", "connection"])
def test_a_header_of_the_user_stands_in_place_of_ours(name: str) -> None:
    client = THttpClient("http://h", http_header_factory=THttpHeaderFactory({name: "mine"}))
    lines = client._head(0).decode().split("\r\n")
    assert [line for line in lines if line.lower().startswith(name.lower() + ":")] == [f"{name}: mine"]


@pytest.mark.parametrize(
    "name,value",
    [
        ("X", "a\r\nY: b"),
        ("X", "a\nb"),
        ("X", "a\rb"),
        ("X", "a\r\n b"),
        ("X", "a\0b"),
        ("X", b"a\nb"),
        ("X", "\u20ac"),
        ("X: y", "a"),
        ("X\r\n", "a"),
        ("X\n", "a"),
        ("", "a"),
        ("X Y", "a"),
        ("\xe9", "a"),
        ("Content-Length", "5"),
        ("transfer-encoding", "chunked"),
    ],
)
def test_a_header_that_would_be_another_request_is_refused(name: str, value: Any) -> None:
    client = THttpClient("http://127.0.0.1:1")
    client.setCustomHeaders({name: value})
    client.write(b"x")
    with pytest.raises(ValueError):
        client.flush()


@pytest.mark.parametrize("value", [None, 1.5, ["a"]])
def test_a_header_that_is_no_string_is_a_type_error(value: Any) -> None:
    client = THttpClient("http://127.0.0.1:1")
    client.setCustomHeaders({"X": value})
    with pytest.raises(TypeError):
        client.flush()


# ---- the answer


def test_after_a_call_the_answers_parts_are_attributes() -> None:
    with by_hand([ok(b"abc", "X-One: 1")]) as server:
        client = THttpClient(server.url)
        assert (client.code, client.message, client.headers, client.response) == (None, None, None, None)
        flushed(client)
    assert client.code == 200
    assert client.headers == [("Content-Length", "3"), ("X-One", "1")]
    assert client.message["X-One"] == "1"
    assert isinstance(client.response, http.client.HTTPResponse)


STATUSES = ["301 Moved", "304 Not Modified", "401 Unauthorized", "404 Not Found", "500 Oops", "503 Busy"]


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_other_than_2xx_is_an_error(status: str) -> None:
    with by_hand([answer(status, b"<html>", "Location: /y")]) as server:
        client = THttpClient(server.url)
        client.write(b"x")
        with pytest.raises(TTransportException) as raised:
            client.flush()
    assert raised.value.message == f"HTTP request failed with status {status[:3]}: {status[4:]}"
    assert raised.value.type == TTransportException.UNKNOWN
    assert client.code == int(status[:3])
    assert ("Location", "/y") in (client.headers or [])
    assert client.read(10) == b""


@pytest.mark.parametrize("status", ["201 Created", "202 Accepted", "204 No Content"])
def test_other_statuses_of_success_are_none(status: str) -> None:
    with by_hand([b"HTTP/1.1 %b\r\n\r\n" % status.encode() if "204" in status else answer(status, b"")]) as server:
        client = THttpClient(server.url, timeout=10_000)
        client.write(b"x")
        client.flush()
    assert client.code == int(status[:3])
    assert client.read(10) == b""


@pytest.mark.parametrize(
    "data,body",
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nans\r\n3\r\nwer\r\n0\r\n\r\n", b"answer"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nanswer", b"answer"),
        (b"HTTP/1.0 200 OK\r\n\r\nanswer", b"answer"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + ok(), b"answer"),
        (b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok(), b"answer"),
        (b"HTTP/1.1 200 \r\nContent-Length: 6\r\nContent-Length: 6\r\n\r\nanswer", b"answer"),
    ],
)
def test_an_answer_may_be_delimited_in_any_way(data: bytes, body: bytes) -> None:
    with by_hand([data]) as server:
        assert flushed(THttpClient(server.url)) == body


# http.client of Python 3.9 reads such a chunk to the end, where nothing follows.
NEGATIVE = TTransportException.UNKNOWN if sys.version_info >= (3, 10) else TTransportException.END_OF_FILE


@pytest.mark.parametrize(
    "data,kind",
    [
        (b"\x80\x01\0\x02", TTransportException.UNKNOWN),
        (b"HTTP/1.1 20\r\n\r\n", TTransportException.UNKNOWN),
        (b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 200 + b"\r\n", TTransportException.UNKNOWN),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000, TTransportException.UNKNOWN),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", TTransportException.UNKNOWN),
        (b"HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\nabc", TTransportException.UNKNOWN),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc", TTransportException.UNKNOWN),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", TTransportException.UNKNOWN),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", TTransportException.UNKNOWN),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", TTransportException.END_OF_FILE),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", TTransportException.END_OF_FILE),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nab", NEGATIVE),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n" * 200, TTransportException.UNKNOWN),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", TTransportException.UNKNOWN),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 300000000\r\n\r\n", TTransportException.SIZE_LIMIT),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", TTransportException.END_OF_FILE),
        (None, TTransportException.END_OF_FILE),
    ],
)
def test_a_bad_answer_is_a_transport_exception(data: Any, kind: int) -> None:
    with by_hand([data]) as server:
        client = THttpClient(server.url, keep_alive=True)
        with pytest.raises(TTransportException) as raised:
            flushed(client)
        assert raised.value.type == kind
        assert client.read(10) == b""


@pytest.mark.parametrize(
    "data,text",
    [
        (ok(b"\x1f\x8b\x08", "Content-Encoding: GZIP"), r"compressed \(GZIP\)"),
        (
            ok(b"<html>log in</html>", "Content-Type: text/html; charset=utf-8"),
            "but text/html, check the URL: '<html>log in",
        ),
    ],
)
def test_an_answer_that_cannot_be_a_message_says_why(data: bytes, text: str) -> None:
    with by_hand([data]) as server, pytest.raises(TTransportException, match=text):
        flushed(THttpClient(server.url))


def test_what_follows_an_answer_in_its_body_is_not_the_next_one() -> None:
    with by_hand([ok(HELLO_1 + b"more")], [ok(HELLO_2)]) as server:
        client = make_client(phone.Phone, url=server.url)
        assert client.hello("Ann") == "hello Ann"
        assert client.hello("Ann") == "hello Ann"
        client.close()


def test_an_answer_without_an_end_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_module, "MOST_RESPONSE_BYTES", 100_000)

    def endless(sock: socket.socket) -> None:
        sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            sock.sendall(b"x" * 10_000)

    with by_hand([endless]) as server, pytest.raises(TTransportException) as raised:
        flushed(THttpClient(server.url))
    assert raised.value.type == TTransportException.SIZE_LIMIT


def test_a_connection_without_an_answer_is_what_thriftpy2_raises_too() -> None:
    with by_hand([None]) as server, pytest.raises(http.client.RemoteDisconnected) as raised:
        flushed(THttpClient(server.url))
    assert isinstance(raised.value, TTransportException)


def test_a_refused_connection_is_what_thriftpy2_raises_too() -> None:
    client = make_client(phone.Phone, "127.0.0.1", free_port())
    with pytest.raises(ConnectionRefusedError) as raised:
        client.hello("Ann")
    assert isinstance(raised.value, TTransportException)
    assert raised.value.type == TTransportException.NOT_OPEN
    assert "Could not connect to 127.0.0.1:" in str(raised.value)


def test_an_unknown_host_is_a_transport_exception() -> None:
    client = make_client(phone.Phone, "host.invalid", 1)
    with pytest.raises(TTransportException) as raised:
        client.hello("Ann")
    assert raised.value.type == TTransportException.NOT_OPEN
    assert isinstance(raised.value, socket.gaierror)


def test_an_empty_answer_is_the_end_of_the_file() -> None:
    with by_hand([ok(b"")]) as server:
        client = make_client(phone.Phone, url=server.url)
        with pytest.raises(TTransportException) as raised:
            client.hello("Ann")
    assert raised.value.type == TTransportException.END_OF_FILE


def test_a_refusal_that_comes_before_the_request_was_sent_is_read() -> None:
    with serving() as running:
        with pytest.raises(TTransportException, match="status 413"):
            flushed(THttpClient(f"http://127.0.0.1:{running.port}"), b"x" * 20_000_000)


# ---- open and close


def test_nothing_is_connected_before_the_first_flush() -> None:
    client = THttpClient(f"http://127.0.0.1:{free_port()}")
    assert not client.is_open() and not client.isOpen()
    client.open()
    assert client.is_open() and client.isOpen()
    client.write(b"x")
    client.close()
    assert not client.is_open()


def test_a_client_works_again_after_close_and_after_a_failed_call() -> None:
    with by_hand([ok(HELLO_1)], [answer("500 Oops", b"")], [ok(message("hello", HELLO_1[-17:], 2, 3))]) as server:
        client = make_client(phone.Phone, url=server.url)
        assert client.hello("Ann") == "hello Ann"
        client.close()
        with pytest.raises(TTransportException, match="status 500"):
            client.hello("Ann")
        assert client.hello("Ann") == "hello Ann"


def test_what_could_not_be_encoded_is_not_sent_with_the_next_call() -> None:
    with by_hand([ok(HELLO_2)]) as server:
        client = make_client(phone.Phone, url=server.url)
        with pytest.raises(Exception, match="hello|name"):
            client.hello(object())
        assert client.hello("Ann") == "hello Ann"
    assert len(server.requests) == 1


# ---- keep-alive


def test_without_keep_alive_each_request_has_its_connection() -> None:
    with by_hand([ok(HELLO_1)], [ok(HELLO_2)]) as server:
        client = make_client(phone.Phone, url=server.url)
        assert client.hello("Ann") == client.hello("Ann")
    assert all(fields_of(request)["Connection"] == "close" for request in server.requests)


def test_with_keep_alive_one_connection_serves_all() -> None:
    with by_hand([ok(HELLO_1), ok(HELLO_2)]) as server:
        client = make_client(phone.Phone, url=server.url, keep_alive=True)
        assert client.hello("Ann") == client.hello("Ann") == "hello Ann"
        assert "Connection" not in fields_of(server.requests[0])
        client.close()


def test_a_connection_that_the_server_closed_while_idle_is_replaced() -> None:
    with by_hand([ok(HELLO_1)], [ok(HELLO_2)]) as server:
        client = make_client(phone.Phone, url=server.url, keep_alive=True)
        assert client.hello("Ann") == "hello Ann"
        assert server.closed.acquire(timeout=10)
        assert client.hello("Ann") == "hello Ann"
    assert len(server.requests) == 2


def test_a_request_that_may_have_been_executed_is_not_sent_again() -> None:
    with by_hand([ok(HELLO_1), None], [ok(HELLO_2)]) as server:
        client = make_client(phone.Phone, url=server.url, keep_alive=True)
        assert client.hello("Ann") == "hello Ann"
        with pytest.raises(TTransportException) as raised:
            client.hello("Ann")
        assert raised.value.type == TTransportException.END_OF_FILE
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    "first",
    [
        b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nanswer",
        ok(b"answer", "Connection: close"),
        b"HTTP/1.1 200 OK\r\n\r\nanswer",
        ok() + ok(b"stray"),
        ok() + b"\r\n",
    ],
    ids=["1.0", "close", "no length", "two answers", "stray bytes"],
)
def test_a_connection_is_not_used_again_where_the_answer_forbids_it(first: bytes) -> None:
    def then_close(sock: socket.socket) -> None:
        sock.sendall(first)
        sock.shutdown(socket.SHUT_WR)

    def and_stay(sock: socket.socket) -> None:
        sock.sendall(first)

    has_length = b"Content-Length" in first
    with by_hand([and_stay if has_length else then_close], [ok(b"second")]) as server:
        client = THttpClient(server.url, keep_alive=True)
        assert flushed(client) == b"answer"
        assert flushed(client) == b"second"


def test_the_answer_of_one_request_is_never_that_of_another() -> None:
    with by_hand([ok(b"abc"), ok(b"def")]) as server:
        client = THttpClient(server.url, keep_alive=True)
        client.write(b"1")
        client.flush()
        assert client.read(1) == b"a"
        assert flushed(client) == b"def"


# ---- time


def silent(sock: socket.socket) -> None:
    assert sock.recv(1) == b""  # until the client goes


def trickling(sock: socket.socket) -> None:
    pause = threading.Event()
    sock.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while True:  # until the client goes
        sock.sendall(b"x")
        pause.wait(0.02)


@pytest.mark.parametrize("peer", [silent, trickling])
@pytest.mark.parametrize("keep_alive", [False, True])
def test_a_call_ends_with_its_timeout(peer: Any, keep_alive: bool) -> None:
    with by_hand([peer]) as server:
        client = make_client(phone.Phone, url=server.url, timeout=150, keep_alive=keep_alive)
        began = time.monotonic()
        with pytest.raises(socket.timeout) as raised:
            client.hello("Ann")
        assert 0.1 < time.monotonic() - began < 5
    assert isinstance(raised.value, TTransportTimeout)
    assert raised.value.type == TTransportException.TIMED_OUT


def test_a_timeout_is_the_clients_own() -> None:
    before = socket.getdefaulttimeout()
    seen = []

    class Spy(THttpHeaderFactory):
        def get_headers(self) -> dict[str, str]:
            seen.append(socket.getdefaulttimeout())
            return {}

    with by_hand([ok()]) as server:
        flushed(THttpClient(server.url, timeout=5000, http_header_factory=Spy()))
    assert seen == [before] == [socket.getdefaulttimeout()]


@pytest.mark.parametrize("ms,expected", [(None, None), (0, None), (-1, None), (1500, 1.5), (0.5, 0.0005)])
def test_timeouts_are_milliseconds(ms: Any, expected: Any) -> None:
    client = THttpClient("http://h", timeout=ms)
    assert client._timeout == expected
    client.setTimeout(1)
    assert client._timeout == 0.001
    client.set_timeout(ms)
    assert client._timeout == expected


@pytest.mark.parametrize("timeout", [None, 30_000])
def test_a_oneway_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch, timeout: Any) -> None:
    monkeypatch.setattr(client_module, "ONEWAY_ANSWER_MS", 50)
    with by_hand([silent], [ok(HELLO_2)]) as server:
        client = make_client(phone.Phone, url=server.url, timeout=timeout, keep_alive=True)
        client.note("x")
        assert client.hello("Ann") == "hello Ann"
    assert len(server.requests) == 2


def test_a_oneway_that_is_refused_is_an_error() -> None:
    with by_hand([answer("401 No", b"")]) as server:
        with pytest.raises(TTransportException, match="status 401"):
            make_client(phone.Phone, url=server.url).note("x")


def test_the_transport_may_be_shared_with_no_other_layer() -> None:
    with serving(proto_factory=TCompactProtocolFactory()) as running:
        trans = THttpClient(f"http://127.0.0.1:{running.port}/S4", timeout=10_000)
        trans.setCustomHeaders({"X-Line-Access": "token"})
        trans.open()
        client = TClient(phone.Phone, TCompactProtocol(trans))
        assert client.hello("Bob") == "hello Bob"
        assert client.find("Ann").numbers == ["1", "2"]
        with pytest.raises(phone.Unknown):
            client.find("Bob")
        assert len(client.blob(1_000_000)) == 1_000_000


def test_impylas_way_of_use() -> None:
    from fastthrift.protocol.binary import TBinaryProtocol

    with serving() as running:
        trans = THttpClient(f"http://127.0.0.1:{running.port}/cliservice")
        trans.setCustomHeaders({"Authorization": "Basic abc"})
        buffered = TBufferedTransport(trans)
        buffered.open()
        client = TClient(phone.Phone, TBinaryProtocol(buffered))
        assert client.hello("Bob") == "hello Bob"
        assert client.hello("Cid") == "hello Cid"
        buffered.close()


# ---- TLS


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Any, str]:
    authority = pytest.importorskip("trustme").CA()
    path = tmp_path / "server.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(path)
    return authority, str(path)


def test_https_checks_certificate_and_host_by_default(certificate: tuple[Any, str]) -> None:
    authority, path = certificate
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with serving(certfile=path) as running:
        with client_context(phone.Phone, "localhost", running.port, scheme="https") as client:
            with pytest.raises(ssl.SSLCertVerificationError) as raised:
                client.hello("Ann")  # by an authority that nobody knows
            assert isinstance(raised.value, TTransportException)
        options = {"scheme": "https", "ssl_context_factory": lambda: trusting}
        with client_context(phone.Phone, "127.0.0.1", running.port, **options) as client:
            with pytest.raises(TTransportException, match="(?i)verify|match|certificate"):
                client.hello("Ann")  # for another host
        with client_context(phone.Phone, "localhost", running.port, **options) as client:
            assert client.hello("Ann") == "hello Ann"


def test_a_handshake_that_never_ends_is_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = make_client(phone.Phone, "127.0.0.1", listener.getsockname()[1], scheme="https", timeout=100)
        with pytest.raises(TTransportTimeout):
            client.hello("Ann")


def test_threads_share_a_client() -> None:
    from concurrent.futures import ThreadPoolExecutor

    with serving() as running, client_context(phone.Phone, "127.0.0.1", running.port, keep_alive=True) as client:
        with ThreadPoolExecutor(8) as pool:
            names = [f"n{i}" for i in range(200)]
            assert list(pool.map(client.hello, names)) == ["hello " + name for name in names]
