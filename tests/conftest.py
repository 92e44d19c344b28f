"""Runs thriftpy2's suite beside the other tests, prints its score, and keeps the garbage collector quick."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CONFORMANCE = Path(__file__).with_name("conformance")
LONGEST = [Path(__file__).with_name(name) for name in ("tutorials", "consumers", "differential")]
BUILD = Path(__file__).resolve().parents[1] / "build" / "conformance"
SCORE = BUILD / "score.txt"


def pytest_sessionstart(session: pytest.Session) -> None:
    if (
        signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    ):  # in the background of a shell; servers in processes inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(session.config, "workerinput"):
        return
    SCORE.unlink(missing_ok=True)
    # The processes of xdist inherit it.
    os.environ["CONFORMANCE_RESULTS"] = str(BUILD / f"results-{os.getpid()}.json")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first; those that wait for thriftpy2's suite come last."""
    items.sort(key=lambda item: 2 if waits_for_the_suite(item) else not any(f in item.path.parents for f in LONGEST))


def waits_for_the_suite(item: pytest.Item) -> bool:
    return "results" in getattr(item, "fixturenames", ()) and CONFORMANCE in item.path.parents


def pytest_collection_finish(session: pytest.Session) -> None:
    # Tests ask for full collections; what was imported until now is no part of what they look at.
    gc.collect()
    gc.freeze()
    worker = getattr(session.config, "workerinput", {"workerid": "gw0"})["workerid"]
    if worker == "gw0" and os.name == "posix" and not session.config.option.collectonly:
        if any(waits_for_the_suite(item) for item in session.items):
            BUILD.mkdir(parents=True, exist_ok=True)
            command = [sys.executable, str(CONFORMANCE / "suite.py"), "--write", os.environ["CONFORMANCE_RESULTS"]]
            session.config.stash[SUITE] = subprocess.Popen(command, stdin=subprocess.DEVNULL)


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    if nextitem is not None and nextitem.path != item.path:
        # A test's full collection then goes through what its own file made, not through all that others left.
        gc.collect()
        gc.freeze()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    suite = session.config.stash.get(SUITE, None)
    if suite is not None:
        if exitstatus in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR):
            suite.terminate()
        suite.wait(800)  # another process of xdist may still need the results
    if not hasattr(session.config, "workerinput"):
        Path(os.environ["CONFORMANCE_RESULTS"]).unlink(missing_ok=True)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if SCORE.exists():
        terminalreporter.write_line(f"conformance: {SCORE.read_text()}")


SUITE = pytest.StashKey["subprocess.Popen[bytes]"]()
