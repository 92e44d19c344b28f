"""The native framed transport, under the name of thriftpy2's Cython one."""

from __future__ import annotations

from fastthrift._core import TCyFramedTransport
from fastthrift.transport.base import TTransportException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["TCyFramedTransport", "TCyFramedTransportFactory", "TTransportException"]


class TCyFramedTransportFactory:
    """``max_frame``: the most bytes of one frame in either direction, None for no limit."""

    def __init__(self, *, max_frame: int | None = 16_384_000) -> None:
        self.max_frame = max_frame

    def get_transport(self, trans: Any) -> TCyFramedTransport:
        return TCyFramedTransport(trans, max_frame=self.max_frame)
