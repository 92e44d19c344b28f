"""Unframed messages: writes are collected until flush, reads are made ahead."""

from __future__ import annotations

from fastthrift._compat import CYTHON as CYTHON
from fastthrift.transport.base import TTransportBase
from fastthrift.transport.buffered.cybuffered import TCyBufferedTransport, TCyBufferedTransportFactory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "TBufferedTransport",
    "TBufferedTransportFactory",
    "TCyBufferedTransport",
    "TCyBufferedTransportFactory",
]

_SMALLEST = 1024


class TBufferedTransport(TCyBufferedTransport, TTransportBase):
    """The native transport that is also a `TTransportBase`, as the pure one of thriftpy2 is."""

    __slots__ = ()

    DEFAULT_BUFFER = 4096

    def __init__(self, trans: Any, buf_size: int = DEFAULT_BUFFER) -> None:
        # Only the compiled class of thriftpy2 refuses small ones.
        super().__init__(trans, max(buf_size, _SMALLEST))


class TBufferedTransportFactory:
    """Puts the pure name's transport on each."""

    def get_transport(self, trans: Any) -> TBufferedTransport:
        return TBufferedTransport(trans)
