"""Thrift over HTTP/1.1: the calls of a service by POST, many connections at once, each for many calls."""

from __future__ import annotations

import ssl
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any, Callable, Optional

from fastthrift.apache.server import TServer
from fastthrift.apache.Thrift import TException, TMessageType
from fastthrift.apache.transport import TTransport
from fastthrift.http.connection import SENT, Connection, Whole
from fastthrift.http.exchange import Exchange
from fastthrift.http.listener import Listener
from fastthrift.http.refused import Refused
from fastthrift.http.request import Limits, Request
from fastthrift.http.response import response
from fastthrift.http.server import THttpServer as _Serves
from fastthrift.processor import PassesProcessor
from fastthrift.stoppable import DEFAULT_GRACE_MS

__all__ = ["ResponseException", "THttpServer"]


class ResponseException(TTransport.TTransportException, PassesProcessor):
    """Raised while a call is processed: ``handler`` is called with the request's `BaseHTTPRequestHandler` and writes the
    response (``send_response``, ``send_header``, ``end_headers``, ``wfile``) in place of a Thrift message.

    A TTransportException, because that is what code of Apache's compiler lets through.
    """

    def __init__(self, handler: Callable[[BaseHTTPRequestHandler], None]) -> None:
        super().__init__(message="the handler writes the HTTP response itself")
        self.handler = handler


class THttpServer(TServer.TServer):
    """Answers each POST, whatever its path, with the message that ``processor`` writes.

    Listens from its construction on (`httpd.server_address`). A oneway is answered, with nothing, before its handler runs.
    ``cert_file`` (and ``key_file``) make it a server of HTTPS; with ``cafile`` clients need a certificate of those.
    """

    def __init__(
        self,
        processor: Any,
        server_address: Any,
        inputProtocolFactory: Any,
        outputProtocolFactory: Any = None,
        server_class: Any = Listener,
        max_body_size: int = TTransport.DEFAULT_MAX_FRAME_SIZE,
        *,
        cafile: Optional[str] = None,
        cert_file: Optional[str] = None,
        key_file: Optional[str] = None,
    ) -> None:
        if not 0 < max_body_size <= TTransport.HARD_MAX_FRAME_SIZE:
            raise ValueError(f"max_body_size is between 1 and {TTransport.HARD_MAX_FRAME_SIZE}")
        out = outputProtocolFactory or inputProtocolFactory
        factory = TTransport.TTransportFactoryBase()
        TServer.TServer.__init__(self, processor, None, factory, factory, inputProtocolFactory, out)
        self._max_body_size = max_body_size
        # Which connection a thread is serving, for the oneways.
        self._here = threading.local()
        self._server = _Server(self, server_address, server_class, _context(cafile, cert_file, key_file))
        self.httpd = self._server.httpd
        listen = getattr(processor, "on_message_begin", None)
        if listen is not None:
            listen(self._on_begin)

    def serve(self) -> None:
        """Serves until `shutdown` or `httpd.shutdown`, SIGTERM or Ctrl-C."""
        self._server.serve()

    def shutdown(self) -> None:
        """Ends `serve` after the calls in flight, and closes the socket."""
        self._server.close()

    def stop(self, grace_ms: float = DEFAULT_GRACE_MS) -> None:
        """`shutdown` with another time for the calls in flight."""
        self._server.stop(grace_ms)

    def _on_begin(self, name: str, ttype: int, seqid: int) -> None:
        request: Optional[Request] = getattr(self._here, "request", None)
        if ttype == TMessageType.ONEWAY and request is not None:
            self._here.request = None
            self._here.connection.send(response(200, b"", request))

    def _answer(self, request: Request, connection: Connection) -> Any:
        source = TTransport.TMemoryBuffer(request.body)
        sink = TServer.Answer()
        if getattr(self.inputProtocolFactory, "shares_protocol", False):
            iprot = oprot = self.inputProtocolFactory.getProtocol(_Both(source, sink))
        else:
            iprot = self.inputProtocolFactory.getProtocol(source)
            oprot = self.outputProtocolFactory.getProtocol(sink)
        here = self._here
        here.request, here.connection = request, connection
        try:
            try:
                self.processor.process(iprot, oprot)
            except Exception as error:  # noqa: BLE001 - whatever a processor or its protocol raises
                if not TServer.answers_unwritten(oprot, error):
                    raise
        except ResponseException as error:
            exchange = Exchange(request, connection.sock, connection.address, self.httpd)
            error.handler(exchange)
            return Whole(exchange.response)
        except Exception as error:  # noqa: BLE001 - whatever a processor or its protocol raises
            if here.request is None:
                TServer.logger.exception(error)
                return SENT
            # Generated code answers what handlers raise: what comes here is about the bytes, or from somebody's processor.
            is_clients = isinstance(error, (TException, ValueError, EOFError, AssertionError))
            raise Refused(400 if is_clients else 500, f"no message for this service: {type(error).__name__}") from error
        finally:
            was_sent, here.request, here.connection = here.request is None, None, None
        return SENT if was_sent else sink.getvalue()


class _Both(TTransport.TTransportBase):
    """Reads from one and writes to the other, for a protocol of both directions."""

    def __init__(self, source: Any, sink: Any) -> None:
        self._source = source
        self._sink = sink

    def isOpen(self) -> bool:
        return True

    def read(self, sz: int) -> bytes:
        found: bytes = self._source.read(sz)
        return found

    def write(self, buf: bytes) -> None:
        self._sink.write(buf)


class _Server(_Serves):
    """The engine below: connections, deadlines, draining."""

    def __init__(self, owner: THttpServer, address: Any, server_class: Any, context: Optional[ssl.SSLContext]) -> None:
        self.limits = Limits(body=owner._max_body_size)
        self._owner = owner
        super().__init__(None, address, None, None, server_class, ssl_context=context)

    def _answer(self, request: Request, connection: Connection) -> Any:
        return self._owner._answer(request, connection)


def _context(cafile: Optional[str], cert_file: Optional[str], key_file: Optional[str]) -> Optional[ssl.SSLContext]:
    if cert_file is None:
        if cafile is not None or key_file is not None:
            raise ValueError("a server of HTTPS needs a cert_file")
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=cafile)
    context.load_cert_chain(cert_file, key_file)
    if cafile is not None:
        context.verify_mode = ssl.CERT_REQUIRED
    return context
