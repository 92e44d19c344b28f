"""Writes docs/interop.md from the runs: what works with whom, what does not and whose fault it is.

The text follows from cells.py and faults.py, which the run has confirmed: a run fails where another step fails than
faults.py says, or one does not fail any more. `main` looks whether all has been run.
"""

from __future__ import annotations

import functools
import json
import re
import sys

from . import values
from .build import CACHE, HERE
from .cells import DIALECTS, PEERS, Cell, cells
from .faults import FAULTS, Fault, faults_of

DOCUMENT = HERE.parents[1] / "docs" / "interop.md"
SETTINGS = HERE / "settings.md"
RESULTS = CACHE / "results"

NAMES = {
    "cpp": "C++",
    "go": "Go",
    "java": "Java",
    "node": "Node",
    "rust": "Rust",
    "apache": "thrift",
    "thriftpy2": "thriftpy2",
}
PROTOCOLS = {"binary": "binary", "compact": "compact", "json": "JSON"}
TRANSPORTS = {"buffered": "buffered", "framed": "framed", "http": "HTTP", "zlib": "zlib"}
MULTIPLEXED = "multiplexed"
HEADER_ROWS = {"header": "THeader, binary", "header-compact": "THeader, compact", "header-zlib": "THeader, inflated"}


def file_name(cell: Cell) -> str:
    return re.sub(r"[/>]", "_", cell.label) + ".json"


@functools.cache
def numbered() -> dict[tuple[str, str], int]:
    """A number for each peer and reason, in the order of the table."""
    numbers: dict[tuple[str, str], int] = {}
    for peer in PEERS:
        for fault in FAULTS:
            if fault.peer == peer and any(fault.concerns(cell) for cell in cells()):
                numbers.setdefault((peer, fault.reason), len(numbers) + 1)
    return numbers


def _notes(runs: list[Cell], with_multiplexing: bool = False) -> set[int]:
    """The numbers of what is to be said of some runs."""
    numbers = numbered()
    return {
        numbers[fault.peer, fault.reason]
        for cell in runs
        for fault in faults_of(cell)
        if with_multiplexing or not _is_of_multiplexing(fault)
    }


def _is_of_multiplexing(fault: Fault) -> bool:
    return "nobody" in fault.steps or "/mux" in fault.cells


def _said(word: str, notes: set[int]) -> str:
    return " ".join([word, *(f"[{number}]" for number in sorted(notes))])


def _rows(direction: str) -> dict[str, list[str]]:
    """Title: patterns of the stacks "CLIENT>SERVER" that the row is about."""
    rows = {
        f"{name}, {how}": [rf"({protocol}/{transport}/[a-z]+)>\1"]
        for protocol, name in PROTOCOLS.items()
        for transport, how in TRANSPORTS.items()
    }
    rows.update({name: [rf"{header}/buffered/tcp>header/buffered/tcp"] for header, name in HEADER_ROWS.items()})
    rows["plain client, server of THeader"] = [rf"{dialect}/tcp>header/buffered/tcp" for dialect in DIALECTS]
    if direction == "server":
        rows["non-blocking servers"] = [r".*/framed/tcp>.*/(nonblocking|hsha|selector)/tcp"]
    return {**rows, "UNIX sockets": [r".*/unix>.*"], "TLS": [r".*/ssl>.*"], MULTIPLEXED: [r".*/mux>.*"]}


def _table(direction: str) -> list[str]:
    """What holds for each run of a peer stands at the head of its column."""
    heads, columns = [], []
    for peer in PEERS:
        mine = [cell for cell in cells() if cell.peer == peer and cell.direction == direction]
        always = set.intersection(*(_notes([cell]) for cell in mine))
        heads.append(_said(NAMES[peer], always))
        column = []
        for title, patterns in _rows(direction).items():
            runs = [
                cell
                for cell in mine
                if any(re.fullmatch(pattern, f"{cell.client}>{cell.server}") for pattern in patterns)
            ]
            column.append(_said("yes", _notes(runs, title == MULTIPLEXED) - always) if runs else "-")
        columns.append(column)
    lines = [f"| | {' | '.join(heads)} |", f"|---|{'---|' * len(PEERS)}"]
    return [*lines, *(f"| {' | '.join(row)} |" for row in zip(_rows(direction), *columns))]


def text() -> str:
    runs = cells()
    steps = len(values.STEPS) + 1 + 3 * len(values.CASES)
    out = [
        "# Interoperability",
        "",
        "`make interop` writes this page; it builds a server and a client in each language and runs them against fastthrift.",
        f"Each of the {len(runs)} runs makes {steps} steps or more: every method of an IDL with every type, and"
        f" {len(values.CASES)} values, which the",
        "server describes in words and sends back. Descriptions are compared with those of the values, so that a codec that errs",
        "the same way twice is found. Both APIs of fastthrift are run, thriftpy2's and Apache's.",
        "",
        "Peers: " + ", ".join(peer.title for peer in PEERS.values()) + ".",
        "",
        '"yes" means that all steps work but for the notes; "-" that the peer has no such thing (see below).',
        "",
        "## They call fastthrift",
        "",
        *_table("client"),
        "",
        "## fastthrift calls them",
        "",
        *_table("server"),
        "",
        "## Notes",
        "",
        "Each is a fault of the peer; fastthrift's part is in docs/compatibility.md.",
        "",
        *(f"{number}. {NAMES[peer]}: {reason}." for (peer, reason), number in numbered().items()),
        "",
        SETTINGS.read_text().strip(),
        "",
    ]
    return "\n".join(out)


def missing() -> list[str]:
    """The runs without a result, or with one that is not what faults.py says."""
    out = []
    for cell in cells():
        file = RESULTS / file_name(cell)
        if not file.exists() or not json.loads(file.read_text())["as_expected"]:
            out.append(cell.label)
    return out


def main() -> int:
    lacking = missing()
    print(f"{len(cells()) - len(lacking)} of {len(cells())} runs are as docs/interop.md says")
    if lacking:
        print("docs/interop.md is left as it is, without:", *lacking[:20], *(["..."] if len(lacking) > 20 else []))
        return 0
    if not DOCUMENT.exists() or DOCUMENT.read_text() != text():
        DOCUMENT.write_text(text())
        print("docs/interop.md is written anew")
    return 0


if __name__ == "__main__":
    sys.exit(main())
