"""Servers for asyncio: a listening socket, a processor, and what is put on each accepted connection.

`serve()` runs the loop until `close()`, which drains: nothing more is accepted or read, calls in flight are answered. SIGTERM
does the same where its action is the default one and `serve()` runs in the main thread; Ctrl-C leaves `serve()` as
KeyboardInterrupt after it. In a loop that runs already, `await server.start()` instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import threading
import warnings
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any

from fastthrift.contrib.aio.eager import Starter
from fastthrift.contrib.aio.protocol.binary import TAsyncBinaryProtocolFactory
from fastthrift.contrib.aio.session import Connection, service_of
from fastthrift.contrib.aio.socket import StreamHandler
from fastthrift.contrib.aio.transport.buffered import TAsyncBufferedTransportFactory
from fastthrift.contrib.aio.waiting import in_time
from fastthrift.refusals import Refusals
from fastthrift.transport.base import TTransportException

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = [
    "TAsyncBinaryProtocolFactory",
    "TAsyncBufferedTransportFactory",
    "TAsyncServer",
    "TTransportException",
]

logger = logging.getLogger("fastthrift.contrib.aio.server")

# How long calls in flight may take after close(), in milliseconds.
DEFAULT_GRACE_MS = 5_000


class TAsyncServer:
    """Serves each connection as it comes, on one event loop. The handler's methods may be coroutines or plain functions;
    a plain one holds up the loop while it runs."""

    max_connections = 10_000

    def __init__(
        self,
        processor: Any,
        trans: Any,
        itrans_factory: Any = None,
        iprot_factory: Any = None,
        otrans_factory: Any = None,
        oprot_factory: Any = None,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self.processor = processor
        self.trans = trans
        self.itrans_factory = itrans_factory or TAsyncBufferedTransportFactory()
        self.iprot_factory = iprot_factory or TAsyncBinaryProtocolFactory()
        self.otrans_factory = otrans_factory or self.itrans_factory
        self.oprot_factory = oprot_factory or self.iprot_factory
        self.loop = loop
        self.closed = False
        self.server: Any = None  # asyncio's, while it listens
        self._owns_loop = False
        self._refusals = Refusals(logger)
        self._connections: set[Connection] = set()
        self._clients: dict[Any, asyncio.Task[Any]] = {}  # of `handle`
        self._changed: asyncio.Event | None = None  # the last connection has gone
        self._stopped: asyncio.Event | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def init_server(self) -> None:
        """Listens, on a loop that does not run yet."""
        if self.loop is None:
            warnings.warn(
                "No event loop provided. Creating a new event loop automatically. "
                "Pass the loop that the server is to run on as loop=.",
                DeprecationWarning,
                stacklevel=2,
            )
            self.loop = asyncio.new_event_loop()
            self._owns_loop = True
        self.loop.run_until_complete(self.start())

    async def start(self) -> None:
        """Listens on the loop that runs; the connections are served in the background until `close()`."""
        self.loop = loop = asyncio.get_running_loop()
        self.closed = False
        self._changed, self._stopped = asyncio.Event(), asyncio.Event()
        service = service_of(self, TAsyncServer)
        if service is None:
            self.server = await self.trans.accept(self._serve)
        else:
            starter = Starter(loop)
            self.server = await self.trans.listen_with(lambda: Connection(self, service, loop, starter))

    def serve(self) -> None:
        """Serves until `close()`, SIGTERM or Ctrl-C."""
        if self.server is None:
            self.init_server()
        loop = self.loop
        assert loop is not None and self._stopped is not None
        interrupts: list[int] = []
        try:
            with self._stops_on_signals(loop, interrupts):
                loop.run_until_complete(self._stopped.wait())
        except RuntimeError:
            if loop.is_running() or loop.is_closed():
                raise
            # Somebody has stopped the loop.
        finally:
            if not loop.is_closed():
                loop.run_until_complete(self._close(DEFAULT_GRACE_MS))
                if self._owns_loop:
                    loop.run_until_complete(loop.shutdown_asyncgens())
                    loop.close()
        if interrupts:
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def _stops_on_signals(self, loop: asyncio.AbstractEventLoop, interrupts: list[int]) -> Iterator[None]:
        """SIGTERM and Ctrl-C stop the server, where nobody else has a say in that."""
        ours = []
        if threading.current_thread() is threading.main_thread():
            if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
                ours.append(signal.SIGTERM)
            if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
                ours.append(signal.SIGINT)

        def stop(number: int) -> None:
            if number == signal.SIGINT:
                interrupts.append(number)
                loop.remove_signal_handler(number)  # a second one cuts the calls in flight off
                signal.signal(number, signal.default_int_handler)
            task = loop.create_task(self._close(DEFAULT_GRACE_MS))
            task.add_done_callback(lambda done: done.exception())

        handled = []
        for number in ours:
            with contextlib.suppress(NotImplementedError):  # Windows
                loop.add_signal_handler(number, stop, number)
                handled.append(number)
        try:
            yield
        finally:
            for number in handled:
                loop.remove_signal_handler(number)

    async def close(self) -> None:
        """Ends `serve()` after the calls in flight, for which it waits five seconds at most."""
        await self.stop()

    async def stop(self, grace_ms: float = DEFAULT_GRACE_MS) -> None:
        """`close()` with another time for the calls in flight; 0 cuts them off. May be awaited on any loop."""
        loop = self.loop
        if loop is None or loop.is_closed():
            self.closed = True
            self.trans.close()
        elif loop is asyncio.get_running_loop():
            await self._close(grace_ms)
        elif loop.is_running():
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._close(grace_ms), loop))
        else:
            await asyncio.get_running_loop().run_in_executor(None, loop.run_until_complete, self._close(grace_ms))

    async def _close(self, grace_ms: float) -> None:
        self.closed = True
        server, self.server = self.server, None
        if server is not None:
            server.close()
        self.trans.close()
        for connection in list(self._connections):
            connection.finish()
        for client in list(self._clients):
            _finish(client)
        try:
            if self._changed is not None and (self._connections or self._clients):
                self._changed.clear()
                await in_time(self._changed.wait(), max(grace_ms, 0) / 1000)
        except asyncio.TimeoutError:
            pass
        finally:
            for connection in list(self._connections):
                connection.abort()
            for client, task in list(self._clients.items()):
                task.cancel()
                client.close()
            if self._stopped is not None:
                self._stopped.set()

    def _admit(self, connection: Connection) -> bool:
        if self.closed:
            return False
        if len(self._connections) >= self.max_connections:
            self._refusals.note("connection", f"there are {len(self._connections)} already")
            return False
        self._connections.add(connection)
        return True

    def _dismiss(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self._notice()

    def _notice(self) -> None:
        if self._changed is not None and not self._connections and not self._clients:
            self._changed.set()

    async def _serve(self, client: StreamHandler) -> None:
        """Handles one connection, which is closed however that ends."""
        if self.closed or len(self._clients) >= self.max_connections:
            client.close()
            return
        task = asyncio.current_task()
        assert task is not None
        self._clients[client] = task
        try:
            await self.handle(client)
        except asyncio.CancelledError:
            if not self.closed:
                raise
        except Exception as error:  # noqa: BLE001 - whatever a subclass raises
            self._refusals.refused("connection", error)
        finally:
            self._clients.pop(client, None)
            client.close()
            self._notice()

    async def handle(self, client: Any) -> None:
        """Answers the calls of one connection until it ends."""
        itrans = self.itrans_factory.get_transport(client)
        iprot = self.iprot_factory.get_protocol(itrans)
        if self.otrans_factory is self.itrans_factory and self.oprot_factory is self.iprot_factory:
            otrans, oprot = itrans, iprot
        else:
            otrans = self.otrans_factory.get_transport(client)
            oprot = self.oprot_factory.get_protocol(otrans)
        try:
            while not client.reader.at_eof() if isinstance(client, StreamHandler) else True:
                await self.processor.process(iprot, oprot)
        except TTransportException as error:
            logger.debug("connection ended: %s", error.message)
        except OSError as error:
            logger.debug("connection ended: %s", error)
        except Exception as error:  # noqa: BLE001 - whatever a user's protocol or processor raises
            self._refusals.refused("message", error)
        itrans.close()
        if otrans is not itrans:
            otrans.close()


def _finish(client: Any) -> None:
    """No call is read any more that has not arrived."""
    reader, writer = getattr(client, "reader", None), getattr(client, "writer", None)
    if reader is not None and writer is not None:
        with contextlib.suppress(RuntimeError, AttributeError):
            writer.transport.pause_reading()
            reader.feed_eof()
