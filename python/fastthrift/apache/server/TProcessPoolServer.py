"""A fixed number of processes that accept from one listening socket."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from multiprocessing import get_context
from typing import Any, Callable, Optional

from fastthrift.apache.server.TServer import TServer
from fastthrift.apache.transport.TTransport import TTransportException

logger = logging.getLogger(__name__)

_ENDING = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C and SIGTERM wait: between a fork and the note of it they would leave a process that nobody knows."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class TProcessPoolServer(TServer):
    """Each process serves one connection at a time. `stop` ends them after the calls in flight."""

    def __init__(self, *args: Any) -> None:
        TServer.__init__(self, *args)
        self.numWorkers = 10
        self.workers: list[Any] = []
        self.isRunning: Any = None
        self.postForkCallback: Optional[Callable[[], Any]] = None
        self._over = threading.Event()

    def setPostForkCallback(self, callback: Callable[[], Any]) -> None:
        """``callback()`` is called in each process before it serves."""
        if not callable(callback):
            raise TypeError("This is not a callback!")
        self.postForkCallback = callback

    def setNumWorkers(self, num: int) -> None:
        self.numWorkers = num

    def workerProcess(self) -> None:
        """What a process does: accepts and serves until it is told to end."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its processes
        signal.signal(signal.SIGTERM, lambda number, frame: self.close())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
        threading.Thread(target=self._end_with_parent, daemon=True).start()
        if self.postForkCallback is not None:
            self.postForkCallback()
        self._serve_generic()

    def _end_with_parent(self) -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()  # whatever ended it, nobody would end this process any more
            self.close()

    def _start(self, client: Any) -> None:
        self._run(client)

    def handle(self, client: Any) -> None:
        self.serveClient(client)

    def serveClient(self, client: Any) -> None:
        """Answers the calls of one connection until it ends."""
        try:
            self._serve_connection(client)
        except TTransportException:
            pass

    def serve(self) -> None:
        """Starts the processes and waits until `stop`, SIGTERM or Ctrl-C."""
        self.serverTransport.listen()
        fork = get_context("fork")
        self.isRunning = fork.Value("b", 1)
        before = self._take_sigterm()
        try:
            with _uninterrupted():
                for _ in range(self.numWorkers):
                    worker = fork.Process(target=self.workerProcess)
                    worker.daemon = True
                    worker.start()
                    self.workers.append(worker)
            while not self._over.wait(0.1):
                pass
        except (SystemExit, KeyboardInterrupt):
            pass
        finally:
            self.isRunning.value = 0
            self._end_workers()
            with contextlib.suppress(Exception):
                self.serverTransport.close()
            if before is not None:
                signal.signal(signal.SIGTERM, before)

    def _take_sigterm(self) -> Any:
        if threading.current_thread() is not threading.main_thread():
            return None
        before = signal.getsignal(signal.SIGTERM)
        if before is not signal.SIG_DFL:
            return None
        signal.signal(signal.SIGTERM, lambda number, frame: self._over.set())
        return before

    def _end_workers(self) -> None:
        for worker in self.workers:
            if worker.is_alive():
                os.kill(worker.pid, signal.SIGTERM)
        for worker in self.workers:
            worker.join(self._grace_ms / 1000 + 1)
            if worker.is_alive():
                worker.kill()
                worker.join(1)
        self.workers.clear()

    def stop(self, grace_ms: float = 5000) -> None:
        """Ends `serve` and the processes."""
        self._grace_ms = grace_ms
        if (
            self.isRunning is not None
            and self.isRunning.value
            and self.workers
            and self.workers[0]._parent_pid == os.getpid()
        ):
            self._over.set()
            return
        self._over.set()
        super().stop(grace_ms)
