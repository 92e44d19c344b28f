"""Which HTTP servers run on the core's engine, and that they answer there as they do with a thread for each connection."""

from __future__ import annotations

import logging
import re
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from fastthrift import defaults, http
from fastthrift.http.request import Limits
from fastthrift.processor import TMultiplexedProcessor, TProcessor, TProcessorFactory
from fastthrift.protocol import (
    TBinaryProtocolFactory,
    TCompactProtocolFactory,
    TJSONProtocolFactory,
    TMultiplexedProtocolFactory,
)
from fastthrift.protocol.header import THeaderProtocolFactory
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

BUFFERED, BINARY = TBufferedTransportFactory(), TBinaryProtocolFactory()


class Watched(http.THttpServer):
    def _answer(self, request: Any, connection: Any) -> Any:
        return super()._answer(request, connection)


class Renamed(http.THttpServer):
    """Overrides nothing that the engine does."""

    limits = Limits(body=100_000)
    max_connections = 50

    def close(self) -> None:
        super().close()


class Steps(TProcessor):
    def handle_exception(self, e: Exception, result: Any) -> bool:
        return super().handle_exception(e, result)


class Choosy(HTTPServer):
    pass


def server_of(
    processor: Any = None,
    server: type[http.THttpServer] = http.THttpServer,
    transport: Any = BUFFERED,
    protocol: Any = BINARY,
    **options: Any,
) -> http.THttpServer:
    return server(processor or TProcessor(phone.Phone, Handler()), ("127.0.0.1", 0), transport, protocol, **options)


def multiplexed() -> TMultiplexedProcessor:
    processor = TMultiplexedProcessor()
    processor.register_processor("phone", TProcessor(phone.Phone, Handler()))
    return processor


def patched_httpd() -> http.THttpServer:
    server = server_of()
    server.httpd.verify_request = lambda request, address: True  # type: ignore[method-assign]
    return server


ON_ENGINE = {
    "all parts ours": server_of,
    "a subclass that overrides no step": lambda: server_of(server=Renamed),
    "several services": lambda: server_of(multiplexed()),
    "framed": lambda: server_of(transport=TFramedTransportFactory()),
    "compact": lambda: server_of(protocol=TCompactProtocolFactory()),
    "headers": lambda: server_of(protocol=THeaderProtocolFactory()),
}
ON_THREADS = {
    "TLS": lambda: server_of(ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)),
    "another HTTPServer": lambda: server_of(server_class=Choosy),
    "a step of httpd that was replaced": patched_httpd,
    "a subclass that sees each request": lambda: server_of(server=Watched),
    "a step of a server that was replaced": lambda: on_threads(server_of()),
    "a processor with steps of its own": lambda: server_of(Steps(phone.Phone, Handler())),
    "a processor for each request": lambda: server_of(TProcessorFactory(TProcessor, phone.Phone, Handler())),
    "JSON": lambda: server_of(protocol=TJSONProtocolFactory()),
}


@pytest.mark.parametrize("name", ON_ENGINE)
def test_the_engine_serves_what_is_exactly_ours(name: str) -> None:
    with ON_ENGINE[name]() as server:
        assert server._engine_for() is not None


@pytest.mark.parametrize("name", ON_THREADS)
def test_what_somebody_has_a_say_in_has_threads(name: str) -> None:
    with ON_THREADS[name]() as server:
        assert server._engine_for() is None


def test_idle_connections_have_no_thread() -> None:
    with serving() as running:
        with Caller(running.port) as caller:
            caller.send(post())
            assert caller.answer().body == HELLO_ANSWER
        before = threading.active_count()
        idle = [Caller(running.port) for _ in range(100)]
        for each in idle:
            each.send(post())
            assert each.answer().body == HELLO_ANSWER
        assert threading.active_count() == before
        assert running.server._engine.threads < 10
        assert running.server._engine.connections >= 100
        for each in idle:
            each.__exit__()


CALLS = {
    "a call": post(),
    "a call of an unknown method": post(message("nobody", b"\0")),
    "a declared exception": post(message("find", text_field("Bob"))),
    "an undeclared exception": post(message("fail", text_field("x"))),
    "a oneway": post(NOTE),
    "no result": post(message("nothing", b"\0")),
    "a reply": post(message("hello", text_field("Ann"), kind=2)),
    "no message": post(b"hello"),
    "nothing": post(b""),
    "half a message": post(HELLO[:-3]),
    "a string of negative length": post(message("hello", b"\x0b\0\1\xff\xff\xff\xff\0")),
    "something behind the message": post(HELLO + b"more"),
    "two messages": post(HELLO + HELLO),
    "any path": post(line="POST /any/path?x=1 HTTP/1.1"),
    "several": post() + post(NOTE) + b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + post(),
    "HEAD": b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "the last one": post(HELLO, "Connection: close") + post(),
    "one of HTTP/1.0": post(line="POST / HTTP/1.0"),
    "several of HTTP/1.0": post(HELLO, "Connection: keep-alive", line="POST / HTTP/1.0") + post(line="POST / HTTP/1.0"),
    "another one in doubt": post() + b"POST / HTTP/1.1\n\n",
    "a method with a body": post(line="PUT / HTTP/1.1"),
    "chunks": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"5\r\n" + HELLO[:5] + b"\r\n%x\r\n" % (len(HELLO) - 5) + HELLO[5:] + b"\r\n0\r\n\r\n",
}  # fmt: skip


