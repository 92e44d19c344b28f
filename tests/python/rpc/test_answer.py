"""What answers a call, and what a call comes to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Optional

import pytest

from fastthrift.answer import check_answer, outcome_of
from fastthrift.thrift import TApplicationException, TException, TMessageType, TType

CALL, REPLY, EXCEPTION, ONEWAY = TMessageType.CALL, TMessageType.REPLY, TMessageType.EXCEPTION, TMessageType.ONEWAY

# name: (header, sequence id that was sent, lenient, whether it is an exception)
ANSWERS: dict[str, tuple[tuple[Any, int, int], Optional[int], bool, bool]] = {
    "a reply": (("add", REPLY, 7), 7, False, False),
    "an exception": (("add", EXCEPTION, 7), 7, False, True),
    "a name in bytes": ((b"add", REPLY, 7), 7, False, False),
    "a sequence id that nobody knows": (("add", REPLY, 3), None, False, False),
    "sequence id 0 to a lenient client": (("add", REPLY, 0), 7, True, False),
    "an exception to a frame that could not be opened": (("", EXCEPTION, 7), 7, False, True),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_it_answers_the_call(name: str) -> None:
    header, sent, is_lenient, is_exception = ANSWERS[name]
    assert check_answer("add", header, sent, is_lenient) is is_exception


UNKNOWN = TApplicationException
# name: (header, lenient, type and text of the refusal)
STRANGERS: dict[str, tuple[tuple[Any, int, int], bool, int, str]] = {
    "a call": (
        ("add", CALL, 7), False, UNKNOWN.INVALID_MESSAGE_TYPE,
        "Invalid message type: add was answered with a message of type 1",
    ),
    "a oneway": (
        ("add", ONEWAY, 7), False, UNKNOWN.INVALID_MESSAGE_TYPE,
        "Invalid message type: add was answered with a message of type 4",
    ),
    "the answer to another call": (
        ("add", REPLY, 6), False, UNKNOWN.BAD_SEQUENCE_ID, "Bad sequence ID: add was sent with 7, the answer has 6",
    ),
    "sequence id 0": (
        ("add", REPLY, 0), False, UNKNOWN.BAD_SEQUENCE_ID, "Bad sequence ID: add was sent with 7, the answer has 0",
    ),
    "another call's, to a lenient client": (
        ("add", REPLY, 6), True, UNKNOWN.BAD_SEQUENCE_ID, "Bad sequence ID: add was sent with 7, the answer has 6",
    ),
    "the answer of another method": (
        ("sub", REPLY, 7), False, UNKNOWN.WRONG_METHOD_NAME, "Wrong method name: add was called, 'sub' answered",
    ),
    "a reply without a name": (
        ("", REPLY, 7), False, UNKNOWN.WRONG_METHOD_NAME, "Wrong method name: add was called, '' answered",
    ),
    "a name that is no text": (
        (b"\xff", REPLY, 7), False, UNKNOWN.WRONG_METHOD_NAME, "Wrong method name: add was called, '\ufffd' answered",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STRANGERS)
def test_it_refuses(name: str) -> None:
    header, is_lenient, kind, text = STRANGERS[name]
    with pytest.raises(TApplicationException) as caught:
        check_answer("add", header, 7, is_lenient)
    assert (caught.value.type, caught.value.message) == (kind, text)


class Declared(TException):
    thrift_spec = {1: (TType.STRING, "why", False)}


def result(*names: str, **values: Any) -> Any:
    spec = {i: (TType.STRUCT, name, Declared, False) for i, name in enumerate(names)}
    return SimpleNamespace(thrift_spec=spec, **values)


def test_a_result_with_success_gives_it() -> None:
    assert outcome_of(result("success", "error", success=0, error=None)) == 0


def test_success_goes_before_an_exception() -> None:
    assert outcome_of(result("success", "error", success="x", error=Declared())) == "x"


def test_a_void_result_gives_none() -> None:
    assert outcome_of(result()) is None
    assert outcome_of(result("error", error=None)) is None


def test_a_declared_exception_is_raised() -> None:
    error = Declared()
    with pytest.raises(Declared) as caught:
        outcome_of(result("success", "other", "error", success=None, other=None, error=error))
    assert caught.value is error


def test_a_result_without_anything_is_missing() -> None:
    with pytest.raises(TApplicationException) as caught:
        outcome_of(result("success", "error", success=None, error=None))
    assert caught.value.type == TApplicationException.MISSING_RESULT


def test_the_server_s_own_exception_is_raised() -> None:
    error = TApplicationException(TApplicationException.INTERNAL_ERROR, "broken")
    with pytest.raises(TApplicationException) as caught:
        outcome_of(error)
    assert caught.value is error
