"""Which processors of Apache's face run on the engine: generated ones that nobody has a say in, and several of them."""

from __future__ import annotations

import contextlib
import logging
import shutil
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import fastthrift
import served_calc as calc
import shapes
from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocol, TBinaryProtocolAcceleratedFactory
from fastthrift.apache.protocol.TJSONProtocol import TJSONProtocolFactory
from fastthrift.apache.protocol.TMultiplexedProtocol import TMultiplexedProtocol
from fastthrift.apache.server import TServer
from fastthrift.apache.server._served import served_by
from fastthrift.apache.Thrift import TApplicationException, TMessageType, TProcessor
from fastthrift.apache.TMultiplexedProcessor import TMultiplexedProcessor
from fastthrift.apache.transport.TSocket import TServerSocket, TSocket
from fastthrift.apache.transport.TTransport import TBufferedTransportFactory, TFramedTransport, TFramedTransportFactory

VERSIONS = [17, 25]
COMPILER = shutil.which("thrift")


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("fastthrift"), "propagate", False)


@pytest.fixture(params=VERSIONS)
def written(request: pytest.FixtureRequest) -> Any:
    """A module as a version of Apache's compiler writes it."""
    return shapes.load("fastthrift.apache", request.param)


class Handler:
    def __init__(self, module: Any) -> None:
        self.module = module
        self.told: list[str] = []

    def echo(self, thing: Any) -> Any:
        return thing

    def divide(self, a: int, b: int) -> Any:
        if b == 0:
            raise self.module.Refused("zero", self.module.Frozen(1, ("2", "3")))
        if b == -1:
            raise TApplicationException(TApplicationException.UNKNOWN, "not today")
        if b == -2:
            raise ValueError("boo")
        return "nothing" if b == -3 else a // b

    def nothing(self) -> None:
        pass

    def tell(self, text: str) -> None:
        self.told.append(text)


@contextlib.contextmanager
def on_the_engine(processor: Any) -> Iterator[Any]:
    """A protocol to a server that runs on the engine."""
    server = TServer.TThreadedServer(
        processor, TServerSocket("127.0.0.1", 0), TFramedTransportFactory(), TBinaryProtocolAcceleratedFactory()
    )
    server.trans.listen()
    assert served_by(processor) is not None
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    sock = TSocket("127.0.0.1", server.trans.handle.getsockname()[1])
    sock.setTimeout(10_000)
    trans = TFramedTransport(sock)
    trans.open()
    try:
        yield TBinaryProtocol(trans)
        assert vars(server).get("_engine") is not None
    finally:
        trans.close()
        server.stop(0)
        thread.join(10)
        assert not thread.is_alive()


def test_what_apaches_compiler_writes_is_served_as_it_serves_itself(written: Any) -> None:
    handler = Handler(written)
    with on_the_engine(written.Processor(handler)) as protocol:
        client = written.Client(protocol)
        thing = written.Everything(number=5, text="é", words={"a"}, inners={"k": written.Inner(1, "s")})
        assert client.echo(thing) == thing
        assert client.divide(9, 2) == 4
        assert client.nothing() is None
        client.tell("hello")
        with pytest.raises(written.Refused) as refused:
            client.divide(1, 0)
        assert (refused.value.why, refused.value.frozen.parts) == ("zero", ("2", "3"))
        for b, kind, text in (
            (-1, TApplicationException.UNKNOWN, "not today"),
            (-2, TApplicationException.INTERNAL_ERROR, "Internal error"),
            (-3, TApplicationException.INTERNAL_ERROR, "Internal error"),
        ):
            with pytest.raises(TApplicationException) as failed:
                client.divide(1, b)
            assert (failed.value.type, str(failed.value)) == (kind, text)
        assert client.divide(1, 1) == 1
    assert handler.told == ["hello"]


