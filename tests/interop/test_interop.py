"""Peers in other languages call us and are called, over every protocol, transport and socket that both have.

A client calls every method, and sends each value twice: the server describes it in words, then sends it back. All
descriptions are compared with those of the values themselves. What a peer cannot do stands in faults.py and has to fail.
"""

from __future__ import annotations

import json
import os
import re
from typing import Any

import pytest

from . import build, report, values
from .cells import FACES, PEERS, Cell, cells, sample
from .conftest import Programs
from .faults import FAULTS, faults_of
from .program import Failure

OURS = {"thriftpy2": "fastthrift", "apache": "fastthrift-apache"}


def _steps(cell: Cell) -> list[str]:
    """What the client of a cell has to have done."""
    client, server = PEERS[cell.peer], FACES[cell.face]
    names = ["who", *values.STEPS]
    if "/mux" in cell.client:
        names += values.MULTIPLEXED_STEPS
        names += ["default"] if client.default_service and server.default_service else []
    if client.uuid and server.uuid:
        names += values.UUID_STEPS
    return [*names, *(f"{how}:{case}" for case in values.CASES for how in ("sent", "described", "echoed"))]


def _failed(cell: Cell, said: dict[str, Any], server: str) -> dict[str, str]:
    """The steps that gave something else than they should, with what they gave."""
    failed = {}
    for name in _steps(cell):
        if name not in said:
            failed[name] = "not done"
            continue
        got = said[name]
        wanted = server if name in ("who", "default") else values.expected(name)
        if isinstance(got, Failure):
            failed[name] = str(got)
        elif values.canonical_step(name, got) != wanted:
            failed[name] = f"{_short(got)} instead of {_short(wanted)}"
    return failed


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 160 else text[:157] + "..."


def _need(peer: str) -> None:
    """Skips where the peer cannot run."""
    if peer == "thriftpy2":
        pytest.importorskip("thriftpy2")
    elif not build.is_built(peer):
        lacking = build.missing(build.RECIPES[peer])
        why = f"install {build.RECIPES[peer].install or 'thrift-compiler'}, then " if lacking else ""
        pytest.skip(f"{PEERS[peer].title} is not built: {why}run 'make interop'")


# "make interop" runs all; other runs of the tests a few, of the peers that are built.
RUNS = cells() if os.environ.get("INTEROP") == "all" else sample()


@pytest.mark.parametrize(
    "cell", [pytest.param(cell, id=cell.label, marks=pytest.mark.xdist_group(cell.peer)) for cell in RUNS]
)
def test_the_peer_and_we_understand_each_other(cell: Cell, programs: Programs) -> None:
    _need(cell.peer)
    if cell.face == "apache":
        _need("apache")  # for its generated code
    ours = OURS[cell.face]
    said = programs.run(cell, ours, cell.peer)
    failed = _failed(cell, said, ours if cell.direction == "client" else cell.peer)
    known = {name for name in _steps(cell) for fault in faults_of(cell) if re.fullmatch(fault.steps, name)}
    report.RESULTS.mkdir(parents=True, exist_ok=True)
    result = {"cell": cell._asdict(), "as_expected": known == set(failed), "failed": failed}
    (report.RESULTS / report.file_name(cell)).write_text(json.dumps(result, indent=1))

    unexpected = {name: what for name, what in failed.items() if name not in known}
    assert not unexpected
    assert known == set(failed), "works by now: take it out of faults.py"


def test_the_page_says_what_the_runs_expect() -> None:
    assert report.DOCUMENT.read_text() == report.text(), "run 'make interop', which writes it"


def test_every_fault_stands_for_a_run_and_a_step() -> None:
    idle = [
        fault
        for fault in FAULTS
        if not any(
            fault.concerns(cell) and any(re.fullmatch(fault.steps, name) for name in _steps(cell)) for cell in cells()
        )
    ]
    assert not idle


def test_values_in_words_differ_where_values_do() -> None:
    said = {case: json.dumps(values.expected(f"sent:{case}")) for case in values.CASES}
    assert len(set(said.values())) == len(said)
