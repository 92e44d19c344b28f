"""What every protocol derives from, and what makes protocols."""

from __future__ import annotations

from fastthrift._core import TProtocolBase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from fastthrift.factories import TProtocolFactory as TProtocolFactory


def shares_protocol(factory: Any) -> bool:
    """Whether a connection's answers need the very protocol that read its calls, as THeader's do."""
    return bool(getattr(factory, "shares_protocol", False))


__all__ = ["TProtocolBase", "TProtocolFactory", "shares_protocol"]


def __getattr__(name: str) -> Any:
    if name == "TProtocolFactory":
        from fastthrift import factories

        return getattr(factories, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
