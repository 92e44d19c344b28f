"""HTTP in Apache's face: the client's own ways, what the server refuses, oneways, responses of handlers, TLS."""

from __future__ import annotations

import contextlib
import http.server
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import apache_side
from fastthrift.http import client as http_client
from wares import Handler

side = apache_side.Side("fastthrift.apache")
THttpClient = side.THttpClient.THttpClient
THttpServer = side.THttpServer.THttpServer
ResponseException = side.THttpServer.ResponseException
TTransportException = side.TTransport.TTransportException
TBinaryProtocolFactory = side.TBinaryProtocol.TBinaryProtocolFactory

ADD = bytes.fromhex("80010001 00000003 616464 00000000 08000100000001 080002fffffffe 00")
SUM = bytes.fromhex("80010002 00000003 616464 00000000 080000ffffffff 00")
NOTE = bytes.fromhex("80010004 00000004 6e6f7465 00000000 0b000100000001 78 00")


# ---- the client against a server by hand


class Web:
    """Answers each POST with what ``answers`` give next; remembers requests."""

    def __init__(self, scheme: str = "http", context: ssl.SSLContext | None = None) -> None:
        web = self
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.connections: set[Any] = set()
        self.answers: list[tuple[int, dict[str, str], bytes]] = []

        class Answers(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                web.requests.append((self.path, dict(self.headers), body))
                web.connections.add(self.client_address)
                status, headers, answer = web.answers.pop(0) if web.answers else (200, {}, body[::-1])
                self.send_response(status, "Fine")
                for name, value in {"Content-Length": str(len(answer)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            def do_CONNECT(self) -> None:
                web.requests.append((self.path, dict(self.headers), b"CONNECT"))
                host, port = self.path.rsplit(":", 1)
                with socket.create_connection(("127.0.0.1", int(port)), timeout=10) as upstream:
                    self.send_response(200)
                    self.end_headers()
                    pipe(self.connection, upstream)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        if context is not None:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def __enter__(self) -> Web:
        return self

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)


def pipe(one: socket.socket, other: socket.socket) -> None:
    def copy(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    back = threading.Thread(target=copy, args=(other, one), daemon=True)
    back.start()
    copy(one, other)
    back.join(10)


def post(client: Any, data: bytes) -> bytes:
    client.write(data)
    client.flush()
    found: bytes = client.read(1 << 20)
    return found


def test_a_flush_is_a_post_and_the_connection_is_kept() -> None:
    with Web() as web:
        client = THttpClient(web.url + "/a/path?with=query")
        assert not client.isOpen()
        client.open()
        assert client.isOpen()
        for data in (b"abc", b"defg"):
            client.write(data[:1])
            client.write(data[1:])
            client.flush()
            assert client.read(2) + client.read(100) + client.read(1) == data[::-1]
            assert (client.code, client.message) == (200, "Fine")
            assert client.headers["Content-Length"] == str(len(data))
        client.close()
        assert not client.isOpen()
        path, headers, body = web.requests[0]
        assert (path, body) == ("/a/path?with=query", b"abc")
        assert headers["Host"] == f"127.0.0.1:{web.port}"
        assert headers["Content-Type"] == "application/x-thrift"
        assert headers["User-Agent"].startswith("Python/THttpClient (")
        assert len(web.connections) == 1


def test_custom_headers_go_with_every_request() -> None:
    with Web() as web:
        client = THttpClient(web.url)
        client.setCustomHeaders({"X-One": "1", "User-Agent": "mine"})
        post(client, b"a")
        post(client, b"b")
        client.setCustomHeaders(None)
        post(client, b"c")
        assert [request[1].get("X-One") for request in web.requests] == ["1", "1", None]
        assert web.requests[0][1]["User-Agent"] == "mine"
        client.close()


@pytest.mark.parametrize(
    "headers",
    [{"X": "a\r\nY: b"}, {"X": "a\n"}, {"X": "a\0"}, {"X\r\nY": "a"}, {"": "a"}, {"X Y": "a"}, {"Content-Length": "1"}],
)
def test_headers_with_line_breaks_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="header"):
        THttpClient("http://127.0.0.1:1/").setCustomHeaders(headers)


def test_cookies_come_back() -> None:
    with Web() as web:
        client = THttpClient(web.url)
        web.answers = [(200, {"Set-Cookie": "a=b; Path=/; HttpOnly"}, b"x"), (200, {"Set-Cookie": "c=d"}, b"x")]
        for _ in range(3):
            post(client, b"x")
        assert [request[1].get("Cookie") for request in web.requests] == [None, "a=b", "a=b; c=d"]
        client.close()


def test_another_status_is_an_error_unless_a_message_comes_with_it() -> None:
    with Web() as web:
        client = THttpClient(web.url)
        web.answers = [(404, {}, b"not here"), (500, {"Content-Type": "application/x-thrift"}, b"a message")]
        client.write(b"x")
        with pytest.raises(TTransportException, match="404"):
            client.flush()
        assert (client.code, client.message) == (404, "Fine")
        with pytest.raises(TTransportException):
            client.read(1)
        assert post(client, b"x") == b"a message"
        assert client.code == 500
        client.close()


def test_what_was_accepted_without_an_answer_is_no_error() -> None:
    with Web() as web:  # Jaeger's collector says 202
        client = THttpClient(web.url)
        web.answers = [(202, {}, b""), (204, {"Content-Length": "0"}, b"")]
        for status in (202, 204):
            client.write(b"spans")
            client.flush()
            assert (client.code, client.message) == (status, "Fine")
            assert client.read(1) == b""
        assert [body for _, _, body in web.requests] == [b"spans", b"spans"]
        client.close()


def test_nobody_there_and_nobody_answering() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        client = THttpClient(f"http://127.0.0.1:{mute.getsockname()[1]}/")
        client.setTimeout(50)
        client.write(b"x")
        with pytest.raises(TTransportException) as raised:
            client.flush()
        assert raised.value.type == TTransportException.TIMED_OUT
        assert isinstance(raised.value, TimeoutError)
        port = mute.getsockname()[1]
    client = THttpClient(f"http://127.0.0.1:{port}/")
    client.write(b"x")
    with pytest.raises(TTransportException) as raised:
        client.flush()
    assert raised.value.type == TTransportException.NOT_OPEN
    assert isinstance(raised.value, ConnectionRefusedError)
    with pytest.raises(TTransportException, match="nothing was flushed"):
        client.read(1)


ONEWAYS = [
    NOTE,
    len(NOTE).to_bytes(4, "big") + NOTE,
    b"\x82\x81\x00\x04note\x18\x01x\x00",
    b'[1,"note",4,0,{"1":{"str":"x"}}]',
]


@pytest.mark.parametrize("message", ONEWAYS)
def test_nobody_waits_for_the_answer_to_a_oneway(monkeypatch: pytest.MonkeyPatch, message: bytes) -> None:
    monkeypatch.setattr(http_client, "ONEWAY_ANSWER_MS", 50)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        mute.settimeout(10)
        trans = THttpClient(f"http://127.0.0.1:{mute.getsockname()[1]}/")
        trans.setTimeout(30_000)
        trans.open()
        for _ in range(2):
            trans.write(message)
            trans.flush()
            accepted, _ = mute.accept()
            with accepted:
                accepted.settimeout(10)
                received = b""
                while piece := accepted.recv(65536):
                    received += piece
                assert received.endswith(b"\r\n\r\n" + message), "it was sent, and the connection given up"
        trans.close()


def test_the_answer_to_a_oneway_is_there_with_its_head() -> None:
    with socket.create_server(("127.0.0.1", 0)) as endless:
        endless.settimeout(10)
        trans = THttpClient(f"http://127.0.0.1:{endless.getsockname()[1]}/")
        trans.setTimeout(30_000)
        trans.open()

        def answer() -> None:
            accepted, _ = endless.accept()
            with accepted:
                accepted.settimeout(10)
                while not accepted.recv(65536).endswith(NOTE):
                    pass
                accepted.sendall(b"HTTP/1.1 200 OK\r\n\r\n")  # and a body that ends with the connection
                assert accepted.recv(1) == b""

        thread = threading.Thread(target=answer)
        thread.start()
        trans.write(NOTE)
        trans.flush()
        thread.join(10)
        assert not thread.is_alive()
        assert trans.code == 200


def test_a_oneway_that_is_refused_is_an_error() -> None:
    with Web() as web:
        web.answers.append((503, {}, b"no"))
        trans = THttpClient(web.url)
        trans.write(NOTE)
        with pytest.raises(TTransportException, match="503"):
            trans.flush()


def test_the_old_form_of_an_address_is_deprecated() -> None:
    with pytest.warns(DeprecationWarning, match="http{s}://host:port/path"):
        client = THttpClient("127.0.0.1", 81, "path")
    assert (client.scheme, client.host, client.port, client.path) == ("http", "127.0.0.1", 81, "/path")
    for arguments in (("ftp://x/",), ("http://",), ("nothing",)):
        with pytest.raises(ValueError, match="URL"):
            THttpClient(*arguments)
    with pytest.warns(DeprecationWarning), pytest.raises(ValueError, match="path"):
        THttpClient("127.0.0.1", 81)


def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with Web() as proxy:
        monkeypatch.setenv("http_proxy", f"http://me:p%40ss@127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        client = THttpClient("http://example.invalid:81/path")
        assert client.using_proxy()
        assert (client.host, client.port) == ("127.0.0.1", proxy.port)
        assert (client.realhost, client.realport) == ("example.invalid", 81)
        assert post(client, b"abc") == b"cba"
        path, headers, _ = proxy.requests[0]
        assert path == "http://example.invalid:81/path"
        assert headers["Host"] == "example.invalid:81"
        assert headers["Proxy-Authorization"] == client.proxy_auth == "Basic bWU6cEBzcw=="
        client.close()
        monkeypatch.setenv("no_proxy", "example.invalid")
        assert not THttpClient("http://example.invalid:81/path").using_proxy()


# ---- the server


@contextlib.contextmanager
def served(processor: Any = None, handler: Any = None, **options: Any) -> Iterator[tuple[Any, Any]]:
    handler = handler or Handler(side.types.Refusal)
    processor = processor or apache_side.processor(side, handler)
    server = THttpServer(processor, ("127.0.0.1", 0), TBinaryProtocolFactory(), **options)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server.httpd.server_address[1], handler
    finally:
        server.shutdown()
        thread.join(10)
        assert not thread.is_alive()


def exchange(port: int, request: bytes) -> bytes:
    """All that the server sends until it closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        sock.sendall(request)
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_WR)
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while chunk := sock.recv(65536):
                received += chunk
        return received


def http_post(body: bytes, *fields: str, length: int | None = None) -> bytes:
    head = ["POST /any HTTP/1.1", "Host: x", *fields]
    if length is None:
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*head, "", ""]).encode() + body


def test_many_calls_on_a_connection() -> None:
    with served() as (port, _):
        answer = exchange(port, http_post(ADD) * 3)
        assert answer.count(b"HTTP/1.1 200 OK\r\n") == 3
        assert answer.count(SUM) == 3
        assert answer.count(b"Content-Type: application/x-thrift\r\n") == 3
        assert answer.count(b"Content-Length: %d\r\n" % len(SUM)) == 3


def test_a_oneway_is_answered_with_nothing_before_its_handler_runs() -> None:
    may_go_on = threading.Event()

    class Slow(Handler):
        def note(self, text: str) -> None:
            assert may_go_on.wait(20)
            super().note(text)

    handler = Slow(side.types.Refusal)
    with served(handler=handler) as (port, _):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
            sock.sendall(http_post(NOTE))
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += sock.recv(1000)
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"Content-Length: 0\r\n" in answer
            assert handler.notes == []
            may_go_on.set()
            assert handler.noted.acquire(timeout=10)
            sock.sendall(http_post(ADD))
            answer = b""
            while SUM not in answer:
                answer += sock.recv(1000)


def test_a_handler_may_write_the_response_itself() -> None:
    class Redirects(Handler):
        def get(self, text: str) -> str:
            def write(request: Any) -> None:
                request.send_response(302, "Elsewhere")
                request.send_header("Location", f"http://other{request.path}")
                request.end_headers()
                request.wfile.write(b"gone")

            raise ResponseException(write)

    class Processor:
        """Lets TTransportExceptions through, as generated code does."""

        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def on_message_begin(self, func: Any) -> None:
            self.inner.on_message_begin(func)

        def process(self, iprot: Any, oprot: Any) -> Any:
            iprot.readMessageBegin()
            args = side.types.calls["get"][0]()
            args.read(iprot)
            try:
                Redirects().get(args.text)
            except TTransportException:
                raise
            except Exception:  # noqa: BLE001 - as generated code has it
                pytest.fail("the exception was taken for a handler's")

    get = bytes.fromhex("80010001 00000003 676574 00000000 0b000100000001 78 00")
    with served(Processor(apache_side.processor(side, Handler()))) as (port, _):
        answer = exchange(port, http_post(get))
        assert answer.startswith(b"HTTP/1.0 302 Elsewhere\r\n")
        assert b"Location: http://other/any\r\n" in answer
        assert answer.endswith(b"\r\n\r\ngone")
    assert issubclass(ResponseException, Exception)


# What can be read in two ways, or not at all (RFC 9112), and what is too much.
REFUSED = {
    "no length": (b"POST / HTTP/1.1\r\nHost: x\r\n\r\n", 411),
    "a length that is none": (http_post(b"", "Content-Length: x", length=0), 400),
    "a negative length": (http_post(b"", "Content-Length: -1", length=0), 400),
    "a length with a plus": (http_post(b"a", "Content-Length: +1", length=0), 400),
    "a length in hexadecimal": (http_post(b"a", "Content-Length: 0x1", length=0), 400),
    "two lengths": (http_post(b"abc", "Content-Length: 3", "Content-Length: 4", length=0), 400),
    "a list of lengths": (http_post(b"abc", "Content-Length: 3, 4", length=0), 400),
    "a length and chunks": (http_post(b"0\r\n\r\n", "Content-Length: 5", "Transfer-Encoding: chunked", length=0), 400),
    "an unknown coding": (http_post(b"", "Transfer-Encoding: gzip", length=0), 400),
    "chunked twice": (http_post(b"0\r\n\r\n", "Transfer-Encoding: chunked, chunked", length=0), 400),
    "chunked with a tab": (http_post(b"0\r\n\r\n", "Transfer-Encoding:\x0bchunked", length=0), 400),
    "a space before the colon": (http_post(ADD, "X : y"), 400),
    "a folded line": (http_post(ADD, "X: y", " z"), 400),
    "a bare line feed": (b"POST / HTTP/1.1\nHost: x\nContent-Length: 0\n\n", 400),
    "a bare carriage return": (http_post(ADD, "X: a\rb"), 400),
    "a null character": (http_post(ADD, "X: a\0b"), 400),
    "no host": (b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 400),
    "two hosts": (http_post(ADD, "Host: y"), 400),
    "a chunk size of nothing": (http_post(b"x\r\n", "Transfer-Encoding: chunked", length=0), 400),
    "a chunk size with a sign": (http_post(b"+3\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked", length=0), 400),
    "a chunk without its end": (http_post(b"3\r\nabcd\r\n0\r\n\r\n", "Transfer-Encoding: chunked", length=0), 400),
    "a body over the limit": (http_post(b"", "Content-Length: 1001", length=0), 413),
    "a body of 2^63 bytes": (http_post(b"", f"Content-Length: {2**63}", length=0), 400),
    "chunks over the limit": (http_post(b"3e9\r\n", "Transfer-Encoding: chunked", length=0), 413),
    "another version": (b"POST / HTTP/2.0\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 505),
    "another method": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
    "thrift without HTTP": (ADD, 400),
    "a body that is no message": (http_post(b"hello, this is no Thrift"), 400),
    "a body that ends early": (http_post(ADD[:-3]), 400),
    "a body of nothing": (http_post(b""), 400),
    "a line of 9 KiB": (b"POST /" + b"a" * 9000 + b" HTTP/1.1\r\n", 414),
    "a header of 9 KiB": (http_post(ADD, "X: " + "a" * 9000), 431),
    "101 headers": (http_post(ADD, *[f"X{i}: a" for i in range(101)]), 431),
}


@pytest.mark.parametrize("what", REFUSED)
def test_requests_that_are_refused(what: str) -> None:
    request, status = REFUSED[what]
    with served(max_body_size=1000) as (port, _):
        # What comes behind it is never taken for a request.
        answer = exchange(port, request + http_post(ADD))
        statuses = [line.split(b" ")[1] for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
        assert statuses[0] == str(status).encode(), answer
        if status != 405:
            assert SUM not in answer
        assert SUM in exchange(port, http_post(ADD))


def test_chunks_are_a_body_too() -> None:
    with served() as (port, _):
        body = b"".join(b"1;x=y\r\n%c\r\n" % byte for byte in ADD) + b"0\r\n\r\n"
        assert SUM in exchange(port, http_post(body, "Transfer-Encoding: chunked", length=0))


def test_what_cannot_be_is_refused_at_once() -> None:
    for options in ({"max_body_size": 0}, {"max_body_size": 1 << 30}, {"key_file": "x"}, {"cafile": "x"}):
        with pytest.raises(ValueError):
            THttpServer(None, ("127.0.0.1", 0), TBinaryProtocolFactory(), **options)
    with pytest.raises(TypeError):
        THttpServer(None, ("127.0.0.1", 0), TBinaryProtocolFactory(), no_such_option=1)


@pytest.mark.parametrize("default_protocol", [0, 2])
def test_headers_over_http(default_protocol: int) -> None:
    handler = Handler(side.types.Refusal)
    factory = side.THeaderProtocol.THeaderProtocolFactory((0, 1, 2, 3, 4))
    server = THttpServer(apache_side.processor(side, handler), ("127.0.0.1", 0), factory)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        transport = THttpClient(f"http://127.0.0.1:{server.httpd.server_address[1]}/")
        protocol = side.THeaderProtocol.THeaderProtocol(transport, (0,), default_protocol)
        client = apache_side.client(side, protocol)
        assert client.add(1, 2) == 3
        assert client.echo(side.small()) == side.small()
        transport.close()
    finally:
        server.shutdown()
        thread.join(10)


# ---- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Any:
    trustme = pytest.importorskip("trustme")
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    own = authority.issue_cert("localhost", "127.0.0.1")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    own.private_key_pem.write_to_path(str(folder / "key.pem"))
    for blob in own.cert_chain_pems:
        blob.write_to_path(str(folder / "cert.pem"), append=True)
    return folder


def test_https_both_ways(certificate: Any) -> None:
    cert, key, ca = (str(certificate / name) for name in ("cert.pem", "key.pem", "ca.pem"))
    with served(cert_file=cert, key_file=key) as (port, _):
        client = THttpClient(f"https://localhost:{port}/", cafile=ca)
        assert post(client, ADD) == SUM
        assert post(client, ADD) == SUM
        client.close()
        stranger = THttpClient(f"https://localhost:{port}/")
        stranger.write(ADD)
        with pytest.raises((TTransportException, ssl.SSLError)):
            stranger.flush()
        context = ssl.create_default_context(cafile=ca)
        assert post(THttpClient(f"https://127.0.0.1:{port}/", ssl_context=context), ADD) == SUM
    with served(cert_file=cert, key_file=key, cafile=ca) as (port, _):
        assert post(THttpClient(f"https://localhost:{port}/", cafile=ca, cert_file=cert, key_file=key), ADD) == SUM
        unknown = THttpClient(f"https://localhost:{port}/", cafile=ca)
        unknown.write(ADD)
        with pytest.raises((TTransportException, ssl.SSLError)):
            unknown.flush()


def test_https_through_a_proxy(certificate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cert, key, ca = (str(certificate / name) for name in ("cert.pem", "key.pem", "ca.pem"))
    with served(cert_file=cert, key_file=key) as (port, _), Web() as proxy:
        monkeypatch.setenv("https_proxy", f"http://me:pass@127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        client = THttpClient(f"https://localhost:{port}/", cafile=ca)
        assert post(client, ADD) == SUM
        assert post(client, ADD) == SUM
        client.close()
        assert [request[0] for request in proxy.requests] == [f"localhost:{port}"]
        assert proxy.requests[0][1]["Proxy-Authorization"] == "Basic bWU6cGFzcw=="