def answers(port: int, data: bytes) -> bytes:
    """All that comes until the server closes; no dates, and not which exception said that bytes are no message."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        received = b""
        while piece := sock.recv(65536):
            received += piece
    received = re.sub(rb"\r\nDate: [^\r]*GMT", b"", received)
    return re.sub(rb"Content-Length: \d+(.*no message for this service): \w+", rb"\1", received, flags=re.DOTALL)


@pytest.mark.parametrize("profile", ["fastthrift", "thriftpy2"])
def test_the_engine_answers_as_the_threads_do(profile: str) -> None:
    defaults.use(profile)
    try:
        with serving() as engine, serving(threads=True) as threads:
            for name, data in CALLS.items():
                by_engine, by_threads = answers(engine.port, data), answers(threads.port, data)
                assert by_engine == by_threads, name
                assert by_engine or profile == "thriftpy2", name
    finally:
        defaults.use("fastthrift")


ANY_CLIENT = THeaderProtocolFactory(allowed_client_types=(0, 1, 2, 3, 4))


@pytest.mark.parametrize("client", [THeaderProtocolFactory(), BINARY, TCompactProtocolFactory()])
def test_a_server_of_headers_takes_each_client_by_http_too(client: Any) -> None:
    with serving(proto_factory=ANY_CLIENT) as running:
        url = f"http://127.0.0.1:{running.port}/"
        with http.client_context(phone.Phone, url=url, proto_factory=client, keep_alive=True) as caller:
            for _ in range(2):
                assert caller.hello("Bob") == "hello Bob"
            with pytest.raises(phone.Unknown):
                caller.find("Bob")


def test_several_services_share_a_server() -> None:
    running = Running(server_of(multiplexed()), None)
    protocol = TMultiplexedProtocolFactory(BINARY, "phone")
    with http.client_context(phone.Phone, "127.0.0.1", running.port, proto_factory=protocol) as client:
        assert client.hello("Bob") == "hello Bob"
        with pytest.raises(phone.Unknown):
            client.find("Bob")
    running.stop()


def test_slow_calls_hold_up_neither_answers_before_them_nor_others() -> None:
    wait = post(message("wait", b"\x08\0\1\0\0\0\5\0"))
    waited = message("wait", b"\x08\0\0\0\0\0\5\0", kind=2)
    with serving() as running:
        with Caller(running.port) as first, Caller(running.port) as other:
            first.send(wait)
            assert running.handler.entered.acquire(timeout=10)
            other.send(post())
            assert other.answer().body == HELLO_ANSWER  # by another thread: from now on the method is known to be slow
            running.handler.go_on.set()
            assert first.answer().body == waited
        running.handler.go_on.clear()
        slow = [Caller(running.port) for _ in range(3)]
        for each in slow:
            each.send(post() + wait + post())
            assert each.answer().body == HELLO_ANSWER
            assert running.handler.entered.acquire(timeout=10)
        with Caller(running.port) as quick:
            quick.send(post())
            assert quick.answer().body == HELLO_ANSWER
        running.handler.go_on.set()
        for each in slow:
            assert each.answer().body == waited
            assert each.answer().body == HELLO_ANSWER
            each.__exit__()


def test_answers_that_nobody_reads_stop_their_connection_only() -> None:
    blob = post(message("blob", b"\x08\0\1\0\x10\0\0\0"))  # of a mebibyte
    with serving() as running:
        deaf = Caller(running.port)
        deaf.send(blob * 30)
        with Caller(running.port) as caller:
            caller.send(post())
            assert caller.answer().body == HELLO_ANSWER
        for _ in range(30):
            assert len(deaf.answer().body) > 1 << 20
        deaf.__exit__()


def test_what_a_handler_writes_itself_may_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    def respond(handler: BaseHTTPRequestHandler) -> None:
        raise ValueError("in the response")

    seen: list[str] = []
    monkeypatch.setattr("sys.unraisablehook", lambda told: seen.append(str(told.exc_value)))
    with serving() as running:
        running.handler.respond = respond
        with Caller(running.port) as caller:
            caller.send(post(message("fail", text_field("respond"))))
            assert caller.is_closed()
        with Caller(running.port) as caller:
            caller.send(post())
            assert caller.answer().body == HELLO_ANSWER
    assert seen == ["in the response"]


def test_refusals_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "fastthrift.server"), serving() as running:
        answers(running.port, b"POST / HTTP/2.0\r\n\r\n")
        answers(running.port, post(HELLO[:-3]))
    assert re.search(r"message refused: 127\.0\.0\.1:\d+: 505: this server speaks HTTP/1\.1", caplog.text)
    assert re.search(r"message refused: 127\.0\.0\.1:\d+: hello: ", caplog.text)
