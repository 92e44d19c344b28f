"""Apache's spelling in thriftpy2's modules: `from fastthrift.transport import TSocket` and `TSocket.TSocket(...)`."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from typing import Any

import pytest

import fastthrift
from fastthrift import Thrift
from fastthrift.apache.server import TServer as apache_servers
from fastthrift.protocol import TBinaryProtocol, TCompactProtocol, TMultiplexedProtocol
from fastthrift.rpc import client_context
from fastthrift.server import TServer
from fastthrift.transport import TSocket, TTransport

IDL = """
exception Refused { 1: string why }
struct Point { 1: i32 x, 2: set<string> names }
service Base { void ping() }
service Points extends Base {
    Point moved(1: Point point, 2: i32 by) throws (1: Refused refused),
    oneway void tell(1: string text),
}
"""


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("idl") / "points.thrift"
    path.write_text(IDL)
    return fastthrift.load(str(path), "tutorial_points_thrift")


def test_names_of_modules_are_apaches_where_they_are_called() -> None:
    import fastthrift.apache.protocol.TBinaryProtocol as binary
    import fastthrift.apache.protocol.TCompactProtocol as compact
    import fastthrift.apache.Thrift as words
    import fastthrift.apache.transport.TSocket as sockets
    import fastthrift.apache.transport.TTransport as transports

    assert TSocket.TSocket is sockets.TSocket
    assert TSocket.TServerSocket is sockets.TServerSocket
    assert TTransport is transports
    assert TBinaryProtocol.TBinaryProtocol is binary.TBinaryProtocol
    assert TBinaryProtocol.TBinaryProtocolAcceleratedFactory is binary.TBinaryProtocolAcceleratedFactory
    assert TCompactProtocol.TCompactProtocolFactory is compact.TCompactProtocolFactory
    assert TMultiplexedProtocol.TMultiplexedProtocol.__module__ == "fastthrift.apache.protocol.TMultiplexedProtocol"
    assert TServer.TSimpleServer is apache_servers.TSimpleServer
    assert Thrift is words
    assert Thrift.TApplicationException.INTERNAL_ERROR == 6


def test_classes_of_thriftpy2s_face_stay_what_they_are(points: Any) -> None:
    assert TSocket("localhost", 1).socket_timeout == 3.0
    assert TBinaryProtocol(TTransport.TMemoryBuffer()).strict_read is True
    assert issubclass(fastthrift.server.TThreadedServer, TServer)
    assert not {"Iface", "Client", "Processor"} & (set(dir(points.Points)) | set(vars(points.Points)))
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        points.Points.Nothing  # noqa: B018
    with pytest.raises(AttributeError):
        points.Point.Iface  # noqa: B018


def test_modules_that_are_nobodys_are_not_found() -> None:
    with pytest.raises(ModuleNotFoundError):
        __import__("fastthrift.Nothing")
    with pytest.raises(ImportError):
        from fastthrift.server import TNothing  # type: ignore[attr-defined]  # noqa: F401


class Handler:
    def __init__(self, points: Any) -> None:
        self.points = points
        self.told: list[str] = []

    def ping(self) -> None:
        pass

    def moved(self, point: Any, by: int) -> Any:
        if by == 0:
            raise self.points.Refused("stay")
        if by == 1:
            raise ValueError("boo")
        return self.points.Point(point.x + by, point.names)

    def tell(self, text: str) -> None:
        self.told.append(text)


@pytest.mark.parametrize("face", ["apache", "thriftpy2"])
@pytest.mark.parametrize("server_kind", ["TThreadedServer", "TSimpleServer"])
@pytest.mark.parametrize("framed", [False, True])
@pytest.mark.parametrize("module", [TBinaryProtocol, TCompactProtocol])
def test_a_loaded_service_speaks_apaches_tutorial(
    points: Any, face: str, server_kind: str, framed: bool, module: Any
) -> None:
    name = module.__name__
    factory = getattr(module, f"{name}Factory")()
    transports = TTransport.TFramedTransportFactory() if framed else TTransport.TBufferedTransportFactory()

    class Implementation(Handler, points.Points.Iface):  # type: ignore[misc,name-defined]
        pass

    handler = Implementation(points)
    listener = TSocket.TServerSocket("127.0.0.1", 0)
    listener.listen()
    port = listener.handle.getsockname()[1]
    server = getattr(TServer, server_kind)(points.Points.Processor(handler), listener, transports, factory)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    if face == "apache":
        transport = transports.getTransport(TSocket.TSocket("127.0.0.1", port))
        protocol = factory.getProtocol(transport)
        client = points.Points.Client(protocol)
        transport.open()
    else:
        from fastthrift.transport import TBufferedTransport, TFramedTransport

        transport = (TFramedTransport if framed else TBufferedTransport)(TSocket("127.0.0.1", port))
        transport.open()
        client = points.Points.Client(module(transport))
    assert client.ping() is None
    assert client.moved(points.Point(1, ["a"]), 5) == points.Point(6, ["a"])
    client.tell("hello")
    with pytest.raises(points.Refused):
        client.moved(points.Point(1), 0)
    with pytest.raises(fastthrift.thrift.TApplicationException) as failed:
        client.moved(points.Point(1), 1)
    assert failed.value.type == 6
    # A program whose protocol is of Apache's face catches that face's exceptions.
    assert isinstance(failed.value, Thrift.TException) == (face == "apache")
    assert isinstance(failed.value, Thrift.TApplicationException) == (face == "apache")
    assert "Internal error" in str(failed.value)
    loaded = pickle.loads(pickle.dumps(failed.value))
    assert type(loaded) is type(failed.value) and vars(loaded) == vars(failed.value)
    assert client.moved(points.Point(1, []), 2).x == 3
    assert handler.told == ["hello"]
    transport.close()
    server.stop(0)
    thread.join(10)
    assert not thread.is_alive()


def test_parts_of_a_service_are_the_same_each_time_and_inherit(points: Any) -> None:
    assert points.Points.Iface is points.Points.Iface
    assert issubclass(points.Points.Iface, points.Base.Iface)
    assert points.Points.Iface().ping() is None
    assert points.Points.Client.__qualname__ == "Points.Client"


def test_a_loaded_services_processor_serves_in_thriftpy2s_server(points: Any) -> None:
    from fastthrift.server import TThreadedServer
    from fastthrift.transport import TServerSocket

    listener = TServerSocket("127.0.0.1", 0)
    listener.listen()
    server = TThreadedServer(points.Points.Processor(Handler(points)), listener)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    with client_context(points.Points, "127.0.0.1", listener.sock.getsockname()[1]) as client:
        assert client.moved(points.Point(1, []), 2).x == 3
    server.stop(0)
    thread.join(10)


PROGRAM = """
from fastthrift.transport import TSocket, TTransport
from fastthrift.protocol import TBinaryProtocol
from fastthrift.server import TServer, TNonblockingServer
from fastthrift.Thrift import TException
from fastthrift.TSerialization import serialize
import fastthrift.protocol.TProtocol
import sys
print(TSocket.TSocket.__module__, TNonblockingServer.TNonblockingServer.__name__, "ssl" in sys.modules)
"""


def test_the_imports_of_a_tutorial_work_in_a_fresh_process() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=50)
    assert done.stdout == "fastthrift.apache.transport.TSocket TNonblockingServer False\n", done.stderr
