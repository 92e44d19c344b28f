"""Framed messages: four bytes of length in front of everything that is written between two flushes."""

from __future__ import annotations

from fastthrift._compat import CYTHON as CYTHON
from fastthrift.transport.base import TTransportBase, readall
from fastthrift.transport.buffered import TBufferedTransport
from fastthrift.transport.framed.cyframed import TCyFramedTransport, TCyFramedTransportFactory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "TBufferedTransport",
    "TCyFramedTransport",
    "TCyFramedTransportFactory",
    "TFramedTransport",
    "TFramedTransportFactory",
    "TTransportBase",
    "readall",
]


class TFramedTransport(TCyFramedTransport, TTransportBase):
    """The native transport that is also a `TTransportBase` and asks below for exactly one frame at a time."""

    __slots__ = ()

    def __init__(self, trans: Any) -> None:
        super().__init__(trans, read_ahead=False)


class TFramedTransportFactory:
    """Frames below, a buffer above them, as thriftpy2's pure factory puts them."""

    def get_transport(self, trans: Any) -> TBufferedTransport:
        return TBufferedTransport(TFramedTransport(trans))
