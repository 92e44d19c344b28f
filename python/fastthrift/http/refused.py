"""Why a request is not answered with a Thrift message."""

from __future__ import annotations


class Refused(Exception):
    """A request that gets this status; nothing more is read of a connection whose framing is in doubt."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text}")
        self.status = status
        self.text = text
