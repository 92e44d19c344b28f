"""The native buffered transport, under the name of thriftpy2's Cython one."""

from __future__ import annotations

from typing import Any

from fastthrift._core import TCyBufferedTransport
from fastthrift.transport.base import TTransportException

__all__ = ["TCyBufferedTransport", "TCyBufferedTransportFactory", "TTransportException"]


class TCyBufferedTransportFactory:
    def get_transport(self, trans: Any) -> TCyBufferedTransport:
        return TCyBufferedTransport(trans)
