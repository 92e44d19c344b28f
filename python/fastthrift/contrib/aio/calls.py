"""The native way of a client's calls: many may be under way on one connection, replies are matched by sequence id."""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from typing import Any

from fastthrift import _core
from fastthrift.contrib.aio.protocol.binary import TAsyncBinaryProtocol
from fastthrift.contrib.aio.protocol.compact import TAsyncCompactProtocol
from fastthrift.contrib.aio.socket import TAsyncSocket
from fastthrift.contrib.aio.timeout import TAsyncTimeout, ended
from fastthrift.contrib.aio.transport.buffered import TAsyncBufferedTransport
from fastthrift.contrib.aio.transport.framed import TAsyncFramedTransport
from fastthrift.contrib.aio.waiting import in_time
from fastthrift.thrift import TTransportException

# Calls whose replies nobody waits for any more. More of them on one connection, and the peer has stopped answering.
_MOST_ABANDONED = 1000

# Deadlines are looked at this often at the most.
_TICK = 0.005


def socket_below(protocol: Any) -> tuple[TAsyncSocket, bool, int | None] | None:
    """(socket, whether messages are framed, the largest frame) of a protocol whose whole stack is exactly ours."""
    if type(protocol) not in (TAsyncBinaryProtocol, TAsyncCompactProtocol):
        return None
    trans = protocol.trans
    if type(trans) is not TAsyncBufferedTransport or trans._wbuf or trans._used < len(trans._rbuf):
        return None
    inner = trans._trans
    if type(inner) is TAsyncSocket:
        return inner, False, None
    if type(inner) is not TAsyncFramedTransport or inner._wbuf or inner._used < len(inner._rbuf):
        return None
    return (inner._trans, True, inner.max_frame) if type(inner._trans) is TAsyncSocket else None


def check_loop(loop: asyncio.AbstractEventLoop | None) -> None:
    """Refuses the calls of a client that was made in another loop: nobody would read the answers."""
    if loop is not None and loop is not asyncio.get_running_loop():
        raise RuntimeError("the client belongs to another event loop: make one in the loop that calls")


def calls_over(service: Any, protocol: Any) -> Calls | None:
    """Takes over an open connection; None where something between the client and the socket is not exactly ours."""
    found = socket_below(protocol)
    if found is None:
        return None
    sock, framed, max_frame = found
    if sock._calls is not None and not sock._calls.is_over:
        if sock._calls.waiting:
            return None
        sock._by_hand()  # another client's, which is idle
    writer, reader = sock._writer, sock._reader
    if not isinstance(writer, asyncio.StreamWriter) or writer.transport.is_closing():
        return None
    if not isinstance(reader, asyncio.StreamReader) or getattr(reader, "_buffer", True) or reader.at_eof():
        return None
    check_loop(sock._loop)
    session = _core.ClientSession(service, protocol, framed=framed, max_frame=max_frame)
    calls = Calls(session, protocol, sock, writer.transport)
    writer.transport.set_protocol(calls.wire)
    sock._calls = calls
    return calls


class Wire(asyncio.Protocol):
    """What the loop knows of `Calls`: it keeps a connection only while a call is under way, so that a client that nobody has
    any more is collected, and its connection closed with its socket."""

    def __init__(self, calls: Calls, streams: Any) -> None:
        self.kept: Calls | None = None
        self._calls = weakref.ref(calls)
        self._streams = streams

    def look(self) -> None:
        calls = self._calls()
        if calls is not None:
            calls.look()

    def data_received(self, data: bytes) -> None:
        calls = self._calls()
        if calls is not None:
            calls.data_received(data)

    def pause_writing(self) -> None:
        calls = self._calls()
        if calls is not None:
            calls.pause_writing()
        self._streams.pause_writing()

    def resume_writing(self) -> None:
        calls = self._calls()
        if calls is not None:
            calls.resume_writing()
        self._streams.resume_writing()

    def eof_received(self) -> bool:
        return False  # the transport closes itself

    def connection_lost(self, exc: Exception | None) -> None:
        calls = self._calls()
        if calls is not None:
            calls.connection_lost(exc)
        self._streams.connection_lost(exc)


