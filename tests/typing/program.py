"""A program as users of thriftpy2 write it, but for the name of the package: `make check` has mypy look at it, and
test_program.py runs it."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import fastthrift as thriftpy2
from fastthrift._compat import CYTHON
from fastthrift.contrib.aio.client import TAsyncClient
from fastthrift.contrib.aio.http import TAsyncHttpClient, TAsyncHttpServer
from fastthrift.contrib.aio.protocol import TAsyncBinaryProtocolFactory, TAsyncCompactProtocol
from fastthrift.contrib.aio.rpc import make_client as make_aio_client
from fastthrift.contrib.aio.rpc import make_server as make_aio_server
from fastthrift.contrib.aio.socket import TAsyncServerSocket, TAsyncSocket
from fastthrift.contrib.aio.transport import TAsyncBufferedTransportFactory, TAsyncFramedTransport
from fastthrift.contrib.tracking import ConsoleTracker, TTrackedClient, TTrackedProcessor
from fastthrift.hook import install_import_hook, remove_import_hook
from fastthrift.http import THttpClient, THttpHeaderFactory, THttpServer
from fastthrift.parser import load, load_fp, load_module
from fastthrift.parser.exc import ThriftGrammarError, ThriftParserError
from fastthrift.parser.lexer import thrift_reserved_keywords
from fastthrift.parser.parser import ParseContext, TType
from fastthrift.protocol import (
    TApacheJSONProtocolFactory,
    TBinaryProtocolFactory,
    TCompactProtocolFactory,
    TCyBinaryProtocolFactory,
    TJSONProtocolFactory,
    TMultiplexedProtocolFactory,
)
from fastthrift.protocol.cybin import ProtocolError
from fastthrift.protocol.cybin.cybin import TCyBinaryProtocol
from fastthrift.protocol.exc import TProtocolException
from fastthrift.protocol.json import struct_to_json, struct_to_obj
from fastthrift.rpc import TClient as RpcClient
from fastthrift.rpc import TSocket as RpcSocket
from fastthrift.rpc import client_context, make_client, make_server
from fastthrift.server import TServer, TSimpleServer, TThreadedServer
from fastthrift.thrift import TApplicationException, TClient, TException, TPayload, TProcessor
from fastthrift.transport import (
    TBufferedTransport,
    TFramedTransportFactory,
    TMemoryBuffer,
    TServerSocket,
    TSocket,
    TTransportBase,
    TTransportException,
)
from fastthrift.transport.base import readall
from fastthrift.transport.buffered.cybuffered import TCyBufferedTransport
from fastthrift.transport.cybase import CyTransportBase, TCyBuffer
from fastthrift.transport.sasl import TSaslClientTransport
from fastthrift.transport.sslsocket import TSSLServerSocket, TSSLSocket
from fastthrift.utils import deserialize, hexlify, serialize

calc: Any = thriftpy2.load(str(Path(__file__).with_name("program.thrift")), module_name="typing_program_thrift")

# Names that a program imports to compare, derive and catch; here it is enough that they are there.
NAMES: list[Any] = [
    CYTHON, TAsyncHttpClient, TAsyncHttpServer, TAsyncBinaryProtocolFactory, TAsyncCompactProtocol, TAsyncServerSocket,
    TAsyncSocket, TAsyncBufferedTransportFactory, TAsyncFramedTransport, ConsoleTracker, TTrackedClient, TTrackedProcessor,
    THttpClient, THttpHeaderFactory, THttpServer, load_fp, load_module, ThriftGrammarError, ThriftParserError,
    thrift_reserved_keywords, ParseContext, TType, TApacheJSONProtocolFactory, TCyBinaryProtocolFactory,
    TMultiplexedProtocolFactory, ProtocolError, TCyBinaryProtocol, TProtocolException, RpcClient, RpcSocket, TServer,
    TSimpleServer, TPayload, TMemoryBuffer, TSaslClientTransport, TSSLServerSocket, TSSLSocket, TCyBufferedTransport,
    CyTransportBase, TCyBuffer, readall,
]  # fmt: skip


class Dispatcher:
    def add(self, a: int, b: int) -> int:
        if a + b > 100:
            raise calc.TooBig(limit=100)
        return a + b

    def item(self, it: Any) -> Any:
        it.name = it.name.upper()
        return it


class LoudClient(TClient):
    """Overrides what users override."""

    calls: list[str]

    def _req(self, _api: str, *args: Any, **kwargs: Any) -> Any:
        self.calls.append(_api)
        return super()._req(_api, *args, **kwargs)


class LoudProcessor(TProcessor):
    def handle_exception(self, e: Exception, result: Any) -> bool:
        return super().handle_exception(e, result)


class Recording(TTransportBase):
    """A transport of the user's under the protocols of the package."""

    def __init__(self, trans: TSocket) -> None:
        self._trans = trans
        self.sent = 0

    def is_open(self) -> bool:
        return self._trans.is_open()

    def open(self) -> None:
        self._trans.open()

    def close(self) -> None:
        self._trans.close()

    def _read(self, sz: int) -> bytes:
        return self._trans.read(sz)

    def write(self, buf: Any) -> None:
        self.sent += len(buf)
        self._trans.write(buf)

    def flush(self) -> None:
        self._trans.flush()


