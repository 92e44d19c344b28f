"""Structs as bytes and back, without a transport in sight."""

from __future__ import annotations

from typing import Any, TypeVar

from fastthrift import _core
from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocolAcceleratedFactory, TBinaryProtocolFactory
from fastthrift.apache.protocol.TCompactProtocol import TCompactProtocolAcceleratedFactory, TCompactProtocolFactory
from fastthrift.apache.protocol.TProtocol import read_struct, write_struct
from fastthrift.apache.transport import TTransport
from fastthrift.apache.TStruct import TStruct

_Struct = TypeVar("_Struct")

# Factories whose protocols need not be made for structs of ours: whether they are compact.
_KINDS: dict[Any, bool] = {
    TBinaryProtocolFactory: False,
    TBinaryProtocolAcceleratedFactory: False,
    TCompactProtocolFactory: True,
    TCompactProtocolAcceleratedFactory: True,
}
_READ: Any = TStruct.read
_WRITE: Any = TStruct.write
_bytes_of = _core.apache_struct_bytes
_filled = _core.apache_struct_from_bytes


def serialize(thrift_object: Any, protocol_factory: Any = TBinaryProtocolFactory()) -> bytes:  # noqa: B008
    is_compact = _KINDS.get(type(protocol_factory))
    # Not isinstance: with a metaclass of its own, that takes as long as writing a small struct.
    if is_compact is not None and getattr(type(thrift_object), "write", None) is _WRITE:
        return _bytes_of(thrift_object, is_compact)
    transport = TTransport.TMemoryBuffer()
    write_struct(thrift_object, protocol_factory.getProtocol(transport))
    return transport.getvalue()


def deserialize(base: _Struct, buf: bytes, protocol_factory: Any = TBinaryProtocolFactory()) -> _Struct:  # noqa: B008
    """Fills ``base`` from ``buf`` and gives it back. Immutable structs cannot be filled: use ``Class.read(protocol)``."""
    is_compact = _KINDS.get(type(protocol_factory))
    if is_compact is not None and type(buf) is bytes and getattr(type(base), "read", None) is _READ:
        return _filled(base, buf, protocol_factory, is_compact)
    read_struct(base, protocol_factory.getProtocol(TTransport.TMemoryBuffer(buf)))
    return base
