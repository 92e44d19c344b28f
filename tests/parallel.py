"""Runs the tests' files in several processes at once: `pytest --processes 2`, on systems that can fork.

The processes are forked when everything is imported and collected, and take one file after the other from a pipe. pytest-xdist's
collect everything in each process and talk with a further one about each step, which was a fifth of the CPU time of all tests.
"""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing import connection, get_all_start_methods, get_context
from typing import Any

import pytest

_NUMBER = 4  # bytes of a unit's number in the pipe
_LOOK = 1.0  # seconds after which a process that says nothing is looked at
_PATIENCE = 30.0  # seconds for a process that was told to end


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--processes", type=int, default=1, metavar="N", help="run the files of tests in N processes")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "unit(name): may run beside other tests of its file that have another name")


def pytest_runtestloop(session: pytest.Session) -> bool | None:
    option = session.config.option
    is_plain = option.collectonly or option.usepdb or session.testsfailed or "fork" not in get_all_start_methods()
    if option.processes < 2 or is_plain:
        return None
    Run(session).run(option.processes)
    return True


def units_of(items: list[pytest.Item]) -> list[list[pytest.Item]]:
    """What one process runs in one go, in the order of the first of each."""
    units: dict[Any, list[pytest.Item]] = {}
    for item in items:
        mark = item.get_closest_marker("unit")
        units.setdefault((item.path, mark and mark.args), []).append(item)
    return list(units.values())


class Run:
    def __init__(self, session: pytest.Session) -> None:
        self._session = session
        self._units = units_of(session.items)
        # Reading from a pipe takes a number once, whichever process reads it.
        self._numbers, numbers = os.pipe()
        os.write(numbers, b"".join(n.to_bytes(_NUMBER, "little") for n in range(len(self._units))))
        os.close(numbers)
        self._workers: dict[Any, Worker] = {}

    def run(self, processes: int) -> None:
        try:
            for _ in range(min(processes, len(self._units))):
                self._start([])
            while self._workers:
                for ready in connection.wait(list(self._workers), _LOOK):
                    self._hear(self._workers[ready])
                # Processes that a test forked may keep the pipe of one that died.
                for worker in [each for each in self._workers.values() if each.is_gone()]:
                    self._end(worker)
                if self._session.shouldfail:
                    raise self._session.Failed(self._session.shouldfail)
                if self._session.shouldstop:
                    raise self._session.Interrupted(self._session.shouldstop)
        finally:
            os.close(self._numbers)
            for worker in self._workers.values():
                worker.end()

    def _start(self, first: list[pytest.Item]) -> None:
        worker = Worker(self._session, self._units, self._numbers, first)
        self._workers[worker.channel] = worker

    def _hear(self, worker: Worker) -> None:
        try:
            kind, said = worker.channel.recv()
        except (EOFError, ConnectionError):
            self._end(worker)
            return
        if kind == "unit":
            worker.expected += self._units[said]
        elif kind == "stopped":
            worker.expected.clear()
        elif kind == "warning":
            self._session.config.hook.pytest_warning_recorded.call_historic(kwargs=said)
        else:
            worker.done.append((worker.expected.pop(0), said))
            # A file is shown when it is over, so that its line is not torn.
            if not worker.expected or worker.expected[0].path != worker.done[-1][0].path:
                worker.show()

    def _end(self, worker: Worker) -> None:
        del self._workers[worker.channel]
        left = worker.lost(worker.end())
        worker.show()
        if left and not self._session.shouldfail:
            self._start(left)


