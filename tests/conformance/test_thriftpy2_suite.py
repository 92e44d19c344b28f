"""thriftpy2's own released suite passes on fastthrift, but for the tests that `not_yet.txt` lists.

The list only shrinks: a listed test that passes is a failure too, until its line is gone.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from . import suite
from .suite import NOT_YET, Result

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the suite forks")


@pytest.fixture(scope="module")
def not_yet() -> dict[str, str]:
    return suite.listed(NOT_YET)


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    """tests/conftest.py has started the suite beside the other tests."""
    try:
        found = suite.read_results(Path(os.environ["CONFORMANCE_RESULTS"]), 800)
    except suite.Unreachable as error:
        pytest.skip(f"the package index gives no thriftpy2 {suite.VERSION}: {error}")
    score = sum(result.is_good for result in found.values())
    suite.SCORE.write_text(f"{score} of {sum(suite.TESTS.values())} tests of thriftpy2 {suite.VERSION} pass")
    return found


# The first of these tests waits for the whole suite.
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", suite.TESTS)
def test_file_of_the_suite_gives_what_the_list_says(
    name: str, results: dict[str, Result], not_yet: dict[str, str]
) -> None:
    here = {id: result for id, result in results.items() if id.startswith(f"{name}::")}
    known = {id for id in not_yet if id.startswith(f"{name}::")}
    broken = {id: result for id, result in here.items() if not result.is_good and id not in known}
    assert not broken, "\n".join(f"{id} {result.outcome}: {result.why}" for id, result in broken.items())
    repaired = sorted(id for id in known if id in here and here[id].is_good)
    assert not repaired, f"these pass now: remove them from {NOT_YET.name}: {repaired}"
    missing = suite.TESTS[name] - len(known | set(here))
    assert missing == 0, f"{missing} tests of {name} gave no result: {results.get(name, 'it was collected')}"


def test_every_listed_test_has_a_reason(not_yet: dict[str, str]) -> None:
    assert [id for id, reason in not_yet.items() if len(reason) < 10] == []
    assert [id for id in not_yet if id.partition("::")[0] not in suite.TESTS] == []


def test_list_names_a_test_once() -> None:
    lines = [line for line in NOT_YET.read_text().splitlines() if line and not line.startswith("#")]
    assert len(lines) == len(set(lines))
    assert all(re.fullmatch(r"test_\w+\.py::\S.*", line) for line in lines)
