"""The service of these tests in the thriftpy2 face, and servers of it in a thread."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastthrift
from fastthrift.processor import TProcessor
from fastthrift.server import TThreadedServer
from fastthrift.transport import TServerSocket

IDL = str(Path(__file__).with_name("wares.thrift"))
wares: Any = fastthrift.load(IDL, module_name="stacks_wares_thrift")

UUID = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")

# The value of apache.md's vectors.
FIELDS: dict[str, Any] = {
    "id": 5,
    "name": "h\xe9y",
    "xs": [1, -2],
    "ok": True,
    "m": {"k": 7},
    "b": b"\x00\xff",
    "d": 1.5,
    "big": 2**40,
    "y": -3,
    "st": [9],
    "u": UUID,
    "no": False,
    "far": -1,
    "bs": [True, False],
}


def small() -> Any:
    return wares.Small(inn=wares.Inner(n=300), **FIELDS)


class Handler:
    """Answers in both faces: ``refusal`` is the exception's class there."""

    def __init__(self, refusal: Any = None) -> None:
        self.refusal = refusal or wares.Refusal
        self.notes: list[str] = []
        self.noted = threading.Semaphore(0)

    def echo(self, small: Any) -> Any:
        return small

    def add(self, a: int, b: int) -> int:
        if a == b:
            raise self.refusal(code=a)
        return a + b

    def nop(self) -> None:
        pass

    def get(self, text: str) -> str:
        if text == "fail":
            raise ValueError(text)
        return text

    def note(self, text: str) -> None:
        self.notes.append(text)
        self.noted.release()


class Running:
    """A server in a thread; ``handler`` is its."""

    def __init__(self, server: Any, handler: Any) -> None:
        self.server = server
        self.handler = handler
        server.trans.listen()
        self.port = server.trans.sock.getsockname()[1]
        self.thread = threading.Thread(target=server.serve, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.close()
        self.thread.join(10)
        assert not self.thread.is_alive(), "serve() did not return after close()"


@contextlib.contextmanager
def serving(
    handler: Any = None, processor: Any = None, cls: type = TThreadedServer, **factories: Any
) -> Iterator[Running]:
    handler = handler or Handler()
    trans = TServerSocket("127.0.0.1", 0, client_timeout=20_000)
    running = Running(cls(processor or TProcessor(wares.Wares, handler), trans, **factories), handler)
    try:
        yield running
    finally:
        running.stop()
