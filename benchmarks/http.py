"""Rows: the same call by HTTP, CPU time of a server for a request: on a connection that is kept, and on one for each request.

thriftpy2's server closes each connection after its answer, and takes one at a time.
"""

from __future__ import annotations

from . import rpc
from .measure import Effort
from .table import Table

SERVERS = ("fastthrift", "thriftpy2")
# (connections, whether they are kept, the least that counts as done)
LOADS = {"a connection that is kept": (1, 1, {"thriftpy2": 10.0}), "a connection a call": (1, 0, {"thriftpy2": 3.0})}


def rows(table: Table, effort: Effort, quick: bool) -> None:
    load = rpc.compiled()
    if load is None:
        print("http: needs Linux and a C++ compiler for its load generator")
        return
    ports = {name: rpc.free_port() for name in SERVERS}
    with rpc.running(load, ports, {name: f"{name}.http" for name in SERVERS}) as servers:
        table.head("HTTP server CPU per request", SERVERS[1:])
        for name, (connections, keep, targets) in LOADS.items():
            timing, rates = rpc.served(load, ports, servers, connections, keep, effort, quick, "post")
            table.row(name, timing, targets)
            print("    " + ", ".join(f"{server} {rate}" for server, rate in rates.items()), flush=True)
