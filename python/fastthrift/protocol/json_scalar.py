"""Numbers and text between Python and JSON: what fits which Thrift type, for both JSON protocols."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Optional

from fastthrift.protocol.exc import TProtocolDepthError, TProtocolException
from fastthrift.thrift import TDecodeException, TType, parse_spec

DEFAULT_MAX_DEPTH = 64
DEFAULT_MAX_MESSAGE = 104_857_600

INTEGER_BITS = {TType.BYTE: 8, TType.I16: 16, TType.I32: 32, TType.I64: 64}

# What converting a value that does not fit raises; a value that is too deep is none of these.
UNFIT = (TypeError, ValueError, OverflowError, AttributeError, LookupError)


def check_depth(budget: int, what: str) -> None:
    """Raises where no level of nesting is left; ``what`` is "reading a Thrift struct", say."""
    if budget <= 0:
        raise TProtocolDepthError(TProtocolException.DEPTH_LIMIT, f"maximum nesting depth exceeded while {what}")


def checked_integer(value: int, ttype: int) -> int:
    """The number if the type has room for it, else ValueError."""
    half = 1 << (INTEGER_BITS[ttype] - 1)
    if not -half <= value < half:
        raise ValueError(f"an i{INTEGER_BITS[ttype]} is from {-half} to {half - 1}")
    return value


def text_of(value: Any) -> str:
    """A string's value as text that has a UTF-8 form; ValueError for bytes or surrogates that have none."""
    if isinstance(value, str):
        if not value.isascii():
            value.encode()
        return value
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode()
    raise TypeError("not a string")


def encode_binary(data: Any) -> str:
    """Bytes, or text as UTF-8, in base64 with padding."""
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode("ascii")


def decode_binary(text: Any) -> bytes:
    """The bytes of base64 with or without padding; ValueError for anything else."""
    if not isinstance(text, (str, bytes)):
        raise TypeError("not base64")
    data = text.encode("ascii") if isinstance(text, str) else text
    data = data.rstrip(b"=")
    return binascii.a2b_base64(data + b"=" * (-len(data) % 4), **_STRICT)


def _strictness() -> dict[str, bool]:
    try:
        binascii.a2b_base64(b"", strict_mode=True)  # type: ignore[call-arg, unused-ignore]
    except TypeError:  # before Python 3.11
        return {}
    return {"strict_mode": True}


_STRICT: dict[str, Any] = _strictness()


def element_of(field: tuple[Any, ...]) -> Any:
    """What a container's elements, or a struct's class, are in a field of a thrift_spec; None where there is none."""
    return field[2] if len(field) > 3 else None


def split(spec: Any) -> tuple[int, Any]:
    """(type, its own spec) of an element in a spec: ``8`` or ``(15, 8)``."""
    return (spec[0], spec[1]) if isinstance(spec, (tuple, list)) else (spec, None)


def unfit(owner: Any, fid: int, field: tuple[Any, ...], value: Any) -> TDecodeException:
    """The refusal to write a value that is not of its field's type."""
    return TDecodeException(type(owner).__name__, fid, field[1], value, field[0], element_of(field))


def refusal(owner: Any, fid: int, field: tuple[Any, ...], value: Any) -> str:
    """The text of the refusal to read a value that is not of its field's type."""
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:60] + "..."
    return f"{type(owner).__name__}: field '{field[1]}' ({fid}) needs {type_name(field)}, got {shown}"


def type_name(field: tuple[Any, ...]) -> str:
    name: Optional[str]
    try:
        name = parse_spec(field[0], element_of(field)) or TType._VALUES_TO_NAMES[field[0]]
    except (KeyError, TypeError, AttributeError, IndexError):
        name = None
    return name or f"type {field[0]}"


def hashable(value: Any) -> Any:
    """The value as the key of a map or the element of a set: a list becomes a tuple, a set a frozenset."""
    if isinstance(value, list):
        return tuple(map(hashable, value))
    return frozenset(value) if isinstance(value, set) else value
