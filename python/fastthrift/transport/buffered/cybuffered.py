"""The native buffered transport, under the name of thriftpy2's Cython one."""

from __future__ import annotations

from typing import Any

from fastthrift._core import TCyBufferedTransport

__all__ = ["TCyBufferedTransport", "TCyBufferedTransportFactory"]


class TCyBufferedTransportFactory:
    def get_transport(self, trans: Any) -> TCyBufferedTransport:
        return TCyBufferedTransport(trans)
