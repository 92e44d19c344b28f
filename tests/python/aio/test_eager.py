"""First steps that are taken at once: what handlers can see of it, compared with tasks that asyncio makes."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import warnings
from collections.abc import Awaitable, Generator
from typing import Any, Callable

import pytest

from fastthrift.contrib.aio.eager import Starter

VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("VARIABLE", default="unset")


class Calls:
    """Starts coroutines from a callback of the loop, as a connection does, and keeps how they ended."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.starter = Starter(self.loop)
        self.endings: dict[int, tuple[Any, BaseException | None]] = {}
        self.tasks: dict[int, asyncio.Task[None] | None] = {}
        self._all = asyncio.Event()

    def _ended(self, number: int, result: Any, error: BaseException | None) -> None:
        assert number not in self.endings
        self.endings[number] = (result, error)
        self._all.set()

    async def run(self, *makers: Callable[[], Awaitable[Any]]) -> list[Any]:
        """What the calls gave, exceptions as objects."""
        first = len(self.tasks)

        def start() -> None:
            for number, make in enumerate(makers, first):
                self.tasks[number] = self.starter.start(number, make(), self._ended)

        self.loop.call_soon(start)
        last = first + len(makers)
        while len(self.endings) < last:
            self._all.clear()
            await asyncio.wait_for(self._all.wait(), 10)
        return [result if error is None else error for result, error in (self.endings[n] for n in range(first, last))]


def run(main: Callable[[Calls], Awaitable[None]]) -> None:
    async def wrapped() -> None:
        await main(Calls())

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(asyncio.wait_for(wrapped(), 20))
        gc.collect()


def test_a_call_that_does_not_wait_is_over_at_once() -> None:
    async def main(calls: Calls) -> None:
        async def answer() -> int:
            return 42

        assert await calls.run(answer, answer) == [42, 42]
        assert set(calls.tasks.values()) == {None}

    run(main)


async def one_step() -> str:
    await asyncio.sleep(0)
    return "one"


async def some_steps() -> str:
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    loop.call_soon(future.set_result, "future")
    found = await future
    await asyncio.sleep(0)
    await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0))
    return found + await one_step()


class Own:
    def __await__(self) -> Generator[Any, Any, str]:
        yield from asyncio.sleep(0).__await__()
        return "own"


def done() -> asyncio.Future[str]:
    future = asyncio.get_running_loop().create_future()
    future.set_result("done")
    return future


@pytest.mark.parametrize(
    ("make", "result"), [(one_step, "one"), (some_steps, "futureone"), (Own, "own"), (done, "done")]
)
def test_calls_that_wait_end_with_their_result(make: Any, result: str) -> None:
    async def main(calls: Calls) -> None:
        assert await calls.run(make, make, make) == [result] * 3

    run(main)


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt, GeneratorExit, asyncio.CancelledError])
def test_what_a_call_raises_is_its_ending_and_the_loop_goes_on(waits: bool, error: type[BaseException]) -> None:
    async def main(calls: Calls) -> None:
        async def fail() -> None:
            if waits:
                await asyncio.sleep(0)
            raise error("text")

        (raised,) = await calls.run(fail)
        assert type(raised) is error
        assert await calls.run(one_step) == ["one"]

    run(main)


def test_a_call_sees_its_own_task_before_and_behind_a_wait() -> None:
    async def main(calls: Calls) -> None:
        async def tasks() -> tuple[Any, Any]:
            first = asyncio.current_task()
            await asyncio.sleep(0)
            return first, asyncio.current_task()

        pairs = await calls.run(tasks, tasks)
        for first, second in pairs:
            assert first is second and isinstance(first, asyncio.Task)
        assert pairs[0][0] is not pairs[1][0]

    run(main)


def test_a_task_that_somebody_keeps_is_not_the_next_calls() -> None:
    async def main(calls: Calls) -> None:
        async def task() -> Any:
            return asyncio.current_task()

        kept = await calls.run(task, task, task)
        assert len(set(kept)) == 3

    run(main)


def test_a_call_that_cancels_itself_disturbs_no_other() -> None:
    async def main(calls: Calls) -> None:
        async def cancel() -> str:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            return "returned all the same"

        assert await calls.run(cancel, one_step) == ["returned all the same", "one"]

    run(main)


def test_what_a_call_sets_in_its_context_is_its_own() -> None:
    async def main(calls: Calls) -> None:
        async def change(value: str, waits: bool) -> tuple[str, str]:
            before = VARIABLE.get()
            VARIABLE.set(value)
            if waits:
                await asyncio.sleep(0)
            return before, VARIABLE.get()

        made = [(lambda v, w: lambda: change(v, w))(str(n), bool(n % 2)) for n in range(6)]
        assert await calls.run(*made) == [("unset", str(n)) for n in range(6)]
        assert VARIABLE.get() == "unset"
        VARIABLE.set("of the caller")
        assert (await calls.run(lambda: change("x", False)))[0] == ("of the caller", "x")

    run(main)


def test_time_limits_work_in_the_first_step_and_later() -> None:
    async def main(calls: Calls) -> None:
        async def too_long() -> str:
            try:
                await asyncio.wait_for(asyncio.sleep(10), 0.01)
            except asyncio.TimeoutError:
                return "timed out"
            return "not"

        async def in_time() -> str:
            return await asyncio.wait_for(one_step(), 10)

        assert await calls.run(too_long, in_time) == ["timed out", "one"]

    run(main)


def test_a_task_that_waits_can_be_cancelled() -> None:
    async def main(calls: Calls) -> None:
        seen: list[str] = []

        async def wait() -> None:
            try:
                await asyncio.sleep(100)
            finally:
                seen.append("cleaned up")

        def cancel() -> None:
            task = calls.tasks[0]
            assert task is not None and task in asyncio.all_tasks()
            task.cancel()

        calls.loop.call_later(0.01, cancel)
        (raised,) = await calls.run(wait)
        assert isinstance(raised, asyncio.CancelledError) and seen == ["cleaned up"]

    run(main)


def test_nothing_is_left_in_the_loop_between_the_calls() -> None:
    async def main(calls: Calls) -> None:
        async def answer() -> int:
            return 1

        await calls.run(answer)
        names = [task.get_name() for task in asyncio.all_tasks()]
        assert "fastthrift call" not in names

    run(main)


def test_a_call_started_from_inside_a_call_has_a_task_of_its_own() -> None:
    async def main(calls: Calls) -> None:
        inner: list[Any] = []

        async def inside() -> Any:
            return asyncio.current_task()

        async def outside() -> Any:
            mine = asyncio.current_task()
            asyncio._leave_task(calls.loop, mine)  # as a callback of the loop
            calls.starter.start(-1, inside(), lambda number, result, error: inner.append(result))
            asyncio._enter_task(calls.loop, mine)
            return mine

        (mine,) = await calls.run(outside)
        assert inner and inner[0] is not mine

    run(main)
