"""Prints the score at the end of the run, whatever pytest's verbosity."""

from __future__ import annotations

import pytest

SCORE = pytest.StashKey[str]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if SCORE in config.stash:
        terminalreporter.write_line(f"conformance: {config.stash[SCORE]}")
