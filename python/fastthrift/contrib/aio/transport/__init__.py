"""Transports whose reads and flushes are awaited."""

from __future__ import annotations

from fastthrift.contrib.aio.transport.base import TAsyncTransportBase
from fastthrift.contrib.aio.transport.buffered import TAsyncBufferedTransport, TAsyncBufferedTransportFactory
from fastthrift.contrib.aio.transport.framed import TAsyncFramedTransport, TAsyncFramedTransportFactory
from fastthrift.contrib.aio.transport.sasl import TAsyncSaslClientTransport, TAsyncSaslClientTransportFactory

__all__ = [
    "TAsyncBufferedTransport",
    "TAsyncBufferedTransportFactory",
    "TAsyncFramedTransport",
    "TAsyncFramedTransportFactory",
    "TAsyncSaslClientTransport",
    "TAsyncSaslClientTransportFactory",
    "TAsyncTransportBase",
]
