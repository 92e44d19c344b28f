"""A peer written against Apache's ``thrift`` package and the code that its compiler generates.

``apache_face.py thrift|fastthrift [COMMAND ...]`` in a folder with the generated package and, for ``thrift``, the package
itself in ``site``. With ``fastthrift`` the same program and the same generated code run on fastthrift.
"""

from __future__ import annotations

import os
import ssl
import sys
import threading
from types import SimpleNamespace
from typing import Any

import program
import words

LIBRARY = sys.argv[1]
sys.path[:0] = [os.getcwd(), os.path.join(os.getcwd(), "site")]
if LIBRARY == "fastthrift":
    from fastthrift import compat

    compat.install("thrift")

from interop_idl import Later, Peer, Second, ttypes  # noqa: E402
from thrift.protocol import (  # noqa: E402
    TBinaryProtocol,
    TCompactProtocol,
    THeaderProtocol,
    TJSONProtocol,
    TMultiplexedProtocol,
)
from thrift.server import THttpServer, TServer  # noqa: E402
from thrift.Thrift import TApplicationException, TMessageType, TType  # noqa: E402
from thrift.TMultiplexedProcessor import TMultiplexedProcessor  # noqa: E402
from thrift.transport import THttpClient, TSocket, TTransport, TZlibTransport  # noqa: E402
from thrift.TSerialization import deserialize  # noqa: E402

MILLISECONDS = int(program.STEP_SECONDS * 1000)
ALL_CLIENT_TYPES = (0, 1, 2, 3, 4)


class One:
    """A struct of one field, as arguments (1) and results (0) of uuids.thrift are."""

    def __init__(self, id_: int, type_: int, value: Any = None) -> None:
        self.id, self.type, self.value = id_, type_, value

    def write(self, oprot: Any) -> None:
        oprot.writeStructBegin("uuids")
        oprot.writeFieldBegin("value", self.type, self.id)
        (oprot.writeUuid if self.type == TType.UUID else oprot.writeString)(self.value)
        oprot.writeFieldEnd()
        oprot.writeFieldStop()
        oprot.writeStructEnd()

    def read(self, iprot: Any) -> One:
        iprot.readStructBegin()
        while True:
            _, ftype, fid = iprot.readFieldBegin()
            if ftype == TType.STOP:
                break
            if fid == self.id and ftype == self.type:
                self.value = iprot.readUuid() if ftype == TType.UUID else iprot.readString()
            else:
                iprot.skip(ftype)
            iprot.readFieldEnd()
        iprot.readStructEnd()
        return self


def _answer(name: str, result_type: int) -> Any:
    def process(processor: Any, seqid: int, iprot: Any, oprot: Any) -> None:
        arguments = One(1, TType.UUID).read(iprot)
        iprot.readMessageEnd()
        result = getattr(processor._handler, name)(arguments.value)
        oprot.writeMessageBegin(name, TMessageType.REPLY, seqid)
        One(0, result_type, result).write(oprot)
        oprot.writeMessageEnd()
        oprot.trans.flush()

    return process


class Processor(Peer.Processor):
    def __init__(self, handler: Any) -> None:
        super().__init__(handler)
        self._processMap["describe_uuid"] = _answer("describe_uuid", TType.STRING)
        self._processMap["echo_uuid"] = _answer("echo_uuid", TType.UUID)


class Client(Peer.Client):
    def describe_uuid(self, value: Any) -> Any:
        return self._one("describe_uuid", TType.STRING, value)

    def echo_uuid(self, value: Any) -> Any:
        return self._one("echo_uuid", TType.UUID, value)

    def _one(self, name: str, result_type: int, value: Any) -> Any:
        self._oprot.writeMessageBegin(name, TMessageType.CALL, self._seqid)
        One(1, TType.UUID, value).write(self._oprot)
        self._oprot.writeMessageEnd()
        self._oprot.trans.flush()
        _, mtype, _ = self._iprot.readMessageBegin()
        if mtype == TMessageType.EXCEPTION:
            error = TApplicationException()
            error.read(self._iprot)
            self._iprot.readMessageEnd()
            raise error
        result = One(0, result_type).read(self._iprot)
        self._iprot.readMessageEnd()
        return result.value


CLIENTS = {"Peer": Client, "Later": Later.Client, "Second": Second.Client}


