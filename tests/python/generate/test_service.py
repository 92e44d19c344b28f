"""Services of generated code: Iface, Client, Processor, arguments and results; and the remote script over a real socket."""

from __future__ import annotations

import inspect
import subprocess
import sys
import threading

import pytest

from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocol
from fastthrift.apache.server import TServer
from fastthrift.apache.Thrift import TApplicationException, TMessageType
from fastthrift.apache.transport.TSocket import TServerSocket
from fastthrift.apache.transport.TTransport import TMemoryBuffer

from .conftest import environment

IDL = """\
struct Point {1: i32 x, 2: i32 y = 7}
exception Wrong {1: string why}
/** Doc of the base. */
service Base {
  /** Adds. */
  i32 add(
    /** the first */
    1: i32 a, 2: i32 b)
}
service Calc extends Base {
  Point move(1: Point point, 2: list<string> names) throws (1: Wrong wrong)
  void nothing()
  oneway void tell(1: string text)
  string missing()
  binary echo(1: binary data)
  i32 later(i32 b, i32 a)
}
"""


@pytest.fixture
def calc(generated, imported, tmp_path):
    generated(IDL, "--gen", "py")
    return imported(tmp_path / "gen-py", "x.Calc")


def handler_of(calc):
    class Handler(calc.Iface):
        told: list[str] = []

        def add(self, a, b):
            return a + b

        def move(self, point, names):
            if not names:
                raise calc.Wrong("no names")
            return calc.Point(point.x + 1, point.y + len(names))

        def tell(self, text):
            self.told.append(text)

        def missing(self):
            return None

        def echo(self, data):
            return data[::-1]

        def later(self, b, a):
            return b * 10 + a

    return Handler()


class Loop:
    """A transport that hands what a client flushed to a processor at once."""

    def __init__(self, processor) -> None:
        self._processor, self._out, self._in = processor, TMemoryBuffer(), TMemoryBuffer()
        self.answers = 0

    def write(self, data):
        self._out.write(data)

    def flush(self):
        answer = TMemoryBuffer()
        self._processor.process(TBinaryProtocol(TMemoryBuffer(self._out.getvalue())), TBinaryProtocol(answer))
        self._out = TMemoryBuffer()
        self._in = TMemoryBuffer(answer.getvalue())
        self.answers += bool(answer.getvalue())

    def read(self, size):
        return self._in.read(size)

    def readAll(self, size):
        return self._in.readAll(size)


@pytest.fixture
def client(calc):
    return calc.Client(TBinaryProtocol(Loop(calc.Processor(handler_of(calc)))))


def test_calls(calc, client):
    assert client.add(1, 2) == 3
    assert client.move(calc.Point(1, 2), ["a", "b"]) == calc.Point(2, 4)
    assert client.nothing() is None
    assert client.echo(b"ab\xff") == b"\xffba"
    assert client.later(1, 2) == 12


def test_declared_exceptions_are_raised_with_their_fields(calc, client):
    with pytest.raises(calc.Wrong) as caught:
        client.move(calc.Point(), [])
    assert caught.value.why == "no names"


def test_a_missing_result_is_an_error(client):
    with pytest.raises(TApplicationException) as caught:
        client.missing()
    assert caught.value.type == TApplicationException.MISSING_RESULT


def test_a_function_that_is_not_implemented_is_an_error_unless_it_is_void(calc):
    client = calc.Client(TBinaryProtocol(Loop(calc.Processor(calc.Iface()))))
    assert client.nothing() is None
    with pytest.raises(TApplicationException) as caught:
        client.add(1, 2)
    assert caught.value.type == TApplicationException.INTERNAL_ERROR


def test_a_oneway_is_not_answered(calc):
    handler = handler_of(calc)
    loop = Loop(calc.Processor(handler))
    calc.Client(TBinaryProtocol(loop)).tell("hello")
    assert (handler.told, loop.answers) == (["hello"], 0)


def test_an_unknown_function_is_answered(calc, imported, tmp_path):
    base = imported(tmp_path / "gen-py", "x.Base")
    client = calc.Client(TBinaryProtocol(Loop(base.Processor(handler_of(calc)))))
    with pytest.raises(TApplicationException, match="Unknown function echo") as caught:
        client.echo(b"")
    assert caught.value.type == TApplicationException.UNKNOWN_METHOD


