"""A peer written against thriftpy2's API: ``thriftpy2_face.py fastthrift|thriftpy2 [COMMAND ...]``."""

from __future__ import annotations

import importlib
import ssl
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import program
import words

HERE = Path(__file__).resolve().parents[2]
MILLISECONDS = int(program.STEP_SECONDS * 1000)


class Thriftpy2Face(program.Face):
    def __init__(self, library: str) -> None:
        self.name = library
        self._library = library
        self.has_uuid = library == "fastthrift"
        load = self._module().load
        self.idl = load(str(HERE / "interop.thrift"), module_name="interop_thrift")
        self._peer = self.idl.Peer
        if self.has_uuid:
            self._peer = load(str(HERE / "uuids.thrift"), module_name="uuids_thrift").Uuids
        self.application_exception = self._module("thrift").TApplicationException
        names = ("Everything", "Narrow", "Refused", "Broken")
        self.kinds = {name: words.of_spec(words.STRUCT, getattr(self.idl, name)) for name in names}
        self.kinds["arguments"] = words.of_spec(words.STRUCT, self.idl.Peer.arguments_args).fields().values()
        self.kinds["uuid"] = words.Type(words.UUID)

    def _module(self, name: str = "") -> Any:
        return importlib.import_module(f"{self._library}.{name}" if name else self._library)

    def _protocols(self, stack: program.Stack) -> Any:
        module = self._module("protocol")
        if stack.protocol == "header":
            return module.THeaderProtocolFactory()
        if stack.protocol == "header-compact":
            return module.THeaderProtocolFactory(default_protocol=2)
        if stack.protocol == "header-zlib":
            return module.THeaderProtocolFactory(transforms=[1])
        return {
            "binary": module.TBinaryProtocolFactory,
            "compact": module.TCompactProtocolFactory,
            "json": module.TApacheJSONProtocolFactory,
        }[stack.protocol]()

    def _transports(self, stack: program.Stack) -> Any:
        names = {"framed": "TFramedTransportFactory", "zlib": "TZlibTransportFactory"}
        return getattr(self._module("transport"), names.get(stack.transport, "TBufferedTransportFactory"))()

    def _processor(self, stack: program.Stack) -> Any:
        module = self._module("thrift")
        peer = module.TProcessor(self._peer, program.PeerHandler(self))
        if not stack.mux:
            return peer
        multiplexed = module.TMultiplexedProcessor()
        multiplexed.register_processor("Peer", peer)
        second = module.TProcessor(self.idl.Second, program.SecondHandler())
        multiplexed.register_processor("Second", second)
        if hasattr(multiplexed, "register_default"):
            multiplexed.register_default(peer)
        return multiplexed

    def serve(self, stack: program.Stack, path: str) -> str:
        protocols, transports = self._protocols(stack), self._transports(stack)
        if stack.transport == "http":
            return self._serve_http(stack, protocols)
        if stack.socket == "unix":
            socket = self._module("transport").TServerSocket(unix_socket=path)
        elif stack.socket == "ssl":
            module = self._module("transport.sslsocket")
            socket = module.TSSLServerSocket(host="127.0.0.1", port=0, certfile=program.certificate("server.pem"))
        else:
            socket = self._module("transport").TServerSocket(host="127.0.0.1", port=0)
        server = self._module("server").TThreadedServer(
            self._processor(stack), socket, iprot_factory=protocols, itrans_factory=transports
        )
        socket.listen()
        address = socket.sock.getsockname()
        socket.listen = lambda: None  # thriftpy2's binds again
        threading.Thread(target=server.serve, daemon=True).start()
        return address if stack.socket == "unix" else str(address[1])

    def _serve_http(self, stack: program.Stack, protocols: Any) -> str:
        options = {}
        if stack.socket == "ssl":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(program.certificate("server.pem"))
            options["ssl_context"] = context
        server = self._module("http").THttpServer(
            self._processor(stack), ("127.0.0.1", 0), self._transports(stack), protocols, **options
        )
        address = server.httpd.server_address
        threading.Thread(target=server.serve, daemon=True).start()
        return str(address[1])

    def connect(self, stack: program.Stack, address: str) -> Any:
        raw = self._raw(stack, address)
        transport = self._transports(stack).get_transport(raw)
        transport.open()
        protocol = self._protocols(stack).get_protocol(transport)

        def client(service: str, name: str | None) -> Any:
            of = self._peer if service == "Peer" else getattr(self.idl, service)
            multiplexed = self._module("protocol").TMultiplexedProtocol(protocol, name) if name else protocol
            return self._module("thrift").TClient(of, multiplexed)

        def set_timeout(milliseconds: float) -> None:
            if stack.transport == "http" and self._library == "fastthrift":
                raw.set_timeout(milliseconds)

        return SimpleNamespace(client=client, close=transport.close, set_timeout=set_timeout)

    def _raw(self, stack: program.Stack, address: str) -> Any:
        if stack.transport == "http":
            context = None
            scheme = "http"
            if stack.socket == "ssl":
                scheme = "https"

                def context() -> ssl.SSLContext:
                    return ssl.create_default_context(cafile=program.certificate("ca.pem"))

            url = f"{scheme}://localhost:{address}/"
            return self._module("http").THttpClient(url, MILLISECONDS, context)
        if stack.socket == "unix":
            return self._module("transport").TSocket(unix_socket=address, socket_timeout=MILLISECONDS)
        if stack.socket == "ssl":
            return self._module("transport.sslsocket").TSSLSocket(
                "localhost", int(address), socket_timeout=MILLISECONDS, cafile=program.certificate("ca.pem")
            )
        return self._module("transport").TSocket("127.0.0.1", int(address), socket_timeout=MILLISECONDS)

    def of_bytes(self, data: bytes) -> Any:
        memory = self._module("transport").TMemoryBuffer(data)
        value = self.idl.Everything()
        protocol = self._module("protocol.binary").TBinaryProtocol(memory)
        protocol.read_struct(value)
        return value


if __name__ == "__main__":
    program.main(Thriftpy2Face(sys.argv[1]), sys.argv[2:])
