#!/usr/bin/env python3
"""Runs one command of the Makefile as one readable line: label, progress, time; its log on failure.

.ci/step.py "compile the core" ninja -C build/dev
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

PROGRESS = re.compile(
    r"\[ *(\d+)/(\d+)\]|Test +#\d+|\[ *\d+%\]|(?:Collecting|Downloading|Building wheel|Installing) .*"
)
EVERY = 20.0  # seconds between the lines of progress where the output is not a terminal


def main() -> int:
    label, command = sys.argv[1], sys.argv[2:]
    log = Path("build/log") / (re.sub(r"\W+", "-", label) + ".log")
    log.parent.mkdir(parents=True, exist_ok=True)
    terminal = sys.stdout.isatty()
    start = said = time.monotonic()
    print(f"{label} ...", end="" if terminal else "\n", flush=True)
    with log.open("w") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            out.write(line)
            found = PROGRESS.search(line)
            if not found:
                continue
            now = time.monotonic()
            if terminal:
                print(f"\r\033[K{label} ... {found.group(0)[:60]}", end="", flush=True)
            elif now - said > EVERY:
                said = now
                print(f"  {now - start:.0f} s: {found.group(0)[:60]}", flush=True)
        code = process.wait()
    taken = f"{time.monotonic() - start:.0f} s"
    if terminal:
        print("\r\033[K", end="")
    if code == 0:
        print(f"{label}: done in {taken}", flush=True)
        return 0
    tail = log.read_text(errors="replace").splitlines()[-60:]
    print(f"{label}: FAILED after {taken}; the end of {log}:", *tail, sep="\n    ", flush=True)
    return code if code > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
