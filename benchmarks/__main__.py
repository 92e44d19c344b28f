"""`python -m benchmarks [--quick] [GROUP...]`: ratios to thriftpy2, Apache's thrift and msgspec, losses included."""

from __future__ import annotations

import argparse
import platform
import tempfile
from pathlib import Path

from . import aio, apache, codec, http, idl, objects, rpc, shapes
from .measure import Effort
from .table import Table

GROUPS = ("codec", "objects", "idl", "rpc", "http", "aio", "apache")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and smaller lists: about two minutes")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"of {', '.join(GROUPS)}; all without one")
    options = parser.parse_args()
    wanted = options.groups or list(GROUPS)
    if unknown := set(wanted) - set(GROUPS):
        parser.error(f"no such group: {', '.join(sorted(unknown))}")
    print(f"{platform.machine()}, {shapes.versions()}")
    print("A ratio is how many times faster fastthrift is, of CPU time; >= names the target that holds.")
    table, effort = Table(), Effort.of(options.quick)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "codec" in wanted:
            codec.rows(table, effort, folder, options.quick)
        if "objects" in wanted:
            objects.rows(table, effort)
        if "idl" in wanted:
            idl.rows(table, effort, folder, options.quick)
        if "rpc" in wanted:
            rpc.rows(table, effort, options.quick)
        if "http" in wanted:
            http.rows(table, effort, options.quick)
        if "aio" in wanted:
            aio.rows(table, effort, options.quick)
        if "apache" in wanted:
            apache.rows(table, effort, options.quick)
    table.end()


if __name__ == "__main__":
    main()
