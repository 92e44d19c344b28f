"""Rows: `string echo(1: string)`, 32 bytes, over loopback TCP on an event loop: CPU of a server for a request, of a client for a call.

The servers are as in `rpc`; their handlers are coroutines, ours with a plain function is a row of its own. `uvloop` is used where
it is installed.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
from typing import Any

from . import rpc
from .echo_server import ECHO
from .measure import Effort, interleaved
from .table import Table

SERVERS = ("fastthrift", "thriftpy2")
TARGET = {"thriftpy2": 2.5}
LOADS = ((8, 1), (64, 1), (8, 32))


def rows(table: Table, effort: Effort, quick: bool) -> None:
    load = rpc.compiled()
    if load is None:
        print("aio: needs Linux and a C++ compiler for its load generator")
        return
    loops = ["asyncio"] + ["uvloop"] * (importlib.util.find_spec("uvloop") is not None)
    for loop in loops:
        for handler in ("coroutine", "plain"):
            kinds = {"fastthrift": f"fastthrift.{loop}.{handler}", "thriftpy2": f"thriftpy2.{loop}.coroutine"}
            ports = {name: rpc.free_port() for name in SERVERS}
            with rpc.running(load, ports, kinds) as servers:
                table.head(f"{loop} server CPU per request, {handler} handler")
                for connections, depth in LOADS:
                    timing, rates = rpc.served(load, ports, servers, connections, depth, effort, quick)
                    name = f"{connections} connections" + (f" x {depth} pipelined" if depth > 1 else "")
                    table.row(name, timing, TARGET)
                    print("    " + ", ".join(f"{server} {rate}" for server, rate in rates.items()), flush=True)
    port = rpc.free_port()
    with rpc.running(load, {"raw": port}):
        for loop in loops:
            table.head(f"{loop} client CPU per call")
            called(table, loop, port, effort)


def called(table: Table, kind: str, port: int, effort: Effort) -> None:
    """Clients against the raw server, in this process, each on the same loop."""
    loop = importlib.import_module(kind).new_event_loop()
    clients, message = {}, "x" * 32
    for package in SERVERS:
        service = importlib.import_module(package).load(str(ECHO), module_name=f"{package}_echo_thrift").Echo
        make = importlib.import_module(f"{package}.rpc").make_aio_client
        clients[package] = loop.run_until_complete(make(service, "127.0.0.1", port))

    async def one_by_one(echo: Any) -> None:
        for _ in range(100):
            await echo(message)

    async def together(echo: Any) -> None:
        for _ in range(3):
            await asyncio.gather(*(echo(message) for _ in range(32)))

    def runs(calls: Any, names: Any = SERVERS) -> Any:
        return {name: (lambda echo: lambda: loop.run_until_complete(calls(echo)))(clients[name].echo) for name in names}

    table.row("100 calls", interleaved(runs(one_by_one), effort), TARGET)
    # thriftpy2's cannot have two calls under way.
    both = runs(together, ["fastthrift"]) | runs(one_by_one, ["thriftpy2"])
    table.row("96 calls, 32 at once", interleaved(both, effort), TARGET)
    for client in clients.values():
        client.close()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
