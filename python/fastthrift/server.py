"""Servers: a listening transport, a processor, and what is put on each accepted connection.

`TThreadedServer` serves many connections, `TSimpleServer` one after the other. `close()` ends `serve()`: nothing more is
accepted, calls that were read are answered, then everything is closed. SIGTERM does the same where its action is the
default one and `serve()` runs in the main thread; Ctrl-C leaves `serve()` as KeyboardInterrupt after it.
"""

from __future__ import annotations

import contextlib
import errno
import threading
import time
from collections.abc import Iterator
from types import TracebackType

from fastthrift import apache_names
from fastthrift.acceptor import Acceptor
from fastthrift.connections import Connections
from fastthrift.engine import engine_for
from fastthrift.log import server_logger
from fastthrift.processor import TProcessor as TProcessor
from fastthrift.processor import TProcessorFactory
from fastthrift.protocol import TBinaryProtocolFactory
from fastthrift.protocol.base import shares_protocol
from fastthrift.refusals import Refusals
from fastthrift.transport import TBufferedTransportFactory, TTransportException
from fastthrift.transport import TServerSocket as TServerSocket
from fastthrift.transport import TTransportBase as TTransportBase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import Self

    from fastthrift.factories import TProtocolFactory as TProtocolFactory
    from fastthrift.factories import TTransportFactory as TTransportFactory
    from fastthrift.workers import Workers

# How long calls in flight may take after close(), in milliseconds.
DEFAULT_GRACE_MS = 5_000

_LOOK_AROUND_MS = 100

_OUT_OF_RESOURCES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


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


class _StoppableServer(TServer):
    """A server whose `close()` ends `serve()`."""

    max_connections = 10_000

    _grace_ms: float = DEFAULT_GRACE_MS
    _acceptor: Acceptor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends `serve()` after the calls in flight, for which it waits five seconds at most. Does not wait itself."""
        self.stop()

    def stop(self, grace_ms: float = DEFAULT_GRACE_MS) -> None:
        """`close()` with another time for the calls in flight; 0 cuts them off."""
        self._grace_ms = grace_ms
        self.closed = True
        engine = self.__dict__.get("_engine")
        if engine is not None:
            engine.stop(grace_ms)
        if self._acceptor is not None:
            self._acceptor.ring()
        trans = getattr(self, "trans", None)
        if trans is not None:
            with contextlib.suppress(Exception):
                trans.close()
        self._connections.finish()

    def serve(self) -> None:
        """Serves until `close()`, SIGTERM or Ctrl-C."""
        self.trans.listen()
        with _drains_on_sigterm(self):
            self._serve_generic()

    @property
    def _connections(self) -> Connections:
        # Made at first use: subclasses may leave out __init__. Of two threads at once one wins.
        found: Connections = self.__dict__.get("_connections_") or self.__dict__.setdefault(
            "_connections_", Connections()
        )
        return found

    @property
    def _threads(self) -> Workers:
        # Imported for the first connection that gets a thread.
        from fastthrift.workers import Workers

        found: Workers = self.__dict__.get("_threads_") or self.__dict__.setdefault("_threads_", Workers())
        return found

    @property
    def _refusals(self) -> Refusals:
        found: Refusals = self.__dict__.get("_refusals_") or self.__dict__.setdefault(
            "_refusals_", Refusals(server_logger())
        )
        return found

    def _serve_generic(self) -> None:
        """The loop for any transport: `_start` decides who handles what was accepted."""
        acceptor = self._acceptor = Acceptor(self.trans)
        try:
            while not self.closed:
                if not self._connections.wait_below(self.max_connections, 0.1):
                    continue
                try:
                    client = acceptor.accept()
                except Exception as error:  # noqa: BLE001 - whatever a user's transport raises
                    if self.closed or not self._still_listens(error):
                        break
                    continue
                if client is not None:
                    self._connections.add(client)
                    if self.closed:
                        self._connections.finish()
                    self._start(client)
        finally:
            self.closed = True
            self._acceptor = None
            acceptor.close()
            with contextlib.suppress(Exception):
                self.trans.close()
            self._threads.close()
            self._drain()

    def _still_listens(self, error: Exception) -> bool:
        """Whether to accept again after an error, which is logged."""
        if getattr(self.trans, "sock", self.trans) is None:
            return False
        self._refusals.refused("accept", error)
        if isinstance(error, OSError) and error.errno in _OUT_OF_RESOURCES:
            time.sleep(0.05)  # until a connection ends
        return True

    def _start(self, client: Any) -> None:
        raise NotImplementedError

    def _drain(self) -> None:
        deadline = time.monotonic() + max(self._grace_ms, 0) / 1000
        try:
            while time.monotonic() < deadline:
                self._connections.finish()
                # `stop` may have shortened the time meanwhile.
                deadline = min(deadline, time.monotonic() + max(self._grace_ms, 0) / 1000)
                if self._connections.wait_below(1, min(0.5, max(deadline - time.monotonic(), 0))):
                    return
        finally:
            self._connections.close_all()

    def _run(self, client: Any) -> None:
        """Handles one connection, which is closed however that ends."""
        try:
            self.handle(client)
        finally:
            self._connections.remove(client)
            with contextlib.suppress(Exception):
                client.close()

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
            self._refusals.refused("message", error)
        itrans.close()
        if otrans is not itrans:
            otrans.close()


class TSimpleServer(_StoppableServer):
    """Serves one connection at a time, in the thread of `serve()`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.closed = False

    def _start(self, client: Any) -> None:
        self._run(client)


class TThreadedServer(_StoppableServer):
    """Serves each connection as it comes, none waiting for another. ``daemon``: do not wait for handlers at exit."""

    # Handlers that run at the same time, where the core's engine serves.
    handler_threads = 256

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.daemon = kwargs.pop("daemon", False)
        super().__init__(*args, **kwargs)
        self.closed = False

    def serve(self) -> None:
        """Serves until `close()`, SIGTERM or Ctrl-C: on the core's engine where all parts are ours, else with threads."""
        self.trans.listen()
        with _drains_on_sigterm(self):
            engine = self._engine_for()
            if engine is None:
                self._serve_generic()
            else:
                _serve_on_engine(self, engine)

    def _engine_for(self) -> Any:
        return engine_for(self, TThreadedServer)

    def _start(self, client: Any) -> None:
        try:
            self._threads.run(self._run, client, daemon=self.daemon)
        except RuntimeError as error:  # no more threads
            self._connections.remove(client)
            client.close()
            self._refusals.refused("connection", error)
            time.sleep(0.05)


def _serve_on_engine(server: Any, engine: Any) -> None:
    server._engine = engine
    engine.start()
    try:
        if server.closed:  # before it began
            engine.stop(0)
        # The waits end now and then so that signals are seen.
        while not engine.wait(_LOOK_AROUND_MS):
            if server.trans.sock is None:  # closed alone
                engine.stop(server._grace_ms)
    finally:
        # Ctrl-C comes here too: calls in flight are answered first, a second one cuts them off.
        server.stop(server._grace_ms)
        try:
            while not engine.wait(_LOOK_AROUND_MS):
                pass
        finally:
            engine.stop(0)
            del server._engine


@contextlib.contextmanager
def _drains_on_sigterm(server: _StoppableServer) -> Iterator[None]:
    """SIGTERM stops the server, where nobody else has a say in that."""
    import signal  # of use to who serves

    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    ):
        yield
        return

    def stop(number: int, frame: Any) -> None:
        server.close()

    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGTERM) is stop:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


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
