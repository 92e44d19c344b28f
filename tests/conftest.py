"""Runs thriftpy2's suite beside the other tests, prints its score, and keeps the garbage collector quick."""

from __future__ import annotations

import copy
import gc
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CONFORMANCE = Path(__file__).with_name("conformance")
LONGEST = ("tests/tutorials/", "tests/consumers/", "tests/differential/")
WAITING = "tests/conformance/test_thriftpy2_suite.py"
BUILD = Path(__file__).resolve().parents[1] / "build" / "conformance"
SCORE = BUILD / "score.txt"


def keep_parsers_of_thriftpy2() -> None:
    """thriftpy2 looks at its own source and makes the tables of its grammar, which stay the same, for each file anew: most of a load."""
    try:
        from ply import lex, yacc
    except ImportError:
        return

    def once(make: Callable[..., Any]) -> Callable[..., Any]:
        made: dict[tuple[Any, ...], Any] = {}

        def first(**options: Any) -> Any:
            caller = sys._getframe(2).f_globals["__name__"]
            key = (caller, *sorted(options.items()))
            if key not in made:
                made[key] = make(module=sys.modules[caller], **options)
            return made[key]

        return first

    first_lexer, first_parser = once(lex.lex), once(yacc.yacc)

    # An included file is read in the middle of another one: each has a state of its own.
    def lexer(**options: Any) -> Any:
        lex.lexer = copy.copy(first_lexer(**options))  # where parsers look for it
        return lex.lexer

    def parser(**options: Any) -> Any:
        return copy.copy(first_parser(**options))

    lex.lex, yacc.yacc = lexer, parser


def pytest_sessionstart(session: pytest.Session) -> None:
    if (
        signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    ):  # in the background of a shell; servers in processes inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    keep_parsers_of_thriftpy2()
    os.environ["CONFORMANCE_RESULTS"] = str(BUILD / f"results-{os.getpid()}.json")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first; the one that waits for thriftpy2's suite comes last."""
    items.sort(key=lambda item: 2 if item.nodeid.startswith(WAITING) else not item.nodeid.startswith(LONGEST))


def pytest_collection_finish(session: pytest.Session) -> None:
    # Tests ask for full collections; what was imported until now is no part of what they look at.
    gc.collect()
    gc.freeze()
    if os.name == "posix" and not session.config.option.collectonly:
        if any(i.nodeid.startswith(WAITING) and "results" in getattr(i, "fixturenames", ()) for i in session.items):
            BUILD.mkdir(parents=True, exist_ok=True)
            SCORE.unlink(missing_ok=True)
            command = [sys.executable, str(CONFORMANCE / "suite.py"), "--write", os.environ["CONFORMANCE_RESULTS"]]
            session.config.stash[SUITE] = subprocess.Popen(command, stdin=subprocess.DEVNULL)


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    if nextitem is not None and nextitem.path != item.path:
        # A test's full collection then goes through what its own file made, not through all that others left.
        gc.collect()
        gc.freeze()


def pytest_sessionfinish(session: pytest.Session) -> None:
    suite = session.config.stash.get(SUITE, None)
    if suite is not None:
        suite.terminate()
        suite.wait(60)
    Path(os.environ["CONFORMANCE_RESULTS"]).unlink(missing_ok=True)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if SUITE in config.stash and SCORE.exists():
        terminalreporter.write_line(f"conformance: {SCORE.read_text()}")


SUITE = pytest.StashKey["subprocess.Popen[bytes]"]()
