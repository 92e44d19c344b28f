"""A server of ours for the time of a program, and the program in a process of its own."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def serving(server: Any) -> Iterator[int]:
    """The port on which it serves meanwhile."""
    if not hasattr(server, "httpd"):  # that of HTTP listens from its construction on
        server.trans.listen()
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server.trans.sock.getsockname()[1]
    finally:
        server.close()
        thread.join(20)


def run(*command: str, cwd: Path, env: dict[str, str]) -> str:
    """What a Python program prints that ends well."""
    done = subprocess.run([sys.executable, *command], cwd=cwd, env=env, capture_output=True, text=True, timeout=55)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    return done.stdout
