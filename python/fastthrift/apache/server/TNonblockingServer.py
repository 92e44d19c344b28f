"""A server of framed messages for many connections on few threads: the core's engine, or a selector where a part is not ours.

Messages of one connection are answered in their order; handlers run on ``threads`` threads.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import selectors
import socket
import struct
import threading
from collections import deque
from typing import Any

from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocolFactory
from fastthrift.apache.server._engine import engine_for
from fastthrift.apache.server.TServer import Answer, answers_unwritten
from fastthrift.apache.transport import TTransport
from fastthrift.stoppable import StoppableServer

__all__ = ["TNonblockingServer"]

logger = logging.getLogger(__name__)

_I32 = struct.Struct("!i")
_PIECE = 65536


class Connection:
    """One client: what has come and is no whole frame yet, what is to be sent, and whether a worker has a frame of it."""

    def __init__(self, handle: Any, max_frame_size: int) -> None:
        self.handle = handle
        handle.setblocking(False)
        self._max_frame_size = max_frame_size
        self._received = bytearray()
        self.frames: deque[bytes] = deque()
        self.answers = bytearray()
        self.is_busy = False
        self.is_ended = False  # nothing more comes

    def receive(self) -> None:
        """Takes what is there. Raises OSError, or TTransportException for a length that is no frame's."""
        data = self.handle.recv(_PIECE)
        if not data:
            self.is_ended = True
            return
        self._received += data
        while len(self._received) >= 4:
            (size,) = _I32.unpack_from(self._received)
            if size <= 0 or size > self._max_frame_size:
                raise TTransport.TTransportException(
                    TTransport.TTransportException.SIZE_LIMIT, f"frame of {size} bytes: is the client not framed?"
                )
            if len(self._received) < 4 + size:
                return
            self.frames.append(bytes(self._received[4 : 4 + size]))
            del self._received[: 4 + size]

    def send(self) -> None:
        """Sends as much as there is room for."""
        if self.answers:
            sent = self.handle.send(self.answers)
            del self.answers[:sent]

    @property
    def wanted(self) -> int:
        """The events to wait for: one message at a time is read and answered."""
        events = selectors.EVENT_WRITE if self.answers else 0
        if not self.is_ended and not self.is_busy and not self.frames and not self.answers:
            events |= selectors.EVENT_READ
        return events


