"""Threads that serve one connection after the other."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from calc import Handler, calc, make, serving
from fastthrift import rpc, workers
from fastthrift.workers import Workers
from generic import OwnProcessor


class Ran:
    """Jobs that say in which thread they ran, and wait for the test where they are told to."""

    def __init__(self) -> None:
        self.threads: list[threading.Thread] = []
        self._changed = threading.Condition()

    def job(self, until: threading.Event | None = None) -> None:
        with self._changed:
            self.threads.append(threading.current_thread())
            self._changed.notify_all()
        if until is not None:
            assert until.wait(20)

    def wait(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.threads) >= count, 20)


def free(pool: Workers, count: int) -> None:
    """Until so many threads wait for work."""
    tick = threading.Event()
    for _ in range(2000):
        with pool._lock:
            if len(pool._free) == count:
                return
        tick.wait(0.005)
    raise AssertionError("they did not become free")


def test_a_thread_that_is_free_takes_the_next_job() -> None:
    pool, ran = Workers(), Ran()
    for count in range(1, 6):
        pool.run(ran.job, daemon=True)
        ran.wait(count)
        free(pool, 1)
    assert len(set(ran.threads)) == 1
    pool.close()
    ran.threads[0].join(20)
    assert not ran.threads[0].is_alive()


def test_jobs_at_the_same_time_have_a_thread_each() -> None:
    pool, ran, end = Workers(), Ran(), threading.Event()
    for count in range(1, 5):
        pool.run(ran.job, end, daemon=True)
        ran.wait(count)
    assert len(set(ran.threads)) == 4
    end.set()
    free(pool, 4)
    pool.close()


def test_a_thread_that_nobody_needs_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "REST", 0.01)
    pool, ran = Workers(), Ran()
    pool.run(ran.job, daemon=True)
    ran.wait(1)
    ran.threads[0].join(20)
    assert not ran.threads[0].is_alive()
    pool.run(ran.job, daemon=True)
    ran.wait(2)
    assert ran.threads[0] is not ran.threads[1]


def test_no_job_is_lost_between_the_end_of_a_rest_and_the_next_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "REST", 0.0005)
    pool, ran = Workers(), Ran()
    tick = threading.Event()
    for count in range(1, 301):
        pool.run(ran.job, daemon=True)
        ran.wait(count)
        tick.wait(0.0005)
    pool.close()


def test_a_job_that_raises_ends_its_thread_as_any_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", seen.append)
    pool, ran = Workers(), Ran()

    def fail() -> None:
        ran.job()
        raise ValueError("text")

    pool.run(fail, daemon=True)
    ran.wait(1)
    ran.threads[0].join(20)
    assert [error.exc_type for error in seen] == [ValueError]
    pool.run(ran.job, daemon=True)
    ran.wait(2)
    pool.close()


def test_after_close_a_busy_thread_ends_with_its_job() -> None:
    pool, ran, end = Workers(), Ran(), threading.Event()
    pool.run(ran.job, end, daemon=False)
    ran.wait(1)
    assert not ran.threads[0].daemon
    pool.close()
    end.set()
    ran.threads[0].join(20)
    assert not ran.threads[0].is_alive()


def test_a_server_serves_one_connection_after_the_other_with_one_thread() -> None:
    names = set()

    class Named(Handler):
        def echo(self, text: str) -> str:
            names.add(threading.current_thread())
            return text

    server = make(processor=OwnProcessor(calc.Calc, Named()))
    with serving(server) as running:
        for _ in range(5):
            with rpc.make_client(calc.Calc, "127.0.0.1", running.port, timeout=20_000) as client:
                assert client.echo("x") == "x"
            free(server._threads, 1)
    assert len(names) == 1
    thread = names.pop()
    thread.join(20)  # the server lets it go
    assert not thread.is_alive()