class Calls:
    """The calls of one client over one connection, from `calls_over` until the connection is lost or given back."""

    def __init__(
        self, session: _core.ClientSession, protocol: Any, sock: TAsyncSocket, transport: asyncio.WriteTransport
    ) -> None:
        self.protocol = protocol
        self.is_over = False
        self.waiting: dict[int, tuple[asyncio.Future[Any], float]] = {}
        self._session = session
        self._sock = sock
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._streams: Any = transport.get_protocol()
        self.wire = Wire(self, self._streams)
        self._unsent: list[bytes] = []
        self._writable: asyncio.Future[None] | None = None  # there is one while the peer does not read
        self._timer: asyncio.TimerHandle | None = None
        self._next_look = 0.0
        self._abandoned = 0

    async def call(self, api: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        check_loop(self._loop)
        timeout = self._sock.socket_timeout
        deadline = self._loop.time() + timeout if timeout is not None else 0.0
        while self._writable is not None:
            await self._until_writable(api, deadline)
        request = self._session.request(api, args, kwargs)
        if request is None:
            return NotImplemented  # not by these classes
        sequence_id, message = request
        if not self.waiting:
            self._transport.write(message)
        else:
            if not self._unsent:  # the calls that are made now leave together
                self._loop.call_soon(self._send)
            self._unsent.append(message)
        if sequence_id == 0:
            return None
        reply = self._loop.create_future()
        self.waiting[sequence_id] = reply, deadline
        self.wire.kept = self
        if deadline and (self._timer is None or deadline < self._next_look):
            self._look_at(deadline)
        try:
            return await reply
        except (asyncio.CancelledError, GeneratorExit):
            if self.waiting.pop(sequence_id, None) is not None:
                self._abandon()
            raise
        except TAsyncTimeout:
            raise TAsyncTimeout(
                TTransportException.TIMED_OUT, f"{self._sock._address()}: no reply to {api} within {timeout:g} s"
            ) from None
        finally:
            if not self.waiting:
                self.wire.kept = None

    def _send(self) -> None:
        if self._unsent:
            self._transport.write(b"".join(self._unsent))
            self._unsent.clear()

    async def _until_writable(self, api: str, deadline: float) -> None:
        assert self._writable is not None
        left = max(deadline - self._loop.time(), 0) if deadline else None
        try:
            await in_time(asyncio.shield(self._writable), left)
        except asyncio.TimeoutError:
            text = f"{self._sock._address()}: the peer does not read, {api} could not be sent"
            raise TAsyncTimeout(TTransportException.TIMED_OUT, text) from None
        if self.is_over:
            raise TTransportException(TTransportException.NOT_OPEN, "the connection was closed")

    def _look_at(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._next_look = when
        self._timer = self._loop.call_at(when, self.wire.look)

    def look(self) -> None:
        """Ends the calls whose time is over."""
        self._timer = None
        now = self._loop.time()
        overdue = [number for number, (_, deadline) in self.waiting.items() if deadline and deadline <= now]
        for number in overdue:
            reply, _ = self.waiting.pop(number)
            if not reply.done():
                reply.set_exception(TAsyncTimeout())
            self._abandon()
        left = [deadline for _, deadline in self.waiting.values() if deadline]
        if left:
            self._look_at(max(min(left), now + _TICK))

    def _abandon(self) -> None:
        self._abandoned += 1
        if self._abandoned > _MOST_ABANDONED:
            text = f"{self._abandoned} calls were never answered"
            self._fail(TTransportException(TTransportException.TIMED_OUT, text))

    def data_received(self, data: bytes) -> None:
        replies: list[tuple[int, Any, BaseException | None]] = []
        failure: BaseException | None = None
        try:
            self._session.feed(data, replies)
        except Exception as error:  # noqa: BLE001 - bytes that are no reply to any call
            failure = error
        for number, result, raised in replies:
            waiting = self.waiting.pop(number, None)
            if waiting is None:
                self._abandoned -= 1  # too late
            elif not waiting[0].done():
                if raised is None:
                    waiting[0].set_result(result)
                else:
                    waiting[0].set_exception(raised)
        if failure is not None:
            self._fail(failure)

    def pause_writing(self) -> None:
        self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        writable, self._writable = self._writable, None
        if writable is not None and not writable.done():
            writable.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(ended(exc))

    def _fail(self, error: BaseException) -> None:
        """Ends all calls with the error, and the connection."""
        if self.is_over:
            return
        self._end()
        replies = [reply for reply, _ in self.waiting.values() if not reply.done()]
        self.waiting.clear()
        for reply in replies:
            reply.set_exception(error)
            # One exception is raised once: another caller's traceback is none of this one's.
            kind = error.type if isinstance(error, TTransportException) else TTransportException.UNKNOWN
            error = TTransportException(kind, getattr(error, "message", None) or str(error))
        self._sock.close()
        self._transport.close()

    def close(self) -> None:
        self._send()
        self._fail(TTransportException(TTransportException.NOT_OPEN, "the client was closed"))

    def give_back(self) -> None:
        """Lets the streams have the connection again; one with calls under way is closed, since it is out of step."""
        if self.is_over:
            return
        self._send()
        if self.waiting or self._abandoned or self._session.has_part:
            self._fail(
                TTransportException(TTransportException.UNKNOWN, "the connection was used by hand during a call")
            )
            return
        self._end()
        with contextlib.suppress(RuntimeError):
            self._transport.set_protocol(self._streams)

    def __del__(self) -> None:
        with contextlib.suppress(RuntimeError):  # its loop is closed
            self.give_back()

    def _end(self) -> None:
        self.is_over = True
        self._unsent.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None
