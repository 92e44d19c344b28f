"""Structs as bytes and back, without a transport in sight."""

from __future__ import annotations

from typing import Any

from fastthrift import _core
from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocolAcceleratedFactory, TBinaryProtocolFactory
from fastthrift.apache.protocol.TCompactProtocol import TCompactProtocolAcceleratedFactory, TCompactProtocolFactory
from fastthrift.apache.protocol.TProtocol import read_struct, write_struct
from fastthrift.apache.transport import TTransport

__all__ = ["TBinaryProtocolFactory", "TTransport", "deserialize", "serialize"]

serialize = _core.apache_serialize
deserialize = _core.apache_deserialize


def _check(thrift_object: Any) -> None:
    if thrift_object is None or isinstance(thrift_object, type):
        raise TypeError(f"an object of a generated class is needed, got {thrift_object!r}")


def _serialize(thrift_object: Any, protocol_factory: Any) -> bytes:
    _check(thrift_object)
    transport = TTransport.TMemoryBuffer()
    write_struct(thrift_object, protocol_factory.getProtocol(transport))
    return transport.getvalue()


def _deserialize(base: Any, buf: bytes, protocol_factory: Any) -> Any:
    _check(base)
    made = read_struct(base, protocol_factory.getProtocol(TTransport.TMemoryBuffer(buf)))
    return base if made is None else made


_core.set_apache_serialization(
    (TBinaryProtocolFactory, TBinaryProtocolAcceleratedFactory),
    (TCompactProtocolFactory, TCompactProtocolAcceleratedFactory),
    TBinaryProtocolFactory(),
    _serialize,
    _deserialize,
)
