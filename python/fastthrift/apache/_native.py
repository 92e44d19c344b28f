"""Tells the core what it needs of this face, once: imported by the protocols, whose `_fast_*` are the core's."""

from __future__ import annotations

from typing import Any, Optional

import fastthrift.client as _client  # noqa: F401  # it tells the core what a genuine socket is
from fastthrift import _core
from fastthrift.apache import _errors
from fastthrift.apache.Thrift import TApplicationException, TFrozenDict, TType
from fastthrift.apache.transport.TSocket import TSocket
from fastthrift.apache.transport.TTransport import TBufferedTransport, TFramedTransport, TMemoryBuffer


def _plain_protocol(trans: Any, is_compact: Optional[bool]) -> Any:
    """None is JSON."""
    from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocol
    from fastthrift.apache.protocol.TCompactProtocol import TCompactProtocol
    from fastthrift.apache.protocol.TJSONProtocol import TJSONProtocol

    protocol: Any
    if is_compact is None:
        protocol = TJSONProtocol(trans)
    else:
        protocol = TCompactProtocol(trans) if is_compact else TBinaryProtocol(trans)
    protocol._fast_encode = protocol._fast_decode = None
    return protocol


def _encode_by_class(obj: Any, is_compact: Optional[bool]) -> bytes:
    """Apache's compiler leaves the spec of a struct with ids below 1 empty: only its own `write` knows its fields."""
    trans = TMemoryBuffer()
    obj.write(_plain_protocol(trans, is_compact))
    return trans.getvalue()


def _decode_by_class(obj: Any, protocol: Any, cls: Any, is_compact: Optional[bool]) -> Any:
    plain = _plain_protocol(protocol.trans, is_compact)
    plain.string_length_limit = getattr(protocol, "string_length_limit", None)
    plain.container_length_limit = getattr(protocol, "container_length_limit", None)
    makes_itself = getattr(cls.read, "__self__", None) is cls  # an immutable one
    if obj is None and makes_itself:
        return cls.read(plain)
    return _filled(cls() if obj is None else obj, plain)


def _filled(struct: Any, protocol: Any) -> Any:
    struct.read(protocol)
    return struct


_core.set_apache(
    application=TApplicationException,
    application_spec=(
        None,
        (1, TType.STRING, "message", "UTF8", None),
        (2, TType.I32, "type", None, None),
    ),
    transports=(TBufferedTransport, TFramedTransport, TMemoryBuffer),
    socket=TSocket,
    translate=_errors.translated,
    frozen_dict=TFrozenDict,
    encode_by_class=_encode_by_class,
    decode_by_class=_decode_by_class,
)