def test_sending_and_receiving_apart(calc):
    loop = Loop(calc.Processor(handler_of(calc)))
    client = calc.Client(TBinaryProtocol(loop))
    client.send_add(3, 4)
    assert client.recv_add() == 7
    client.send_tell("x")
    assert not hasattr(client, "recv_tell")


def test_classes_are_where_apaches_code_has_them(calc, imported, tmp_path):
    base = imported(tmp_path / "gen-py", "x.Base")
    assert issubclass(calc.Iface, base.Iface)
    assert issubclass(calc.Client, base.Client) and issubclass(calc.Client, calc.Iface)
    assert issubclass(calc.Processor, base.Processor) and issubclass(calc.Processor, calc.Iface)
    assert set(calc.Processor(None)._processMap) == {"add", "move", "nothing", "tell", "missing", "echo", "later"}
    assert not hasattr(calc, "tell_result")
    assert calc.move_result.thrift_spec[0][2] == "success" and calc.move_result.thrift_spec[1][2] == "wrong"
    assert calc.later_args(1, 2).b == 1


def test_docs_and_parameters(calc):
    assert inspect.getdoc(calc.Iface.add) == "Adds.\n\nParameters:\n - a: the first\n - b"


def test_the_processor_tells_of_each_message(calc):
    seen = []
    processor = calc.Processor(handler_of(calc))
    processor.on_message_begin(lambda name, kind, seqid: seen.append((name, kind)))
    calc.Client(TBinaryProtocol(Loop(processor))).add(1, 2)
    assert seen == [("add", TMessageType.CALL)]


def test_process_map_can_be_edited(calc):
    processor = calc.Processor(handler_of(calc))
    called = []

    def mine(self, seqid, iprot, oprot):
        called.append(seqid)
        calc.Processor.process_add(self, seqid, iprot, oprot)

    processor._processMap["add"] = mine
    assert calc.Client(TBinaryProtocol(Loop(processor))).add(1, 2) == 3
    assert len(called) == 1


# ---- the remote script

REMOTE = [
    (["add", "1", "2"], 0, "3\n"),
    (["move", "Point(1, y=2)", "['a']"], 0, "Point(x=2, y=3)\n"),
    (["nothing"], 0, "None\n"),
    (["echo", "aé"], 0, "b'\\xa9\\xc3a'\n"),
    (["add", "1"], 1, "add requires 2 args\n"),
    (["nope"], 1, "Unrecognized method nope\n"),
    (["-nope", "add"], 1, "Unrecognized option -nope\n"),
    (["add", "1", "Nope(3)"], 1, "Nope(3) is no i32: name 'Nope' is not defined\n"),
    ([], 1, "a function is missing; --help lists them\n"),
]


def test_the_remote_script_calls_a_server(calc, tmp_path):
    listener = TServerSocket("127.0.0.1", 0)
    listener.listen()
    port = listener.handle.getsockname()[1]
    listener.listen = lambda: None  # serve() would take another port
    server = TServer.TThreadedServer(calc.Processor(handler_of(calc)), listener, daemon=True)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    script = tmp_path / "gen-py" / "x" / "Calc-remote"
    try:
        for arguments, status, printed in REMOTE:
            done = subprocess.run(
                [sys.executable, str(script), "-h", f"127.0.0.1:{port}", *arguments],
                cwd="/", env=environment(), capture_output=True, text=True, timeout=30,
            )  # fmt: skip
            assert (done.returncode, done.stdout) == (status, printed), done.stderr
    finally:
        listener.close()


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_the_remote_script_lists_the_functions(calc, tmp_path, arguments):
    script = tmp_path / "gen-py" / "x" / "Calc-remote"
    done = subprocess.run(
        [sys.executable, str(script), *arguments], env=environment(), capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0
    assert "[-h host[:port]] [-u url] [-f[ramed]] [-s[sl]] [-novalidate] [-ca_certs certs]" in done.stdout
    assert done.stdout.endswith(
        "Functions:\n  Point move(Point point, list<string> names)\n  void nothing()\n  void tell(string text)\n"
        "  string missing()\n  binary echo(binary data)\n  i32 later(i32 b, i32 a)\n  i32 add(i32 a, i32 b)\n\n"
    )
