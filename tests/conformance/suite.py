"""thriftpy2's released test suite: fetched from the package index, run in parts, its results by test id."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

VERSION = "0.7.1"
ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "conformance"
SCORE = CACHE / "score.txt"  # tests/conftest.py prints it
NOT_YET = Path(__file__).with_name("not_yet.txt")
RUN_FILE = Path(__file__).with_name("run_file.py")
JOB_SECONDS = 200
RERUNS = 2  # the suite sleeps and takes fixed ports: what fails once by the machine's load passes alone

# How many tests each file has; together the 504 of the score.
TESTS = {
    "test_aio.py": 96,
    "test_aio_http.py": 20,
    "test_aio_protocol_binary.py": 6,
    "test_aio_protocol_compact.py": 1,
    "test_all_protocols_binary_field.py": 45,
    "test_apache_json.py": 4,
    "test_base.py": 10,
    "test_buffered_transport.py": 4,
    "test_const.py": 4,
    "test_container.py": 4,
    "test_cytransport.py": 3,
    "test_framed_transport.py": 6,
    "test_hook.py": 5,
    "test_http.py": 17,
    "test_json_protocol.py": 9,
    "test_lineno.py": 8,
    "test_loader.py": 7,
    "test_memory_transport.py": 7,
    "test_multiplexed.py": 1,
    "test_oneway.py": 1,
    "test_out_of_order_fields.py": 4,
    "test_parser.py": 46,
    "test_protocol_binary.py": 31,
    "test_protocol_compact.py": 32,
    "test_protocol_cybinary.py": 46,
    "test_recursive_definition.py": 2,
    "test_rpc.py": 23,
    "test_sasl.py": 22,
    "test_socket.py": 14,
    "test_sslsocket.py": 3,
    "test_tracking.py": 16,
    "test_type.py": 1,
    "test_type_mismatch.py": 6,
}
# Half of the time of all is the sleep in this file: it has a process of its own beside the one that runs all others.
_SLEEPS = "test_all_protocols_binary_field.py"


@dataclass(frozen=True)
class Result:
    outcome: str  # passed, skipped, failed, crashed, not collected
    why: str = ""

    @property
    def is_good(self) -> bool:
        return self.outcome in ("passed", "skipped")


class Unreachable(Exception):
    """The package index did not give the sdist."""


def fetch() -> Path:
    """The folder with the suite's tests; downloaded once, kept under build/."""
    folder = CACHE / f"thriftpy2-{VERSION}" / "tests"
    if folder.is_dir():
        return folder
    CACHE.mkdir(parents=True, exist_ok=True)
    archive = CACHE / f"thriftpy2-{VERSION}.tar.gz"
    if not archive.exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "thriftpy2"]
        done = subprocess.run(
            [*command, "--dest", str(CACHE), f"thriftpy2=={VERSION}"], capture_output=True, text=True, timeout=240
        )
        if done.returncode != 0 or not archive.exists():
            raise Unreachable(done.stderr.strip()[-300:])
    with tempfile.TemporaryDirectory(dir=CACHE) as unpacked, tarfile.open(archive) as tar:
        # The tests alone: the package beside them must not be found by `import thriftpy2`.
        wanted = [m for m in tar.getmembers() if m.name.startswith(f"thriftpy2-{VERSION}/tests/")]
        tar.extractall(unpacked, members=wanted)
        shutil.move(str(Path(unpacked) / f"thriftpy2-{VERSION}"), folder.parent)
    return folder


def namespace() -> list[str]:
    """The command that gives a program a network of its own, or nothing where the system does not allow it."""
    command = ["unshare", "--map-root-user", "--user", "--net", "--mount"]
    try:
        allowed = subprocess.run([*command, "true"], capture_output=True, timeout=10).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        allowed = False
    return command if allowed else []


def run(tests: Iterable[str], peer: bool = False) -> dict[str, Result]:
    """Runs files or single tests; a file's name stands in the result where the file could not be collected."""
    folder, prefix = fetch(), namespace()
    by_file: dict[str, list[str]] = {}
    for test in tests:
        by_file.setdefault(test.partition("::")[0], []).append(test)
    alone = by_file.get(_SLEEPS, []) if prefix else []
    together = [test for chosen in by_file.values() if chosen is not alone for test in chosen]
    jobs = [job for job in (alone, together) if job]
    results: dict[str, Result] = {}
    with ThreadPoolExecutor(2) as pool:
        for part in pool.map(lambda job: _run_job(job, folder, prefix, peer), jobs):
            results.update(part)
    lost = {name: chosen for name, chosen in by_file.items() if not any(id.startswith(name) for id in results)}
    for chosen in lost.values() if len(by_file) > 1 else ():  # the process ended in a test of another file
        results.update(_run_job(chosen, folder, prefix, peer))
    return results


