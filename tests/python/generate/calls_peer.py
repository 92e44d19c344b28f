"""A server and a client of ThriftTest's service, for both kinds of generated code. A program:

    calls_peer.py FOLDER thrift|fastthrift.apache server|client PORT binary|compact buffered|framed

FOLDER has the generated code; the server prints its port once it listens (PORT is 0 then).
"""

from __future__ import annotations

import importlib
import sys
from typing import Any


def main(folder: str, runtime: str, role: str, port: str, protocol: str, transport: str) -> None:
    sys.path.insert(0, folder)
    sockets = importlib.import_module(f"{runtime}.transport.TSocket")
    transports = importlib.import_module(f"{runtime}.transport.TTransport")
    name = f"T{protocol.title()}Protocol"
    protocols = importlib.import_module(f"{runtime}.protocol.{name}")
    protocol_factory = getattr(protocols, f"{name}AcceleratedFactory")()
    transport_factory = getattr(transports, f"T{transport.title()}TransportFactory")()
    if role == "server":
        servers = importlib.import_module(f"{runtime}.server.TServer")
        listener = sockets.TServerSocket("127.0.0.1", 0)
        listen = listener.listen

        def listen_and_tell() -> None:
            listen()
            print(listener.handle.getsockname()[1], flush=True)

        listener.listen = listen_and_tell
        service = importlib.import_module("ThriftTest.ThriftTest")
        servers.TThreadedServer(
            service.Processor(handler(service)), listener, transport_factory, protocol_factory, daemon=True
        ).serve()
        return
    channel = transport_factory.getTransport(sockets.TSocket("127.0.0.1", int(port)))
    channel.open()
    call_everything(importlib.import_module("ThriftTest.ThriftTest").Client(protocol_factory.getProtocol(channel)))
    channel.close()
    print("all calls are answered")


def handler(service: Any) -> Any:
    types = importlib.import_module("ThriftTest.ttypes")

    class Handler(service.Iface):
        def testVoid(self):
            return None

        def testException(self, arg):
            if arg == "Xception":
                raise types.Xception(1001, arg)
            if arg == "TException":
                raise ValueError(arg)

        def testMultiException(self, arg0, arg1):
            raise types.Xception2(2002, types.Xtruct(string_thing=arg0))

        def testOneway(self, secondsToSleep):
            self.told = secondsToSleep

        def testI32(self, thing):
            return getattr(self, "told", thing)

    for name in (
        "String",
        "Bool",
        "I64",
        "Double",
        "Binary",
        "Struct",
        "Nest",
        "Map",
        "Set",
        "List",
        "Enum",
        "Typedef",
    ):
        setattr(Handler, f"test{name}", lambda self, thing: thing)
    return Handler()


def call_everything(client: Any) -> None:
    types = importlib.import_module("ThriftTest.ttypes")
    struct = types.Xtruct(string_thing="Zero", byte_thing=1, i32_thing=-3, i64_thing=-5)
    assert client.testVoid() is None
    for name, value in [
        ("String", "é\n\0\U0001f600"), ("Bool", True), ("Bool", False), ("I64", -34359738368), ("Double", -5.5),
        ("Binary", b"\x00\xff"), ("Struct", struct), ("Nest", types.Xtruct2(1, struct, 4)), ("Map", {1: 2, -3: 4}),
        ("Set", {8, 1}), ("List", [1, 4, 9]), ("Enum", types.Numberz.FIVE), ("Typedef", 1 << 40), ("List", []),
    ]:  # fmt: skip
        assert getattr(client, f"test{name}")(value) == value, name
    for call, error, attributes in [
        (lambda: client.testException("Xception"), "Xception", {"errorCode": 1001, "message": "Xception"}),
        (lambda: client.testException("TException"), "TApplicationException", {"type": 6}),
        (lambda: client.testMultiException("a", "b"), "Xception2", {"errorCode": 2002}),
    ]:
        try:
            call()
        except Exception as raised:
            assert type(raised).__name__ == error, raised
            assert {name: getattr(raised, name) for name in attributes} == attributes
        else:
            raise AssertionError(error)
    assert client.testException("fine") is None
    client.testOneway(77)
    assert client.testI32(0) == 77


if __name__ == "__main__":
    main(*sys.argv[1:])
