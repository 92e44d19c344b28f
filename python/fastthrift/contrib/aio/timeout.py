"""What the sockets of an event loop raise: nothing came in time, or nothing comes any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from fastthrift.contrib.aio.waiting import in_time
from fastthrift.thrift import TTransportTimeout
from fastthrift.transport.base import TTransportException
from fastthrift.transport.failures import end_of_file, lost

_Result = TypeVar("_Result")


class TAsyncTimeout(TTransportTimeout, asyncio.TimeoutError):
    """No answer in time, for handlers of `TTransportException`, `socket.timeout` and `asyncio.TimeoutError`."""


async def or_timeout(waiting: Awaitable[_Result], timeout: float | None, text: str) -> _Result:
    """The result; a `TAsyncTimeout` with the text after so many seconds."""
    if timeout is None:
        return await waiting
    try:
        return await in_time(waiting, timeout)
    except asyncio.TimeoutError as error:
        raise TAsyncTimeout(TTransportException.TIMED_OUT, text) from error


def ended(error: BaseException | None) -> BaseException:
    """Why a connection is over: what the loop says, or that its peer closed it."""
    if error is None:
        return end_of_file()
    return lost(error, f"TAsyncSocket: {error.strerror or error}") if isinstance(error, OSError) else error
