"""Programs as a reader of Apache's tutorials types them: the IDL is compiled by `fastthrift` or `thrift`, as it is typed in a
shell, in a folder with nothing but the tutorial's files; server and client are processes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from background import free_port

from .test_tutorials import HERE, SECONDS, Server, environment, run_client, start

# What pip makes of the two console scripts.
SCRIPT = "#!{python}\nimport sys\nfrom fastthrift.generate.command import {function}\nsys.exit({function}())\n"
SCRIPTS = {"fastthrift": "main", "thrift": "thrift_main"}

WEATHER = """\
unknown: Atlantis
Report(city='Lisboa', temperature=21.5, sky=2, hours={'12:00': 23.0})
[22.5, 23.5]
"""
MESSAGE = "Message(id=1, body='hello hello ', to=['you'])\n"


@pytest.fixture
def started() -> Iterator[list[Server]]:
    servers: list[Server] = []
    yield servers
    for server in servers:
        server.stop(signal.SIGKILL)


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bin")
    for name, function in SCRIPTS.items():
        path = folder / name
        path.write_text(SCRIPT.format(python=sys.executable, function=function))
        path.chmod(0o755)
    return folder


def tutorial(name: str, tmp_path: Path, scripts: Path, command: str) -> Path:
    """The tutorial's folder, after its command was typed there."""
    folder = tmp_path / name
    shutil.copytree(HERE / "generated" / name, folder, ignore=shutil.ignore_patterns("__pycache__", "gen-py"))
    variables = environment()
    variables["PATH"] = os.pathsep.join([str(scripts), variables["PATH"]])
    done = subprocess.run(
        command, shell=True, cwd=folder, env=variables, capture_output=True, text=True, timeout=SECONDS
    )
    assert (done.returncode, done.stderr) == (0, "")
    return folder


@pytest.mark.parametrize("command", ["fastthrift --gen py example.thrift", "thrift -r -gen py example.thrift"])
def test_a_struct_is_written_and_read(tmp_path, scripts, command):
    folder = tutorial("example", tmp_path, scripts, command)
    done = subprocess.run([sys.executable, "program.py"], cwd=folder, env=environment(), capture_output=True, text=True,
                          timeout=SECONDS)  # fmt: skip
    assert done.stderr == ""
    assert done.stdout == (
        "Note(title='Buy milk', body=None, tags=['home'], level=2)\n39 True\n20 ['home'] HIGH\n"
        "TProtocolException Required field title is unset!\n10\n"
    )


def test_weather_over_tcp(tmp_path, scripts, started):
    folder = tutorial("weather", tmp_path, scripts, "fastthrift -r --gen py weather.thrift")
    server = start(started, folder, str(free_port()))
    assert run_client(folder, server.where) == WEATHER


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="the system has no UNIX sockets")
def test_weather_over_a_unix_socket(tmp_path, scripts, started):
    folder = tutorial("weather", tmp_path, scripts, "thrift -r --gen py weather.thrift")
    server = start(started, folder, str(tmp_path / "s.sock"))
    assert run_client(folder, server.where) == WEATHER


def test_the_remote_script_is_typed_as_well(tmp_path, scripts, started):
    folder = tutorial("weather", tmp_path, scripts, "fastthrift -r --gen py weather.thrift")
    server = start(started, folder, str(free_port()))
    script = folder / "gen-py" / "weather" / "WeatherService-remote"
    for arguments, printed in [
        (["observe", "Report('Roma', 30)"], "None\n"),
        (["current", "Roma"], "Report(city='Roma', temperature=30.0, sky=1, hours=None)\n"),
    ]:
        done = subprocess.run(
            [sys.executable, str(script), "-h", f"127.0.0.1:{server.where}", *arguments],
            env=environment(), capture_output=True, text=True, timeout=SECONDS,
        )  # fmt: skip
        assert (done.stdout, done.stderr) == (printed, "")


def test_a_struct_below_its_service_and_arguments_without_ids_over_http(tmp_path, scripts, started):
    folder = tutorial("message", tmp_path, scripts, "fastthrift -nowarn --gen py message.thrift")
    server = start(started, folder, str(free_port()))
    assert run_client(folder, server.where) == MESSAGE + "True\n1\n"


def test_programs_that_import_thrift_run_under_the_alias(tmp_path, scripts, started, monkeypatch):
    """Server and client as Apache's tutorial has them, with `from thrift.transport import TSocket` and the like."""
    folder = tutorial("messagetcp", tmp_path, scripts, "fastthrift -nowarn --gen py message.thrift")
    for name in ("server", "client"):
        program = folder / f"{name}.py"
        program.write_text(f'import fastthrift.compat\n\nfastthrift.compat.install("thrift")\n{program.read_text()}')
    server = start(started, folder, str(free_port()))
    assert run_client(folder, server.where) == MESSAGE + "1\nInternal error\n"
