"""The program that mypy looks at runs, too, and nothing in it is there for mypy alone."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import fastthrift

HERE = Path(__file__).parent
PACKAGE = str(Path(fastthrift.__file__).resolve().parents[1])

PRINTED = [
    True, True, True, "00", True, True, "Unknown method", 3, 100, "TEA", 4, ["add", "add"], True, True, 7, "TooBig",
]  # fmt: skip


def test_program_prints_what_it_would_with_thriftpy2() -> None:
    done = subprocess.run(
        [sys.executable, str(HERE / "program.py")],
        env={"PYTHONPATH": PACKAGE}, capture_output=True, text=True, timeout=50,
    )  # fmt: skip
    assert done.stdout.strip() == repr(PRINTED), done.stderr


def test_mypy_is_told_to_look_at_it() -> None:
    settings = (HERE.parents[1] / "pyproject.toml").read_text()
    found = re.search(r"^\[tool\.mypy\]\n(?:.+\n)*?files = \[(.*)\]", settings, re.MULTILINE)
    assert found is not None and '"tests/typing/program.py"' in found[1]


def test_program_says_nothing_to_mypy_to_be_quiet() -> None:
    text = (HERE / "program.py").read_text()
    assert "type: ignore" not in text and "cast(" not in text
