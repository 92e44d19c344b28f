"""Threads for connections. One that is free waits a moment for the next connection: starting a thread costs several times
what a short connection does (300 of 560 us for a call by HTTP on a connection of its own).
"""

from __future__ import annotations

import queue
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Optional

    Job = tuple[Callable[..., None], tuple[Any, ...]]

# Seconds for which a thread waits for more work. Threads that are not daemons hold up the end of the interpreter as long.
REST = 0.5


class Workers:
    """The threads of one server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: list[queue.SimpleQueue[Optional[Job]]] = []
        self._is_closed = False

    def run(self, job: Callable[..., None], *args: Any, daemon: bool) -> None:
        """Runs the job in a thread of its own; RuntimeError where there is none to be had."""
        with self._lock:
            inbox = self._free.pop() if self._free else None
        if inbox is None:
            threading.Thread(target=self._work, args=(job, args), daemon=daemon).start()
        else:
            inbox.put((job, args))

    def close(self) -> None:
        """Lets the threads end that are free, and the others when they are."""
        with self._lock:
            self._is_closed = True
            free, self._free = self._free, []
        for inbox in free:
            inbox.put(None)

    def _work(self, job: Callable[..., None], args: tuple[Any, ...]) -> None:
        inbox: queue.SimpleQueue[Optional[Job]] = queue.SimpleQueue()
        following: Optional[Job] = (job, args)
        while following is not None:
            job, args = following
            following = None
            job(*args)  # what it raises ends the thread, as it would end one of its own
            del job, args
            following = self._next(inbox)

    def _next(self, inbox: queue.SimpleQueue[Optional[Job]]) -> Optional[Job]:
        with self._lock:
            if self._is_closed:
                return None
            self._free.append(inbox)  # the last one that was busy is the first to be busy again
        try:
            return inbox.get(timeout=REST)
        except queue.Empty:
            with self._lock:
                if inbox in self._free:
                    self._free.remove(inbox)
                    return None
            return inbox.get()  # somebody has just taken it
