"""The service of these tests, servers of it in a thread, and a client that says exactly what a test wants."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from http.client import HTTPMessage
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Callable, NamedTuple, Optional

import fastthrift
from fastthrift.http import ResponseException, make_server

IDL = str(Path(__file__).with_name("phone.thrift"))

phone: Any = fastthrift.load(IDL, module_name="http_phone_thrift")


def theirs() -> Any:
    """The same IDL, loaded by thriftpy2."""
    import thriftpy2

    return thriftpy2.load(IDL, module_name="http_theirs_thrift")


class Handler:
    def __init__(self, module: Any = phone) -> None:
        self.module = module
        self.notes: list[str] = []
        self.noted = threading.Semaphore(0)
        self.entered = threading.Semaphore(0)
        self.go_on = threading.Event()
        self.respond: Optional[Callable[[BaseHTTPRequestHandler], None]] = None

    def hello(self, name: str) -> str:
        return "hello " + name

    def find(self, name: str) -> Any:
        if name != "Ann":
            raise self.module.Unknown(name=name)
        return self.module.Entry(name=name, numbers=["1", "2"])

    def nothing(self) -> None:
        return None

    def note(self, text: str) -> None:
        self.notes.append(text)
        self.noted.release()

    def fail(self, how: str) -> int:
        if how == "respond":
            assert self.respond is not None
            raise ResponseException(self.respond)
        raise ValueError(how)

    def wait(self, token: int) -> int:
        self.entered.release()
        assert self.go_on.wait(20)
        return token

    def blob(self, size: int) -> bytes:
        return b"x" * size


class Running:
    """A server in a thread."""

    def __init__(self, server: Any, handler: Any) -> None:
        self.server = server
        self.handler = handler
        self.port = int(server.httpd.server_address[1])
        self.thread = threading.Thread(target=server.serve, daemon=True)
        self.thread.start()

    def stop(self, within: float = 10) -> None:
        self.server.close()
        self.thread.join(within)
        assert not self.thread.is_alive(), "serve() did not return after close()"


def on_threads(server: Any) -> Any:
    """The server with a step that somebody has replaced, so that each connection has a thread."""
    server.handle = server.handle
    return server


@contextlib.contextmanager
def serving(handler: Any = None, threads: bool = False, **options: Any) -> Iterator[Running]:
    handler = handler or Handler()
    server = make_server(phone.Phone, handler, "127.0.0.1", 0, **options)
    running = Running(on_threads(server) if threads else server, handler)
    try:
        yield running
    finally:
        handler.go_on.set()
        running.stop()


def message(name: str, body: bytes, kind: int = 1, seqid: int = 7) -> bytes:
    return struct.pack("!Ii", 0x80010000 | kind, len(name)) + name.encode() + struct.pack("!i", seqid) + body


def text_field(value: str) -> bytes:
    return struct.pack("!bhi", 11, 1, len(value)) + value.encode() + b"\0"


HELLO = message("hello", text_field("Ann"))
HELLO_ANSWER = message("hello", b"\x0b\0\0\0\0\0\x09hello Ann\0", kind=2)
NOTE = message("note", text_field("x"), kind=4)


def post(body: bytes = HELLO, *fields: str, line: str = "POST / HTTP/1.1") -> bytes:
    head = [line, "Host: x", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


class Answer(NamedTuple):
    status: int
    headers: HTTPMessage
    body: bytes


class Caller:
    """One connection to a server, byte by byte."""

    def __init__(self, port: int, sock: Any = None) -> None:
        self.sock = sock or socket.create_connection(("127.0.0.1", port), timeout=20)
        self.file = self.sock.makefile("rb")

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()
        self.sock.close()

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def answer(self) -> Answer:
        import http.client

        line = self.file.readline()
        assert line.startswith(b"HTTP/1."), line
        headers = http.client.parse_headers(self.file)
        status = int(line.split()[1])
        length = 0 if status == 100 else int(headers["Content-Length"])
        return Answer(status, headers, self.file.read(length))

    def is_closed(self) -> bool:
        """Waits for the end of the connection."""
        try:
            return self.file.read(1) == b""
        except ConnectionError:
            return True
