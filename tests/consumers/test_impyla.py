"""impyla (the last release on thriftpy2) on fastthrift: its own tests and a program, against a HiveServer2 in memory."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

import fastthrift
from background import running
from fastthrift import http, rpc

from .fetch import Unreachable, environment, fetch
from .hive import HiveServer, PlainServerTransportFactory
from .running import run

HERE = Path(__file__).parent

PROGRAM = """
import os, sys
import thriftpy2
from impala.dbapi import connect
from impala.error import HiveServer2Error
assert thriftpy2.__name__ == "fastthrift"
kind, port = sys.argv[1], int(sys.argv[2])
options = {"nosasl": {}, "plain": dict(auth_mechanism="PLAIN", user="ann", password="secret"),
           "http": dict(use_http_transport=True, http_path="cliservice")}[kind]
connection = connect("127.0.0.1", port, timeout=20, **options)
cursor = connection.cursor()
cursor.execute("select * from everything")
print([(each[0], each[1]) for each in cursor.description])
for row in cursor:
    print(row)
try:
    cursor.execute("select nonsense")
except HiveServer2Error as error:
    print(error)
cursor.execute("show databases")
print(cursor.fetchall())
print(cursor.get_profile(), cursor.get_log())
cursor.close()
connection.close()
"""

PRINTED = """\
[('b', 'BOOLEAN'), ('i', 'INT'), ('l', 'BIGINT'), ('d', 'DOUBLE'), ('s', 'STRING')]
(True, 1, 1099511627776, 0.5, 'ä')
(None, 2, None, None, '')
(False, None, -1, -1.5, None)
AnalysisException: select nonsense
[('default',), ('other',)]
a profile a line
"""


@pytest.fixture(scope="module")
def folders() -> list[Path]:
    try:
        return [fetch("impyla", "0.17a4"), fetch("bitarray", "3.12.3" if sys.version_info >= (3, 10) else "3.4.3"),
                fetch("six", "1.17.0"), fetch("pure-sasl", "0.6.2"), fetch("thrift_sasl", "0.4.3a2")]  # fmt: skip
    except Unreachable as error:
        pytest.skip(f"the package index gives no impyla and what it needs: {error}")


class Hive:
    def __init__(self, impyla: Path) -> None:
        self.idl: Any = fastthrift.load(impyla / "impala" / "thrift" / "ImpalaService.thrift")
        self.handler = HiveServer(self.idl.TCLIService, self.idl)
        self.accounts = PlainServerTransportFactory()

    def server(self, kind: str) -> Any:
        service = self.idl.ImpalaHiveServer2Service
        if kind == "http":
            return http.make_server(service, self.handler, "127.0.0.1", 0)
        options = {"trans_factory": self.accounts} if kind == "plain" else {}
        return rpc.make_server(service, self.handler, "127.0.0.1", 0, **options)


@pytest.mark.parametrize("kind", ["nosasl", "plain", "http"])
def test_program_runs_under_the_alias(folders: list[Path], kind: str, tmp_path: Path) -> None:
    hive = Hive(folders[0])
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    env = environment(*folders, PYTHONIOENCODING="utf-8")
    with running(hive.server(kind)) as port:
        # thrift_sasl is written for Apache's thrift.
        out = run(
            "-m", "fastthrift.compat", "--as", "thriftpy2,thrift", str(script), kind, str(port), cwd=tmp_path, env=env
        )
    assert out.splitlines() == PRINTED.splitlines() or out.splitlines()[:-1] == PRINTED.splitlines()
    assert hive.accounts.accounts == ([b"\0ann\0secret"] if kind == "plain" else [])
    assert hive.handler.sessions == set()


# Files of its own tests that need no database behind the server.
OWN = [
    ["test_query_parameters.py", "test_util.py", "test_http_connect.py", "test_dbapi_connect.py"],
    # The others of this file sleep for seconds.
    ["test_hs2_fault_injection.py", "-k", "execute or fetch or close_operation"],
]


@pytest.mark.parametrize("chosen", OWN, ids=["quick", "faults"])
def test_impylas_own_tests_pass(folders: list[Path], chosen: list[str]) -> None:
    hive = Hive(folders[0])
    with running(hive.server("nosasl")) as port, running(hive.server("http")) as http_port:
        env = environment(
            *folders,
            IMPYLA_TEST_HOST="127.0.0.1",
            IMPYLA_TEST_PORT=str(port),
            IMPYLA_TEST_HTTP_PORT=str(http_port),
            IMPYLA_SKIP_HIVE_TESTS="1",
        )
        tests = folders[0] / "impala" / "tests"
        files = [str(tests / each) if each.endswith(".py") else each for each in chosen]
        out = run(str(HERE / "run_tests.py"), *files, cwd=folders[0], env=env)
    counts = dict(reversed(each) for each in re.findall(r"(\d+) (passed|failed|error)", out.splitlines()[-1]))
    assert "passed" in counts and "failed" not in counts and "error" not in counts and int(counts["passed"]) > 0, out