class TNonblockingServer(StoppableServer):
    """``TNonblockingServer(processor, lsocket)`` for framed clients. `prepare` and `handle` are for loops of one's own, `serve` is
    both until `stop`; `close` ends the threads."""

    _logger = logger

    def __init__(
        self,
        processor: Any,
        lsocket: Any,
        inputProtocolFactory: Any = None,
        outputProtocolFactory: Any = None,
        threads: int = 10,
        max_frame_size: int = TTransport.DEFAULT_MAX_FRAME_SIZE,
    ) -> None:
        self.processor = processor
        self.socket = lsocket
        self.in_protocol = inputProtocolFactory or TBinaryProtocolFactory()
        self.out_protocol = outputProtocolFactory or self.in_protocol
        self.threads = int(threads)
        self.max_frame_size = max_frame_size
        self.clients: dict[int, Connection] = {}
        self.tasks: queue.Queue[Any] = queue.Queue()
        self._done: queue.SimpleQueue[tuple[Connection, bytes | None]] = queue.SimpleQueue()
        self._selector: selectors.BaseSelector | None = None
        self._bell: tuple[socket.socket, socket.socket] | None = None
        self._workers: list[threading.Thread] = []
        self.prepared = False
        self._serving: threading.Event | None = None  # set once `serve` has cleared up
        self._server_thread = 0

    @property
    def trans(self) -> Any:
        return self.socket

    def setNumThreads(self, num: int) -> None:
        """How many handlers run at a time; before `prepare`."""
        if not self.prepared:
            self.threads = num

    def serve(self) -> None:
        """Serves until `stop`, `close`, SIGTERM or Ctrl-C."""
        super().serve()

    def _serve_generic(self) -> None:
        self.prepare()
        self._server_thread = threading.get_ident()
        over = self._serving = threading.Event()
        try:
            while not self.closed:
                self.handle()
        finally:
            self.stop(self._grace_ms)
            self._serving = None
            self._clear_up()
            over.set()

    def _engine_for(self) -> Any:
        if self.prepared or type(self) is not TNonblockingServer or self.out_protocol is not self.in_protocol:
            return None
        factories = (TTransport.TFramedTransportFactory(self.max_frame_size), self.in_protocol)
        return engine_for(self, self.processor, self.socket, factories, factories)

    def prepare(self) -> None:
        """Listens and starts the threads."""
        if self.prepared:
            return
        self.socket.listen()
        self._bell = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self.socket.handle.setblocking(False)
        self._selector.register(self.socket.handle, selectors.EVENT_READ, "accept")
        self._bell[0].setblocking(False)
        self._selector.register(self._bell[0], selectors.EVENT_READ, "bell")
        for _ in range(self.threads):
            worker = threading.Thread(target=self._work, daemon=True)
            worker.start()
            self._workers.append(worker)
        self.prepared = True

    def wake_up(self) -> None:
        """Ends the wait of `handle`, from any thread."""
        bell = self._bell
        if bell is not None:
            with contextlib.suppress(OSError):
                bell[1].send(b"1")

    def stop(self, grace_ms: float = 5000) -> None:
        """Ends `serve` once the calls in flight are answered."""
        self._grace_ms = grace_ms
        self.closed = True
        engine = self.__dict__.get("_engine")
        if engine is not None:
            engine.stop(grace_ms)
            with contextlib.suppress(Exception):
                self.socket.close()
        self.wake_up()

    def close(self) -> None:
        """Ends `serve`, the connections and the threads. A `serve` at work does it in its own thread: a selector must not be
        closed while somebody waits for it."""
        self.stop()
        over = self._serving
        if over is None:
            self._clear_up()
        elif threading.get_ident() != self._server_thread and threading.current_thread() not in self._workers:
            over.wait(self._grace_ms / 1000 + 1)

    def _clear_up(self) -> None:
        if not self.prepared or threading.current_thread() in self._workers:
            return
        self.prepared = False
        self._drain_workers()
        selector, self._selector = self._selector, None
        if selector is not None:
            selector.close()
        bell, self._bell = self._bell, None
        for end in bell or ():
            end.close()
        for connection in self.clients.values():
            connection.handle.close()
        self.clients.clear()
        self.socket.close()

    def _drain_workers(self) -> None:
        """Waits for the calls in flight and sends their answers, as far as the peers take them at once."""
        for _ in self._workers:
            self.tasks.put(None)
        for worker in self._workers:
            worker.join(self._grace_ms / 1000 / max(len(self._workers), 1))
        self._workers.clear()
        self._take_answers()
        for connection in list(self.clients.values()):
            with contextlib.suppress(OSError):
                connection.handle.settimeout(1)
                connection.handle.sendall(connection.answers)

    def _work(self) -> None:
        while True:
            task = self.tasks.get()
            if task is None:
                return
            connection, frame = task
            answer: bytes | None = None
            try:
                answer = self._answer(frame)
            except Exception as error:  # noqa: BLE001 - whatever a processor raises ends its connection
                self._refusals.refused("message", error)
            self._done.put((connection, answer))
            self.wake_up()

    def _answer(self, frame: bytes) -> bytes:
        itrans = TTransport.TMemoryBuffer(frame)
        otrans = Answer()
        oprot = self.out_protocol.getProtocol(otrans)
        try:
            self.processor.process(self.in_protocol.getProtocol(itrans), oprot)
        except Exception as error:  # noqa: BLE001 - whatever a protocol or processor raises
            if not answers_unwritten(oprot, error):
                raise
        return otrans.getvalue()

    def handle(self) -> None:  # type: ignore[override]
        """Waits for something to happen, and does what there is to do."""
        if self._selector is None:
            raise RuntimeError("You have to call prepare before handle")
        for key, events in self._selector.select(1.0):
            if key.data == "accept":
                self._accept()
            elif key.data == "bell":
                with contextlib.suppress(OSError):
                    while self._bell is not None and self._bell[0].recv(4096):
                        pass
            else:
                self._move(key.data, events)
        self._take_answers()

    def _accept(self) -> None:
        try:
            client = self.socket.accept()
        except OSError:
            return
        if client is None:
            return
        connection = Connection(client.handle, self.max_frame_size)
        self.clients[client.handle.fileno()] = connection
        self._watch(connection)

    def _move(self, connection: Connection, events: int) -> None:
        try:
            if events & selectors.EVENT_READ:
                connection.receive()
            if events & selectors.EVENT_WRITE:
                connection.send()
        except BlockingIOError:
            pass
        except (OSError, TTransport.TTransportException) as error:
            if isinstance(error, TTransport.TTransportException):
                self._refusals.refused("message", error)
            self._drop(connection)
            return
        self._go_on(connection)

    def _take_answers(self) -> None:
        while True:
            try:
                connection, answer = self._done.get_nowait()
            except queue.Empty:
                return
            connection.is_busy = False
            if connection.handle.fileno() < 0:
                continue
            if answer is None:
                self._drop(connection)
                continue
            if answer:
                connection.answers += _I32.pack(len(answer)) + answer
            self._go_on(connection)

    def _go_on(self, connection: Connection) -> None:
        if connection.frames and not connection.is_busy and not connection.answers:
            connection.is_busy = True
            self.tasks.put((connection, connection.frames.popleft()))
        if connection.is_ended and not (connection.is_busy or connection.answers or connection.frames):
            self._drop(connection)
            return
        self._watch(connection)

    def _watch(self, connection: Connection) -> None:
        selector = self._selector
        if selector is None:
            return
        events = connection.wanted
        registered = connection.handle in selector.get_map()
        if not events:
            if registered:
                selector.unregister(connection.handle)
        elif registered:
            selector.modify(connection.handle, events, connection)
        else:
            selector.register(connection.handle, events, connection)

    def _drop(self, connection: Connection) -> None:
        selector = self._selector
        if selector is not None and connection.handle.fileno() >= 0 and connection.handle in selector.get_map():
            selector.unregister(connection.handle)
        self.clients.pop(connection.handle.fileno(), None)
        connection.handle.close()
