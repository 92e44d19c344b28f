"""The running peers: one process for all servers of a language, one for its clients, started when a test needs them."""

from __future__ import annotations

import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import fastthrift

from . import build, values
from .cells import Cell
from .certificates import write_certificates
from .program import Died, Program

HERE = Path(__file__).parent
PYTHON = HERE / "peers" / "python"
THRIFTPY2_PROGRAM = [sys.executable, str(PYTHON / "thriftpy2_face.py")]


class Programs:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, Program] = {}
        self._served: dict[tuple[str, str], str] = {}
        self._numbers = itertools.count()
        values.write_cases(folder / "cases.txt")
        write_certificates(folder)

    def _command(self, name: str) -> tuple[list[str], Path, dict[str, str]]:
        # Certificates for this machine's name only: no proxy may come between.
        environment = {"INTEROP_CASES": str(self._folder / "cases.txt"), "INTEROP_CERTIFICATES": str(self._folder)}
        environment["PYTHONPATH"] = str(Path(fastthrift.__file__).resolve().parents[1])
        if name == "fastthrift":
            return [*THRIFTPY2_PROGRAM, "fastthrift"], HERE, environment
        if name == "thriftpy2":
            return [*THRIFTPY2_PROGRAM, "thriftpy2"], HERE, environment
        if name == "fastthrift-apache":
            return [sys.executable, str(PYTHON / "apache_face.py"), "fastthrift"], build.folder("apache"), environment
        where = build.folder(name)
        return list(build.RECIPES[name].command), where, environment

    def _program(self, name: str, role: str) -> Program:
        key = f"{name}-{role}"
        program = self._running.get(key)
        if program is None or not program.is_alive():
            self._forget(name, role)
            command, cwd, environment = self._command(name)
            log = self._folder / f"{key}-{next(self._numbers)}.log"
            program = self._running[key] = Program(key, command, cwd, environment, log)
        return program

    def _forget(self, name: str, role: str) -> None:
        program = self._running.pop(f"{name}-{role}", None)
        if program is not None:
            program.end()
        if role == "server":
            self._served = {key: address for key, address in self._served.items() if key[0] != name}

    def address(self, name: str, stack: str) -> str:
        program = self._program(name, "server")
        if (name, stack) not in self._served:
            path = str(self._folder / f"{next(self._numbers)}.sock") if "/unix" in stack else ""
            try:
                self._served[name, stack] = program.serve(stack, path)
            except Died:
                self._forget(name, "server")
                raise
        return self._served[name, stack]

    def run(self, cell: Cell, ours: str, theirs: str) -> dict[str, Any]:
        client, server = (theirs, ours) if cell.direction == "client" else (ours, theirs)
        address = self.address(server, cell.server)
        try:
            return self._program(client, "client").call(cell.client, address)
        except Died:
            self._forget(client, "client")
            raise

    def end(self) -> None:
        for program in self._running.values():
            program.end()


@pytest.fixture(scope="session")
def programs() -> Iterator[Programs]:
    # A short path: that of a UNIX socket has a hundred characters.
    folder = Path(tempfile.mkdtemp(prefix="interop-", dir="/tmp" if os.path.isdir("/tmp") else None))
    running = Programs(folder)
    yield running
    running.end()
    shutil.rmtree(folder)
