"""What Apache's own compiler writes runs unmodified under the alias, accelerated, and so do programs over the package."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

COMPILER = shutil.which("thrift")
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="Apache's compiler is not installed")

IDL = """
namespace py made.calc
enum Colour { RED = 1, BLUE = 4 }
typedef map<string, list<i64>> Table
struct Inner { 1: required i32 n, 2: optional string s = "x" }
struct Negative { -1: i32 hidden, 2: string shown }
union Either { 1: i32 number, 2: string text }
struct Everything {
  1: bool flag, 2: i8 small, 3: i16 short_one, 4: i32 number = 7, 5: i64 big, 6: double real, 7: string text,
  8: binary raw, 9: Inner inner, 10: list<Inner> inners, 11: set<string> words, 12: Table table, 13: Colour colour,
  14: list<list<bool>> nested, 15: Either either, 16: Negative negative,
}
struct Frozen { 1: i32 id, 2: list<i32> (python.immutable = "") parts } (python.immutable = "")
exception Refused { 1: string why, 2: Frozen frozen }
service Base { void ping() }
service Calc extends Base {
  Everything echo(1: Everything thing), i32 divide(1: i32 a, 2: i32 b) throws (1: Refused refused),
  oneway void tell(1: string text),
}
"""

PROGRAM = r"""
import sys, threading
from fastthrift import compat
compat.install("thrift")
sys.path.insert(0, sys.argv[1])
from made.calc import Calc
from made.calc.ttypes import *
from thrift import TMultiplexedProcessor, TSerialization
from thrift.protocol import TBinaryProtocol, TCompactProtocol, TMultiplexedProtocol
from thrift.server import TServer
from thrift.transport import TSocket, TTransport
import fastthrift.apache.Thrift
import thrift.Thrift
assert thrift.Thrift is fastthrift.apache.Thrift

class Handler:
    def __init__(self):
        self.told = []
    def ping(self):
        pass
    def echo(self, thing):
        return thing
    def divide(self, a, b):
        if b == 0:
            raise Refused("zero", Frozen(1, (2, 3)))
        return a // b
    def tell(self, text):
        self.told.append(text)

thing = Everything(
    flag=True, small=-8, short_one=300, number=None, big=1 << 40, real=-0.0, text="h\u00e9llo", raw=b"\xff\0",
    inner=Inner(5), inners=[Inner(1, "a"), Inner(2, "b")], words={"a"}, table={"k": [1, -1], "l": []},
    colour=Colour.BLUE, nested=[[True], [], [False, True]], either=Either(text="t"), negative=Negative(hidden=3, shown="s"),
)
for factory in (TBinaryProtocol.TBinaryProtocolFactory(), TCompactProtocol.TCompactProtocolAcceleratedFactory()):
    data = TSerialization.serialize(thing, factory)
    found = TSerialization.deserialize(Everything(), data, factory)
    found.number = None
    assert found == thing, (found, thing)
    frozen = TSerialization.serialize(Frozen(1, (2, 3)), factory)
    protocol = factory.getProtocol(TTransport.TMemoryBuffer(frozen))
    assert Frozen.read(protocol) == Frozen(1, (2, 3))
    print(data.hex())

handler = Handler()
processor = TMultiplexedProcessor.TMultiplexedProcessor()
processor.registerProcessor("calc", Calc.Processor(handler))
for processor, wrap in ((Calc.Processor(handler), lambda p: p),
                        (processor, lambda p: TMultiplexedProtocol.TMultiplexedProtocol(p, "calc"))):
    for kind in (TServer.TThreadedServer, TServer.TSimpleServer, TServer.TThreadPoolServer):
        listener = TSocket.TServerSocket("127.0.0.1", 0)
        listener.listen()
        server = kind(processor, listener, TTransport.TFramedTransportFactory(), TCompactProtocol.TCompactProtocolFactory())
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        transport = TTransport.TFramedTransport(TSocket.TSocket("127.0.0.1", listener.handle.getsockname()[1]))
        client = Calc.Client(wrap(TCompactProtocol.TCompactProtocol(transport)))
        transport.open()
        assert client.ping() is None
        assert client.divide(7, 2) == 3
        answer = client.echo(thing)
        answer.number = None
        assert answer == thing
        client.tell("x")
        try:
            client.divide(1, 0)
        except Refused as refused:
            assert refused.frozen.parts == (2, 3)
        else:
            raise AssertionError
        assert client.divide(9, 3) == 3
        transport.close()
        server.close()
        thread.join(10)
assert handler.told == ["x"] * 6
"""

THEIRS = PROGRAM.replace('from fastthrift import compat\ncompat.install("thrift")\n', "").partition(
    "handler = Handler()"
)[0]
THEIRS = THEIRS.replace("import fastthrift.apache.Thrift\n", "").replace(
    "assert thrift.Thrift is fastthrift.apache.Thrift\n", ""
)


@needs_compiler
@pytest.mark.parametrize("options", ["", ":slots", ":dynamic", ":slots,dynamic"])
def test_compiled_code_runs_under_the_alias_with_apaches_bytes(tmp_path: Path, options: str) -> None:
    idl = tmp_path / "calc.thrift"
    idl.write_text(
        IDL.replace("struct Negative { -1: i32 hidden,", "struct Negative { 1: i32 hidden,") if options else IDL
    )
    command = [str(COMPILER), "--allow-neg-keys", "--gen", f"py{options}", "-out", str(tmp_path), str(idl)]
    subprocess.run(command, check=True, capture_output=True, timeout=50)
    ours = subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path)], capture_output=True, text=True, timeout=50)
    assert ours.returncode == 0, ours.stderr
    if not options:
        return  # Apache's accelerated protocols lose the fields of a struct with a negative id
    pytest.importorskip("thrift")
    theirs = subprocess.run([sys.executable, "-c", THEIRS, str(tmp_path)], capture_output=True, text=True, timeout=50)
    assert theirs.returncode == 0, theirs.stderr
    assert ours.stdout == theirs.stdout
