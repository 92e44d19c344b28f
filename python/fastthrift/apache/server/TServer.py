"""Servers: a processor behind a listening transport, one connection at a time or many."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
from typing import Any

from fastthrift.apache.protocol import TBinaryProtocol
from fastthrift.apache.transport import TTransport

logger = logging.getLogger(__name__)


class TServer:
    """``TServer(processor, serverTransport)``, with ``transportFactory, protocolFactory`` for both directions, or with
    ``inputTransportFactory, outputTransportFactory, inputProtocolFactory, outputProtocolFactory``."""

    def __init__(self, *args: Any) -> None:
        if len(args) == 2:
            transport = TTransport.TTransportFactoryBase()
            protocol = TBinaryProtocol.TBinaryProtocolFactory()
            self.__initArgs__(args[0], args[1], transport, transport, protocol, protocol)
        elif len(args) == 4:
            self.__initArgs__(args[0], args[1], args[2], args[2], args[3], args[3])
        elif len(args) == 6:
            self.__initArgs__(*args)
        else:
            raise TypeError(f"a server takes 2, 4 or 6 arguments, not {len(args)}")

    def __initArgs__(
        self,
        processor: Any,
        serverTransport: Any,
        inputTransportFactory: Any,
        outputTransportFactory: Any,
        inputProtocolFactory: Any,
        outputProtocolFactory: Any,
    ) -> None:
        self.processor = processor
        self.serverTransport = serverTransport
        self.inputTransportFactory = inputTransportFactory
        self.outputTransportFactory = outputTransportFactory
        self.inputProtocolFactory = inputProtocolFactory
        self.outputProtocolFactory = outputProtocolFactory
        if _is_header(inputProtocolFactory) != _is_header(outputProtocolFactory):
            raise ValueError(
                "THeaderProtocol servers require that both the input and output protocols are THeaderProtocol."
            )

    def serve(self) -> None:
        pass

    def _protocols(self, client: Any) -> tuple[Any, Any, Any, Any]:
        """The transports and protocols of a connection. A THeader connection has one of each for both directions."""
        itrans = self.inputTransportFactory.getTransport(client)
        iprot = self.inputProtocolFactory.getProtocol(itrans)
        if _is_header(self.inputProtocolFactory):
            return itrans, None, iprot, iprot
        if (
            self.outputTransportFactory is self.inputTransportFactory
            and self.outputProtocolFactory is self.inputProtocolFactory
        ):
            return itrans, None, iprot, iprot
        otrans = self.outputTransportFactory.getTransport(client)
        return itrans, otrans, iprot, self.outputProtocolFactory.getProtocol(otrans)

    def _serve_connection(self, client: Any) -> bool:
        """Answers the calls of a connection until it ends; False where it ended with an error."""
        itrans, otrans, iprot, oprot = self._protocols(client)
        try:
            while True:
                self.processor.process(iprot, oprot)
        except TTransport.TTransportException:
            return True
        except Exception as error:  # noqa: BLE001 - whatever a protocol or processor raises
            logger.exception(error)
            return False
        finally:
            itrans.close()
            if otrans is not None:
                otrans.close()


def _is_header(factory: Any) -> bool:
    return any(each.__name__ == "THeaderProtocolFactory" for each in type(factory).__mro__)


class TSimpleServer(TServer):
    """One connection at a time, in the thread of `serve`."""

    def __init__(self, *args: Any) -> None:
        TServer.__init__(self, *args)

    def serve(self) -> None:
        self.serverTransport.listen()
        while True:
            client = self.serverTransport.accept()
            if client:
                self._serve_connection(client)


class TThreadedServer(TServer):
    """A thread for each connection. ``daemon``: do not wait for them at exit."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        TServer.__init__(self, *args)
        self.daemon = kwargs.get("daemon", False)

    def serve(self) -> None:
        self.serverTransport.listen()
        while True:
            try:
                client = self.serverTransport.accept()
                if client:
                    thread = threading.Thread(target=self.handle, args=(client,), daemon=self.daemon)
                    thread.start()
            except KeyboardInterrupt:
                raise
            except Exception as error:  # noqa: BLE001 - of one connection
                logger.exception(error)

    def handle(self, client: Any) -> None:
        self._serve_connection(client)


class TThreadPoolServer(TServer):
    """A fixed number of threads that take connections from a queue."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        TServer.__init__(self, *args)
        self.clients: queue.Queue[Any] = queue.Queue()
        self.threads = 10
        self.daemon = kwargs.get("daemon", False)

    def setNumThreads(self, num: int) -> None:
        """How many connections are served at a time."""
        self.threads = num

    def serveThread(self) -> None:
        while True:
            try:
                client = self.clients.get()
                self.serveClient(client)
            except Exception as error:  # noqa: BLE001 - of one connection
                logger.exception(error)

    def serveClient(self, client: Any) -> None:
        self._serve_connection(client)

    def serve(self) -> None:
        for _ in range(self.threads):
            threading.Thread(target=self.serveThread, daemon=self.daemon).start()
        self.serverTransport.listen()
        while True:
            try:
                client = self.serverTransport.accept()
                if client:
                    self.clients.put(client)
            except Exception as error:  # noqa: BLE001 - of one connection
                logger.exception(error)


class TForkingServer(TServer):
    """A process for each connection."""

    def __init__(self, *args: Any) -> None:
        TServer.__init__(self, *args)
        self.children: list[int] = []

    def serve(self) -> None:
        self.serverTransport.listen()
        while True:
            client = self.serverTransport.accept()
            if not client:
                continue
            try:
                pid = os.fork()
                if pid:
                    self.children.append(pid)
                    self.collect_children()
                    # The child has its own; not `close` of a TLS socket, which would say goodbye to the peer.
                    self._forget(client)
                    continue
                os._exit(0 if self._serve_connection(client) else 1)
            except OSError as error:
                logger.exception(error)

    @staticmethod
    def _forget(client: Any) -> None:
        handle = getattr(client, "handle", None)
        with contextlib.suppress(OSError):
            if handle is None:
                client.close()
            else:
                handle.close()

    def collect_children(self) -> None:
        """Takes note of the children that have ended."""
        while self.children:
            try:
                pid, _ = os.waitpid(0, os.WNOHANG)
            except OSError:
                pid = 0
            if not pid:
                break
            if pid in self.children:
                self.children.remove(pid)