class ApacheFace(program.Face):
    has_uuid = True
    application_exception = TApplicationException

    def __init__(self) -> None:
        self.name = "apache" if LIBRARY == "thrift" else "fastthrift-apache"
        self.idl = SimpleNamespace(**{name: getattr(ttypes, name) for name in dir(ttypes)})
        names = ("Everything", "Narrow", "Refused", "Broken")
        self.kinds = {name: words.Type(words.STRUCT, payload=getattr(ttypes, name)) for name in names}
        self.kinds["arguments"] = words.Type(words.STRUCT, payload=Peer.arguments_args).fields().values()
        self.kinds["uuid"] = words.Type(words.UUID)

    def _protocols(self, stack: program.Stack) -> Any:
        factories = {
            "binary": TBinaryProtocol.TBinaryProtocolAcceleratedFactory,
            "compact": TCompactProtocol.TCompactProtocolAcceleratedFactory,
            "json": TJSONProtocol.TJSONProtocolFactory,
        }
        if stack.protocol.startswith("header"):
            inner = 2 if stack.protocol == "header-compact" else 0
            return THeaderProtocol.THeaderProtocolFactory(ALL_CLIENT_TYPES, inner)
        # The accelerator loses what TZlibTransport had read ahead.
        if stack.transport == "zlib" and LIBRARY == "thrift":
            factories["binary"] = TBinaryProtocol.TBinaryProtocolFactory
            factories["compact"] = TCompactProtocol.TCompactProtocolFactory
        return factories[stack.protocol]()

    def _transports(self, stack: program.Stack) -> Any:
        factories = {"framed": TTransport.TFramedTransportFactory, "zlib": TZlibTransport.TZlibTransportFactory}
        if stack.protocol.startswith("header"):
            return TTransport.TTransportFactoryBase()
        return factories.get(stack.transport, TTransport.TBufferedTransportFactory)()

    def _processor(self, stack: program.Stack) -> Any:
        peer = Processor(program.PeerHandler(self))
        if not stack.mux:
            return peer
        multiplexed = TMultiplexedProcessor()
        multiplexed.registerProcessor("Peer", peer)
        multiplexed.registerProcessor("Second", Second.Processor(program.SecondHandler()))
        multiplexed.registerDefault(peer)
        return multiplexed

    def serve(self, stack: program.Stack, path: str) -> str:
        if stack.transport == "http":
            return self._serve_http(stack)
        if stack.socket == "unix":
            socket = TSocket.TServerSocket(unix_socket=path)
        elif stack.socket == "ssl":
            from thrift.transport import TSSLSocket

            socket = TSSLSocket.TSSLServerSocket("127.0.0.1", 0, ssl_context=_server_context())
        else:
            socket = TSocket.TServerSocket("127.0.0.1", 0)
        socket.listen()
        address = socket.handle.getsockname()
        socket.listen = lambda: None  # serve() would bind again
        server = TServer.TThreadedServer(
            self._processor(stack), socket, self._transports(stack), self._protocols(stack), daemon=True
        )
        threading.Thread(target=server.serve, daemon=True).start()
        return path if stack.socket == "unix" else str(address[1])

    def _serve_http(self, stack: program.Stack) -> str:
        options = {}
        if stack.socket == "ssl":
            options = {"cert_file": program.certificate("server.pem"), "key_file": program.certificate("server.key")}
        server = THttpServer.THttpServer(self._processor(stack), ("127.0.0.1", 0), self._protocols(stack), **options)
        threading.Thread(target=server.serve, daemon=True).start()
        return str(server.httpd.server_address[1])

    def connect(self, stack: program.Stack, address: str) -> Any:
        raw = self._raw(stack, address)
        raw.setTimeout(MILLISECONDS)
        transport = self._transports(stack).getTransport(raw)
        transport.open()
        protocol = self._protocols(stack).getProtocol(transport)
        if stack.protocol == "header-zlib":
            protocol.add_transform(1)

        def client(service: str, name: str | None) -> Any:
            return CLIENTS[service](TMultiplexedProtocol.TMultiplexedProtocol(protocol, name) if name else protocol)

        def set_timeout(milliseconds: float) -> None:
            if stack.transport == "http":
                raw.setTimeout(milliseconds)

        return SimpleNamespace(client=client, close=transport.close, set_timeout=set_timeout)

    def _raw(self, stack: program.Stack, address: str) -> Any:
        if stack.transport == "http":
            if stack.socket == "ssl":
                context = ssl.create_default_context(cafile=program.certificate("ca.pem"))
                return THttpClient.THttpClient(f"https://localhost:{address}/", ssl_context=context)
            return THttpClient.THttpClient(f"http://localhost:{address}/")
        if stack.socket == "unix":
            return TSocket.TSocket(unix_socket=address)
        if stack.socket == "ssl":
            from thrift.transport import TSSLSocket

            return TSSLSocket.TSSLSocket("localhost", int(address), ca_certs=program.certificate("ca.pem"))
        return TSocket.TSocket("127.0.0.1", int(address))

    def of_bytes(self, data: bytes) -> Any:
        return deserialize(ttypes.Everything(), data, TBinaryProtocol.TBinaryProtocolFactory())


def _server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(program.certificate("server.pem"))
    return context


if __name__ == "__main__":
    program.main(ApacheFace(), sys.argv[2:])
