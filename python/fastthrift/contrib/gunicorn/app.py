"""What a gunicorn worker serves: a processor with its transports and protocols."""

from __future__ import annotations

from typing import Any

from fastthrift.protocol import TBinaryProtocolFactory
from fastthrift.server import TServer
from fastthrift.transport import TBufferedTransportFactory
from fastthrift.transport.socket import UNSET, TServerSocket

_PLEASE = b"this is a Thrift service: start gunicorn with -k fastthrift.contrib.gunicorn.ThriftThreadWorker\n"


class ThriftApp:
    """``app = ThriftApp(processor)`` in a module, ``gunicorn -k fastthrift.contrib.gunicorn.ThriftThreadWorker module:app``.

    ``client_timeout``: milliseconds that a connection may be silent between calls, None for ever.
    """

    def __init__(
        self,
        processor: Any,
        proto_factory: Any = None,
        trans_factory: Any = None,
        *,
        client_timeout: float | None = UNSET,
    ) -> None:
        self.processor = processor
        self.proto_factory = proto_factory or TBinaryProtocolFactory()
        self.trans_factory = trans_factory or TBufferedTransportFactory()
        self.client_timeout = TServerSocket(client_timeout=client_timeout).client_timeout  # seconds

    @classmethod
    def of(cls, app: Any) -> ThriftApp:
        """The app of what a module offers: one of these, a processor (or factory of them), or a server that does not serve."""
        if isinstance(app, ThriftApp):
            return app
        if isinstance(app, TServer):
            made = cls(app.processor, app.iprot_factory, app.itrans_factory)
            made.client_timeout = getattr(app.trans, "client_timeout", made.client_timeout)
            return made
        if hasattr(app, "process") or hasattr(app, "get_processor"):
            return cls(app)
        raise TypeError(f"expected a Thrift processor, a server or a ThriftApp, got {type(app).__name__}")

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        """To a worker of the web, which can only say what is wrong."""
        start_response("500 Internal Server Error", [("Content-Type", "text/plain")])
        return [_PLEASE]
