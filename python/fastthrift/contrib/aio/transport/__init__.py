"""Transports whose reads and flushes are awaited."""

from __future__ import annotations

from fastthrift.contrib.aio.transport.base import TAsyncTransportBase
from fastthrift.contrib.aio.transport.buffered import TAsyncBufferedTransport, TAsyncBufferedTransportFactory
from fastthrift.contrib.aio.transport.framed import TAsyncFramedTransport, TAsyncFramedTransportFactory

__all__ = [
    "TAsyncBufferedTransport",
    "TAsyncBufferedTransportFactory",
    "TAsyncFramedTransport",
    "TAsyncFramedTransportFactory",
    "TAsyncTransportBase",
]
