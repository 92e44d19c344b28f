"""happybase on fastthrift: its own tests and a program, against an HBase in memory over each transport and protocol."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import fastthrift
from background import running
from fastthrift.protocol import TBinaryProtocolFactory, TCompactProtocolFactory
from fastthrift.rpc import make_server
from fastthrift.transport import TBufferedTransportFactory, TFramedTransportFactory

from . import hbase
from .fetch import Unreachable, environment, fetch
from .running import run

HERE = Path(__file__).parent
PROTOCOLS = {"binary": TBinaryProtocolFactory, "compact": TCompactProtocolFactory}
TRANSPORTS = {"buffered": TBufferedTransportFactory, "framed": TFramedTransportFactory}

PROGRAM = """
import os, sys
import happybase, thriftpy2, Hbase_thrift
assert thriftpy2.__name__ == "fastthrift"
connection = happybase.Connection(port=int(os.environ["PORT"]), transport=sys.argv[1], protocol=sys.argv[2])
connection.create_table("shop", {"item": dict(max_versions=2), "count": dict()})
table = connection.table("shop")
with table.batch() as batch:
    for n in range(100):
        batch.put(b"row-%03d" % n, {b"item:name": b"n%d" % n, b"item:\\xff": b"\\x00\\xfe"})
print(table.row(b"row-007"))
print([key for key, _ in table.scan(row_prefix=b"row-09", batch_size=3)])
print(table.counter_inc(b"row-007", b"count:seen", 5))
try:
    connection.create_table("shop", {"item": dict()})
except Hbase_thrift.AlreadyExists as error:
    print(type(error.message).__name__, error.message)
pool = happybase.ConnectionPool(2, port=int(os.environ["PORT"]), transport=sys.argv[1], protocol=sys.argv[2])
with pool.connection() as pooled:
    print(pooled.tables())
connection.delete_table("shop", disable=True)
"""

PRINTED = """\
{b'item:name': b'n7', b'item:\\xff': b'\\x00\\xfe'}
[b'row-090', b'row-091', b'row-092', b'row-093', b'row-094', b'row-095', b'row-096', b'row-097', b'row-098', b'row-099']
5
bytes b'table name already in use'
[b'shop']
"""


@pytest.fixture(scope="module")
def happybase() -> Path:
    try:
        return fetch("happybase", "1.3.0")
    except Unreachable as error:
        pytest.skip(f"the package index gives no happybase: {error}")


def hbase_server(folder: Path, transport: str, protocol: str, package: str = "happybase") -> Any:
    idl = fastthrift.load(folder / package / "Hbase.thrift")
    parts = PROTOCOLS[protocol](), TRANSPORTS[transport]()
    return make_server(idl.Hbase, hbase.Hbase(idl), "127.0.0.1", 0, None, *parts)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_happybases_own_tests_pass(happybase: Path, transport: str) -> None:
    with running(hbase_server(happybase, transport, "binary")) as port:
        variables = {"HAPPYBASE_HOST": "127.0.0.1", "HAPPYBASE_PORT": str(port), "HAPPYBASE_TRANSPORT": transport}
        out = run(str(HERE / "run_tests.py"), "tests", cwd=happybase, env=environment(happybase, **variables))
    assert "failed" not in out
    assert "27 passed" in out, out[-2000:]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_program_runs_under_the_alias(happybase: Path, transport: str, protocol: str, tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    with running(hbase_server(happybase, transport, protocol)) as port:
        env = environment(happybase, PORT=str(port))
        out = run("-m", "fastthrift.compat", str(script), transport, protocol, cwd=tmp_path, env=env)
    assert out == PRINTED.replace("\n", os.linesep) if os.name == "nt" else out == PRINTED
