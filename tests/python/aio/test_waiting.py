"""A wait ends with the result, the error, its deadline or its cancellation, whatever comes first."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aio_parts import LONG, run
from fastthrift.contrib.aio.waiting import in_time


@pytest.mark.parametrize("seconds", [None, LONG])
def test_the_result_or_the_error_comes_through(seconds: float | None) -> None:
    async def answer() -> int:
        await asyncio.sleep(0)
        return 7

    async def fail() -> int:
        await asyncio.sleep(0)
        raise ValueError("mine")

    async def main() -> None:
        assert await in_time(answer(), seconds) == 7
        with pytest.raises(ValueError, match="mine"):
            await in_time(fail(), seconds)

    run(main())


def test_what_takes_longer_is_cancelled() -> None:
    ends: list[str] = []

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise

    async def main() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await in_time(endless(), 0.01)
        assert ends == ["cancelled"]

    run(main())


@pytest.mark.parametrize("seconds", [None, LONG])
def test_a_cancellation_is_never_lost(seconds: float | None) -> None:
    """Also in the moment in which the result is there and nobody has taken it."""

    async def main() -> None:
        for steps in range(6):
            event, ends = asyncio.Event(), []

            async def waits(event: asyncio.Event = event, ends: list[str] = ends) -> None:
                try:
                    await in_time(event.wait(), seconds)
                    ends.append("went on")
                    await asyncio.sleep(LONG)
                except asyncio.CancelledError:
                    ends.append("cancelled")
                    raise

            task = asyncio.create_task(waits())
            for _ in range(3):
                await asyncio.sleep(0)
            event.set()
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            done, _ = await asyncio.wait({task}, timeout=LONG / 4)
            assert done and ends[-1] == "cancelled", steps

    run(main())


def test_what_was_waited_for_ends_with_the_cancelled_wait() -> None:
    ends: list[Any] = []

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ends.append("ended")

    async def main() -> None:
        task = asyncio.create_task(in_time(endless(), LONG))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)
        assert ends == ["ended"]

    run(main())
