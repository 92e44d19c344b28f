"""What the factories of accelerated protocols have in common."""

from __future__ import annotations

from typing import Optional

from fastthrift.apache.protocol.TProtocol import DEFAULT_STRING_LENGTH_LIMIT, TProtocolFactory


class AcceleratedFactory(TProtocolFactory):
    """``fallback`` is taken and has no effect."""

    def __init__(
        self,
        string_length_limit: Optional[int] = DEFAULT_STRING_LENGTH_LIMIT,
        container_length_limit: Optional[int] = None,
        fallback: bool = True,
    ) -> None:
        self.string_length_limit = string_length_limit
        self.container_length_limit = container_length_limit
        self._fallback = fallback
