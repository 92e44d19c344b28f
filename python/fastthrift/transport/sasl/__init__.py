"""SASL over any transport, as HiveServer2, Impala and HBase speak it: a negotiation, then frames.

A message of the negotiation is a status byte, four bytes of length and the body; afterwards frames are four bytes of length
and what the mechanism makes of the data. The mechanism itself is an object of the caller's (`sasl.Client`, or one that wraps
pure-sasl) with ``start``, ``step``, ``encode``, ``decode`` and ``getError``.
"""

from __future__ import annotations

from fastthrift._compat import CYTHON as CYTHON
from fastthrift.transport.base import TTransportBase, TTransportException, readall
from fastthrift.transport.sasl.client import TSaslClientTransport, TSaslClientTransportFactory
from fastthrift.transport.sasl.cysasl import TCySaslClientTransport, TCySaslClientTransportFactory

__all__ = [
    "TCySaslClientTransport",
    "TCySaslClientTransportFactory",
    "TSaslClientTransport",
    "TSaslClientTransportFactory",
    "TTransportBase",
    "TTransportException",
    "readall",
]
