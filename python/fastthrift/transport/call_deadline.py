"""The one deadline of a call, where its reads and writes are waits of a socket one by one."""

from __future__ import annotations

import time

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
