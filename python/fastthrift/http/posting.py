"""What clients by HTTP have in common, on threads and on event loops: where they post to, what their requests say of
themselves, and how long a call may take. They differ in how they send."""

from __future__ import annotations

import re
import time
import urllib.parse
from typing import Any

from fastthrift.transport.base import Buffer, seconds

# Some servers (C++'s) never answer a oneway; it has been sent, so nobody is to wait longer than this.
ONEWAY_ANSWER_MS = 5_000

PORTS = {"http": 80, "https": 443}
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")  # token of RFC 9110, 5.6.2
_OURS = ("content-length", "transfer-encoding")


class Posting:
    """Posts what was written to ``uri``. ``timeout``: milliseconds for a request and its answer together, None for ever.
    ``header_factory``: its ``get_headers()`` go before the client's own."""

    # A flush connects where nothing is connected.
    opens_for_each_call = True

    def __init__(self, uri: str, timeout: float | None, header_factory: Any) -> None:
        parsed = urllib.parse.urlsplit(uri)
        if parsed.scheme not in PORTS:
            raise ValueError(f"expected a URL of http or https, got {uri!r}")
        if not parsed.hostname:
            raise ValueError(f"a URL without a host: {uri!r}")
        self.scheme = parsed.scheme
        self.host: str = parsed.hostname
        self.port: int = parsed.port or PORTS[parsed.scheme]
        self.path = (parsed.path or "/") + (f"?{parsed.query}" if parsed.query else "")
        self._http_header_factory = header_factory
        self._written: list[bytes] = []
        self._call_deadline: float | None = None
        self._is_oneway = False
        self.set_timeout(timeout)

    def set_timeout(self, ms: float | None) -> None:
        self._timeout = seconds(ms)

    def begin_call(self) -> None:
        """From here to `end_call` everything together may take no longer than the timeout."""
        self._call_deadline = self._deadline()

    def begin_oneway(self) -> None:
        """As `begin_call`, for a request that the server may leave without an answer."""
        self.begin_call()
        self._is_oneway = True

    def end_call(self) -> None:
        self._call_deadline = None
        self._is_oneway = False

    def write(self, buf: Buffer) -> None:
        self._written.append(bytes(buf))

    def _deadline(self) -> float | None:
        return None if self._timeout is None else time.monotonic() + self._timeout

    def _with_users(self, fields: dict[str, str]) -> dict[str, str]:
        """The fields of a request; the factory's stand in the place of ours, in whatever case their names are."""
        names = {name.lower(): name for name in fields}
        for name, value in (self._http_header_factory.get_headers() or {}).items():
            checked = _checked(name, value)
            fields.pop(names.get(name.lower(), ""), None)
            names[name.lower()] = name
            fields[name] = checked
        return fields


def check_headers(headers: dict[str, str]) -> None:
    """Refuses what cannot be sent, before anything is."""
    for name, value in headers.items():
        _checked(name, value)


def _checked(name: Any, value: Any) -> str:
    """The value of a header that may be sent."""
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    elif isinstance(value, int):
        value = str(value)
    if not isinstance(name, str) or not isinstance(value, str):
        raise TypeError(f"HTTP headers are strings, got {name!r}: {value!r}")
    if not _NAME.match(name) or name.lower() in _OURS:
        raise ValueError(f"no name for an HTTP header: {name!r}")
    if re.search(r"[\r\n\0]", value):
        raise ValueError(f"the value of the HTTP header {name} has a line break or a null character in it: {value!r}")
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError(f"the value of the HTTP header {name} is not Latin-1: {value!r}") from None
    return value
