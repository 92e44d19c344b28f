"""THttpServer: the calls of a service by POST, many connections at once."""

from __future__ import annotations

import ssl
import threading
from http.server import HTTPServer
from typing import Any

from fastthrift.http.connection import Connection, Whole
from fastthrift.http.engine import engine_for
from fastthrift.http.exchange import Exchange, ResponseException
from fastthrift.http.listener import Listener, Listening
from fastthrift.http.request import Limits, Request
from fastthrift.http.response import response
from fastthrift.processor import TProcessorFactory, answers_undeclared
from fastthrift.protocol.base import shares_protocol
from fastthrift.server import TThreadedServer
from fastthrift.thrift import TException
from fastthrift.transport import TMemoryBuffer
from fastthrift.transport.base import Buffer, TTransportBase
from fastthrift.transport.socket import UNSET

# Between two requests of a connection. Not the profile's: thriftpy2's HTTP server waits without end.
DEFAULT_IDLE_MS = 60_000


class _Both(TTransportBase):
    """Reads from one and writes to the other, for a protocol of both directions."""

    def __init__(self, source: Any, sink: Any) -> None:
        self._source = source
        self._sink = sink

    def is_open(self) -> bool:
        return True

    def _read(self, sz: int) -> bytes:
        found: bytes = self._source.read(sz)
        return found

    def write(self, buf: Buffer) -> None:
        self._sink.write(buf)

    def flush(self) -> None:
        pass


class THttpServer(TThreadedServer):
    """Answers each POST, whatever its path, with the message that ``processor`` writes.

    Listens from its construction on (`httpd.server_address`); `serve` serves until `close`, SIGTERM or Ctrl-C, and ends as
    the other servers do. All connections are the core's engine's; with TLS, overridden steps, or another ``server_class``
    each has a thread. That may be any `http.server.HTTPServer`, for its ways of listening, accepting and verifying.
    ``client_timeout``: milliseconds that a connection may be idle between requests, None for ever.
    """

    limits = Limits()

    def __init__(
        self,
        processor: Any,
        server_address: tuple[str, int],
        itrans_factory: Any,
        iprot_factory: Any,
        server_class: type[HTTPServer] = Listener,
        *,
        ssl_context: ssl.SSLContext | None = None,
        client_timeout: float | None = UNSET,
    ) -> None:
        self._ssl_context = ssl_context
        if client_timeout is UNSET:
            client_timeout = DEFAULT_IDLE_MS
        self._idle_seconds = client_timeout / 1000 if client_timeout and client_timeout > 0 else None
        self.httpd = server_class(server_address, self._serve_alone)  # type: ignore[arg-type]
        super().__init__(
            processor,
            Listening(self.httpd, self._connect),
            itrans_factory=itrans_factory,
            iprot_factory=iprot_factory,
            daemon=True,  # a client that keeps its connection must not keep the process
        )

    def serve(self) -> None:
        """Serves until `close()`, `httpd.shutdown()`, SIGTERM or Ctrl-C."""
        ended = threading.Event()

        def shutdown() -> None:
            self.close()
            ended.wait()

        # thriftpy2's server has no other way to be stopped than that of its httpd.
        self.httpd.shutdown = shutdown  # type: ignore[method-assign]
        try:
            super().serve()
        finally:
            ended.set()
            del self.httpd.shutdown

    def _engine_for(self) -> Any:
        return engine_for(self, THttpServer)

    def handle(self, client: Connection) -> None:
        client.serve()

    def _connect(self, sock: Any, address: Any) -> Connection:
        if self._ssl_context is not None:
            # The handshake is the business of the connection's own thread.
            sock = self._ssl_context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return Connection(
            sock, address, self._answer, self._refusals, self._idle_seconds, lambda: not self.closed, self.limits
        )

    def _serve_alone(self, request: Any, client_address: Any, server: Any) -> None:
        """A connection that came by `httpd.serve_forever()` or `handle_request()`."""
        client = self._connect(request, client_address)
        self._connections.add(client)
        self._run(client)

    def _answer(self, request: Request, connection: Connection) -> bytes | None:
        processor = self.processor
        if isinstance(processor, TProcessorFactory):
            processor = processor.get_processor()
        source, sink = TMemoryBuffer(request.body), TMemoryBuffer()
        if shares_protocol(self.iprot_factory):
            iprot = oprot = self.iprot_factory.get_protocol(self.itrans_factory.get_transport(_Both(source, sink)))
        else:
            iprot = self.iprot_factory.get_protocol(self.itrans_factory.get_transport(source))
            oprot = self.oprot_factory.get_protocol(self.otrans_factory.get_transport(sink))
        try:
            processor.process(iprot, oprot)
        except Exception as error:  # noqa: BLE001 - whatever a user's protocol or processor raises
            if not isinstance(error, ResponseException):
                self._refusals.refused("message", error)
            answer = self._respond(error, request, connection.sock, connection.address)
            return None if answer is None else Whole(answer)
        return bytes(sink.getvalue())

    def _respond(self, error: Exception, request: Request, sock: Any, address: Any) -> bytes | None:
        """The response where there is no message to answer with; None for no response. The connection ends."""
        if isinstance(error, ResponseException):
            exchange = Exchange(request, sock, address, self.httpd)
            error.handler(exchange)
            return exchange.response
        if not answers_undeclared(self.processor):
            return None
        # Our processor answers what handlers raise: what comes here is about the bytes, or from a user's processor.
        is_clients = isinstance(error, (TException, ValueError, EOFError))
        text = f"no message for this service: {type(error).__name__}\n"
        return response(400 if is_clients else 500, text.encode(), None)