def sync_calls(server: TThreadedServer, port: int) -> list[Any]:
    results: list[Any] = []
    client = make_client(calc.Calc, "127.0.0.1", port, proto_factory=TCompactProtocolFactory(), timeout=20000)
    results.append(client.add(1, 2))
    try:
        client.add(99, 2)
    except calc.TooBig as error:
        results.append(error.limit)
    client.close()
    with client_context(calc.Calc, "127.0.0.1", port, proto_factory=TCompactProtocolFactory()) as context:
        results.append(context.item(calc.Item(name="tea")).name)
    recording = Recording(TSocket("127.0.0.1", port, socket_timeout=20000))
    loud = LoudClient(calc.Calc, TCompactProtocolFactory().get_protocol(TBufferedTransport(recording)))
    loud.calls = []
    recording.open()
    results += [loud.add(2, 2), loud.calls, recording.sent > 0]
    loud.close()
    try:
        loud.add(1, 1)
    except TTransportException as error:
        results.append(error.type == TTransportException.NOT_OPEN)
    return results


async def async_calls() -> list[Any]:
    server = make_aio_server(calc.Calc, Dispatcher(), "127.0.0.1", 0, loop=asyncio.get_running_loop())
    await server.start()
    try:
        port: int = server.trans.sock.getsockname()[1]
        client: TAsyncClient = await make_aio_client(calc.Calc, "127.0.0.1", port, timeout=20000)
        results = [await client.add(3, 4)]
        try:
            await client.add(99, 2)
        except TException as error:
            results.append(type(error).__name__)
        client.close()
        return results
    finally:
        await server.close()


def main() -> list[Any]:
    install_import_hook()
    remove_import_hook()
    item = calc.Item(name="tea", tags=["a"], colour=calc.Colour.RED)
    results: list[Any] = []
    for factory in (TBinaryProtocolFactory(), TCompactProtocolFactory(), TJSONProtocolFactory()):
        data: bytes = serialize(item, factory)
        results.append(deserialize(calc.Item(), data, factory) == item)
    results.append(hexlify(serialize(calc.Item())))
    results.append(struct_to_obj(struct_to_json(item), calc.Item()) == item)
    results.append(load(str(Path(__file__).with_name("program.thrift")), "typing_program_thrift") is calc)
    results.append(str(TApplicationException(TApplicationException.UNKNOWN_METHOD)))
    server = make_server(calc.Calc, Dispatcher(), "127.0.0.1", 0, proto_factory=TCompactProtocolFactory())
    framed = TThreadedServer(
        LoudProcessor(calc.Calc, Dispatcher()), TServerSocket("127.0.0.1", 0), iprot_factory=TBinaryProtocolFactory(),
        itrans_factory=TFramedTransportFactory(), daemon=True,
    )  # fmt: skip
    framed.close()
    server.trans.listen()
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        results += sync_calls(server, server.trans.sock.getsockname()[1])
    finally:
        server.close()
        thread.join()
    return results + asyncio.run(async_calls())


if __name__ == "__main__":
    print(main())
