"""The one deadline of a call, where its reads and writes are waits of a socket one by one."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class CallDeadline:
    """For transports whose ``sock`` has the timeout ``socket_timeout``, in seconds or None."""

    _deadline: float | None = None
    _shortened = False  # the socket's timeout, for the deadline

    sock: Any
    socket_timeout: float | None

    def begin_call(self) -> None:
        """From here to `end_call` all reads and writes together may take no longer than ``socket_timeout``."""
        self._deadline = None if self.socket_timeout is None else time.monotonic() + self.socket_timeout

    def end_call(self) -> None:
        self._deadline = None
        if self._shortened:
            self._shortened = False
            if self.sock is not None:
                self.sock.settimeout(self.socket_timeout)

    def _keep_deadline(self) -> None:
        """Lets the next wait of the call take only what is left of its time."""
        if self._deadline is None or self.socket_timeout is None:
            return
        left = self._deadline - time.monotonic()
        if left < 0.95 * self.socket_timeout:  # an answer mostly comes in one piece and at once
            self._shortened = True
            self.sock.settimeout(max(left, 1e-6))


def bottom(trans: Any) -> Any:
    """The transport below all others if it keeps a deadline for a whole call, as TSocket does; else None."""
    return next((each for each in _layers(trans) if hasattr(each, "begin_call")), None)


def opens_for_each_call(trans: Any) -> bool:
    """Whether a flush connects where nothing is connected, as it does by HTTP."""
    return any(getattr(each, "opens_for_each_call", False) for each in _layers(trans))


def _layers(trans: Any) -> Iterator[Any]:
    while trans is not None:
        yield trans
        # `below_` is what those of Apache's face say, whose names are taken.
        trans = getattr(trans, "trans", None) or getattr(trans, "_trans", None) or getattr(trans, "below_", None)


@contextlib.contextmanager
def deadline(trans: Any, is_oneway: bool) -> Iterator[None]:
    """The timeout of the transport at the bottom bounds everything that is done meanwhile."""
    timed = bottom(trans)
    if timed is None:
        yield
        return
    (is_oneway and getattr(timed, "begin_oneway", None) or timed.begin_call)()
    try:
        yield
    finally:
        timed.end_call()
