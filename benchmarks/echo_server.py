"""python -m benchmarks.echo_server LIBRARY PORT: the echo service of one library, its usual threaded server.

LIBRARY.asyncio.coroutine, LIBRARY.uvloop.plain: on an event loop, with that kind of handler. LIBRARY.http: by HTTP.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from .shapes import HERE

ECHO = HERE / "idl" / "echo.thrift"


class Handler:
    def echo(self, msg: str) -> str:
        return msg


def thrift_like(package: str, port: int) -> Any:
    top, rpc = importlib.import_module(package), importlib.import_module(f"{package}.rpc")
    service = top.load(str(ECHO), module_name=f"{package}_echo_thrift").Echo
    return rpc.make_server(service, Handler(), "127.0.0.1", port, client_timeout=60_000)


def over_http(package: str, port: int) -> Any:
    top, http = importlib.import_module(package), importlib.import_module(f"{package}.http")
    service = top.load(str(ECHO), module_name=f"{package}_echo_thrift").Echo
    return http.make_server(service, Handler(), "127.0.0.1", port)


class AsyncHandler:
    async def echo(self, msg: str) -> str:
        return msg


def on_a_loop(package: str, loop: str, handler: str, port: int) -> Any:
    """The asyncio server of ``package`` on a loop of asyncio or uvloop."""
    top, rpc = importlib.import_module(package), importlib.import_module(f"{package}.rpc")
    service = top.load(str(ECHO), module_name=f"{package}_echo_thrift").Echo
    answers = Handler() if handler == "plain" else AsyncHandler()
    loop = importlib.import_module(loop).new_event_loop()
    return rpc.make_aio_server(service, answers, "127.0.0.1", port, client_timeout=None, loop=loop)


def apache(port: int) -> Any:
    """Apache's threaded server over a processor as its compiler writes it for `echo`."""
    from thrift.protocol.TBinaryProtocol import TBinaryProtocolAcceleratedFactory
    from thrift.server.TServer import TThreadedServer
    from thrift.transport.TSocket import TServerSocket
    from thrift.transport.TTransport import TBufferedTransportFactory

    return TThreadedServer(
        EchoProcessor(Handler()),
        TServerSocket("127.0.0.1", port),
        TBufferedTransportFactory(),
        TBinaryProtocolAcceleratedFactory(),
        daemon=True,
    )


class EchoArgs:
    thrift_spec = (None, (1, 11, "msg", "UTF8", None))

    def __init__(self, msg: str | None = None) -> None:
        self.msg = msg


class EchoResult:
    thrift_spec = ((0, 11, "success", "UTF8", None),)

    def __init__(self, success: str | None = None) -> None:
        self.success = success


class EchoProcessor:
    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    def on_message_begin(self, func: Any) -> None:
        pass

    def process(self, iprot: Any, oprot: Any) -> bool:
        name, _, seqid = iprot.readMessageBegin()
        args = EchoArgs()
        iprot._fast_decode(args, iprot, [EchoArgs, EchoArgs.thrift_spec])
        iprot.readMessageEnd()
        result = EchoResult(self._handler.echo(args.msg or ""))
        oprot.writeMessageBegin(name, 2, seqid)
        oprot.trans.write(oprot._fast_encode(result, [EchoResult, EchoResult.thrift_spec]))
        oprot.writeMessageEnd()
        oprot.trans.flush()
        return True


def apache_face(port: int) -> Any:
    """The same server in fastthrift's form of it, over a processor as `fastthrift --gen py` writes it."""
    from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocolAcceleratedFactory
    from fastthrift.apache.server.TServer import TThreadedServer
    from fastthrift.apache.transport.TSocket import TServerSocket
    from fastthrift.apache.transport.TTransport import TBufferedTransportFactory

    return TThreadedServer(
        generated_echo().Processor(Handler()),
        TServerSocket("127.0.0.1", port),
        TBufferedTransportFactory(),
        TBinaryProtocolAcceleratedFactory(),
    )


def generated_echo() -> Any:
    """`Client` and `Processor` of the service, of the shape that our generator writes."""
    from types import SimpleNamespace

    from fastthrift.apache.TService import TServiceClient, TServiceProcessor
    from fastthrift.apache.TStruct import TStruct

    class echo_args(TStruct):
        __slots__ = ("msg",)

    class echo_result(TStruct):
        __slots__ = ("success",)

    echo_args.thrift_spec = (None, (1, 11, "msg", "UTF8", None))
    echo_result.thrift_spec = ((0, 11, "success", "UTF8", None),)

    class Client(TServiceClient):
        def echo(self, msg: str) -> Any:
            return self._call("echo", echo_args(msg), echo_result)

    class Processor(TServiceProcessor):
        _methods = {"echo": ("echo", echo_args, echo_result)}

        def __init__(self, handler: Any) -> None:
            super().__init__(handler)
            self._processMap["echo"] = Processor.process_echo

        def process_echo(self, seqid: int, iprot: Any, oprot: Any) -> None:
            self._process("echo", seqid, iprot, oprot)

    return SimpleNamespace(Client=Client, Processor=Processor)


def made(library: str, port: int) -> Any:
    if library == "apache_face":
        return apache_face(port)
    if library.endswith(".http"):
        return over_http(library.partition(".")[0], port)
    if "." in library:
        return on_a_loop(*library.split("."), port)
    return apache(port) if library == "thrift" else thrift_like(library, port)


if __name__ == "__main__":
    made(sys.argv[1], int(sys.argv[2])).serve()
