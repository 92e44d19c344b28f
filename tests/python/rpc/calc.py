"""The service of these tests, for us and for thriftpy2, and servers of either in a thread."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import fastthrift
from fastthrift.processor import TProcessor
from fastthrift.server import TThreadedServer
from fastthrift.transport import TServerSocket, TTransportException

IDL = str(Path(__file__).with_name("calc.thrift"))

calc: Any = fastthrift.load(IDL, module_name="faces_calc_thrift")


def theirs() -> Any:
    """The same IDL, loaded by thriftpy2."""
    import thriftpy2

    return thriftpy2.load(IDL, module_name="faces_theirs_thrift")


class Handler:
    """Does what the calls ask for; ``module`` has the classes that it makes."""

    def __init__(self, module: ModuleType | Any = calc) -> None:
        self.module = module
        self.notes: list[str] = []
        self.noted = threading.Event()
        self.entered = threading.Semaphore(0)
        self.go_on = threading.Event()

    def add(self, a: int, b: int) -> int:
        if a + b > 1000:
            raise self.module.Overflow(message="too big", limit=1000)
        return a + b

    def echo(self, text: str) -> str:
        return text

    def item(self, it: Any) -> Any:
        return it

    def nothing(self) -> str:
        return "ignored"

    def note(self, text: str) -> None:
        self.notes.append(text)
        self.noted.set()
        if text == "fail":
            raise ValueError(text)

    def fail(self, how: str) -> int:
        raise {
            "ValueError": ValueError("secret"),
            "TTransportException": TTransportException(4, "from elsewhere"),
            "SystemExit": SystemExit(1),
            "KeyboardInterrupt": KeyboardInterrupt(),
            "BaseException": BaseException("odd"),
            "RecursionError": RecursionError("deep"),
            "MemoryError": MemoryError(),
            "ConnectionResetError": ConnectionResetError(104, "reset"),
        }[how]

    def none(self) -> None:
        return None

    def need(self, a: int, b: int) -> int:
        return a + b

    def wrong(self) -> Any:
        return "not an i32"

    def close(self, text: str) -> str:
        return text

    def wait(self, token: int) -> int:
        self.entered.release()
        assert self.go_on.wait(20)
        return token

    def twice(self, a: int) -> int:
        return 2 * a


class Running:
    """A server in a thread."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.trans = server.trans
        self.trans.listen()
        if not isinstance(self.trans, TServerSocket):
            self.trans.listen = lambda: None  # thriftpy2's serve() listens a second time
        self.address = self.trans.sock.getsockname()
        self.thread = threading.Thread(target=server.serve, daemon=True)
        self.thread.start()

    @property
    def port(self) -> int:
        return int(self.address[1])

    def stop(self, within: float = 10) -> None:
        self.server.close()
        with contextlib.suppress(Exception):
            self.trans.close()
        self.thread.join(within)
        assert not self.thread.is_alive(), "serve() did not return after close()"


@contextlib.contextmanager
def serving(server: Any) -> Iterator[Running]:
    running = Running(server)
    try:
        yield running
    finally:
        running.stop()


def make(
    handler: Any = None, processor: Any = None, cls: type = TThreadedServer, client_timeout: Any = 20_000, **kwargs: Any
) -> Any:
    processor = processor or TProcessor(calc.Calc, handler or Handler())
    return cls(processor, TServerSocket("127.0.0.1", 0, client_timeout=client_timeout), **kwargs)


class Log(logging.Handler):
    """What a logger said meanwhile."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self.logger = logging.getLogger(name)

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    def __enter__(self) -> Log:
        self.logger.addHandler(self)
        return self

    def __exit__(self, *error: object) -> None:
        self.logger.removeHandler(self)

    @property
    def texts(self) -> list[str]:
        return [record.getMessage() for record in self.records]
