"""Runs a package's own tests with `thriftpy2` aliased to fastthrift: ``run_tests.py FILE... [-k EXPRESSION]``.

The tests were written for pytest of their time: what it has dropped since is given back here.
"""

from __future__ import annotations

import builtins
import sys
from pathlib import Path
from typing import Any

import pytest


class OldPytest:
    def pytest_runtest_setup(self, item: Any) -> None:
        self._call(item, "setup")

    def pytest_runtest_teardown(self, item: Any) -> None:
        self._call(item, "teardown")

    @staticmethod
    def _call(item: Any, name: str) -> None:
        instance = getattr(item, "instance", None)
        if instance is not None and hasattr(instance, name) and not hasattr(instance, f"{name}_method"):
            getattr(instance, name)()


def main() -> int:
    from fastthrift import compat

    compat.install("thriftpy2")
    vars(pytest).setdefault("yield_fixture", pytest.fixture)
    vars(builtins)["assert_raises"] = pytest.raises  # happybase's release forgot to import it
    options = [
        "-q",
        "-c",
        str(Path(__file__).with_name("nothing.ini")),
        "--rootdir",
        ".",
        "-p",
        "no:cacheprovider",
        "--timeout",
        "40",
        "-ra",
    ]
    options += ["-p", "no:hypothesispytest", "-p", "no:xdist"]  # half of the time to start
    return int(pytest.main([*options, *sys.argv[1:]], plugins=[OldPytest()]))


if __name__ == "__main__":
    sys.exit(main())
