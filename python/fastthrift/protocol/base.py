"""What every protocol derives from, and what makes protocols."""

from __future__ import annotations

from fastthrift._core import TProtocolBase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol
else:
    Protocol = object


class TProtocolFactory(Protocol):
    """Anything that makes a protocol over a transport."""

    def get_protocol(self, trans: Any) -> Any: ...


def shares_protocol(factory: Any) -> bool:
    """Whether a connection's answers need the very protocol that read its calls, as THeader's do."""
    return bool(getattr(factory, "shares_protocol", False))


__all__ = ["TProtocolBase", "TProtocolFactory", "shares_protocol"]
