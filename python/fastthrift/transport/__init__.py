"""Transports with thriftpy2's names. The names without ``Cy`` denote the native classes here, as they do there."""

from __future__ import annotations

import importlib

from fastthrift import apache_names
from fastthrift._compat import CYTHON as CYTHON
from fastthrift.transport.base import TTransportBase, TTransportException
from fastthrift.transport.buffered.cybuffered import TCyBufferedTransport, TCyBufferedTransportFactory
from fastthrift.transport.framed.cyframed import TCyFramedTransport, TCyFramedTransportFactory
from fastthrift.transport.memory.cymemory import TCyMemoryBuffer
from fastthrift.transport.socket import TServerSocket, TSocket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from fastthrift.transport._ssl import create_thriftpy_context
    from fastthrift.transport.header import THeaderTransport, THeaderTransportFactory
    from fastthrift.transport.sasl.cysasl import (
        TCySaslClientTransport,
        TCySaslClientTransportFactory,
    )
    from fastthrift.transport.sasl.cysasl import TCySaslClientTransport as TSaslClientTransport
    from fastthrift.transport.sasl.cysasl import TCySaslClientTransportFactory as TSaslClientTransportFactory
    from fastthrift.transport.sslsocket import TSSLServerSocket, TSSLSocket
    from fastthrift.transport.zlib import TZlibTransport, TZlibTransportFactory

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
    "TCySaslClientTransport",
    "TCySaslClientTransportFactory",
    "TFramedTransport",
    "TFramedTransportFactory",
    "THeaderTransport",
    "THeaderTransportFactory",
    "TMemoryBuffer",
    "TSSLServerSocket",
    "TSSLSocket",
    "TSaslClientTransport",
    "TSaslClientTransportFactory",
    "TServerSocket",
    "TSocket",
    "TTransportBase",
    "TTransportException",
    "TZlibTransport",
    "TZlibTransportFactory",
    "create_thriftpy_context",
]

# Imported when somebody asks for them: `ssl` takes longer to import than all the rest. (module, name in it)
_ON_DEMAND = {
    "TCySaslClientTransport": ("sasl.cysasl", "TCySaslClientTransport"),
    "TCySaslClientTransportFactory": ("sasl.cysasl", "TCySaslClientTransportFactory"),
    "THeaderTransport": ("header", "THeaderTransport"),
    "THeaderTransportFactory": ("header", "THeaderTransportFactory"),
    "TSSLServerSocket": ("sslsocket", "TSSLServerSocket"),
    "TSSLSocket": ("sslsocket", "TSSLSocket"),
    "TSaslClientTransport": ("sasl.cysasl", "TCySaslClientTransport"),
    "TSaslClientTransportFactory": ("sasl.cysasl", "TCySaslClientTransportFactory"),
    "TZlibTransport": ("zlib", "TZlibTransport"),
    "TZlibTransportFactory": ("zlib", "TZlibTransportFactory"),
    "create_thriftpy_context": ("_ssl", "create_thriftpy_context"),
}


apache_names.answer(TSocket, "transport.TSocket", "TSocket", "TServerSocket")
# The same for what comes on demand: (module of Apache's face, its names).
_APACHE_NAMES = {
    "THeaderTransport": ("transport.THeaderTransport", "THeaderTransport", "THeaderClientType"),
    "TSSLSocket": ("transport.TSSLSocket", "TSSLSocket", "TSSLServerSocket"),
    "TZlibTransport": ("transport.TZlibTransport", "TZlibTransport", "TZlibTransportFactory"),
}


def __getattr__(name: str) -> Any:
    if name not in _ON_DEMAND:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, inside = _ON_DEMAND[name]
    value = globals()[name] = getattr(importlib.import_module(f"{__name__}.{module}"), inside)
    if name in _APACHE_NAMES:
        apache_names.answer(value, *_APACHE_NAMES[name])
    return value
