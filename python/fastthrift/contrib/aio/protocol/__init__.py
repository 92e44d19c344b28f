"""Protocols over transports whose reads are awaited: reads are coroutines, writes are plain."""

from __future__ import annotations

from fastthrift.contrib.aio.protocol.base import TAsyncProtocolBase
from fastthrift.contrib.aio.protocol.binary import TAsyncBinaryProtocol, TAsyncBinaryProtocolFactory
from fastthrift.contrib.aio.protocol.compact import TAsyncCompactProtocol, TAsyncCompactProtocolFactory

__all__ = [
    "TAsyncBinaryProtocol",
    "TAsyncBinaryProtocolFactory",
    "TAsyncCompactProtocol",
    "TAsyncCompactProtocolFactory",
    "TAsyncProtocolBase",
]
