"""The native buffered transport, under the name of thriftpy2's Cython one."""

from __future__ import annotations

from fastthrift._core import TCyBufferedTransport
from fastthrift.transport.base import TTransportException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["TCyBufferedTransport", "TCyBufferedTransportFactory", "TTransportException"]


class TCyBufferedTransportFactory:
    def get_transport(self, trans: Any) -> TCyBufferedTransport:
        return TCyBufferedTransport(trans)
