"""The answer to a call: whether it is one, and what comes of it."""

from __future__ import annotations

from fastthrift.thrift import TApplicationException, TMessageType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def check_answer(api: str, header: tuple[Any, int, int], sent: int | None, is_lenient: bool) -> bool:
    """Whether the message with that header carries a TApplicationException; raises for one that does not answer ``api``.

    ``sent``: the sequence id of the call, None where it is unknown. ``is_lenient``: 0 is taken, too.
    """
    fname, message_type, seqid = header
    name = fname.decode("utf-8", "replace") if isinstance(fname, bytes) else fname
    if message_type not in (TMessageType.REPLY, TMessageType.EXCEPTION):
        raise TApplicationException(
            TApplicationException.INVALID_MESSAGE_TYPE,
            f"Invalid message type: {api} was answered with a message of type {message_type}",
        )
    if sent is not None and seqid != sent and not (is_lenient and seqid == 0):
        raise TApplicationException(
            TApplicationException.BAD_SEQUENCE_ID,
            f"Bad sequence ID: {api} was sent with {sent}, the answer has {seqid}",
        )
    is_exception = message_type == TMessageType.EXCEPTION
    if not answers(name, is_exception, api):
        raise TApplicationException(
            TApplicationException.WRONG_METHOD_NAME, f"Wrong method name: {api} was called, {name!r} answered"
        )
    return is_exception


def answers(name: str, is_exception: bool, api: str) -> bool:
    """Whether a message of that name can answer ``api``. A TApplicationException may have none, from a server that could not
    tell what was called, or the multiplexed one, from a server that takes no multiplexed calls."""
    return name == api or (is_exception and (not name or name.endswith(":" + api)))


def add_words(error: TApplicationException, told: TApplicationException) -> None:
    """Lets ``error``, about an EXCEPTION that does not answer the call, say what the server said."""
    error.message = f"{error.message}: {told}"


def outcome_of(answer: Any) -> Any:
    """What a call gives or raises: ``answer`` is its result struct or a TApplicationException."""
    if isinstance(answer, TApplicationException):
        raise answer
    has_success = any(field[1] == "success" for field in answer.thrift_spec.values())
    if has_success and answer.success is not None:
        return answer.success
    for field in answer.thrift_spec.values():
        if field[1] != "success":
            declared = getattr(answer, field[1], None)
            if isinstance(declared, BaseException):
                raise declared
    if has_success:
        raise TApplicationException(TApplicationException.MISSING_RESULT)
    return None
