"""What all servers have in common: accepting, keeping account of the connections, and coming to an end.

`close()` ends `serve()`: nothing more is accepted, calls that were read are answered, then everything is closed. SIGTERM does the
same where its action is the default one and `serve()` runs in the main thread; Ctrl-C leaves `serve()` as KeyboardInterrupt after it.
"""

from __future__ import annotations

import contextlib
import errno
import threading
import time
from collections.abc import Iterator
from types import TracebackType

from fastthrift.acceptor import Acceptor
from fastthrift.connections import Connections
from fastthrift.log import server_logger
from fastthrift.refusals import Refusals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from logging import Logger
    from typing import Any

    from typing_extensions import Self

    from fastthrift import _core
    from fastthrift.workers import Workers

# How long calls in flight may take after close(), in milliseconds.
DEFAULT_GRACE_MS = 5_000

_LOOK_AROUND_MS = 100

_OUT_OF_RESOURCES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class _CutOff(BaseException):
    """Raised in a handler that runs in the thread of `serve` when its time after SIGTERM is over."""


class StoppableServer:
    """A server whose `close()` ends `serve()`. Subclasses have `trans`, which listens, and say in `handle` what a connection is
    for; `_start` decides in which thread. They may leave out `__init__`."""

    trans: Any
    closed = False

    max_connections = 10_000

    _grace_ms: float = DEFAULT_GRACE_MS
    _handles_while_serving = False  # handlers run in the thread of `serve`
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
        """Serves until `close()`, SIGTERM or Ctrl-C: on the core's engine where all parts are ours, else in Python."""
        self.trans.listen()
        with _drains_on_sigterm(self):
            engine = self._engine_for()
            if engine is None:
                self._serve_generic()
            else:
                self._serve_on(engine)

    def _engine_for(self) -> _core.Server | None:
        return None

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
    def _logger(self) -> Logger:
        return server_logger()

    @property
    def _refusals(self) -> Refusals:
        found: Refusals = self.__dict__.get("_refusals_") or self.__dict__.setdefault(
            "_refusals_", Refusals(self._logger)
        )
        return found

    def _serve_on(self, engine: _core.Server) -> None:
        self._engine = engine
        engine.start()
        try:
            if self.closed:  # before it began
                engine.stop(0)
            # The waits end now and then so that signals are seen.
            while not engine.wait(_LOOK_AROUND_MS):
                if self.trans.sock is None:  # closed alone
                    engine.stop(self._grace_ms)
        finally:
            # Ctrl-C comes here too: calls in flight are answered first, a second one cuts them off.
            self.stop(self._grace_ms)
            try:
                while not engine.wait(_LOOK_AROUND_MS):
                    pass
            finally:
                engine.stop(0)
                del self._engine

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
        raise NotImplementedError


@contextlib.contextmanager
def _drains_on_sigterm(server: StoppableServer) -> Iterator[None]:
    """SIGTERM stops the server, where nobody else has a say in that."""
    import signal  # of use to who serves

    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    ):
        yield
        return

    again: threading.Timer | None = None
    over = 0.0

    def stop(number: int, frame: Any) -> None:
        nonlocal again, over
        server.close()
        if not server._handles_while_serving or not hasattr(signal, "pthread_kill"):
            return
        if again is None:
            # Nobody but a signal can end a handler that runs in this thread.
            grace = max(server._grace_ms, 0) / 1000
            over = time.monotonic() + grace
            again = threading.Timer(grace, signal.pthread_kill, (threading.get_ident(), signal.SIGTERM))
            again.daemon = True
            again.start()
        elif time.monotonic() >= over:
            raise _CutOff("a call was cut off: it took too long for a server that was told to end")

    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except _CutOff as error:
        server._logger.warning("%s", error)
    finally:
        if again is not None:
            again.cancel()
        if signal.getsignal(signal.SIGTERM) is stop:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
