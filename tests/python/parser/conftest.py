from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Callable

import pytest

sys.path.insert(0, os.path.dirname(__file__))

from fastthrift.parser import parser  # noqa: E402


@pytest.fixture(autouse=True)
def untouched_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Each test begins in an empty directory and leaves neither modules nor finders behind."""
    modules = dict(sys.modules)
    monkeypatch.setattr(parser, "_thrift_cache", {})
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.chdir(tmp_path)
    yield
    for name in set(sys.modules) - set(modules):
        if name.endswith("_thrift"):
            del sys.modules[name]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes files below the test's directory; returns the path of the first."""

    def write_all(files: dict[str, str]) -> Path:
        paths = []
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode() if isinstance(text, str) else text)
            paths.append(path)
        return paths[0]

    return write_all
