"""Structs as bytes and back, without a transport in sight."""

from __future__ import annotations

from typing import Any, TypeVar

from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocolFactory
from fastthrift.apache.transport import TTransport

_Struct = TypeVar("_Struct")


def serialize(thrift_object: Any, protocol_factory: Any = TBinaryProtocolFactory()) -> bytes:  # noqa: B008
    transport = TTransport.TMemoryBuffer()
    thrift_object.write(protocol_factory.getProtocol(transport))
    return transport.getvalue()


def deserialize(base: _Struct, buf: bytes, protocol_factory: Any = TBinaryProtocolFactory()) -> _Struct:  # noqa: B008
    """Fills ``base`` from ``buf`` and gives it back. Immutable structs cannot be filled: use ``Class.read(protocol)``."""
    reader: Any = base
    reader.read(protocol_factory.getProtocol(TTransport.TMemoryBuffer(buf)))
    return base
