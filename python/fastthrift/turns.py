"""Callers that share a client take turns. The core sees to it where they are threads; the greenlets of gevent and eventlet
share a thread, and only a lock that these have patched lets others run while it waits."""

from __future__ import annotations

import contextlib
import socket
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import Any

_NOBODY_ELSE: AbstractContextManager[Any] = contextlib.nullcontext()


def turn_of(client: Any) -> AbstractContextManager[Any]:
    """Held while ``client`` makes a call. It may be taken again from inside: the core refuses such a call."""
    if socket.socket.__module__ == "socket":
        return _NOBODY_ELSE
    turn: AbstractContextManager[Any] = vars(client).setdefault("_turn", threading.RLock())
    return turn
