"""How messages become bytes."""

from __future__ import annotations

from fastthrift.protocol.base import TProtocolBase
from fastthrift.protocol.binary import TBinaryProtocol, TBinaryProtocolFactory
from fastthrift.protocol.compact import TCompactProtocol, TCompactProtocolFactory
from fastthrift.protocol.cybin import TCyBinaryProtocol, TCyBinaryProtocolFactory
from fastthrift.protocol.multiplex import TMultiplexedProtocol, TMultiplexedProtocolFactory

__all__ = [
    "TBinaryProtocol",
    "TBinaryProtocolFactory",
    "TCompactProtocol",
    "TCompactProtocolFactory",
    "TCyBinaryProtocol",
    "TCyBinaryProtocolFactory",
    "TMultiplexedProtocol",
    "TMultiplexedProtocolFactory",
    "TProtocolBase",
]
