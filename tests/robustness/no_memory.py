"""Programs that let single allocations of their own fail."""

from __future__ import annotations

import importlib

import pytest

from programs import run_program


def run_without_memory(program: str) -> None:
    """Such a program ends by saying that it survived."""
    try:
        if not hasattr(importlib.import_module("_testcapi"), "set_nomemory"):
            pytest.skip("this Python's _testcapi cannot make allocations fail")
    except ImportError:
        pytest.skip("this Python has no _testcapi, which makes allocations fail")
    done = run_program(program, options=["-X", "faulthandler"])
    assert done.stdout == "survived\n", done.stderr[-3000:]
