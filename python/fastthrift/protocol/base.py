"""What every protocol derives from, and what makes protocols."""

from __future__ import annotations

from typing import Any, Protocol

from fastthrift._core import TProtocolBase


class TProtocolFactory(Protocol):
    """Anything that makes a protocol over a transport."""

    def get_protocol(self, trans: Any) -> Any: ...


def shares_protocol(factory: Any) -> bool:
    """Whether a connection's answers need the very protocol that read its calls, as THeader's do."""
    return bool(getattr(factory, "shares_protocol", False))


__all__ = ["TProtocolBase", "TProtocolFactory", "shares_protocol"]
