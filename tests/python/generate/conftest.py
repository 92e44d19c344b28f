from __future__ import annotations

import dataclasses
import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Callable, Union

import pytest

from fastthrift.generate.command import main
from programs import PACKAGE

Files = Union[str, dict[str, str]]


@dataclasses.dataclass
class Run:
    """What a run of the command left."""

    status: int
    out: str
    err: str
    folder: Path

    def files(self) -> dict[str, str]:
        """Everything that was written, by its path; the IDLs are not."""
        found = {}
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and path.suffix != ".thrift":
                found[path.relative_to(self.folder).as_posix()] = path.read_text("utf-8")
        return found

    def __getitem__(self, path: str) -> str:
        return (self.folder / path).read_text("utf-8")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """``run({"x.thrift": "struct A {}"}, "--gen", "py")`` in an empty folder; a text alone is x.thrift."""
    monkeypatch.chdir(tmp_path)

    def run_command(files: Files, *arguments: str, source: str | None = None) -> Run:
        texts = {"x.thrift": files} if isinstance(files, str) else files
        for name, text in texts.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        capsys.readouterr()
        status = main([*(arguments or ("--gen", "py")), source or next(iter(texts))])
        out, err = capsys.readouterr()
        return Run(status, out, err, tmp_path)

    return run_command


@pytest.fixture
def imported() -> Iterator[Callable[..., ModuleType]]:
    """Imports modules from a folder; the interpreter forgets them after the test."""
    before_path, before = list(sys.path), set(sys.modules)

    def import_module(folder: Path, name: str) -> ModuleType:
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
            importlib.invalidate_caches()
        return importlib.import_module(name)

    yield import_module
    sys.path[:] = before_path
    for name in set(sys.modules) - before:
        if not name.startswith("fastthrift"):
            del sys.modules[name]


@pytest.fixture
def generated(run: Callable[..., Run], imported: Callable[..., ModuleType]) -> Callable[..., Any]:
    """``generated("struct A {}")`` gives the module x.ttypes; another one by its name."""

    def generate(files: Files, *arguments: str, module: str = "x.ttypes") -> ModuleType:
        made = run(files, *(arguments or ("-r", "--gen", "py")))
        assert made.status == 0, made.err
        return imported(made.folder / "gen-py", module)

    return generate


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": PACKAGE, "PYTHONDONTWRITEBYTECODE": "1", **more}


def python(*arguments: str, cwd: Path, **more: Any) -> subprocess.CompletedProcess[str]:
    """A Python process of its own, with a deadline."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment(), capture_output=True, text=True, timeout=40, **more
    )
