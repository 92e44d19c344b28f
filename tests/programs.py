"""Programs in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import fastthrift

PACKAGE = str(Path(fastthrift.__file__).resolve().parents[1])


def run_program(
    text: str, *arguments: str, options: Sequence[str] = (), timeout: float = 50, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs this Python until it ends; ``options`` are the interpreter's."""
    return subprocess.run(
        [sys.executable, *options, "-c", textwrap.dedent(text), *arguments],
        env={**os.environ, "PYTHONPATH": PACKAGE, **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
    )
