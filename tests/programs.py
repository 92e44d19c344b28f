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


def run_whole(folder: Path, lines: Sequence[str], **environment: str) -> None:
    """Runs these lines, which may import what is in the folder or here, and asserts that the last one was reached."""
    places = os.pathsep.join([str(folder), str(Path(__file__).parent), PACKAGE])
    done = run_program("\n".join([*lines, "print('done')"]), PYTHONPATH=places, **environment)
    assert done.stdout == "done\n", done.stderr[-3000:]
