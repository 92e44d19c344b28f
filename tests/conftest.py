"""Prints the conformance score at the end of a run, whatever pytest's verbosity and however many processes run."""

from __future__ import annotations

from pathlib import Path

import pytest

SCORE = Path(__file__).resolve().parents[1] / "build" / "conformance" / "score.txt"


def pytest_sessionstart(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):
        SCORE.unlink(missing_ok=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if SCORE.exists():
        terminalreporter.write_line(f"conformance: {SCORE.read_text()}")
