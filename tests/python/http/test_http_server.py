"""The HTTP server on a socket: connections, keep-alive, refusals, deadlines, stopping."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from fastthrift import defaults, http
from fastthrift.http import connection as connection_module
from fastthrift.http.request import Limits
from fastthrift.processor import TProcessor, TProcessorFactory
from fastthrift.protocol import TBinaryProtocolFactory, TCompactProtocolFactory
from fastthrift.server import TServer
from fastthrift.transport import TBufferedTransportFactory, TFramedTransportFactory
from phone import (
    HELLO,
    HELLO_ANSWER,
    NOTE,
    Caller,
    Handler,
    Running,
    message,
    on_threads,
    phone,
    post,
    serving,
    text_field,
)
from programs import PACKAGE, run_program

# Who reads and writes: the core's engine, or a thread for each connection.
BOTH = pytest.mark.parametrize("threads", [False, True], ids=["engine", "threads"])


@pytest.fixture(params=[False, True], ids=["engine", "threads"])
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    with serving(threads=request.param) as running:
        yield running


@pytest.fixture
def thriftpy2_defaults() -> Iterator[None]:
    defaults.use("thriftpy2")
    yield
    defaults.use("fastthrift")


def test_a_call_is_answered_with_a_200_of_a_known_length(running: Running) -> None:
    with Caller(running.port) as caller:
        caller.send(post())
        answer = caller.answer()
    assert answer.status == 200
    assert answer.body == HELLO_ANSWER
    assert answer.headers["Content-Type"] == "application/x-thrift"
    assert answer.headers["Content-Length"] == str(len(HELLO_ANSWER))
    assert answer.headers["Date"].endswith("GMT")
    assert answer.headers["Connection"] is None


def test_a_connection_serves_one_request_after_the_other(running: Running) -> None:
    with Caller(running.port) as caller:
        for _ in range(5):
            caller.send(post())
            assert caller.answer().body == HELLO_ANSWER


def test_requests_that_arrive_together_are_answered_in_their_order(running: Running) -> None:
    names = ["Ann", "Bob", "Cid"]
    with Caller(running.port) as caller:
        caller.send(b"".join(post(message("hello", text_field(name))) for name in names))
        assert [caller.answer().body[-4:-1] for _ in names] == [name.encode() for name in names]


def test_a_request_may_come_byte_by_byte(running: Running) -> None:
    with Caller(running.port) as caller:
        for byte in post():
            caller.send(bytes([byte]))
        assert caller.answer().body == HELLO_ANSWER


def test_a_chunked_request_is_decoded(running: Running) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with Caller(running.port) as caller:
        caller.send(head + b"5\r\n" + HELLO[:5] + b"\r\n%x\r\n" % (len(HELLO) - 5) + HELLO[5:] + b"\r\n0\r\n\r\n")
        assert caller.answer().body == HELLO_ANSWER
        caller.send(post())
        assert caller.answer().status == 200


@pytest.mark.parametrize(
    "line,fields,goes_on,says",
    [
        ("POST / HTTP/1.1", [], True, None),
        ("POST / HTTP/1.1", ["Connection: close"], False, "close"),
        ("POST / HTTP/1.0", [], False, "close"),
        ("POST / HTTP/1.0", ["Connection: keep-alive"], True, "keep-alive"),
    ],
)
def test_the_client_decides_whether_the_connection_goes_on(
    running: Running, line: str, fields: list[str], goes_on: bool, says: str | None
) -> None:
    with Caller(running.port) as caller:
        caller.send(post(HELLO, *fields, line=line))
        answer = caller.answer()
        assert (answer.status, answer.body) == (200, HELLO_ANSWER)
        assert answer.headers["Connection"] == says
        if goes_on:
            caller.send(post())
            assert caller.answer().status == 200
        else:
            assert caller.is_closed()


def test_a_oneway_gets_an_empty_200(running: Running) -> None:
    with Caller(running.port) as caller:
        caller.send(post(NOTE))
        answer = caller.answer()
        assert (answer.status, answer.body) == (200, b"")
        assert answer.headers["Content-Length"] == "0"
        assert running.handler.noted.acquire(timeout=10)
        caller.send(post())
        assert caller.answer().body == HELLO_ANSWER


def test_many_connections_are_served_at_once(running: Running) -> None:
    wait = post(message("wait", b"\x08\0\1\0\0\0\5\0"))
    waiting = [Caller(running.port) for _ in range(20)]
    for caller in waiting:
        caller.send(wait)
        assert running.handler.entered.acquire(timeout=10)
    idle = [Caller(running.port) for _ in range(20)]
    with Caller(running.port) as caller:
        caller.send(post())
        assert caller.answer().body == HELLO_ANSWER
    running.handler.go_on.set()
    for caller in waiting:
        assert caller.answer().body == message("wait", b"\x08\0\0\0\0\0\5\0", kind=2)
    for caller in waiting + idle:
        caller.__exit__()


def test_who_expects_to_continue_is_told_before_the_body(running: Running) -> None:
    data = post(HELLO, "Expect: 100-continue")
    with Caller(running.port) as caller:
        caller.send(data[: -len(HELLO)])
        assert caller.answer().status == 100
        caller.send(HELLO)
        assert caller.answer().body == HELLO_ANSWER


REFUSED = [
    (400, b"POST / HTTP/1.1\r\n\r\n"),
    (400, b"\x80\x01\x00\x01"),
    (400, post(HELLO, "Content-Length: 3")),
    (400, post(HELLO, "Transfer-Encoding: chunked")),
    (400, post(b"not a message")),
    (400, post(HELLO[:-5])),
    (400, post(b"")),
    (405, post(HELLO, line="PUT / HTTP/1.1")),
    (411, b"POST / HTTP/1.1\r\nHost: x\r\n\r\n"),
    (413, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 16384001\r\n\r\n"),
    (414, b"POST /" + b"a" * 9000),
    (415, post(HELLO, "Content-Encoding: gzip")),
    (417, post(HELLO, "Expect: tea")),
    (431, post(HELLO, "X: " + "a" * 9000)),
    (431, post(HELLO, *["X: a"] * 100)),
    (431, post(HELLO, *["X: " + "a" * 8000] * 9)),
    (501, b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
    (505, b"POST / HTTP/3.0\r\n\r\n"),
]


@pytest.mark.parametrize("status,data", REFUSED, ids=lambda value: str(value)[:40])
def test_a_refused_request_is_told_why_and_the_connection_closes(running: Running, status: int, data: bytes) -> None:
    with Caller(running.port) as caller:
        caller.send(data + post())
        answer = caller.answer()
        assert answer.status == status
        assert answer.headers["Connection"] == "close"
        assert answer.headers["Content-Type"] == "text/plain"
        assert caller.is_closed(), "what follows a request in doubt is not read"
    with Caller(running.port) as caller:
        caller.send(post())
        assert caller.answer().body == HELLO_ANSWER


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW", "post"])
def test_other_methods_get_405_and_the_connection_goes_on(running: Running, method: str) -> None:
    with Caller(running.port) as caller:
        caller.send(f"{method} / HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        status = caller.file.readline()
        assert status == b"HTTP/1.1 405 Method Not Allowed\r\n"
        head = {}
        while (line := caller.file.readline()) != b"\r\n":
            name, _, value = line.decode().partition(": ")
            head[name] = value.strip()
        assert head["Allow"] == "POST"
        if method != "HEAD":  # which has no body, only its length
            caller.file.read(int(head["Content-Length"]))
        caller.send(post())
        assert caller.answer().body == HELLO_ANSWER


@BOTH
def test_a_client_that_sends_a_long_body_reads_why_it_was_refused(threads: bool) -> None:
    class Small(http.THttpServer):
        limits = Limits(body=1000)

    server = Small(
        TProcessor(phone.Phone, Handler()), ("127.0.0.1", 0), TBufferedTransportFactory(), TBinaryProtocolFactory()
    )
    running = Running(on_threads(server) if threads else server, None)
    with Caller(running.port) as caller:
        caller.send(post(b"x" * 500_000))
        assert caller.answer().status == 413
        assert caller.is_closed()
    running.stop()


def test_an_undeclared_exception_is_answered_with_a_200(running: Running) -> None:
    with Caller(running.port) as caller:
        caller.send(post(message("fail", text_field("x"))))
        answer = caller.answer()
        assert answer.status == 200
        assert b"Internal error processing fail: ValueError" in answer.body
        caller.send(post())
        assert caller.answer().body == HELLO_ANSWER


@BOTH
@pytest.mark.parametrize("data", [post(message("fail", text_field("x"))), post(b"not a message")])
def test_thriftpy2s_way_with_undeclared_exceptions_is_no_answer(
    thriftpy2_defaults: None, data: bytes, threads: bool
) -> None:
    with serving(threads=threads) as running, Caller(running.port) as caller:
        caller.send(data)
        assert caller.is_closed()


def test_a_processor_that_raises_is_a_500() -> None:
    class Broken(TProcessor):
        def process(self, iprot: Any, oprot: Any) -> None:
            raise RuntimeError("secret")

    server = http.THttpServer(
        Broken(phone.Phone, Handler()), ("127.0.0.1", 0), TBufferedTransportFactory(), TBinaryProtocolFactory()
    )
    running = Running(server, None)
    with Caller(running.port) as caller:
        caller.send(post())
        answer = caller.answer()
    assert answer.status == 500
    assert b"secret" not in answer.body
    running.stop()


def test_a_handler_may_write_the_response_itself(running: Running) -> None:
    seen = []

    def respond(handler: BaseHTTPRequestHandler) -> None:
        seen.append((handler.command, handler.path, handler.headers["X-Token"], handler.client_address[0]))
        handler.send_response(402, "Pay")
        handler.send_header("X-Price", "5")
        handler.end_headers()
        handler.wfile.write(b"money")

    running.handler.respond = respond
    with Caller(running.port) as caller:
        caller.send(post(message("fail", text_field("respond")), "X-Token: t", line="POST /a?b HTTP/1.1"))
        text = caller.file.read()
    head, _, body = text.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 402 Pay\r\n")
    assert b"X-Price: 5" in head and b"Connection: close" in head
    assert body == b"money"
    assert seen == [("POST", "/a?b", "t", "127.0.0.1")]


@BOTH
@pytest.mark.parametrize("factory", [TBufferedTransportFactory(), TFramedTransportFactory()])
@pytest.mark.parametrize("proto_factory", [TBinaryProtocolFactory(), TCompactProtocolFactory()])
def test_both_sides_may_choose_protocol_and_transport(factory: Any, proto_factory: Any, threads: bool) -> None:
    options = {"proto_factory": proto_factory, "trans_factory": factory}
    with serving(threads=threads, **options) as running:
        with http.client_context(phone.Phone, "127.0.0.1", running.port, **options) as client:
            assert client.hello("Bob") == "hello Bob"
            client.note("x")
            assert client.find("Ann") == phone.Entry(name="Ann", numbers=["1", "2"])
            assert len(client.blob(3_000_000)) == 3_000_000
            with pytest.raises(phone.Unknown):
                client.find("Bob")
    assert running.handler.notes == ["x"]


def test_each_request_may_have_a_processor_of_its_own() -> None:
    made = []

    class Counted(TProcessor):
        def __init__(self, *args: Any) -> None:
            made.append(self)
            super().__init__(*args)

    factory = TProcessorFactory(Counted, phone.Phone, Handler())
    server = http.THttpServer(factory, ("127.0.0.1", 0), TBufferedTransportFactory(), TBinaryProtocolFactory())
    running = Running(server, None)
    with Caller(running.port) as caller:
        for count in (1, 2):
            caller.send(post())
            assert caller.answer().body == HELLO_ANSWER
            assert len(made) == count
    running.stop()


@BOTH
def test_an_idle_connection_is_closed_quietly(threads: bool) -> None:
    with serving(client_timeout=50, threads=threads) as running:
        with Caller(running.port) as caller:
            assert caller.file.read() == b""
        with Caller(running.port) as caller:
            caller.send(post())
            assert caller.answer().status == 200
            assert caller.file.read() == b""


@BOTH
@pytest.mark.parametrize("data", [b"P", post()[:30], post()[:-1]], ids=["first byte", "half a head", "half a body"])
def test_a_request_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch, data: bytes, threads: bool) -> None:
    monkeypatch.setattr(connection_module, "MESSAGE_SECONDS", 0.05)
    with serving(threads=threads) as running, Caller(running.port) as caller:
        caller.send(data)
        assert caller.answer().status == 408
        assert caller.is_closed()


@BOTH
def test_close_lets_calls_in_flight_finish_and_closes_idle_connections(threads: bool) -> None:
    with serving(threads=threads) as running:
        busy, idle, partial = (Caller(running.port) for _ in range(3))
        idle.send(post())
        assert idle.answer().status == 200
        partial.send(post()[:10])
        busy.send(post(message("wait", b"\x08\0\1\0\0\0\5\0")))
        assert running.handler.entered.acquire(timeout=10)
        running.server.close()
        assert idle.is_closed()
        if not threads:  # a request that has begun is a call in flight
            partial.send(post()[10:])
            answer = partial.answer()
            assert (answer.body, answer.headers["Connection"]) == (HELLO_ANSWER, "close")
        assert partial.is_closed()
        running.handler.go_on.set()
        answer = busy.answer()
        assert answer.body == message("wait", b"\x08\0\0\0\0\0\5\0", kind=2)
        assert answer.headers["Connection"] == "close"
        assert busy.is_closed()
        running.thread.join(10)
        assert not running.thread.is_alive()
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", running.port), timeout=5).close()
        for caller in (busy, idle, partial):
            caller.__exit__()


@BOTH
def test_a_call_that_does_not_finish_is_cut_off(threads: bool) -> None:
    with serving(threads=threads) as running, Caller(running.port) as caller:
        caller.send(post(message("wait", b"\x08\0\1\0\0\0\5\0")))
        assert running.handler.entered.acquire(timeout=10)
        running.server.stop(grace_ms=0)
        assert caller.is_closed()
        running.thread.join(10)
        assert not running.thread.is_alive()


def test_the_httpd_tells_the_address_and_stops_the_server(running: Running) -> None:
    httpd = running.server.httpd
    assert isinstance(httpd, HTTPServer)
    assert isinstance(running.server, TServer)
    assert httpd.server_address == ("127.0.0.1", running.port) == httpd.socket.getsockname()
    assert (httpd.server_name, httpd.server_port) == httpd.server_address
    httpd.shutdown()
    running.thread.join(10)
    assert not running.thread.is_alive()


@pytest.mark.parametrize("server_class", [None, HTTPServer, ThreadingHTTPServer])
def test_the_httpd_serves_by_itself_too(server_class: Any) -> None:
    options = {} if server_class is None else {"server_class": server_class}
    handler = Handler()
    server = http.THttpServer(
        TProcessor(phone.Phone, handler),
        ("127.0.0.1", 0),
        TBufferedTransportFactory(),
        TBinaryProtocolFactory(),
        **options,
    )
    thread = threading.Thread(target=server.httpd.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    with Caller(server.httpd.server_address[1]) as caller:
        caller.send(post(HELLO, "Connection: close"))
        assert caller.answer().body == HELLO_ANSWER
    server.httpd.shutdown()
    thread.join(10)
    assert not thread.is_alive()
    server.close()


def test_a_server_class_of_the_user_decides_who_may_connect() -> None:
    class Choosy(HTTPServer):
        allowed = False

        def verify_request(self, request: Any, client_address: Any) -> bool:
            return self.allowed

    server = http.THttpServer(
        TProcessor(phone.Phone, Handler()),
        ("127.0.0.1", 0),
        TBufferedTransportFactory(),
        TBinaryProtocolFactory(),
        server_class=Choosy,
    )
    running = Running(server, None)
    with Caller(running.port) as caller:
        assert caller.is_closed()
    Choosy.allowed = True
    with Caller(running.port) as caller:
        caller.send(post())
        assert caller.answer().body == HELLO_ANSWER
    running.stop()


def test_an_ipv6_address_is_listened_on() -> None:
    try:
        server = http.make_server(phone.Phone, Handler(), "::1", 0)
    except OSError:
        pytest.skip("no IPv6 here")
    running = Running(server, None)
    with http.client_context(phone.Phone, "::1", running.port) as client:
        assert client.hello("Bob") == "hello Bob"
    running.stop()


def test_a_served_port_is_an_error(running: Running) -> None:
    with pytest.raises(OSError):
        http.make_server(phone.Phone, Handler(), "127.0.0.1", running.port)


def test_close_before_serve_frees_the_port() -> None:
    server = http.make_server(phone.Phone, Handler(), "127.0.0.1", 0)
    port = server.httpd.server_address[1]
    server.close()
    with http.make_server(phone.Phone, Handler(), "127.0.0.1", str(port)) as again:
        assert again.httpd.server_address == ("127.0.0.1", port)


# ---- TLS


@pytest.fixture(scope="module")
def authority() -> Any:
    return pytest.importorskip("trustme").CA()


@pytest.fixture
def tls(authority: Any, tmp_path: Path) -> Iterator[tuple[Running, ssl.SSLContext]]:
    path = tmp_path / "server.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(path)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with serving(certfile=str(path)) as running:
        yield running, context


def test_https_by_a_certificate(tls: tuple[Running, ssl.SSLContext]) -> None:
    running, context = tls
    with http.client_context(
        phone.Phone,
        url=f"https://localhost:{running.port}/x",
        ssl_context_factory=lambda: context,
        keep_alive=True,
    ) as client:
        assert client.hello("Bob") == "hello Bob"
        assert len(client.blob(1_000_000)) == 1_000_000


def test_mute_tls_clients_hold_up_nobody(tls: tuple[Running, ssl.SSLContext]) -> None:
    running, context = tls
    mute = [socket.create_connection(("127.0.0.1", running.port), timeout=20) for _ in range(20)]
    with http.client_context(
        phone.Phone, "localhost", running.port, scheme="https", ssl_context_factory=lambda: context
    ) as client:
        assert client.hello("Bob") == "hello Bob"
    for sock in mute:
        sock.close()


def test_plain_text_to_a_tls_port_is_survived(tls: tuple[Running, ssl.SSLContext]) -> None:
    running, context = tls
    with Caller(running.port) as caller:
        caller.send(post())
        caller.file.read()
    sock = context.wrap_socket(
        socket.create_connection(("127.0.0.1", running.port), timeout=20), server_hostname="localhost"
    )
    with Caller(0, sock) as caller:
        caller.send(post())
        assert caller.answer().body == HELLO_ANSWER


# ---- processes

PROGRAM = """
    import fastthrift, sys
    from fastthrift.http import make_server
    phone = fastthrift.load(sys.argv[1], module_name="http_process_thrift")
    class Handler:
        def hello(self, name): return "hello " + name
    server = make_server(phone.Phone, Handler(), "127.0.0.1", 0)
    print(server.httpd.server_address[1], flush=True)
    server.serve()
    print("ended", flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="no SIGTERM")
def test_sigterm_ends_serve() -> None:
    from phone import IDL

    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), IDL],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": PACKAGE},
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with http.client_context(phone.Phone, "127.0.0.1", port, keep_alive=True) as client:
            assert client.hello("Bob") == "hello Bob"
            process.send_signal(signal.SIGTERM)
            assert process.stdout.readline() == "ended\n"
        assert process.wait(20) == 0


LEFT_OPEN = """
    import fastthrift, sys, threading
    from fastthrift import http
    phone = fastthrift.load(sys.argv[1], module_name="http_process_thrift")
    class Handler:
        def hello(self, name): return "hello " + name
    server = http.make_server(phone.Phone, Handler(), "127.0.0.1", 0)
    threading.Thread(target=server.serve, daemon=True).start()
    client = http.make_client(phone.Phone, "127.0.0.1", server.httpd.server_address[1], keep_alive=True)
    print(client.hello("Bob"))
"""


def test_a_kept_connection_does_not_keep_the_process() -> None:
    from phone import IDL

    done = run_program(LEFT_OPEN, IDL, timeout=30)  # an idle connection lives longer
    assert (done.returncode, done.stdout) == (0, "hello Bob\n"), done.stderr