class Worker:
    """A process, and what this one knows of it."""

    def __init__(
        self, session: pytest.Session, units: list[list[pytest.Item]], numbers: int, first: list[pytest.Item]
    ) -> None:
        self._config = session.config
        self.expected = list(first)  # the tests that it has taken, the one that it runs first
        self.done: list[tuple[pytest.Item, list[dict[str, Any]]]] = []  # not shown yet
        context = get_context("fork")
        self.channel, theirs = context.Pipe(duplex=False)
        self._process = context.Process(target=_work, args=(session, units, numbers, first, theirs))
        with warnings.catch_warnings():
            # Libraries have threads that sleep; nothing of ours runs yet.
            warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
            self._process.start()
        theirs.close()

    def show(self) -> None:
        """Tells pytest what it would have heard in this process."""
        hook = self._config.hook
        for item, reports in self.done:
            hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
            for data in reports:
                report = hook.pytest_report_from_serializable(config=self._config, data=data)
                hook.pytest_runtest_logreport(report=report)
            hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        self.done.clear()

    def is_gone(self) -> bool:
        return not self._process.is_alive() and not self.channel.poll()

    def lost(self, code: int | None) -> list[pytest.Item]:
        """The tests that are still to run when the process died in the first of them."""
        if not self.expected:
            return []
        broken, *left = self.expected
        how = f"by signal {-code}" if code is not None and code < 0 else f"with status {code}"
        report = pytest.TestReport(
            broken.nodeid, broken.location, {}, "failed", f"the process of this test ended {how}", "call"
        )
        self.done.append(
            (broken, [self._config.hook.pytest_report_to_serializable(config=self._config, report=report)])
        )
        self.expected = []
        return left

    def end(self) -> int | None:
        """Waits for a process that ends; one that still runs is interrupted first."""
        if self.expected and self._process.is_alive():
            with suppress(ProcessLookupError):
                os.kill(self._process.pid or 0, signal.SIGINT)
        self.channel.close()
        self._process.join(_PATIENCE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join(_PATIENCE)
        return self._process.exitcode


class Reporter:
    """In the place of the terminal's reporter, in a process that runs tests."""

    def __init__(self, config: pytest.Config, channel: Any) -> None:
        self._config = config
        self._channel = channel
        self._reports: list[Any] = []
        self.is_on = False  # what is registered hears of earlier warnings first

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._reports.append(self._config.hook.pytest_report_to_serializable(config=self._config, report=report))

    def pytest_runtest_logfinish(self) -> None:
        reports, self._reports = self._reports, []
        self._channel.send(("test", reports))

    def pytest_warning_recorded(
        self, warning_message: warnings.WarningMessage, when: str, nodeid: str, location: Any
    ) -> None:
        if not self.is_on:
            return
        known = warning_message.category if warning_message.category.__module__ == "builtins" else UserWarning
        text = str(warning_message.message)
        shown = warnings.WarningMessage(text, known, warning_message.filename, warning_message.lineno)
        self._channel.send(
            ("warning", {"warning_message": shown, "when": when, "nodeid": nodeid, "location": location})
        )


def _work(
    session: pytest.Session, units: list[list[pytest.Item]], numbers: int, first: list[pytest.Item], channel: Any
) -> None:
    try:
        _run_tests(session, units, numbers, first, channel)
        channel.send(("stopped", None))
    except (KeyboardInterrupt, BrokenPipeError):
        pass  # the first process wants no more


def _run_tests(
    session: pytest.Session, units: list[list[pytest.Item]], numbers: int, first: list[pytest.Item], channel: Any
) -> None:
    config = session.config
    capture = config.pluginmanager.get_plugin("capturemanager")
    if capture is not None:  # the files that hold what tests print are shared with the processes beside this one
        capture.stop_global_capturing()
        capture.start_global_capturing()
        capture.suspend_global_capture()
    config.pluginmanager.unregister(name="terminalreporter")
    reporter = Reporter(config, channel)
    config.pluginmanager.register(reporter)
    reporter.is_on = True

    def items() -> Iterator[pytest.Item]:
        yield from first
        while taken := os.read(numbers, _NUMBER):
            number = int.from_bytes(taken, "little")
            channel.send(("unit", number))
            yield from units[number]

    upcoming = items()
    item = next(upcoming, None)
    try:
        while item is not None and not session.shouldfail and not session.shouldstop:
            following = next(upcoming, None)  # pytest keeps what both need
            config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            item = following
    finally:
        session._setupstate.teardown_exact(None)
