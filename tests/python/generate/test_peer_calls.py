"""Calls between our generated code and that of Apache's compiler on Apache's library, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fastthrift.generate.command import main

from .conftest import environment
from .test_peer import CORPUS, apache_compiler, has_apache_library

PEER = Path(__file__).with_name("calls_peer.py")
IDL = CORPUS / "thrift" / "test" / "v0.16" / "ThriftTest.thrift"
RUNTIMES = {"ours": "fastthrift.apache", "theirs": "thrift"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = apache_compiler()
    if not IDL.exists():
        pytest.skip("the IDL files of ../shared/idl are not here")
    if compiler is None or not has_apache_library():
        pytest.skip("Apache's compiler or library is not installed")
    folder = tmp_path_factory.mktemp("calls")
    for name in RUNTIMES:
        (folder / name).mkdir()
    assert main(["-nowarn", "--gen", "py", "-out", str(folder / "ours"), str(IDL)]) == 0
    subprocess.run(
        [compiler, "-nowarn", "--gen", "py", "-out", str(folder / "theirs"), str(IDL)], check=True, timeout=20
    )
    return folder


@pytest.mark.parametrize("protocol, transport", [("binary", "buffered"), ("compact", "framed")])
@pytest.mark.parametrize("server, client", [("ours", "ours"), ("ours", "theirs"), ("theirs", "ours")])
def test_every_call_is_answered(folders, server, client, protocol, transport):
    def command(name: str, role: str, port: str) -> list[str]:
        return [sys.executable, str(PEER), str(folders / name), RUNTIMES[name], role, port, protocol, transport]

    serving = subprocess.Popen(
        command(server, "server", "0"), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert serving.stdout is not None
        port = serving.stdout.readline().strip()
        assert port.isdigit(), serving.communicate(timeout=10)[1]
        done = subprocess.run(
            command(client, "client", port), env=environment(), capture_output=True, text=True, timeout=30
        )
        assert (done.stdout, done.returncode) == ("all calls are answered\n", 0), done.stderr
    finally:
        serving.kill()
        serving.communicate(timeout=10)
