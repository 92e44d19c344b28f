"""Workers under a real gunicorn: calls, drain on SIGTERM, restarts, TLS; their pieces without one."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from programs import PACKAGE, run_program

pytest.importorskip("gunicorn")

from gunicorn.config import KNOWN_SETTINGS

import fastthrift
from fastthrift.contrib.gunicorn import ThriftApp, worker
from fastthrift.contrib.gunicorn.counting import counted
from fastthrift.processor import TProcessor, TProcessorFactory
from fastthrift.protocol import TCompactProtocolFactory
from fastthrift.rpc import make_client, make_server
from fastthrift.thrift import TTransportException
from fastthrift.transport import TFramedTransportFactory, TMemoryBuffer
from fastthrift.transport.socket import TServerSocket

LONG = 30.0

# Newer ones leave a socket of their own in the home directory.
QUIET = ["--no-control-socket"] if any(each.name == "control_socket_disable" for each in KNOWN_SETTINGS) else []

IDL = """
exception Sorry { 1: string why }
service Work {
  i32 add(1: i32 a, 2: i32 b)
  i32 pid()
  string wait() throws (1: Sorry sorry)
  oneway void forget()
}
"""

# What `wait` does: it says that it has begun, and ends when the file `go` can be read.
APP = f'''
import os
import fastthrift
from fastthrift.contrib.gunicorn import ThriftApp
from fastthrift.processor import TProcessor, TProcessorFactory
from fastthrift.protocol import TCompactProtocolFactory
from fastthrift.rpc import make_server
from fastthrift.transport import TFramedTransportFactory

work = fastthrift.loads("""{IDL}""")


class Handler:
    def add(self, a, b):
        return a + b

    def pid(self):
        return os.getpid()

    def wait(self):
        with open("begun", "w"):
            pass
        with open("go") as go:
            text = go.read()
        if text == "no":
            raise work.Sorry(why="told so")
        return text

    def forget(self):
        pass


app = TProcessor(work.Work, Handler())
server = make_server(work.Work, Handler(), proto_factory=TCompactProtocolFactory())
full = ThriftApp(app, TCompactProtocolFactory(), TFramedTransportFactory())
factory = TProcessorFactory(TProcessor, work.Work, Handler())
number = 7


def make(kind="app"):
    return globals()[kind]
'''

work: Any = fastthrift.loads(IDL, module_name="gunicorn_work_thrift")

WORKERS = pytest.mark.parametrize("kind", ["ThriftSyncWorker", "ThriftThreadWorker"])


class Gunicorn:
    """A gunicorn of one worker (unless told otherwise) that serves an app of the folder."""

    def __init__(self, folder: Path, kind: str, app: str, *options: str) -> None:
        (folder / "work_app.py").write_text(APP)
        os.mkfifo(folder / "begun")
        os.mkfifo(folder / "go")
        self.folder = folder
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-k", f"fastthrift.contrib.gunicorn.{kind}", "-b", "127.0.0.1:0",
             *QUIET, *options, f"work_app:{app}"],
            cwd=folder, env={**os.environ, "PYTHONPATH": PACKAGE}, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip

    def line(self, pattern: str) -> re.Match[str]:
        """The next line of the log that matches."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            found = re.search(pattern, line)
            if found:
                return found
        raise AssertionError(f"no {pattern!r} in " + "".join(self.lines))

    def client(self, **options: Any) -> Any:
        return make_client(work.Work, "127.0.0.1", self.port, timeout=LONG * 1000, **options)

    @property
    def port(self) -> int:
        if not hasattr(self, "_port"):
            self._port = int(self.line(r"Listening at: https?://127.0.0.1:(\d+)")[1])
            self.line("Booting worker")
        return self._port

    def release(self, text: str) -> None:
        (self.folder / "go").write_text(text)

    def end(self) -> int:
        """Its exit code after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=LONG)
        return self.process.returncode


@contextlib.contextmanager
def serving(folder: Path, kind: str, app: str = "app", *options: str) -> Iterator[Gunicorn]:
    gunicorn = Gunicorn(folder, kind, app, *options)
    watchdog = threading.Timer(LONG, os.killpg, (gunicorn.process.pid, signal.SIGKILL))
    watchdog.start()
    try:
        yield gunicorn
    finally:
        watchdog.cancel()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(gunicorn.process.pid, signal.SIGKILL)  # its workers too
        gunicorn.process.communicate()


@WORKERS
def test_calls_are_answered_and_sigterm_waits_for_the_one_in_flight(tmp_path: Path, kind: str) -> None:
    with serving(tmp_path, kind) as gunicorn:
        client = gunicorn.client()
        assert [client.add(n, 1) for n in range(3)] == [1, 2, 3]
        assert client.forget() is None
        answers: list[Any] = []
        call = threading.Thread(target=lambda: answers.append(client.wait()))
        call.start()
        (tmp_path / "begun").read_text()
        gunicorn.process.send_signal(signal.SIGTERM)
        gunicorn.line("Handling signal: term")
        gunicorn.release("answered")
        call.join(LONG)
        assert answers == ["answered"]
        assert gunicorn.process.wait(LONG) == 0
        with pytest.raises(TTransportException):
            client.add(1, 2)


FULL = {"proto_factory": TCompactProtocolFactory(), "trans_factory": TFramedTransportFactory()}


# What an app may be is nothing to its worker: each kind with one of them.
@pytest.mark.parametrize(
    ("kind", "app", "options"),
    [
        ("ThriftThreadWorker", "server", {"proto_factory": TCompactProtocolFactory()}),
        ("ThriftSyncWorker", "factory", {}),
        ("ThriftThreadWorker", "full", FULL),
        ("ThriftSyncWorker", "full", FULL),
        ("ThriftThreadWorker", "full --preload", FULL),
    ],
)
def test_app_may_be_a_server_a_factory_or_have_its_own_protocol(
    tmp_path: Path, kind: str, app: str, options: dict[str, Any]
) -> None:
    with serving(tmp_path, kind, *app.split()) as gunicorn:
        client = gunicorn.client(**options)
        assert client.add(1, 2) == 3
        assert client.pid() != gunicorn.process.pid
        client.close()
        assert gunicorn.end() == 0


def test_threads_answer_many_connections_while_calls_wait(tmp_path: Path) -> None:
    with serving(tmp_path, "ThriftThreadWorker", "make(kind='app')") as gunicorn:
        clients = [gunicorn.client() for _ in range(20)]
        refused: list[Any] = []

        def wait() -> None:
            with pytest.raises(work.Sorry) as raised:
                clients[0].wait()
            refused.append(raised.value.why)

        call = threading.Thread(target=wait)
        call.start()
        (tmp_path / "begun").read_text()
        assert [client.add(1, 2) for client in clients[1:]] == [3] * 19
        gunicorn.release("no")
        call.join(LONG)
        assert refused == ["told so"]


@WORKERS
def test_worker_is_replaced_after_its_last_request_and_when_it_was_killed(tmp_path: Path, kind: str) -> None:
    with serving(tmp_path, kind, "app", "--max-requests", "3") as gunicorn:
        client = gunicorn.client()
        first = {client.pid() for _ in range(3)}
        assert len(first) == 1
        client.close()
        gunicorn.line("Autorestarting worker")
        gunicorn.line("Booting worker")
        second = gunicorn.client().pid()
        assert second not in first
        os.kill(second, signal.SIGKILL)
        gunicorn.line("Booting worker")
        assert gunicorn.client().pid() not in {*first, second}


@WORKERS
def test_tls_is_gunicorns(tmp_path: Path, kind: str) -> None:
    authority = pytest.importorskip("trustme").CA()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "server.pem"))
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with serving(tmp_path, kind, "app", "--certfile", "server.pem", "--keyfile", "server.pem") as gunicorn:
        client = gunicorn.client(cafile=str(tmp_path / "ca.pem"))
        assert client.add(1, 2) == 3
        client.close()


@pytest.mark.parametrize(
    ("app", "text"),
    [("number", "expected a Thrift processor, a server or a ThriftApp, got int"), ("nothing", "nothing")],
)
def test_app_that_is_none_ends_gunicorn_with_the_reason(tmp_path: Path, app: str, text: str) -> None:
    with serving(tmp_path, "ThriftSyncWorker", app) as gunicorn:
        log = gunicorn.process.communicate(timeout=LONG)[1]
        assert text in log
        assert gunicorn.process.returncode in (3, 4)  # the worker's boot, or the app


# ---- without a gunicorn


class Handler:
    def add(self, a: int, b: int) -> int:
        return a + b


@pytest.fixture
def processor() -> TProcessor:
    return TProcessor(work.Work, Handler())


def test_app_of_a_processor_has_the_defaults(processor: TProcessor) -> None:
    app = ThriftApp.of(processor)
    assert app.processor is processor
    assert (type(app.proto_factory).__name__, type(app.trans_factory).__name__) == (
        "TBinaryProtocolFactory",
        "TCyBufferedTransportFactory",
    )
    assert app.client_timeout == 60
    assert ThriftApp.of(app) is app
    assert ThriftApp(processor, client_timeout=None).client_timeout is None


def test_app_of_a_server_has_what_the_server_has() -> None:
    server = make_server(work.Work, Handler(), proto_factory=TCompactProtocolFactory(), client_timeout=5000)
    app = ThriftApp.of(server)
    assert (app.processor, app.proto_factory, app.trans_factory) == (
        server.processor,
        server.iprot_factory,
        server.itrans_factory,
    )
    assert app.client_timeout == 5


def test_worker_of_the_web_is_told_what_to_start_instead(processor: TProcessor) -> None:
    heads: list[str] = []
    body = ThriftApp(processor)({}, lambda status, fields: heads.append(status))
    assert heads == ["500 Internal Server Error"]
    assert b"-k fastthrift.contrib.gunicorn." in body[0]


@pytest.mark.parametrize("kind", ["plain", "factory", "foreign"])
def test_every_call_is_counted_once(processor: TProcessor, kind: str) -> None:
    class Foreign:
        process = processor.process

    counts: list[int] = []
    source = {"plain": processor, "factory": TProcessorFactory(TProcessor, work.Work, Handler()), "foreign": Foreign()}
    found = counted(source[kind], lambda: counts.append(1))
    if kind == "factory":
        found = found.get_processor()
    factory = TCompactProtocolFactory()
    for _ in range(2):
        request, answer = TMemoryBuffer(), TMemoryBuffer()
        out = factory.get_protocol(request)
        out.write_message_begin("add", 1, 5)
        out.write_struct(work.Work.add_args(a=1, b=2))
        out.write_message_end()
        found.process(factory.get_protocol(request), factory.get_protocol(answer))
        assert len(answer.getvalue()) > 5
    assert len(counts) == 2


class QuietWorker:
    """What `_Client` asks of a worker."""

    def __init__(self, client_timeout: float | None = None) -> None:
        self.alive = True
        self.timeout = 30
        self.notified = 0
        self.PIPE = os.pipe()
        self.thrift_app = ThriftApp(None)
        self.thrift_app.client_timeout = client_timeout

    def notify(self) -> None:
        self.notified += 1

    def _has_lost_its_master(self) -> bool:
        return False


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_waiting_for_a_call_tells_the_master_and_ends_with_the_worker(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_TICK", 0.001)
    quiet = QuietWorker()
    client = worker._Client(quiet, pair[0])  # type: ignore[arg-type]

    def notify() -> None:
        quiet.notified += 1
        if quiet.notified == 5:
            quiet.alive = False

    quiet.notify = notify  # type: ignore[method-assign]
    with pytest.raises(TTransportException) as raised:
        client.read(1)
    assert raised.value.type == TTransportException.END_OF_FILE
    assert quiet.notified == 5


def test_call_that_has_begun_is_read_to_its_end_when_the_worker_ends(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_TICK", 0.001)
    quiet = QuietWorker()
    client = worker._Client(quiet, pair[0])  # type: ignore[arg-type]
    pair[1].sendall(b"a")
    assert client.read(10) == b"a"
    quiet.alive = False

    def notify() -> None:
        quiet.notified += 1
        if quiet.notified == 5:
            pair[1].sendall(b"b")

    quiet.notify = notify  # type: ignore[method-assign]
    assert client.read(10) == b"b"


def test_silent_connection_is_a_timeout(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_TICK", 0.001)
    client = worker._Client(QuietWorker(client_timeout=0.01), pair[0])  # type: ignore[arg-type]
    with pytest.raises(socket.timeout):
        client.read(1)


def test_adopted_listener_goes_on_for_others_when_one_closes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as shared:
        trans = TServerSocket()
        trans.adopt(shared.dup())
        trans.listen()
        trans.close()
        shared.settimeout(LONG)
        with socket.create_connection(shared.getsockname(), timeout=LONG):
            shared.accept()[0].close()


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("string:digits", "0123456789"),
        ("collections:OrderedDict(a=1)", {"a": 1}),
        ("builtins:list([1, 2])", [1, 2]),
    ],
)
def test_name_of_an_app_may_be_a_call(uri: str, found: Any) -> None:
    assert worker._named(uri) == found


@pytest.mark.parametrize("uri", ["string:no_such", "string:a.b", "string:1"])
def test_name_that_is_no_app_is_refused(uri: str) -> None:
    with pytest.raises(worker.AppImportError):
        worker._named(uri)


def test_package_says_what_it_needs_where_gunicorn_is_missing() -> None:
    program = """
import sys
sys.modules["gunicorn"] = None
from fastthrift.contrib.gunicorn import ThriftApp
try:
    from fastthrift.contrib.gunicorn import ThriftSyncWorker
except ImportError as error:
    print(error)
"""
    done = run_program(program)
    assert done.stdout.strip() == "ThriftSyncWorker needs gunicorn: pip install fastthrift[gunicorn]", done.stderr
