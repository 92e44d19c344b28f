"""Servers: a processor behind a listening transport, one connection at a time or many.

`TThreadedServer` and `TThreadPoolServer` run on the core's engine where all their parts are ours, else in Python's threads. Other
than Apache's all of them end: `close()` and SIGTERM let calls in flight finish first.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import threading
import time
from io import BytesIO
from typing import Any

from fastthrift.apache.protocol import TBinaryProtocol
from fastthrift.apache.server._engine import engine_for
from fastthrift.apache.Thrift import TApplicationException, TMessageType
from fastthrift.apache.transport import TTransport
from fastthrift.stoppable import StoppableServer

logger = logging.getLogger(__name__)


class TServer(StoppableServer):
    """``TServer(processor, serverTransport)``, with ``transportFactory, protocolFactory`` for both directions, or with
    ``inputTransportFactory, outputTransportFactory, inputProtocolFactory, outputProtocolFactory``."""

    _logger = logger

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

    @property
    def trans(self) -> Any:
        return self.serverTransport

    @trans.setter
    def trans(self, value: Any) -> None:
        self.serverTransport = value

    def serve(self) -> None:
        """Serves until `close()`, SIGTERM or Ctrl-C."""

    def handle(self, client: Any) -> None:
        """Answers the calls of one connection until it ends."""
        self._serve_connection(client)

    def _protocols(self, client: Any) -> tuple[Any, Any, Any, Any]:
        """The transports and protocols of a connection. A THeader connection has one of each for both directions."""
        itrans = self.inputTransportFactory.getTransport(client)
        iprot = self.inputProtocolFactory.getProtocol(itrans)
        if _is_header(self.inputProtocolFactory) or (
            self.outputTransportFactory is self.inputTransportFactory
            and self.outputProtocolFactory is self.inputProtocolFactory
        ):
            return itrans, None, iprot, iprot
        otrans = self.outputTransportFactory.getTransport(client)
        return itrans, otrans, iprot, self.outputProtocolFactory.getProtocol(otrans)

    def _serve_connection(self, client: Any) -> bool:
        """Answers the calls of a connection until it ends; False where it ended with an error."""
        itrans, otrans, iprot, oprot = self._protocols(client)
        begin_message = getattr(itrans, "begin_message", None)
        try:
            while True:
                if begin_message is not None:
                    begin_message()
                try:
                    self.processor.process(iprot, oprot)
                except Exception as error:  # noqa: BLE001 - whatever a protocol or processor raises
                    if not answers_unwritten(oprot, error):
                        raise
        except TTransport.TTransportException as error:
            logger.debug("connection ended: %s", error)
            return True
        except Exception as error:  # noqa: BLE001 - whatever a protocol or processor raises
            if self.closed:
                return True
            self._refusals.refused("message", error)
            return False
        finally:
            itrans.close()
            if otrans is not None:
                otrans.close()


class Answer(TTransport.TMemoryBuffer, TTransport.Collecting):
    """An answer in memory."""

    def _written(self) -> BytesIO:
        return self._buffer


def answers_unwritten(oprot: Any, error: Exception) -> bool:
    """Answers a call whose result did not fit, after somebody's processor had begun to write it; False where that is not it."""
    take_back = getattr(oprot, "take_back", None)
    begun = None if take_back is None or isinstance(error, TTransport.TTransportException) else take_back()
    if begun is None:
        return False
    name, seqid = begun
    logger.error("The result of %s cannot be written", name, exc_info=error)
    oprot.writeMessageBegin(name, TMessageType.EXCEPTION, seqid)
    TApplicationException(TApplicationException.INTERNAL_ERROR, "Internal error").write(oprot)
    oprot.writeMessageEnd()
    oprot.trans.flush()
    return True


def _is_header(factory: Any) -> bool:
    return any(each.__name__ == "THeaderProtocolFactory" for each in type(factory).__mro__)


class TSimpleServer(TServer):
    """One connection at a time, in the thread of `serve`."""

    def __init__(self, *args: Any) -> None:
        TServer.__init__(self, *args)

    serve = StoppableServer.serve
    _handles_while_serving = True

    def _start(self, client: Any) -> None:
        self._run(client)


