"""What every protocol derives from, and what makes protocols."""

from __future__ import annotations

from typing import Any, Protocol

from fastthrift._core import TProtocolBase


class TProtocolFactory(Protocol):
    """Anything that makes a protocol over a transport."""

    def get_protocol(self, trans: Any) -> Any: ...


__all__ = ["TProtocolBase", "TProtocolFactory"]
