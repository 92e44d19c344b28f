"""The SASL transport under the name of thriftpy2's Cython one."""

from __future__ import annotations

from typing import Any

from fastthrift.transport.base import TTransportException, readall
from fastthrift.transport.sasl.client import TSaslClientTransport, TSaslClientTransportFactory

__all__ = ["TCySaslClientTransport", "TCySaslClientTransportFactory", "TTransportException", "readall"]


class TCySaslClientTransport(TSaslClientTransport):
    """The same as `TSaslClientTransport`."""


class TCySaslClientTransportFactory(TSaslClientTransportFactory):
    def get_transport(self, trans: Any) -> TCySaslClientTransport:
        return TCySaslClientTransport(self.sasl_client_factory, self.mechanism, trans)
