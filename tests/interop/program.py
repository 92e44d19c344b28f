"""A running peer: a process that serves stacks and calls servers as lines of its standard input tell it."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
import time
from pathlib import Path
from typing import IO, Any

# A peer gives up a step after 5 s; what takes longer than these has no end.
SERVE_SECONDS = 20.0
CALL_SECONDS = 45.0


class Died(Exception):
    """The process ended or said nothing in time; the message has the end of its stderr."""


class Program:
    def __init__(self, name: str, command: list[str], cwd: Path, environment: dict[str, str], log: Path) -> None:
        self.name = name
        self._log = log
        self._errors: IO[bytes] = log.open("wb")
        self._process = subprocess.Popen(
            command, cwd=cwd, env={**os.environ, **environment}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self._errors,
        )  # fmt: skip
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.decode("utf-8", "replace").rstrip("\n"))
        self._lines.put(None)

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise Died(self._last_words("ended before it was told", line)) from None

    def _next(self, deadline: float, doing: str) -> str:
        try:
            line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise Died(self._last_words("did not finish", doing)) from None
        if line is None:
            raise Died(self._last_words("ended during", doing))
        return line

    def _last_words(self, what: str, doing: str) -> str:
        tail = self._log.read_text(errors="replace").splitlines()[-25:]
        return "\n    ".join([f"{self.name} {what} {doing!r} (status {self._process.poll()}); its stderr:", *tail])

    def serve(self, stack: str, path: str = "") -> str:
        """The address (port or path) at which the stack is served from now on."""
        command = f"serve {stack} {path}".strip()
        self._say(command)
        deadline = time.monotonic() + SERVE_SECONDS
        while True:
            word, _, rest = self._next(deadline, command).partition(" ")
            if word == "serving":
                return rest.split(" ")[1]
            if word == "refused":
                raise Died(f"{self.name} cannot serve {rest}")

    def call(self, stack: str, address: str) -> dict[str, Any]:
        """What each step of a client gave: a description, or a `Failure`."""
        command = f"call {stack} {address}"
        self._say(command)
        deadline = time.monotonic() + CALL_SECONDS
        steps: dict[str, Any] = {}
        while True:
            word, _, rest = self._next(deadline, command).partition(" ")
            name, _, what = rest.partition(" ")
            if word == "done":
                return steps
            if word not in ("result", "error"):
                continue  # what its library prints
            try:
                said = json.loads(what)
            except ValueError:
                word, said = "error", f"not JSON: {what}"
            steps[name] = said if word == "result" else Failure(said)
            if len(steps) == 2 and all(isinstance(step, Failure) for step in steps.values()):
                self.end()  # nothing works: the rest would only take its time
                return steps

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        self._process.kill()
        self._process.wait(timeout=10)
        self._errors.close()


class Failure(str):
    """What a peer said of a step that broke its connection."""
