"""The native way of a server's connections: an `asyncio.Protocol` each, which hands bytes to the core and sends what it gives.

All complete requests of one read are answered with one write where their handlers do not wait: plain functions, and
coroutines that end at their first step. Those that wait go on as tasks; answers leave in the order of the requests.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from fastthrift import _core
from fastthrift.contrib.aio.eager import Starter
from fastthrift.contrib.aio.processor import TAsyncProcessor
from fastthrift.contrib.aio.protocol.binary import TAsyncBinaryProtocol, TAsyncBinaryProtocolFactory
from fastthrift.contrib.aio.protocol.compact import TAsyncCompactProtocol, TAsyncCompactProtocolFactory
from fastthrift.contrib.aio.socket import UNSENT, TAsyncServerSocket
from fastthrift.contrib.aio.transport.buffered import TAsyncBufferedTransportFactory
from fastthrift.contrib.aio.transport.framed import TAsyncFramedTransportFactory
from fastthrift.engine import EngineLog
from fastthrift.processor import answers_undeclared

if TYPE_CHECKING:
    from fastthrift.contrib.aio.server import TAsyncServer

logger = logging.getLogger("fastthrift.contrib.aio.server")

# Requests of one connection that may be inside handlers; the next are read when one of them is answered.
MOST_CALLS = 256

# Seconds that the bytes of one message may take to come, where an idle connection is cut earlier than that.
_MESSAGE_SECONDS = 30.0


def service_of(server: TAsyncServer, server_class: type[TAsyncServer]) -> _core.AsyncService | None:
    """What the connections of ``server`` share, or None where something between socket and handler is not exactly ours."""
    if type(server).handle is not server_class.handle or "handle" in vars(server):
        return None
    processor, trans = server.processor, server.trans
    if type(processor) is not TAsyncProcessor or vars(processor).keys() - {"_service", "_handler", "answer_undeclared"}:
        return None
    if type(trans) is not TAsyncServerSocket or "accept" in vars(trans):
        return None
    if server.otrans_factory is not server.itrans_factory or server.oprot_factory is not server.iprot_factory:
        return None
    factory = server.itrans_factory
    if type(factory) not in (TAsyncBufferedTransportFactory, TAsyncFramedTransportFactory):
        return None
    if type(server.iprot_factory) not in (TAsyncBinaryProtocolFactory, TAsyncCompactProtocolFactory):
        return None
    protocol = server.iprot_factory.get_protocol(None)
    if type(protocol) not in (TAsyncBinaryProtocol, TAsyncCompactProtocol):
        return None
    return _core.AsyncService(
        processor._service,
        processor._handler,
        _Log(server._refusals),
        protocol,
        framed=type(factory) is TAsyncFramedTransportFactory,
        max_frame=getattr(factory, "max_frame", None),
        answer_undeclared=answers_undeclared(processor),
    )


class _Log(EngineLog):
    @staticmethod
    def _log(text: str, api: str, error: BaseException) -> None:
        logger.error(text, api, exc_info=(type(error), error, error.__traceback__))


class Connection(asyncio.Protocol):
    """One connection of a server, from accept to the end of the last answer."""

    _transport: Any  # asyncio.Transport, and uvloop's
    _timer: asyncio.TimerHandle | None = None
    _is_lost = False
    _is_finishing = False  # nothing more is read
    _is_closing = False  # nothing more is handled; the end comes when what was is answered
    _has_more = False  # complete requests are kept until there is room for their answers
    _is_write_paused = False
    _is_read_paused = False
    _is_starting = False  # handlers take their first steps; answers are collected

    def __init__(
        self, server: TAsyncServer, service: _core.AsyncService, loop: asyncio.AbstractEventLoop, starter: Starter
    ) -> None:
        self._server = server
        self._session = _core.ServerSession(service)
        self._loop = loop
        self._starter = starter
        self._idle = server.trans.client_timeout
        self._active = loop.time()
        self._unsent: list[bytes] = []
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        if not self._server._admit(self):
            self.abort()
            return
        self._transport.set_write_buffer_limits(high=UNSENT)
        if self._idle is not None:
            self._timer = self._loop.call_later(self._idle, self._look_at_idleness)

    def data_received(self, data: bytes) -> None:
        had_part = self._session.has_part
        self._feed(data)
        if not (had_part and self._session.has_part):  # more bytes of one message are no sign of life
            self._active = self._loop.time()

    def _feed(self, data: bytes) -> None:
        if self._is_lost or self._is_closing:
            return
        try:
            answers, calls, is_all, closes = self._session.feed(data, UNSENT, MOST_CALLS)
        except Exception as error:  # noqa: BLE001 - bytes that are no message
            self._server._refusals.refused("message", error, self._transport.get_extra_info("peername"))
            answers, calls = self._session.rest()
            is_all = closes = True
        self._is_closing = closes
        self._has_more = not is_all
        if calls is None:
            if answers is not None:
                self._send()
                self._transport.write(answers)
        else:
            if answers is not None:
                self._unsent.append(answers)
            self._is_starting = True
            for number, awaitable in calls:
                task = self._starter.start(number, awaitable, self._ended)
                if task is not None:
                    self._tasks[number] = task
            self._is_starting = False
            answers = self._session.take()
            if answers is not None:
                self._unsent.append(answers)
            self._send()
        if self._has_more and self._session.waiting < MOST_CALLS and not self._is_write_paused:
            self._loop.call_soon(self._go_on)  # the answers have become many: others have their turn
        if self._is_closing or self._is_finishing or self._has_more or self._is_read_paused:
            self._settle()

    def _go_on(self) -> None:
        if self._has_more and not self._is_write_paused and self._session.waiting < MOST_CALLS:
            self._feed(b"")

    def _ended(self, number: int, result: Any, error: BaseException | None) -> None:
        if self._is_starting:
            self._is_closing = self._session.finish_later(number, result, error) or self._is_closing
            return
        self._tasks.pop(number, None)
        if self._session.is_over or (self._is_lost and isinstance(error, asyncio.CancelledError)):
            return
        # After the connection is lost too: what a handler should not have raised is logged.
        answers, closes = self._session.finish(number, result, error)
        if self._is_lost:
            return
        self._active = self._loop.time()
        self._is_closing = self._is_closing or closes
        if answers is not None:
            if not self._tasks:
                self._send()
                self._transport.write(answers)
            else:  # others may end in this turn of the loop: their answers leave together
                if not self._unsent:
                    self._loop.call_soon(self._send)
                self._unsent.append(answers)
        if self._has_more:
            self._loop.call_soon(self._go_on)
        if self._is_closing or self._is_finishing or self._is_read_paused:
            self._settle()

    def _send(self) -> None:
        if self._unsent:
            if not self._is_lost:
                self._transport.write(b"".join(self._unsent))
            self._unsent.clear()

    def _settle(self) -> None:
        """Ends a connection that is done, holds one whose answers wait, reads on where they do not."""
        if self._is_lost or self._transport.is_closing():
            return
        if self._is_finishing and not self._has_more:
            self._is_closing = True
        if self._is_closing and not self._session.waiting:
            self._send()
            self._transport.close()
            return
        holds = self._has_more or self._is_write_paused or self._is_closing or self._is_finishing
        if holds is not self._is_read_paused:
            self._is_read_paused = holds
            if holds:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()

    def pause_writing(self) -> None:
        self._is_write_paused = True
        self._settle()

    def resume_writing(self) -> None:
        self._is_write_paused = False
        self._active = self._loop.time()
        self._go_on()
        self._settle()

    def eof_received(self) -> bool:
        """A peer that sends nothing more may still read: what it has asked is answered first."""
        self.finish()
        return not self._transport.is_closing()

    def finish(self) -> None:
        """Reads no more; ends when all requests that were read are answered."""
        self._is_finishing = True
        self._settle()

    def abort(self) -> None:
        """Ends at once."""
        self._is_lost = True
        for task in list(self._tasks.values()):
            task.cancel()
        self._transport.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._is_lost = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._server._dismiss(self)

    def _look_at_idleness(self) -> None:
        assert self._idle is not None
        allowed = max(self._idle, _MESSAGE_SECONDS) if self._session.has_part else self._idle
        quiet = self._loop.time() - self._active
        if self._session.waiting or quiet < allowed:
            left = self._idle if self._session.waiting else allowed - quiet
            self._timer = self._loop.call_later(max(left, 0.01), self._look_at_idleness)
            return
        self._timer = None
        logger.debug("connection ended: silent for %g s", quiet)
        self._transport.abort()