def test_arguments_that_are_malformed_are_answered_and_the_connection_lives_on(written: Any) -> None:
    with on_the_engine(written.Processor(Handler(written))) as protocol:
        trans = protocol.trans
        protocol.writeMessageBegin("divide", TMessageType.CALL, 7)
        trans.write(b"\x08\x00\x01\x00\x00")  # an i32 that ends early
        trans.flush()
        assert protocol.readMessageBegin() == ("divide", TMessageType.EXCEPTION, 7)
        error = TApplicationException()
        error.read(protocol)
        protocol.readMessageEnd()
        assert error.type == TApplicationException.PROTOCOL_ERROR
        assert written.Client(protocol).divide(4, 2) == 2


def test_an_unknown_method_is_answered_as_compiled_code_does(written: Any) -> None:
    with on_the_engine(written.Processor(Handler(written))) as protocol:
        protocol.writeMessageBegin("other", TMessageType.CALL, 8)
        protocol.trans.write(b"\0")
        protocol.trans.flush()
        assert protocol.readMessageBegin() == ("other", TMessageType.EXCEPTION, 8)
        error = TApplicationException()
        error.read(protocol)
        assert (error.type, str(error)) == (TApplicationException.UNKNOWN_METHOD, "Unknown function other")


def changed_processors(module: Any) -> dict[str, Any]:
    """Each with somebody's own code in between."""

    class Watching(module.Processor):  # type: ignore[misc, name-defined]
        def process(self, iprot: Any, oprot: Any) -> Any:
            return super().process(iprot, oprot)

    def made() -> Any:
        return module.Processor(Handler(module))

    changed = {"process overridden": Watching(Handler(module))}
    changed["a hook"] = made()
    changed["a hook"].on_message_begin(lambda name, kind, seqid: None)
    changed["wrapped"] = made()
    divide = changed["wrapped"]._processMap["divide"]
    changed["wrapped"]._processMap["divide"] = lambda self, *args: divide(self, *args)
    changed["swapped"] = made()
    changed["swapped"]._processMap["divide"] = module.Processor.process_nothing
    changed["process of the object"] = made()
    changed["process of the object"].process = lambda iprot, oprot: None
    changed["not a name"] = made()
    changed["not a name"]._processMap["no name"] = divide
    return changed


@pytest.mark.parametrize("version", VERSIONS)
def test_what_somebody_has_changed_is_called_as_it_is(version: int) -> None:
    for what, processor in changed_processors(shapes.load("fastthrift.apache", version)).items():
        assert served_by(processor) is None, what


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("result = divide_result()", "result = divide_result(); print(args)"),
        ("'Internal error'", "'Something else'"),
        ("self._handler.divide(args.a, args.b)", "self._handler.divide(args.b, args.a)"),
        ("msg_type = TMessageType.REPLY\n            result.refused = refused", "raise"),
        ("iprot._fast_decode(self, iprot", "self.own_decode(iprot"),
        ("def process(self, iprot, oprot):", "def process(self, iprot, oprot, more=None):"),
        ("return True\n", "return 1\n"),
    ],
)
def test_generated_code_that_was_edited_is_called_as_it_is(before: str, after: str) -> None:
    source = shapes.source("fastthrift.apache", 25)
    assert before in source
    scope: dict[str, Any] = {"__name__": "edited"}
    edited = source.replace(before, after)
    if "own_decode" in after:
        edited = edited.replace("iprot._fast_decode is not None", "True")
    exec(compile(edited, "edited", "exec"), scope)
    assert served_by(scope["Processor"](object())) is None


def test_what_is_no_generated_processor_is_nobodys() -> None:
    class Own(TProcessor):
        def process(self, iprot: Any, oprot: Any) -> Any:
            return None

    for processor in (Own(), object(), TProcessor(), None, TMultiplexedProcessor()):
        assert served_by(processor) is None


