"""Rows: `string echo(1: string)`, 32 bytes, over loopback TCP: the CPU time of a server for a request, of a client for a call.

All servers run at once; short bursts of load go round them. `raw` is an epoll loop without Thrift and Python: the physical limit.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .echo_server import ECHO
from .measure import Effort, Timing, interleaved
from .shapes import HERE, ROOT
from .table import Table

# (connections, requests outstanding on each): the least that counts as done, times thriftpy2 and of the raw limit.
LOADS = {(1, 1): {}, (8, 1): {"thriftpy2": 2.0, "raw": 0.8}, (64, 1): {"thriftpy2": 2.0, "raw": 0.8},
         (8, 32): {"thriftpy2": 10.0, "raw": 0.45}}  # fmt: skip
CLIENT = {"thriftpy2": 1.4}
SERVERS = ("fastthrift", "thriftpy2", "thrift", "raw")
_TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def rows(table: Table, effort: Effort, quick: bool) -> None:
    load = compiled()
    if load is None:
        print("rpc: needs Linux and a C++ compiler for its load generator")
        return
    ports = {name: free_port() for name in SERVERS}
    with running(load, ports) as servers:
        table.head("server CPU per request", SERVERS[1:])
        for (connections, depth), targets in LOADS.items():
            timing, rates = served(load, ports, servers, connections, depth, effort, quick)
            name = f"{connections} connections" + (f" x {depth} pipelined" if depth > 1 else "")
            table.row(name, timing, targets)
            print("    " + ", ".join(f"{server} {rate}" for server, rate in rates.items()), flush=True)
        table.head("client CPU per call")
        called(table, ports["raw"], effort)


def compiled() -> Path | None:
    """The load generator; built once a change."""
    compiler = shutil.which(os.environ.get("CXX", "g++")) or shutil.which("c++")
    if compiler is None or not sys.platform.startswith("linux"):
        return None
    source, program = HERE / "load" / "load.cpp", ROOT / "build" / "load" / "load"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        program.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([compiler, "-std=c++20", "-O2", "-o", str(program), str(source)], check=True)
    return program


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@contextmanager
def running(
    load: Path, ports: dict[str, int], kinds: dict[str, str] | None = None
) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Servers by name; ``kinds``: what echo_server calls them, where that is not their name."""
    servers = {}
    try:
        for name, port in ports.items():
            kind = (kinds or {}).get(name, name)
            command = [str(load), "answer"] if name == "raw" else [sys.executable, "-m", "benchmarks.echo_server", kind]
            servers[name] = subprocess.Popen([*command, str(port)], cwd=ROOT, stderr=subprocess.DEVNULL)
        for port in ports.values():
            wait_for(port)
        yield servers
    finally:
        for server in servers.values():
            server.send_signal(signal.SIGKILL)
            server.wait()


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing listens on {port}")
        time.sleep(0.05)


def cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def served(
    load: Path,
    ports: dict[str, int],
    servers: dict[str, Any],
    connections: int,
    depth: int,
    effort: Effort,
    quick: bool,
    mode: str = "call",
) -> tuple[Timing, dict[str, str]]:
    """CPU seconds of each server for one request, and what was answered a second. ``mode``: the load generator's."""
    seconds, rounds = (0.5, 3) if quick else (1.0, effort.rounds)
    costs: dict[str, list[float]] = {name: [] for name in ports}
    rates: dict[str, list[float]] = {name: [] for name in ports}
    medians: dict[str, list[float]] = {name: [] for name in ports}
    for _ in range(rounds):
        for name, port in ports.items():
            before = cpu_seconds(servers[name].pid)
            command = [str(load), mode, str(port), str(connections), str(depth), str(seconds)]
            done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
            result = json.loads(done.stdout)
            costs[name].append((cpu_seconds(servers[name].pid) - before) / result["answers"])
            rates[name].append(result["answers"] / result["seconds"])
            medians[name].append(result["p50"])
    ours = costs["fastthrift"]
    timing = Timing({name: min(values) for name, values in costs.items()}, statistics.median(ours) / min(ours) - 1)
    shown = {}
    for name in ports:
        latency = f" p50 {min(medians[name]):.0f} us" if depth == 1 else ""
        shown[name] = f"{max(rates[name]):,.0f}/s{latency}"
    return timing, shown


def called(table: Table, port: int, effort: Effort) -> None:
    """Blocking clients against the raw server, in this process."""
    clients, message = {}, "x" * 32
    for package in ("fastthrift", "thriftpy2"):
        service = importlib.import_module(package).load(str(ECHO), module_name=f"{package}_echo_thrift").Echo
        clients[package] = importlib.import_module(f"{package}.rpc").make_client(service, "127.0.0.1", port)
        assert clients[package].echo(message) == message
    runs = {name: (lambda echo: lambda: echo(message))(client.echo) for name, client in clients.items()}
    table.row("one blocking client", interleaved(runs, effort), CLIENT)
    for client in clients.values():
        client.close()
