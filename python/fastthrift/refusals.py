"""The log of what a server refuses: one short line each, and no more than ten a second of one kind."""

from __future__ import annotations

import threading
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    from typing import Any

_LINES_A_SECOND = 10
_LONGEST = 180


class Refusals:
    """Of one server, in any number of threads. ``kind`` is what was refused: message, connection, accept."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._lock = threading.Lock()
        self._second: dict[str, float] = {}
        self._lines: dict[str, int] = {}

    def refused(self, kind: str, error: BaseException, address: Any = None) -> None:
        """Logs that a message, connection, ... was refused; what is too much is counted and told later.

        ``address``: of the peer, as `getpeername()` gives it, where it is known.
        """
        self.note(kind, f"{in_words(address)}{type(error).__name__}: {error}")

    def note(self, kind: str, text: str) -> None:
        if self.admits(kind, "%d more of kind %s were refused"):
            self._logger.warning("%s refused: %s", kind, text if len(text) <= _LONGEST else text[:_LONGEST] + "...")

    def admits(self, kind: str, told: str) -> bool:
        """Whether one more of the kind is to be logged; ``told`` is said first of those that were not."""
        with self._lock:
            now = time.monotonic()
            silent = 0
            if now - self._second.get(kind, float("-inf")) >= 1:
                silent = self._lines.get(kind, 0) - _LINES_A_SECOND
                self._second[kind] = now
                self._lines[kind] = 0
            self._lines[kind] += 1
            if self._lines[kind] > _LINES_A_SECOND:
                return False
        if silent > 0:
            self._logger.warning(told, silent, kind)
        return True


def in_words(address: Any) -> str:
    """What a line begins with; as the core writes it for connections of its own."""
    if isinstance(address, tuple) and len(address) >= 2:
        host, port = address[:2]
        return f"[{host}]:{port}: " if ":" in str(host) else f"{host}:{port}: "
    return "" if address is None else f"{address or 'unix'}: "


def address_of(client: Any) -> Any:
    """Of whoever is at the other end of a TSocket; None where nobody is any more."""
    try:
        return client.sock.getpeername()
    except (AttributeError, OSError):
        return None
