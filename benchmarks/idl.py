"""Rows: loading IDL files, and importing the package, each in a process of its own where a cache would lie."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from . import shapes
from .measure import Effort, Timing
from .table import Table

# Times thriftpy2.
SMALL_FILE, LARGE_FILE, IMPORT = 25, 60, 4

_LOAD = """
import sys, time
import {package}
{package}.load({warm!r})
start = time.process_time()
{package}.load({path!r})
print(time.process_time() - start)
"""
_IMPORT = """
import time
start = time.process_time()
{statement}
print(time.process_time() - start)
"""


def _seconds(program: str) -> float:
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=300)
    return float(done.stdout)


def _timing(programs: dict[str, str], rounds: int) -> Timing:
    samples: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name, program in programs.items():
            samples[name].append(_seconds(program))
    ours = sorted(samples["fastthrift"])
    return Timing({name: min(times) for name, times in samples.items()}, ours[len(ours) // 2] / ours[0] - 1)


def rows(table: Table, effort: Effort, folder: Path, quick: bool) -> None:
    table.head("IDL")
    structs, methods = (1000, 100) if quick else (5000, 500)
    warm = folder / "warm.thrift"
    warm.write_text("struct Warm { 1: i32 a }")
    files = [
        (shapes.BENCH, "bench.thrift", SMALL_FILE),
        (shapes.parquet_idl(), "parquet.thrift", SMALL_FILE),
        *((path, path.name, SMALL_FILE) for path in shapes.hive_idl()),
        (shapes.synthetic_idl(folder, structs, methods), f"{structs} structs, {methods} methods", LARGE_FILE),
    ]
    for path, name, target in files:
        programs = {p: _LOAD.format(package=p, warm=str(warm), path=str(path)) for p in ("fastthrift", "thriftpy2")}
        timing = _timing(programs, 2 if target == LARGE_FILE else effort.rounds)
        table.row(f"load {name}", timing, {"thriftpy2": target})

    table.head("import")
    for part in ("", ".rpc"):
        programs = {p: _IMPORT.format(statement=f"import {p}{part}") for p in ("fastthrift", "thriftpy2")}
        programs["thrift"] = _IMPORT.format(
            statement="from thrift.protocol import TBinaryProtocol\nfrom thrift.transport import TSocket, TTransport"
        )
        table.row(f"import fastthrift{part}", _timing(programs, effort.rounds), {"thriftpy2": IMPORT})
