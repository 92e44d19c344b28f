"""Waiting with a deadline. ``asyncio.wait_for`` before Python 3.12 loses a cancellation that comes in the moment in which
what it waits for is done: the call that was to be cancelled goes on, and waits for its reply."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable
from typing import TypeVar

_Result = TypeVar("_Result")

if sys.version_info >= (3, 11):

    async def in_time(waiting: Awaitable[_Result], seconds: float | None) -> _Result:
        """The result; asyncio.TimeoutError after ``seconds``, None is no limit."""
        if seconds is None:
            return await waiting
        async with asyncio.timeout(seconds):
            return await waiting

else:

    async def in_time(waiting: Awaitable[_Result], seconds: float | None) -> _Result:
        """The result; asyncio.TimeoutError after ``seconds``, None is no limit."""
        if seconds is None:
            return await waiting
        task = asyncio.ensure_future(waiting)
        try:
            done, _ = await asyncio.wait({task}, timeout=seconds)
        except BaseException:
            task.cancel()
            raise
        if done:
            return task.result()
        task.cancel()
        await asyncio.wait({task})
        if task.cancelled():
            raise asyncio.TimeoutError
        return task.result()
