"""Runs files of thriftpy2's suite with `thriftpy2` aliased to fastthrift; writes one JSON line for each test.

    run_file.py [--peer] RESULTS FILE... [-- IDS...]

`--peer` runs them on thriftpy2 itself, which shows what the machine, not fastthrift, makes fail. Started under `unshare` it
finds a network and a /tmp of its own, and gives `localhost` both addresses.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

_SIOCSIFFLAGS, _UP_RUNNING = 0x8914, 0x1 | 0x40
_HOSTS = "127.0.0.1 localhost\n::1 localhost ip6-localhost\n"


def prepare_network() -> None:
    """Brings the loopback interface up and lets `localhost` have an IPv6 address, in this namespace alone."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", _UP_RUNNING))
    with tempfile.NamedTemporaryFile("w", delete=False) as hosts:
        hosts.write(_HOSTS)
    subprocess.run(["mount", "--bind", hosts.name, "/etc/hosts"], check=False, stderr=subprocess.DEVNULL)
    os.unlink(hosts.name)


def prepare_tmp(*needed: str) -> None:
    """Mounts an empty /tmp, in this namespace alone: the suite's sockets have fixed names there. What of the `needed`
    paths lies in /tmp stays."""
    tops = {Path("/tmp", path[1]) for path in (Path(p).resolve().parts[1:] for p in needed) if path[:1] == ("tmp",)}
    kept = {top: os.open(top, os.O_PATH) for top in tops if top.is_dir()}
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/tmp"], check=False).returncode == 0:
        for top, descriptor in kept.items():
            top.mkdir()
            source = f"/proc/{os.getpid()}/fd/{descriptor}"
            subprocess.run(["mount", "--no-canonicalize", "--rbind", source, str(top)], check=True)
    for descriptor in kept.values():
        os.close(descriptor)


class Recorder:
    """Each result is on disk before the next test starts, so that a crash loses one test alone."""

    def __init__(self, path: Path) -> None:
        self._out = path.open("a")
        self._worst: dict[str, tuple[str, str]] = {}
        self._process = os.getpid()

    def _write(self, **line: str) -> None:
        if os.getpid() == self._process:
            self._out.write(json.dumps(line) + "\n")
            self._out.flush()

    def pytest_runtest_logstart(self, nodeid: str, location: Any) -> None:
        self._worst[nodeid] = ("passed", "")
        self._write(id=nodeid, outcome="started", why="")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.outcome != "passed":
            text = report.longrepr
            crash = getattr(text, "reprcrash", None)
            self._worst[report.nodeid] = (report.outcome, crash.message if crash else str(text)[-300:])

    def pytest_runtest_logfinish(self, nodeid: str, location: Any) -> None:
        outcome, why = self._worst[nodeid]
        self._write(id=nodeid, outcome=outcome, why=why[:300])

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.outcome == "failed":
            why = str(report.longrepr).strip().splitlines()[-1]
            self._write(id=report.nodeid, outcome="not collected", why=why[:300])


def main() -> int:
    arguments = sys.argv[1:]
    peer = arguments[0] == "--peer"
    results, *tests = arguments[1:] if peer else arguments
    if os.environ.get("CONFORMANCE_NAMESPACE"):
        prepare_network()
        prepare_tmp(os.getcwd(), results, sys.prefix, sys.base_prefix, *sys.path)
    if not peer:
        from fastthrift import compat

        compat.install("thriftpy2")
    options = [
        "-q",
        "-c",
        str(Path(__file__).with_name("nothing.ini")),
        "--rootdir",
        ".",
        "-p",
        "no:cacheprovider",
        "--timeout",
        "40",
    ]
    options += ["-p", "no:hypothesispytest", "-p", "no:xdist"]  # half of the time to start
    return int(pytest.main([*options, *tests], plugins=[Recorder(Path(results))]))


if __name__ == "__main__":
    sys.exit(main())
