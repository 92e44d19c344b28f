"""PyHive on fastthrift's face of Apache's `thrift`: code that a compiler of 2018 wrote, with SASL and HTTP, against a HiveServer2 in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from background import running

from .fetch import Unreachable, environment, fetch
from .running import run
from .test_impyla import Hive

PROGRAM = """
import sys
import thrift
from pyhive import hive
assert thrift.__name__ == "fastthrift.apache"
kind, port = sys.argv[1], int(sys.argv[2])
options = {"nosasl": dict(auth="NOSASL"), "plain": dict(auth="LDAP", username="ann", password="secret"),
           "http": dict(scheme="http", username="ann", password="secret")}[kind]
connection = hive.connect("127.0.0.1", port=port, **options)
cursor = connection.cursor()
cursor.execute("select * from everything")
print([(each[0], each[1]) for each in cursor.description])
for row in cursor:
    print(row)
try:
    cursor.execute("select nonsense")
except hive.OperationalError as error:
    print(error.args[0].status.errorMessage)
cursor.execute("show databases")
print(cursor.fetchmany(1), cursor.fetchone(), cursor.fetchone(), cursor.fetch_logs())
cursor.close()
connection.close()
"""

PRINTED = """\
[('b', 'BOOLEAN_TYPE'), ('i', 'INT_TYPE'), ('l', 'BIGINT_TYPE'), ('d', 'DOUBLE_TYPE'), ('s', 'STRING_TYPE')]
(True, 1, 1099511627776, 0.5, 'ä')
(None, 2, None, None, '')
(False, None, -1, -1.5, None)
AnalysisException: select nonsense
[('default',)] ('other',) None ['a line']
"""


@pytest.fixture(scope="module")
def impyla() -> Path:
    """It brings the IDL of HiveServer2."""
    try:
        return fetch("impyla", "0.17a4")
    except Unreachable as error:
        pytest.skip(f"the package index gives no impyla: {error}")


@pytest.fixture(scope="module")
def folders() -> list[Path]:
    try:
        return [fetch("pyhive", "0.7.0"), fetch("future", "1.0.0"), fetch("six", "1.17.0"), fetch("pure-sasl", "0.6.2"),
                fetch("thrift_sasl", "0.4.3")]  # fmt: skip
    except Unreachable as error:
        pytest.skip(f"the package index gives no PyHive and what it needs: {error}")


@pytest.mark.parametrize("kind", ["nosasl", "plain", "http"])
def test_program_runs_under_the_alias(impyla: Path, folders: list[Path], kind: str, tmp_path: Path) -> None:
    hive = Hive(impyla)
    script = tmp_path / "program.py"
    script.write_text(PROGRAM, encoding="utf-8")
    with running(hive.server(kind)) as port:
        env = environment(*folders, PYTHONIOENCODING="utf-8")
        out = run("-m", "fastthrift.compat", "--as", "thrift", str(script), kind, str(port), cwd=tmp_path, env=env)
    assert out.splitlines() == PRINTED.splitlines()
    assert hive.accounts.accounts == ([b"\0ann\0secret"] if kind == "plain" else [])
    assert hive.handler.sessions == set()
