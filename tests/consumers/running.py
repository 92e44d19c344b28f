"""A program of a package's user, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def run(*command: str, cwd: Path, env: dict[str, str]) -> str:
    """What a Python program prints that ends well."""
    done = subprocess.run([sys.executable, *command], cwd=cwd, env=env, capture_output=True, text=True, timeout=55)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    return done.stdout
