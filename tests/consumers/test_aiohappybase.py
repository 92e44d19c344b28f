"""aiohappybase on fastthrift: its own tests, of its asyncio and its synchronous client, against an HBase in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from background import running

from .fetch import Unreachable, environment, fetch
from .running import run
from .test_happybase import HERE, hbase_server

# They run an event loop inside of the one that pytest-asyncio runs for them, with thriftpy2 too.
NOT_TODAY = "not sync_connection_context and not sync_pool_context"


@pytest.fixture(scope="module")
def aiohappybase() -> Path:
    pytest.importorskip("pytest_asyncio", reason="its tests are coroutines")
    try:
        return fetch("aiohappybase", "1.4.0")
    except Unreachable as error:
        pytest.skip(f"the package index gives no aiohappybase: {error}")


def test_its_own_tests_pass(aiohappybase: Path) -> None:
    with running(hbase_server(aiohappybase, "framed", "compact", "aiohappybase")) as port:
        variables = {
            "AIOHAPPYBASE_HOST": "127.0.0.1",
            "AIOHAPPYBASE_PORT": str(port),
            "AIOHAPPYBASE_TRANSPORT": "framed",
            "AIOHAPPYBASE_PROTOCOL": "compact",
        }
        arguments = ["tests", "-o", "asyncio_mode=auto", "-k", NOT_TODAY]
        out = run(str(HERE / "run_tests.py"), *arguments, cwd=aiohappybase, env=environment(aiohappybase, **variables))
    assert "failed" not in out
    assert "80 passed" in out, out[-2000:]
