"""The native transports' common base, under thriftpy2's name."""

from __future__ import annotations

from fastthrift._core import CyTransportBase

__all__ = ["CyTransportBase"]
