"""The compact protocol. `_fast_*` are the core's: structs are read and written natively but by subclasses that have their own ways."""

# Programs import more from here than is used here.
# ruff: noqa: F401

from __future__ import annotations

from typing import Any, Optional

from fastthrift import _core
from fastthrift.apache import _native as _native
from fastthrift.apache.protocol import fastbinary
from fastthrift.apache.protocol._accelerated import AcceleratedFactory
from fastthrift.apache.protocol._compact_reader import CompactReader
from fastthrift.apache.protocol._compact_words import (
    CTYPES,
    TTYPES,
    CompactState,
    CompactType,
    fromZigZag,
    make_helper,
    makeZigZag,
    reader,
    readVarint,
    writer,
    writeVarint,
)
from fastthrift.apache.protocol._compact_writer import CompactWriter
from fastthrift.apache.protocol.TProtocol import (
    DEFAULT_STRING_LENGTH_LIMIT,
    TProtocolBase,
    TProtocolException,
    TProtocolFactory,
    changed_ways,
    checkIntegerLimits,
)
from fastthrift.apache.Thrift import TType
from fastthrift.protocol.compact import (
    BOOL_READ,
    BOOL_WRITE,
    CLEAR,
    CONTAINER_READ,
    CONTAINER_WRITE,
    FIELD_READ,
    FIELD_WRITE,
    VALUE_READ,
    VALUE_WRITE,
)

__all__ = ["TCompactProtocol", "TCompactProtocolFactory"]


class TCompactProtocol(CompactReader, CompactWriter):
    """Compact over any transport. ``string_length_limit``: bytes of a string, ``container_length_limit``: elements."""

    def __init__(
        self,
        trans: Any,
        string_length_limit: Optional[int] = DEFAULT_STRING_LENGTH_LIMIT,
        container_length_limit: Optional[int] = None,
    ) -> None:
        CompactState.__init__(self, trans, string_length_limit, container_length_limit)
        # A subclass that reads or writes values its own way is asked for each of them.
        writes, reads = (False, False) if type(self) in _OURS else changed_ways(type(self), TCompactProtocol)
        self._fast_decode = None if reads else fastbinary.decode_compact
        self._fast_encode = None if writes else fastbinary.encode_compact


class TCompactProtocolFactory(TProtocolFactory):
    def __init__(
        self,
        string_length_limit: Optional[int] = DEFAULT_STRING_LENGTH_LIMIT,
        container_length_limit: Optional[int] = None,
    ) -> None:
        self.string_length_limit = string_length_limit
        self.container_length_limit = container_length_limit

    def getProtocol(self, trans: Any) -> TCompactProtocol:
        return TCompactProtocol(trans, self.string_length_limit, self.container_length_limit)


class TCompactProtocolAccelerated(TCompactProtocol):
    """The same under the name of Apache's with the C extension. ``fallback`` is taken and has no effect. Goes past
    what subclasses override, as Apache's does."""

    _is_accelerated = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if kwargs:
            kwargs.pop("fallback", None)
        TCompactProtocol.__init__(self, *args, **kwargs)
        self._fast_decode = fastbinary.decode_compact
        self._fast_encode = fastbinary.encode_compact


class TCompactProtocolAcceleratedFactory(AcceleratedFactory):
    def getProtocol(self, trans: Any) -> TCompactProtocolAccelerated:
        return TCompactProtocolAccelerated(trans, self.string_length_limit, self.container_length_limit)


_OURS = (TCompactProtocol, TCompactProtocolAccelerated)
_core.set_apache(protocols=((), _OURS, ()))
