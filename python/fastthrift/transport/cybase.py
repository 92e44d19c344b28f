"""The native transports' common base, under thriftpy2's name."""

from __future__ import annotations

from fastthrift._core import CyTransportBase

__all__ = ["CyTransportBase", "TCyBuffer"]


class TCyBuffer:
    """A name that thriftpy2's compiled transports share; Python sees nothing of it but that it takes a size."""

    def __init__(self, buf_size: int, /) -> None:
        self._buf_size = int(buf_size)
