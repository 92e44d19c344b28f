"""Transports as users write them, which remember what was asked of them."""

from __future__ import annotations

import io
from typing import Any


class Raw:
    """Nobody's subclass: `read` gives at most `piece` bytes at a time."""

    def __init__(self, data: bytes = b"", piece: int = 1 << 30) -> None:
        self.incoming = io.BytesIO(data)
        self.piece = piece
        self.log: list[Any] = []
        self.opened = True

    def is_open(self) -> bool:
        return self.opened

    def open(self) -> None:
        self.log.append("open")
        self.opened = True

    def close(self) -> None:
        self.log.append("close")
        self.opened = False

    def read(self, sz: int) -> bytes:
        self.log.append(("read", sz))
        return self.incoming.read(min(sz, self.piece))

    def write(self, buf: bytes) -> None:
        self.log.append(("write", bytes(buf)))

    def flush(self) -> None:
        self.log.append("flush")

    @property
    def asked(self) -> list[int]:
        return [entry[1] for entry in self.log if entry[0] == "read"]

    @property
    def sent(self) -> bytes:
        return b"".join(entry[1] for entry in self.log if entry[0] == "write")
