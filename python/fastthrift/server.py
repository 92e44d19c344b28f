"""Servers: a listening transport, a processor, and what is put on each accepted connection.

`TThreadedServer` serves many connections, `TSimpleServer` one after the other. How they end: `fastthrift.stoppable`.
"""

from __future__ import annotations

import time

from fastthrift import apache_names
from fastthrift.engine import engine_for
from fastthrift.log import server_logger
from fastthrift.processor import TProcessor as TProcessor
from fastthrift.processor import TProcessorFactory
from fastthrift.protocol import TBinaryProtocolFactory
from fastthrift.protocol.base import shares_protocol
from fastthrift.refusals import address_of as _address_of
from fastthrift.stoppable import DEFAULT_GRACE_MS as DEFAULT_GRACE_MS
from fastthrift.stoppable import StoppableServer
from fastthrift.transport import TBufferedTransportFactory, TTransportException
from fastthrift.transport import TServerSocket as TServerSocket
from fastthrift.transport import TTransportBase as TTransportBase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from fastthrift import _core
    from fastthrift.factories import TProtocolFactory as TProtocolFactory
    from fastthrift.factories import TTransportFactory as TTransportFactory


class TServer:
    """What every server has. Subclasses may leave out `__init__` and set the attributes themselves."""

    closed = False
    daemon = False

    def __init__(
        self,
        processor: Any,
        trans: Any,
        itrans_factory: Any = None,
        iprot_factory: Any = None,
        otrans_factory: Any = None,
        oprot_factory: Any = None,
    ) -> None:
        self.processor = processor
        self.trans = trans
        self.itrans_factory = itrans_factory or TBufferedTransportFactory()
        self.iprot_factory = iprot_factory or TBinaryProtocolFactory()
        self.otrans_factory = otrans_factory or self.itrans_factory
        self.oprot_factory = oprot_factory or self.iprot_factory
        if shares_protocol(self.iprot_factory) != shares_protocol(self.oprot_factory):
            raise ValueError("THeader answers as it was asked: it needs the same protocol for input and output")

    def serve(self) -> None:
        pass

    def close(self) -> None:
        pass


class _Server(StoppableServer, TServer):
    """Answers each connection with the processor."""

    def handle(self, client: Any) -> None:
        """Answers the calls of one connection until it ends."""
        processor = self.processor
        if isinstance(processor, TProcessorFactory):
            processor = processor.get_processor()
        itrans = self.itrans_factory.get_transport(client)
        iprot = self.iprot_factory.get_protocol(itrans)
        is_one = self.otrans_factory is self.itrans_factory and self.oprot_factory is self.iprot_factory
        if is_one or shares_protocol(self.iprot_factory):
            otrans, oprot = itrans, iprot
        else:
            otrans = self.otrans_factory.get_transport(client)
            oprot = self.oprot_factory.get_protocol(otrans)
        begin_message = getattr(itrans, "begin_message", None)
        try:
            while True:
                if begin_message is not None:
                    begin_message()
                processor.process(iprot, oprot)
        except TTransportException as error:
            server_logger().debug("connection ended: %s", error.message)
        except OSError as error:
            # Silent for longer than client_timeout, or cut off by its peer.
            server_logger().debug("connection ended: %s", error)
        except Exception as error:  # noqa: BLE001 - whatever a user's protocol or processor raises
            self._refusals.refused("message", error, _address_of(client))
        itrans.close()
        if otrans is not itrans:
            otrans.close()


class TSimpleServer(_Server):
    """Serves one connection at a time, in the thread of `serve()`."""

    _handles_while_serving = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.closed = False

    def _start(self, client: Any) -> None:
        self._run(client)


class TThreadedServer(_Server):
    """Serves each connection as it comes, none waiting for another. ``daemon``: do not wait for handlers at exit."""

    # Handlers that run at the same time, where the core's engine serves.
    handler_threads = 256

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.daemon = kwargs.pop("daemon", False)
        super().__init__(*args, **kwargs)
        self.closed = False

    def _engine_for(self) -> _core.Server | None:
        return engine_for(self, TThreadedServer)

    def _start(self, client: Any) -> None:
        try:
            self._threads.run(self._run, client, daemon=self.daemon)
        except RuntimeError as error:  # no more threads
            self._connections.remove(client)
            client.close()
            self._refusals.refused("connection", error)
            time.sleep(0.05)


apache_names.answer(
    TServer, "server.TServer", "TServer", "TSimpleServer", "TThreadedServer", "TThreadPoolServer", "TForkingServer"
)


def __getattr__(name: str) -> Any:
    if name == "logger":
        return server_logger()
    if name in ("TProtocolFactory", "TTransportFactory"):
        from fastthrift import factories

        return getattr(factories, name)
    return apache_names.part_of_server(name)
