"""What is told of files that run in several processes is what pytest tells of one, and a process that dies is one failed test."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="it forks")

CONFTEST = "from parallel import pytest_addoption, pytest_configure, pytest_runtestloop"

FILES = {
    "test_outcomes.py": """
        import warnings, pytest

        def test_passes(): pass
        def test_fails(): print("said by it"); assert 1 == 2
        def test_warns(): warnings.warn("be warned")
        @pytest.mark.skip(reason="of no use")
        def test_is_skipped(): pass
        @pytest.fixture
        def broken(): raise KeyError("no fixture")
        def test_is_not_reached(broken): pass
    """,
    "test_dies.py": """
        import os

        def test_passes_before(): pass
        def test_dies(): os.kill(os.getpid(), 9)
        def test_passes_after(): pass
        def test_dies_too(): os._exit(3)
    """,
    "test_leaves_a_process.py": """
        import os, time

        def test_forks_one_that_stays():
            if os.fork() == 0:
                time.sleep(1)
                os._exit(0)
            os.kill(os.getpid(), 9)
    """,
    "test_together.py": """
        import pytest

        RAN = []
        @pytest.mark.parametrize("n", [1, 2, 1, 2])
        def test_in_the_file_s_order(n): RAN.append(n); assert RAN == [1, 2, 1, 2][: len(RAN)]
    """,
    "test_units.py": """
        import pytest

        RAN = []
        @pytest.mark.parametrize("n", [pytest.param(n, marks=pytest.mark.unit(n)) for n in (1, 2, 1, 2)])
        def test_unit(n): RAN.append(n); assert set(RAN) == {n} or RAN == [1, 1, 2, 2][: len(RAN)]
    """,
}


def run(folder: Path, *options: str) -> str:
    for name, text in {**FILES, "conftest.py": CONFTEST}.items():
        lines = text.splitlines()
        (folder / name).write_text("\n".join(line[8:] if len(lines) > 1 else line for line in lines))
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), "PYTEST_ADDOPTS": "", "COLUMNS": "200"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:hypothesispytest",
        "-p",
        "no:asyncio",
        "-ra",
        *options,
    ]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=50)
    return done.stdout + done.stderr


def test_all_outcomes_come_back_and_other_tests_run_when_a_process_dies(tmp_path: Path) -> None:
    told = run(tmp_path, "--processes", "2")
    assert re.search(r"= 4 failed, 12 passed, 1 skipped, 1 warning, 1 error in ", told), told
    for line in (
        r"test_outcomes\.py \.F\.sE",
        "said by it",
        "UserWarning: be warned",
        "of no use",
        "KeyError: 'no fixture'",
        r"test_dies\.py::test_dies - the process of this test ended by signal 9",
        r"test_dies\.py::test_dies_too - the process of this test ended with status 3",
        r"test_leaves_a_process\.py::\w+ - the process of this test ended by signal 9",
    ):
        assert re.search(line, told), (line, told)


def test_the_first_failure_ends_all_when_that_is_wanted(tmp_path: Path) -> None:
    told = run(tmp_path, "--processes", "2", "-x", "test_outcomes.py", "test_together.py")
    assert "stopping after 1 failures" in told
    assert re.search(r"= 1 failed, \d passed in ", told), told