class _EngineServer(TServer):
    """One that the core's engine may stand in for. ``_steps``: the methods that see each connection."""

    _steps: tuple[str, ...] = ()

    def _engine_for(self) -> Any:
        for step in ("handle", "_run", "_start", "_serve_connection", "_protocols", *self._steps):
            if step in vars(self) or not getattr(type(self), step).__module__.startswith("fastthrift."):
                return None
        return engine_for(
            self,
            self.processor,
            self.serverTransport,
            (self.inputTransportFactory, self.inputProtocolFactory),
            (self.outputTransportFactory, self.outputProtocolFactory),
        )

    serve = StoppableServer.serve


class TThreadedServer(_EngineServer):
    """A thread for each connection. ``daemon``: do not wait for them at exit."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        TServer.__init__(self, *args)
        self.daemon = kwargs.get("daemon", False)

    def _start(self, client: Any) -> None:
        threading.Thread(target=self._run, args=(client,), daemon=self.daemon).start()


class TThreadPoolServer(_EngineServer):
    """A fixed number of threads that take connections from a queue."""

    _steps = ("serveThread", "serveClient")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        TServer.__init__(self, *args)
        self.clients: queue.Queue[Any] = queue.Queue()
        self.threads = 10
        self.daemon = kwargs.get("daemon", False)

    def setNumThreads(self, num: int) -> None:
        """How many connections are served at a time. The engine serves all that come."""
        self.threads = num

    def serveThread(self) -> None:
        while True:
            client = self.clients.get()
            if client is None:
                return
            try:
                self.serveClient(client)
            except Exception as error:  # noqa: BLE001 - of one connection
                logger.exception(error)
            finally:
                self._connections.remove(client)

    def serveClient(self, client: Any) -> None:
        self._serve_connection(client)

    def _serve_generic(self) -> None:
        for _ in range(self.threads):
            threading.Thread(target=self.serveThread, daemon=self.daemon).start()
        super()._serve_generic()

    def _start(self, client: Any) -> None:
        self.clients.put(client)

    def _drain(self) -> None:
        try:
            super()._drain()
        finally:
            for _ in range(self.threads):
                self.clients.put(None)


class TForkingServer(TServer):
    """A process for each connection."""

    def __init__(self, *args: Any) -> None:
        TServer.__init__(self, *args)
        self.children: list[int] = []

    serve = StoppableServer.serve

    def _start(self, client: Any) -> None:
        try:
            pid = os.fork()
            if pid == 0:
                status = 1
                try:
                    self._begin_child()
                    status = 0 if self._serve_connection(client) else 1
                finally:
                    os._exit(status)
            self.children.append(pid)
            self.collect_children()
        except OSError as error:
            logger.exception(error)
        self._connections.remove(client)
        # The child has its own; not `close` of a TLS socket, which would say goodbye to the peer.
        handle = getattr(client, "handle", None)
        with contextlib.suppress(OSError):
            (client if handle is None else handle).close()

    def _begin_child(self) -> None:
        """In the child: it ends when its parent says so, after the call in flight, and does not listen."""
        self.children = []
        self._acceptor = None
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda number, frame: self.close())
        handle, self.serverTransport.handle = getattr(self.serverTransport, "handle", None), None
        if handle is not None:
            handle.close()

    def _drain(self) -> None:
        deadline = time.monotonic() + max(self._grace_ms, 0) / 1000
        self._tell_children(signal.SIGTERM)
        try:
            super()._drain()
            while self.children and time.monotonic() < deadline:
                self.collect_children()
                time.sleep(0.01)
        finally:
            self._tell_children(signal.SIGKILL)
            for pid in self.children:
                with contextlib.suppress(OSError):
                    os.waitpid(pid, 0)
            self.children.clear()

    def _tell_children(self, number: int) -> None:
        self.collect_children()  # the id of one that has ended may be another process's
        for pid in self.children:
            with contextlib.suppress(OSError):
                os.kill(pid, number)

    def collect_children(self) -> None:
        """Takes note of the children that have ended."""
        for pid in list(self.children):
            with contextlib.suppress(OSError):
                ended, _ = os.waitpid(pid, os.WNOHANG)
                if ended != pid:
                    continue
            self.children.remove(pid)
