"""Coroutines whose first step is taken at once: one that never waits is over without a turn of the loop, and without a task.

A handler may ask for its task (`asyncio.timeout` does), so a first step is taken with a task in place: one that is kept for
the next call if this one did not wait and left no trace in it, and that becomes this call's own otherwise.
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
from collections.abc import Awaitable, Coroutine, Generator
from types import CoroutineType
from typing import Any, Callable, Optional

# Called once with the result, or with what was raised instead.
Ended = Callable[[int, Any, Optional[BaseException]], None]

# Making a name for each task costs more than the task (1.2 of 3 us on CPython 3.11).
_NAME = "fastthrift call"


class Starter:
    """Starts calls on one loop, from its callbacks and not from other tasks."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop: Any = loop
        self._first: list[Any] = []  # the first step of a task that is being made
        self._spare: _Spare | None = None
        # A loop without room for another `call_soon`, or with somebody else's.
        self._is_plain = "call_soon" in getattr(loop, "__dict__", {"call_soon": None})

    def start(self, number: int, awaitable: Awaitable[Any], ended: Ended) -> asyncio.Task[None] | None:
        """The task that goes on with it, or None: ``ended(number, result, error)`` has been called."""
        if sys.version_info >= (3, 12):
            task = asyncio.Task(_waiting(number, awaitable, ended), loop=self._loop, name=_NAME, eager_start=True)
            return None if task.done() else task
        if self._is_plain:
            plain: asyncio.Task[None] = self._loop.create_task(_waiting(number, awaitable, ended))
            return plain
        if type(awaitable) is not CoroutineType:
            awaitable = _awaited(awaitable)
        spare = self._spare
        if spare is None or spare.context != contextvars.copy_context():
            spare = self._make_spare()
        self._spare = None  # a handler may come back here
        task = spare.task
        asyncio._enter_task(self._loop, task)
        try:
            first = spare.context.run(awaitable.send, None)
        except StopIteration as stop:
            asyncio._leave_task(self._loop, task)
            if spare.references == spare.count(task) and spare.is_clean(task):
                self._spare = spare
            ended(number, stop.value, None)
        except BaseException as error:  # noqa: BLE001 - an exit that a handler asks for ends its call, not the server
            asyncio._leave_task(self._loop, task)
            ended(number, None, error)
        else:
            asyncio._leave_task(self._loop, task)
            spare.go_on(number, awaitable, first, ended)
            return task
        return None

    def _make_spare(self) -> _Spare:
        loop, carrier = self._loop, _Carrier()
        # A new task asks its loop to take its first step soon. It is asked here instead.
        loop.call_soon = self._call_soon
        try:
            task = asyncio.Task(carrier, loop=loop, name=_NAME)
        finally:
            del loop.call_soon
        spare = _Spare(task, carrier, *self._first.pop())
        spare.references = spare.count(task)
        return spare

    def _call_soon(self, step: Any, *args: Any, context: Any = None) -> None:
        self._first.append((step, args, context))


class _Spare:
    """A task that has not begun. Nobody can see it but who runs inside it."""

    def __init__(
        self,
        task: asyncio.Task[None],
        carrier: _Carrier,
        step: Any,
        args: tuple[Any, ...],
        context: contextvars.Context,
    ) -> None:
        self.task = task
        self._carrier = carrier
        self._step = step
        self._args = args
        self.context = context
        self._clean = context.copy()
        self.references = 0  # to the task, as long as nobody else holds it
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        asyncio._unregister_task(task)

    def count(self, task: asyncio.Task[None]) -> int:
        return sys.getrefcount(task)

    def is_clean(self, task: Any) -> bool:
        """Whether the call that is over has left no trace in the task and its context."""
        return not task._must_cancel and self.context == self._clean

    def go_on(self, number: int, coroutine: Coroutine[Any, Any, Any], first: Any, ended: Ended) -> None:
        """The call waits: from here on this is its task."""
        task: Any = self.task
        task._log_destroy_pending = True
        asyncio._register_task(task)
        self._carrier.carry(number, coroutine, first, ended)
        self.context.run(self._step, *self._args)


class _Carrier(Coroutine[Any, Any, None]):
    """What a task steps through: a coroutine that has taken its first step already."""

    _coroutine: Coroutine[Any, Any, Any]
    _first: Any
    _has_first = False

    def carry(self, number: int, coroutine: Coroutine[Any, Any, Any], first: Any, ended: Ended) -> None:
        self._number = number
        self._coroutine = coroutine
        self._first = first
        self._has_first = True
        self._ended = ended

    def send(self, value: Any) -> Any:
        if self._has_first:
            first, self._first, self._has_first = self._first, None, False
            return first
        return self._step(self._coroutine.send, value)

    def throw(self, *error: Any) -> Any:
        return self._step(self._coroutine.throw, *error)

    def _step(self, step: Callable[..., Any], *args: Any) -> Any:
        try:
            return step(*args)
        except StopIteration as stop:
            self._ended(self._number, stop.value, None)
        except BaseException as error:  # noqa: BLE001 - as above
            self._ended(self._number, None, error)
        raise StopIteration

    def close(self) -> None:
        if "_coroutine" in self.__dict__:
            self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, None]:
        raise TypeError("only a task steps through it")


async def _awaited(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


async def _waiting(number: int, awaitable: Awaitable[Any], ended: Ended) -> None:
    try:
        result = await awaitable
    except BaseException as error:  # noqa: BLE001 - as above
        ended(number, None, error)
    else:
        ended(number, result, None)