def run_all(known: Iterable[str]) -> dict[str, Result]:
    """The whole suite; what fails and is not known to is run again."""
    found, known = run(TESTS), set(known)
    for _ in range(RERUNS):
        again = [id for id, result in found.items() if "::" in id and not result.is_good and id not in known]
        if not again:
            break
        found.update(run(again))
    return found


def _run_job(tests: list[str], folder: Path, prefix: list[str], peer: bool) -> dict[str, Result]:
    import fastthrift

    package = str(Path(fastthrift.__file__).resolve().parents[1])
    environment = {
        **os.environ,
        "PYTHONPATH": package,
        "CONFORMANCE_NAMESPACE": "1" if prefix else "",
    }
    name = tests[0].partition("::")[0]
    with tempfile.NamedTemporaryFile("r", dir=CACHE, suffix=".jsonl") as lines:
        command = [*prefix, sys.executable, str(RUN_FILE), *(["--peer"] if peer else []), lines.name, *tests]
        with (CACHE / f"{name}.log").open("w") as log:
            process = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
            _running.add(process)
            try:
                process.wait(JOB_SECONDS)
            except subprocess.TimeoutExpired:
                pass
            _end_group(process)
        recorded = [json.loads(line) for line in lines]
    results = {line["id"]: Result(line["outcome"], line["why"]) for line in recorded}
    ended = "the process ended in it" if process.returncode not in (0, 1) else "no result"
    return {id: Result("crashed", ended) if r.outcome == "started" else r for id, r in results.items()}


_running: set[subprocess.Popen[bytes]] = set()


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Ends what a file of the suite started and left behind, servers in forked children above all."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait(10)
    _running.discard(process)


def _end_all(*_: object) -> None:
    for process in list(_running):
        _end_group(process)
    os._exit(1)


def listed(path: Path) -> dict[str, str]:
    """The ids of a list of known failures, each with the reason that stands over its group."""
    reason, ids = "", {}
    for line in path.read_text().splitlines():
        if line.startswith("#"):
            reason = line.lstrip("# ")
        elif line.strip():
            ids[line.strip()] = reason
    return ids


def write_results(path: Path) -> None:
    """What `read_results` waits for: all results, or why there are none."""
    signal.signal(signal.SIGTERM, _end_all)
    try:
        found = run_all(listed(NOT_YET))
        answer: dict[str, object] = {id: [result.outcome, result.why] for id, result in found.items()}
    except Unreachable as error:
        answer = {"unreachable": str(error)}
    except BaseException as error:
        answer = {"broken": repr(error)}
    part = path.with_suffix(".part")
    part.write_text(json.dumps(answer))
    part.rename(path)


def read_results(path: Path, patience: float) -> dict[str, Result]:
    deadline = time.monotonic() + patience
    while not path.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"no {path.name} within {patience:.0f} s")
        time.sleep(0.1)
    answer = json.loads(path.read_text())
    if "unreachable" in answer:
        raise Unreachable(answer["unreachable"])
    if "broken" in answer:
        raise RuntimeError(answer["broken"])
    return {id: Result(*line) for id, line in answer.items()}


if __name__ == "__main__":
    # The table of all results, as a developer wants it: `python tests/conformance/suite.py [--peer] [FILE...]`;
    # `--write RESULTS` is what tests/conftest.py starts beside the other tests.
    if sys.argv[1:2] == ["--write"]:
        write_results(Path(sys.argv[2]))
        sys.exit()
    chosen = [a for a in sys.argv[1:] if a != "--peer"] or list(TESTS)
    found = run(chosen, peer="--peer" in sys.argv)
    for id, result in sorted(found.items()):
        if not result.is_good:
            print(f"{result.outcome:14}{id}  {result.why.splitlines()[0] if result.why else ''}")
    print(f"{sum(r.is_good for r in found.values())} of {sum(TESTS[c] for c in chosen if c in TESTS)}")