def several() -> tuple[TMultiplexedProcessor, list[calc.Handler]]:
    handlers = [calc.Handler() for _ in range(3)]
    processor = TMultiplexedProcessor()
    processor.registerProcessor("First", calc.Processor(handlers[0]))
    processor.registerProcessor("Second", calc.Processor(handlers[1]))
    processor.registerDefault(calc.Processor(handlers[2]))
    return processor, handlers


def refusal(protocol: Any, name: str) -> tuple[int, str]:
    with pytest.raises(TApplicationException) as refused:
        calc.Client(protocol)._call(name, calc.print_args(), calc.print_result)
    return refused.value.type, str(refused.value)


def test_several_services_are_served_on_one_connection(written: Any) -> None:
    processor, handlers = several()
    processor.registerProcessor("Compiled", written.Processor(Handler(written)))
    with on_the_engine(processor) as protocol:
        first = calc.Client(TMultiplexedProtocol(protocol, "First"))
        first.tell("a")
        assert first.joined("b", "a") == "ab"
        calc.Client(TMultiplexedProtocol(protocol, "Second")).tell("b")
        calc.Client(protocol).tell("c")
        assert written.Client(TMultiplexedProtocol(protocol, "Compiled")).divide(6, 3) == 2
        unknown = TApplicationException.UNKNOWN_METHOD
        text = "Service name not found: Third. Did you forget to call registerProcessor()?"
        assert refusal(TMultiplexedProtocol(protocol, "Third"), "print") == (unknown, text)
        assert refusal(TMultiplexedProtocol(protocol, "First"), "nope") == (unknown, "Unknown function nope")
        assert refusal(protocol, "nope") == (unknown, "Unknown function nope")
        assert first.add(1, 2) == 3
    assert [each.told for each in handlers] == [["a"], ["b"], ["c"]]


def test_without_a_default_a_bare_name_is_refused() -> None:
    processor = several()[0]
    processor.defaultProcessor = None
    with on_the_engine(processor) as protocol:
        kind, text = refusal(protocol, "print")
        assert kind == TApplicationException.UNKNOWN_METHOD
        assert "Service name not found in message name" in text
        assert calc.Client(TMultiplexedProtocol(protocol, "First")).add(1, 2) == 3


def test_services_may_come_while_the_server_runs() -> None:
    processor, _ = several()
    with on_the_engine(processor) as protocol:
        late = calc.Client(TMultiplexedProtocol(protocol, "Late"))
        with pytest.raises(TApplicationException, match="Service name not found: Late"):
            late.add(1, 2)
        processor.registerProcessor("Late", calc.Processor(calc.Handler()))
        assert late.add(1, 2) == 3


def test_a_foreign_processor_that_comes_late_ends_the_connection_of_who_asks() -> None:
    processor, _ = several()
    with on_the_engine(processor) as protocol:
        processor.registerProcessor("Foreign", TProcessor())
        with pytest.raises(Exception, match="closed|reset|end|read 0"):
            calc.Client(TMultiplexedProtocol(protocol, "Foreign")).add(1, 2)


def test_one_foreign_service_leaves_all_to_the_processor() -> None:
    processor, _ = several()
    processor.registerProcessor("Foreign", TProcessor())
    assert served_by(processor) is None

    class Own(TMultiplexedProcessor):
        def process(self, iprot: Any, oprot: Any) -> Any:
            return super().process(iprot, oprot)

    own = Own()
    own.registerProcessor("First", calc.Processor(calc.Handler()))
    assert served_by(own) is None


def test_loaded_services_are_served_together_but_not_with_generated_ones(tmp_path: Path) -> None:
    idl = tmp_path / "served_loaded.thrift"
    idl.write_text("service Echo { string echo(1: string text) }")
    module: Any = fastthrift.load(str(idl), module_name="served_loaded_thrift")

    class EchoHandler:
        def echo(self, text: str) -> str:
            return text * 2

    processor = TMultiplexedProcessor()
    processor.registerProcessor("One", module.Echo.Processor(EchoHandler()))
    with on_the_engine(processor) as protocol:
        assert module.Echo.Client(TMultiplexedProtocol(protocol, "One")).echo("a") == "aa"
    processor.registerProcessor("Two", calc.Processor(calc.Handler()))
    assert served_by(processor) is None


