"""Servers in threads."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any, Callable, Optional


@contextlib.contextmanager
def running(server: Any, stop: Optional[Callable[[], Any]] = None, seconds: float = 10) -> Iterator[int]:
    """The port of a server, which serves meanwhile; after `stop`, else its `close`, `serve()` returns."""
    if not hasattr(server, "httpd"):
        server.trans.listen()
    listening = getattr(server.trans, "handle", None) or server.trans.sock
    port = int(listening.getsockname()[1])
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield port
    finally:
        (stop or server.close)()
        thread.join(seconds)
        assert not thread.is_alive(), "serve() goes on"
