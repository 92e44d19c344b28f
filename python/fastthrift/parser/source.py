"""The bytes of an IDL file, from a path or a URL."""

from __future__ import annotations

from .exc import ThriftParserError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

MAX_BYTES = 16 * 1024 * 1024
URL_TIMEOUT_S = 30.0
FIRST_READ = 256 * 1024  # most files end before; memory for the largest is not taken for each


class ThriftEncodingError(ThriftParserError, UnicodeDecodeError):
    """A file is not in the encoding that it should be in."""

    def __str__(self) -> str:
        return UnicodeDecodeError.__str__(self)


def is_url(path: str) -> bool:
    """True for ``scheme:...``; one letter is a drive."""
    scheme, colon, rest = path.partition(":")
    return bool(colon) and len(scheme) > 1 and scheme.isalnum() and rest.startswith("//")


def local_path(path: str) -> str:
    """The path of a file:// URL; others unchanged. Includes are searched from there."""
    if not is_url(path) or not path.startswith("file:"):
        return path
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    return url2pathname(urlsplit(path).path)


def read(path: str, encoding: str, open_file: Callable[..., Any]) -> bytes:
    """The file as UTF-8. ``open_file`` is ``open``, or what a program has put in its place."""
    if is_url(path):
        return _read_url(path, encoding)
    if open_file is open:
        with open(path, "rb", buffering=0) as file:
            return _as_lines(to_utf8(_read_all(file.read, path), encoding, path))
    with open_file(path, encoding=encoding) as file:
        return text_to_utf8(file.read(), path)


def _as_lines(text: bytes) -> bytes:
    """With the line ends of a file that is opened as text: the end of a comment may be a lone carriage return."""
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text


def _read_url(path: str, encoding: str) -> bytes:
    scheme = path.partition(":")[0]
    if scheme not in ("file", "http", "https"):
        raise ThriftParserError(f"thriftpy2 does not support generating module with path in protocol '{scheme}'")
    from urllib.request import urlopen

    with urlopen(path, timeout=URL_TIMEOUT_S) as response:
        return to_utf8(_read_all(response.read, path), encoding, path)


def _read_all(read: Callable[[int], bytes | None], path: str) -> bytes:
    parts = []
    left = MAX_BYTES + 1
    size = FIRST_READ
    while left > 0:
        part = read(min(size, left))
        if not part:
            break
        parts.append(part)
        left -= len(part)
        size *= 8
    data = parts[0] if len(parts) == 1 else b"".join(parts)
    _check_size(len(data), path)
    return data


def _check_size(size: int, path: str | None) -> None:
    if size > MAX_BYTES:
        error = ThriftParserError(f"The file is larger than {MAX_BYTES} bytes: {path}")
        error.filename = path
        raise error


def to_utf8(data: bytes, encoding: str, path: str | None) -> bytes:
    """Bytes in an encoding as UTF-8. What says it is UTF-8 is checked by the lexer, which knows the place."""
    if encoding.lower().replace("_", "-") in ("utf-8", "utf8"):
        return data
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raised = ThriftEncodingError(*error.args)
        raised.filename = path
        raised.lineno = data.count(b"\n", 0, error.start) + 1
        raise raised from None
    return text_to_utf8(text, path)


def text_to_utf8(text: str | bytes, path: str | None) -> bytes:
    """What a file object gave as UTF-8."""
    if isinstance(text, str):
        text = text.encode("utf-8", "surrogatepass")
    _check_size(len(text), path)
    return text