IDL = """
namespace py seen
exception Bad { 1: string why }
exception Worse { 1: string why }
struct P { 1: i32 x }
struct Hidden { -1: i32 secret }
service Base { void ping(), string label(1: string text, 2: P p) throws (1: Bad bad) }
service Calc extends Base {
  i32 sub(2: i32 a, 1: i32 b) throws (1: Bad bad, 2: Worse worse), oneway void tell(1: string text), void none() throws (1: Bad b)
}
service Secret { void hide(1: Hidden hidden) }
"""

PROGRAM = """
import sys
from fastthrift import compat
compat.install("thrift")
sys.path.insert(0, sys.argv[1])
from seen import Calc, Secret
from fastthrift.apache.server._served import served_by
class Handler:
    def sub(self, a, b): return a - b
served = served_by(Calc.Processor(Handler()))
assert served is not None
assert served.service.thrift_services == {"ping", "label", "sub", "tell", "none"}
assert served.handler.sub(1, 10) == 9  # in the order of the ids
assert served_by(Secret.Processor(Handler())) is None  # whose spec leaves a field out
print("seen")
"""


@pytest.mark.skipif(COMPILER is None, reason="Apache's compiler is not installed")
@pytest.mark.parametrize("options", ["", ":slots", ":type_hints"])
def test_what_the_installed_compiler_writes_is_known(tmp_path: Path, options: str) -> None:
    idl = tmp_path / "seen.thrift"
    idl.write_text(IDL)
    command = [str(COMPILER), "--allow-neg-keys", "--gen", f"py{options}", "-out", str(tmp_path), str(idl)]
    if subprocess.run(command, capture_output=True, timeout=50).returncode != 0:
        pytest.skip(f"this compiler does not know py{options}")
    run = subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path)], capture_output=True, text=True, timeout=50)
    assert (run.returncode, run.stdout) == (0, "seen\n"), run.stderr


def test_bytes_that_are_no_message_close_their_connection_only(written: Any) -> None:
    with on_the_engine(written.Processor(Handler(written))) as protocol:
        address = protocol.trans._TFramedTransport__trans.handle.getpeername()
        with socket.create_connection(address, timeout=10) as other:
            other.sendall(struct.pack("!I", 4) + b"\xff\xff\xff\xff")
            assert other.recv(100) == b""
        assert written.Client(protocol).divide(4, 2) == 2


@pytest.mark.parametrize("framed", [True, False])
def test_json_is_served_on_the_engine(framed: bool) -> None:
    processor, _ = several()
    transports: Any = TFramedTransportFactory() if framed else TBufferedTransportFactory()
    server = TServer.TThreadedServer(processor, TServerSocket("127.0.0.1", 0), transports, TJSONProtocolFactory())
    server.trans.listen()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    sock = TSocket("127.0.0.1", server.trans.handle.getsockname()[1])
    sock.setTimeout(10_000)
    trans = transports.getTransport(sock)
    trans.open()
    try:
        protocol = TJSONProtocolFactory().getProtocol(trans)
        assert calc.Client(TMultiplexedProtocol(protocol, "First")).joined("b", "a") == "ab"
        with pytest.raises(calc.Refused):
            calc.Client(protocol).add(1, 1000)
        with pytest.raises(TApplicationException, match="Unknown function nope"):
            calc.Client(protocol)._call("nope", calc.print_args(), calc.print_result)
        assert calc.Client(TMultiplexedProtocol(protocol, "Second")).add(1, 2) == 3
        assert vars(server).get("_engine") is not None
    finally:
        trans.close()
        server.stop(0)
        thread.join(10)
