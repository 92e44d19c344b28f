"""docs/compatibility.md: each row is whole, and each default of the two profiles has one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fastthrift.defaults import Defaults

ROOT = Path(__file__).resolve().parents[2]
DOC = (ROOT / "docs" / "compatibility.md").read_text(encoding="utf-8")
ROWS = [re.split(r"(?<!\\)\|", line)[1:-1] for line in DOC.splitlines() if line.startswith("|")]
HEAD, _, *REST = [[cell.strip() for cell in row] for row in ROWS]

# What a row says where a default of a profile switches it.
SWITCHES = {
    "answer_undeclared_exceptions": "`answer_undeclared=`",
    "reuse_port": "`reuse_port=`",
    "check_hostname": "`check_hostname=`",
    "server_idle_ms": "`client_timeout=`",
    "refuse_reserved_words": "`parser.lexer.thrift_reserved_keywords`",
    "places_in_messages": "text of a `ThriftParserError`",
    "reasons_in_messages": '"TSocket read 0 bytes"',
    "take_over_empty_file": "takes over empty files too",
    "lenient_seqid": "`client.lenient_seqid = True`",
    "unix_mode": "`unix_mode=`",
}


def test_each_row_says_both_behaviours_the_reason_and_the_switch_or_that_there_is_none() -> None:
    assert HEAD == ["what", "thriftpy2", "fastthrift", "reason", "switch"]
    assert [row[0] for row in REST if len(row) != len(HEAD) or not all(row) or row[HEAD.index("reason")] == "-"] == []


def test_no_behaviour_stands_twice() -> None:
    named = [row[0] for row in REST]
    assert len(named) == len(set(named))


@pytest.mark.parametrize("name", Defaults.__annotations__)
def test_a_default_of_the_profiles_has_a_row_that_names_its_switch(name: str) -> None:
    rows = [row for row in REST if any(SWITCHES[name] in cell for cell in row)]
    assert any("thriftpy2" in row[HEAD.index("switch")] for row in rows), name
