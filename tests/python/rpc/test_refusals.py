"""The log of what is refused: short, and not more than so much a second, whatever comes."""

from __future__ import annotations

import logging
import socket
import threading
from typing import Any

import pytest

from fastthrift import refusals
from fastthrift.engine import EngineLog
from fastthrift.refusals import Refusals, address_of, in_words


class Clock:
    """A second is over when the test says so."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(refusals, "time", made)
    return made


def log() -> Refusals:
    return Refusals(logging.getLogger("a server"))


@pytest.mark.parametrize(
    ("kind", "error", "line"),
    [
        ("message", ValueError("no struct"), "message refused: ValueError: no struct"),
        ("connection", OSError(24, "Too many open files"), "connection refused: OSError: [Errno 24] Too many open files"),
        ("accept", KeyboardInterrupt(), "accept refused: KeyboardInterrupt: "),
        ("message", KeyError("k"), "message refused: KeyError: 'k'"),
        ("message", UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), "message refused: UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0: bad"),
    ],
)  # fmt: skip
def test_a_refusal_is_a_line_with_its_kind_and_its_error(
    clock: Clock, caplog: Any, kind: str, error: BaseException, line: str
) -> None:
    log().refused(kind, error)
    assert caplog.messages == [line]
    (record,) = caplog.records
    assert (record.levelname, record.name, record.exc_info) == ("WARNING", "a server", None)


@pytest.mark.parametrize(
    ("address", "line"),
    [
        (("127.0.0.1", 5000), "message refused: 127.0.0.1:5000: ValueError: no struct"),
        (("::1", 5000, 0, 0), "message refused: [::1]:5000: ValueError: no struct"),
        ("/run/a.sock", "message refused: /run/a.sock: ValueError: no struct"),
        ("", "message refused: unix: ValueError: no struct"),
        (None, "message refused: ValueError: no struct"),
    ],
)
def test_a_line_says_who_sent_what_is_refused(clock: Clock, caplog: Any, address: Any, line: str) -> None:
    log().refused("message", ValueError("no struct"), address)
    assert caplog.messages == [line]


def test_the_address_of_a_client_is_that_of_its_socket_as_long_as_it_has_one() -> None:
    class Client:
        sock: Any = None

    ours, other = socket.socketpair()
    client = Client()
    assert address_of(client) is None
    client.sock = ours
    assert in_words(address_of(client)) == "unix: "
    other.close()
    ours.close()
    assert address_of(client) is None
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with socket.create_connection(listener.getsockname()[:2]) as caller:
            client.sock = listener.accept()[0]
            with client.sock:
                assert address_of(client) == caller.getsockname()


@pytest.mark.parametrize(
    ("text", "logged"),
    [("x" * 179, "x" * 179), ("x" * 180, "x" * 180), ("x" * 181, "x" * 180 + "..."), ("é" * 10_000, "é" * 180 + "..."), ("", "")],
)  # fmt: skip
def test_a_line_has_a_longest_length(clock: Clock, caplog: Any, text: str, logged: str) -> None:
    log().note("message", text)
    assert caplog.messages == [f"message refused: {logged}"]


def test_a_text_with_percent_signs_is_no_format(clock: Clock, caplog: Any) -> None:
    log().note("message", "%s %d %(x)s 100%")
    assert caplog.messages == ["message refused: %s %d %(x)s 100%"]


@pytest.mark.parametrize("count", [1, 9, 10, 11, 500])
def test_ten_lines_of_a_kind_in_a_second(clock: Clock, caplog: Any, count: int) -> None:
    refused = log()
    for n in range(count):
        refused.note("message", str(n))
    assert caplog.messages == [f"message refused: {n}" for n in range(min(count, 10))]


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (5, []),
        (10, []),
        (11, ["1 more of kind message were refused"]),
        (1000, ["990 more of kind message were refused"]),
    ],
)
def test_what_was_not_logged_is_told_in_the_next_second(clock: Clock, caplog: Any, count: int, told: list[str]) -> None:
    refused = log()
    for _ in range(count):
        refused.note("message", "early")
    caplog.clear()
    clock.now += 1
    refused.note("message", "late")
    assert caplog.messages == [*told, "message refused: late"]


def test_it_is_told_once(clock: Clock, caplog: Any) -> None:
    refused = log()
    for _ in range(30):
        refused.note("message", "early")
    for _ in range(3):
        clock.now += 1
        refused.note("message", "late")
    assert caplog.messages[10:] == ["20 more of kind message were refused", *["message refused: late"] * 3]


def test_a_second_that_is_not_over_goes_on(clock: Clock, caplog: Any) -> None:
    refused = log()
    for step in range(20):
        clock.now += 0.04
        refused.note("message", str(step))
    assert len(caplog.messages) == 10


def test_each_kind_has_its_own_ten(clock: Clock, caplog: Any) -> None:
    refused = log()
    for n in range(15):
        refused.note("message", str(n))
        refused.note("connection", str(n))
    assert sum(each.startswith("message") for each in caplog.messages) == 10
    assert sum(each.startswith("connection") for each in caplog.messages) == 10


def test_two_servers_do_not_share_their_lines(clock: Clock, caplog: Any) -> None:
    for each in (log(), log()):
        for n in range(12):
            each.note("message", str(n))
    assert len(caplog.messages) == 20


def test_threads_that_refuse_at_once_log_ten_and_count_the_rest(clock: Clock, caplog: Any) -> None:
    refused, start = log(), threading.Barrier(6)

    def refuse() -> None:
        start.wait(10)
        for _ in range(50):
            refused.note("message", "again")

    threads = [threading.Thread(target=refuse) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(20)
    assert caplog.messages == ["message refused: again"] * 10
    clock.now += 1
    refused.note("message", "late")
    assert caplog.messages[10:] == ["290 more of kind message were refused", "message refused: late"]


def test_a_logger_that_is_off_costs_nothing_but_the_count(clock: Clock, caplog: Any) -> None:
    caplog.set_level(logging.ERROR, logger="a server")
    refused = log()
    for _ in range(20):
        refused.refused("message", ValueError("x"))
    assert caplog.messages == []


@pytest.mark.parametrize("way", ["raised", "returned"])
def test_tracebacks_of_a_method_are_limited_as_well(clock: Clock, caplog: Any, way: str) -> None:
    engine_log = EngineLog(log())
    for _ in range(300):
        getattr(engine_log, way)("add", ValueError("x"))
    engine_log.raised("echo", KeyboardInterrupt())
    text = f"add {way} what its IDL does not declare"
    assert caplog.messages == [text] * 10 + ["echo raised KeyboardInterrupt"]
    assert all(each.exc_info for each in caplog.records)
    caplog.clear()
    clock.now += 1
    getattr(engine_log, way)("add", ValueError("x"))
    assert caplog.messages == ["290 more times add failed, which was not logged", text]
