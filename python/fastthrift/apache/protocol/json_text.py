"""JSON written and read piece by piece: brackets, commas and colons come by themselves, numbers as keys stand in quotes."""

from __future__ import annotations

import base64
import binascii
import math
import re
from typing import Any, Callable, Optional

from fastthrift.apache.protocol.TProtocol import TProtocolException, TProtocolSizeError
from fastthrift.apache.transport.TTransport import TTransportException

__all__ = ["JsonReader", "JsonWriter", "double_text"]

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPED = {ord('"'): '"', ord("\\"): "\\", ord("/"): "/", ord("b"): "\b", ord("f"): "\f"}
_ESCAPED.update({ord("n"): "\n", ord("r"): "\r", ord("t"): "\t"})
_TO_ESCAPE = re.compile(r'["\\\x00-\x1f]')
_INTEGER = re.compile(rb"-?[0-9]{1,40}\Z")
_HEX = re.compile(rb"[0-9A-Fa-f]{4}\Z")
_SPACE = b" \t\r\n"
_TOKEN = frozenset(b"+-.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
# No number or word of anybody is longer; what is never ends.
_LONGEST_TOKEN = 400
_SPECIALS = {
    b"NaN": math.nan,
    b"nan": math.nan,
    b"Infinity": math.inf,
    b"inf": math.inf,
    b"-Infinity": -math.inf,
    b"-inf": -math.inf,
}


def bad(text: str) -> TProtocolException:
    return TProtocolException(TProtocolException.INVALID_DATA, text)


def double_text(number: float) -> str:
    """The shortest text that reads back as the same number; quoted where JSON has no number for it."""
    if math.isfinite(number):
        text = repr(float(number))
        return text[:-2] if text.endswith(".0") else text
    return '"NaN"' if math.isnan(number) else '"Infinity"' if number > 0 else '"-Infinity"'


class _Level:
    """An open bracket: an object's keys and values take turns."""

    __slots__ = ("count", "is_object")

    def __init__(self, is_object: bool) -> None:
        self.is_object = is_object
        self.count = 0

    @property
    def is_at_key(self) -> bool:
        return self.is_object and self.count % 2 == 0

    def separator(self) -> bytes:
        """What stands in front of the next value, which counts from here on."""
        self.count += 1
        if self.count == 1:
            return b""
        return b":" if self.is_object and self.count % 2 == 0 else b","


class _Levels:
    def __init__(self) -> None:
        self._levels: list[_Level] = []

    def reset(self) -> None:
        self._levels.clear()

    def push(self, is_object: bool) -> None:
        self._levels.append(_Level(is_object))

    def restart(self) -> None:
        self._levels[-1].count = 0

    def pop(self) -> None:
        if not self._levels:
            raise bad("an end without a beginning")
        self._levels.pop()

    def is_outermost(self) -> bool:
        """Whether what comes next stands alone: nothing is open but a message, whose head has had its comma."""
        return not self._levels or (len(self._levels) == 1 and self._levels[0].count == 0)

    def next(self) -> tuple[bytes, bool]:
        """The separator in front of the next value, and whether that is a key."""
        if not self._levels:
            return b"", False
        level = self._levels[-1]
        is_key = level.is_at_key
        return level.separator(), is_key


class JsonWriter:
    def __init__(self, write: Callable[[bytes], Any]) -> None:
        self._write = write
        self._levels = _Levels()

    def reset(self) -> None:
        self._levels.reset()

    def is_outermost(self) -> bool:
        return self._levels.is_outermost()

    def separate(self) -> None:
        """Writes the comma in front of the next value now."""
        self._write(b",")
        self._levels.restart()

    def begin(self, is_object: bool) -> None:
        separator, _ = self._levels.next()
        self._write(separator + (b"{" if is_object else b"["))
        self._levels.push(is_object)

    def end(self, is_object: bool) -> None:
        self._levels.pop()
        self._write(b"}" if is_object else b"]")

    def number(self, text: str) -> None:
        separator, is_key = self._levels.next()
        quoted = f'"{text}"' if is_key and not text.startswith('"') else text
        self._write(separator + quoted.encode("ascii"))

    def string(self, text: str) -> None:
        escaped = _TO_ESCAPE.sub(lambda m: _ESCAPES.get(m[0]) or f"\\u{ord(m[0]):04x}", text)
        # Encoded first: with a lone surrogate in it nothing is written.
        encoded = escaped.encode("utf-8")
        separator, _ = self._levels.next()
        self._write(separator + b'"' + encoded + b'"')

    def binary(self, data: bytes) -> None:
        encoded = base64.b64encode(data)
        separator, _ = self._levels.next()
        self._write(separator + b'"' + encoded + b'"')


class JsonReader:
    """Reads no byte beyond the last bracket. ``read_all`` gives exactly as many bytes as it is asked for."""

    def __init__(self, read_all: Callable[[int], bytes], string_limit: Callable[[], Optional[int]]) -> None:
        self._read_all = read_all
        self._string_limit = string_limit
        self._levels = _Levels()
        self._ahead: Optional[int] = None

    def reset(self) -> None:
        self._levels.reset()
        self._ahead = None

    def is_outermost(self) -> bool:
        return self._ahead is None and self._levels.is_outermost()

    def separate(self) -> None:
        """Takes the comma in front of the next value now."""
        self._expect(b",")
        self._levels.restart()

    def peek(self) -> int:
        """The next byte that is no space."""
        while self._ahead is None or self._ahead in _SPACE:
            self._ahead = self._read_all(1)[0]
        return self._ahead

    def _expect(self, byte: bytes) -> None:
        found = self.peek()
        if found != byte[0]:
            raise bad(f"Unexpected character: {chr(found)!r}, expected {byte.decode()!r}")
        self._ahead = None

    def _separate(self) -> bool:
        """Takes what stands in front of the next value; whether that is a key."""
        separator, is_key = self._levels.next()
        if separator:
            self._expect(separator)
        return is_key

    def begin(self, is_object: bool) -> None:
        self._separate()
        self._expect(b"{" if is_object else b"[")
        self._levels.push(is_object)

    def end(self, is_object: bool) -> None:
        self._expect(b"}" if is_object else b"]")
        self._levels.pop()

    def is_at_end(self) -> bool:
        """Whether the object at hand has no more members."""
        return self.peek() == ord("}")

    def _token(self) -> bytes:
        """A number or word, in quotes or not; what ends it stays."""
        self._separate()
        is_quoted = self.peek() == ord('"')
        if is_quoted:
            self._ahead = None
        found = bytearray()
        while True:
            if self._ahead is None:
                self._ahead = self._read_all(1)[0]
            if self._ahead not in _TOKEN:
                break
            found.append(self._ahead)
            self._ahead = None
            if len(found) > _LONGEST_TOKEN:
                raise bad("Bad data encountered in numeric data: it is too long")
        if is_quoted:
            if self._ahead != ord('"'):
                raise bad(f"Bad data encountered in numeric data: {chr(self._ahead)!r}")
            self._ahead = None
        return bytes(found)

    def integer(self) -> int:
        token = self._token()
        if not _INTEGER.match(token):
            raise bad(f"Bad data encountered in numeric data: {token.decode('ascii')!r} is no integer")
        return int(token)

    def boolean(self) -> bool:
        token = self._token()
        if token in (b"false", b"true"):
            return token == b"true"
        if not _INTEGER.match(token):
            raise bad(f"Bad data encountered: {token.decode('ascii')!r} is no bool")
        return int(token) != 0

    def double(self) -> float:
        token = self._token()
        if token in _SPECIALS:
            return _SPECIALS[token]
        try:
            if token[-1:].isalpha() or b"_" in token:
                raise ValueError
            return float(token)
        except ValueError:
            raise bad(f"Bad data encountered in numeric data: {token.decode('ascii')!r} is no number") from None

    def string(self) -> str:
        try:
            return self._quoted().decode("utf-8")
        except UnicodeDecodeError as error:
            raise bad(f"a string that is not UTF-8: {error}") from error

    def _quoted(self) -> bytes:
        self._separate()
        self._expect(b'"')
        limit = self._string_limit()
        found = bytearray()
        while True:
            byte = self._read_all(1)[0]
            if byte == ord('"'):
                return bytes(found)
            if byte == ord("\\"):
                found += self._escape()
            else:
                found.append(byte)
            if limit is not None and len(found) > limit:
                raise TProtocolSizeError(TTransportException.SIZE_LIMIT, f"Length exceeded max allowed: {limit}")

    def _escape(self) -> bytes:
        byte = self._read_all(1)[0]
        if byte != ord("u"):
            if byte not in _ESCAPED:
                raise bad(f"an escape that JSON does not have: \\{chr(byte)}")
            return _ESCAPED[byte].encode()
        unit = self._four_digits()
        if 0xD800 <= unit < 0xDC00:
            if self._read_all(2) != b"\\u":
                raise bad("a high surrogate without a low one")
            low = self._four_digits()
            if not 0xDC00 <= low < 0xE000:
                raise bad("a high surrogate without a low one")
            unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)
        elif 0xDC00 <= unit < 0xE000:
            raise bad("a low surrogate without a high one")
        return chr(unit).encode("utf-8")

    def _four_digits(self) -> int:
        digits = self._read_all(4)
        if not _HEX.match(digits):
            raise bad(f"four hexadecimal digits are due, found {digits!r}")
        return int(digits, 16)

    def binary(self) -> bytes:
        text = self._quoted().rstrip(b"=")
        try:
            return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
        except (binascii.Error, ValueError) as error:
            raise bad(f"a binary that is not base64: {error}") from error
