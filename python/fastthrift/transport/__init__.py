"""Transports with thriftpy2's names. The names without ``Cy`` denote the native classes here, as they do there."""

from __future__ import annotations

from fastthrift.transport.base import TTransportBase, TTransportException
from fastthrift.transport.buffered.cybuffered import TCyBufferedTransport, TCyBufferedTransportFactory
from fastthrift.transport.framed.cyframed import TCyFramedTransport, TCyFramedTransportFactory
from fastthrift.transport.memory.cymemory import TCyMemoryBuffer
from fastthrift.transport.socket import TServerSocket, TSocket

TBufferedTransport = TCyBufferedTransport
TBufferedTransportFactory = TCyBufferedTransportFactory
TFramedTransport = TCyFramedTransport
TFramedTransportFactory = TCyFramedTransportFactory
TMemoryBuffer = TCyMemoryBuffer

__all__ = [
    "TBufferedTransport",
    "TBufferedTransportFactory",
    "TCyBufferedTransport",
    "TCyBufferedTransportFactory",
    "TCyFramedTransport",
    "TCyFramedTransportFactory",
    "TCyMemoryBuffer",
    "TFramedTransport",
    "TFramedTransportFactory",
    "TMemoryBuffer",
    "TServerSocket",
    "TSocket",
    "TTransportBase",
    "TTransportException",
]
