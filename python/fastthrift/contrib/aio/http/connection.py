"""A server's connection: one coroutine that reads requests and writes responses."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable
from typing import Callable

from fastthrift.contrib.aio.waiting import in_time
from fastthrift.http.connection import LEAST_BYTES_A_SECOND, LINGER_BYTES, LINGER_SECONDS, MESSAGE_SECONDS
from fastthrift.http.refused import Refused
from fastthrift.http.request import Limits, Request, RequestReader
from fastthrift.http.response import response
from fastthrift.refusals import Refusals

_PIECE = 64 * 1024

# What a call gives: the body of a 200, or a `Refused`.
Answer = Callable[[Request], Awaitable[bytes]]


class Connection:
    """Serves one client with ``answer`` until one of both, or the deadline, ends that."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        answer: Answer,
        refusals: Refusals,
        idle_seconds: float | None,
        may_go_on: Callable[[], bool],
        limits: Limits,
    ) -> None:
        self._stream = reader
        self._writer = writer
        self._answer = answer
        self._refusals = refusals
        self._idle_seconds = idle_seconds
        self._may_go_on = may_go_on
        self._reader = RequestReader(limits)

    async def serve(self) -> None:
        with contextlib.suppress(OSError, asyncio.TimeoutError):
            while await self._serve_one():
                pass

    async def _serve_one(self) -> bool:
        """Whether another request may follow."""
        try:
            request = await self._next_request()
            if request is None:
                return False
            if request.line.method != "POST":
                await self._send(response(405, b"messages come by POST\n", request))
                return request.keep_alive
            try:
                body = await self._answer(request)
            except Refused as error:  # of the message: the request was read to its end
                self._refusals.refused("message", error)
                await self._send(response(error.status, error.text.encode() + b"\n", None))
                return False
            keep_alive = request.keep_alive and self._may_go_on()
            await self._send(response(200, body, request if keep_alive else None))
            return keep_alive
        except Refused as error:
            self._refusals.refused("request", error)
            await self._send(response(error.status, error.text.encode() + b"\n", None))
            await self._linger()
            return False

    async def _next_request(self) -> Request | None:
        began = time.monotonic()
        received = 0
        while True:
            request = self._reader.next_request()
            if request is not None:
                return request
            if self._reader.take_continue():
                await self._send(b"HTTP/1.1 100 Continue\r\n\r\n")
            if self._reader.is_idle:
                limit = self._idle_seconds
            else:
                limit = MESSAGE_SECONDS + received / LEAST_BYTES_A_SECOND
            left = None if limit is None else began + limit - time.monotonic()
            try:
                data = await in_time(self._stream.read(_PIECE), left)
            except asyncio.TimeoutError:
                if self._reader.is_idle:
                    return None
                raise Refused(408, "the request took too long") from None
            if not data:
                return None
            if self._reader.is_idle:
                began = time.monotonic()
            received += len(data)
            self._reader.feed(data)

    async def _send(self, data: bytes) -> None:
        self._writer.write(data)
        await in_time(self._writer.drain(), MESSAGE_SECONDS + len(data) / LEAST_BYTES_A_SECOND)

    async def _linger(self) -> None:
        """Reads on for a while: closing on unread bytes would take the response with it (RFC 9112, section 9.6)."""

        async def rest() -> None:
            size = 0
            while size < LINGER_BYTES:
                data = await self._stream.read(_PIECE)
                if not data:
                    return
                size += len(data)

        if self._writer.can_write_eof():
            self._writer.write_eof()
        with contextlib.suppress(OSError, asyncio.TimeoutError):
            await in_time(rest(), LINGER_SECONDS)
