"""What every protocol has: the base class with its reading and writing of structs by spec, and the factory."""

from __future__ import annotations

from typing import Any, Callable, Optional
from weakref import WeakKeyDictionary

from fastthrift import _core
from fastthrift.apache.protocol._exceptions import (
    TProtocolDataError,
    TProtocolException,
    TProtocolRangeError,
    TProtocolSizeError,
    TProtocolTextError,
    TProtocolTypeError,
)
from fastthrift.apache.protocol._values import Values
from fastthrift.apache.Thrift import TException, TFrozenDict, TType
from fastthrift.apache.transport.TTransport import DEFAULT_MAX_FRAME_SIZE, TTransportException

__all__ = [
    "DEFAULT_MAX_FRAME_SIZE",
    "DEFAULT_STRING_LENGTH_LIMIT",
    "TException",
    "TFrozenDict",
    "TProtocolBase",
    "TProtocolDataError",
    "TProtocolException",
    "TProtocolFactory",
    "TProtocolRangeError",
    "TProtocolSizeError",
    "TProtocolTextError",
    "TProtocolTypeError",
    "TTransportException",
    "TType",
    "checkIntegerLimits",
]

DEFAULT_STRING_LENGTH_LIMIT = DEFAULT_MAX_FRAME_SIZE

_Spec = Any
_RANGES = {8: "i8", 16: "i16", 32: "i32", 64: "i64"}


class TProtocolBase(Values):
    """The base of all protocols: values one by one, and whole structs by their ``thrift_spec``."""

    # Subclasses that never call __init__ have these as well.
    _recursion_depth = 0
    _fast_decode: Optional[Callable[..., Any]] = None
    _fast_encode: Optional[Callable[..., Any]] = None
    _is_accelerated = False
    _begun: Any = None  # (transport, its mark, name, sequence id) of the message that is being written

    def __init__(self, trans: Any) -> None:
        self.trans = trans
        self._fast_decode = None
        self._fast_encode = None
        self._recursion_depth = 0

    def increment_recursion_depth(self) -> None:
        if self._recursion_depth >= self.DEFAULT_RECURSION_DEPTH:
            raise TProtocolException(TProtocolException.DEPTH_LIMIT, "Maximum recursion depth exceeded")
        self._recursion_depth += 1

    def decrement_recursion_depth(self) -> None:
        self._recursion_depth -= 1

    @staticmethod
    def _check_length(limit: Optional[int], length: int) -> None:
        if length < 0:
            raise TProtocolSizeError(TTransportException.NEGATIVE_SIZE, f"Negative length: {length}")
        if limit is not None and length > limit:
            raise TProtocolSizeError(TTransportException.SIZE_LIMIT, f"Length exceeded max allowed: {limit}")

    def _begin_message(self, name: str, seqid: int) -> None:
        """Remembers where a message begins. One that was begun before and never ended goes: a value of it did not fit."""
        self.take_back()
        mark = getattr(self.trans, "mark_", None)
        if mark is not None:
            self._begun = (self.trans, mark(), name, seqid)

    def take_back(self) -> Optional[tuple[str, int]]:
        """Forgets the message that is being written, as far as it has not been sent. Gives its name and its number."""
        begun, self._begun = self._begun, None
        if begun is None or not begun[0].back_to_(begun[1]):
            return None
        _, _, name, seqid = begun
        return name, seqid

    # By type number: the reader, the writer, and whether both want the spec.
    _TTYPE_HANDLERS = (
        (None, None, False),
        (None, None, False),
        ("readBool", "writeBool", False),
        ("readByte", "writeByte", False),
        ("readDouble", "writeDouble", False),
        (None, None, False),
        ("readI16", "writeI16", False),
        (None, None, False),
        ("readI32", "writeI32", False),
        (None, None, False),
        ("readI64", "writeI64", False),
        ("readString", "writeString", False),
        ("readContainerStruct", "writeContainerStruct", True),
        ("readContainerMap", "writeContainerMap", True),
        ("readContainerSet", "writeContainerSet", True),
        ("readContainerList", "writeContainerList", True),
        ("readUuid", "writeUuid", False),
    )

    def _ttype_handlers(self, ttype: int, spec: _Spec) -> tuple[Optional[str], Optional[str], bool]:
        if ttype == TType.STRING and spec == "BINARY":
            return ("readBinary", "writeBinary", False)
        if not 0 <= ttype < len(self._TTYPE_HANDLERS):
            return (None, None, False)
        return self._TTYPE_HANDLERS[ttype]

    def _reader(self, ttype: int, spec: _Spec) -> Callable[[], Any]:
        name, _, wants_spec = self._ttype_handlers(ttype, spec)
        if name is None:
            raise TProtocolException(TProtocolException.INVALID_DATA, f"Invalid type {ttype}")
        method = getattr(self, name)
        return (lambda: method(spec)) if wants_spec else method

    def _writer(self, ttype: int, spec: _Spec) -> Callable[[Any], None]:
        _, name, wants_spec = self._ttype_handlers(ttype, spec)
        if name is None:
            raise TProtocolException(TProtocolException.INVALID_DATA, f"Invalid type {ttype}")
        method = getattr(self, name)
        return (lambda value: method(value, spec)) if wants_spec else method

    def _read_by_ttype(self, ttype: int, spec: _Spec, espec: _Spec) -> Any:
        """An endless supply of values of the type."""
        read = self._reader(ttype, espec)
        while True:
            yield read()

    def _write_by_ttype(self, ttype: int, vals: Any, spec: _Spec, espec: _Spec) -> None:
        write = self._writer(ttype, espec)
        for value in vals:
            write(value)

    def readFieldByTType(self, ttype: int, spec: _Spec) -> Any:
        return self._reader(ttype, spec)()

    def writeFieldByTType(self, ttype: int, val: Any, spec: _Spec) -> None:
        self._writer(ttype, spec)(val)

    def readContainerList(self, spec: _Spec) -> Any:
        ttype, tspec, is_immutable = spec
        _, size = self.readListBegin()
        read = self._reader(ttype, tspec)
        elements = [read() for _ in range(size)]
        self.readListEnd()
        return tuple(elements) if is_immutable else elements

    def readContainerSet(self, spec: _Spec) -> Any:
        ttype, tspec, is_immutable = spec
        _, size = self.readSetBegin()
        read = self._reader(ttype, tspec)
        elements = {read() for _ in range(size)}
        self.readSetEnd()
        return frozenset(elements) if is_immutable else elements

    def readContainerMap(self, spec: _Spec) -> Any:
        key_type, key_spec, value_type, value_spec, is_immutable = spec
        _, _, size = self.readMapBegin()
        read_key = self._reader(key_type, key_spec)
        read_value = self._reader(value_type, value_spec)
        items = {}
        for _ in range(size):
            key = read_key()
            items[key] = read_value()
        self.readMapEnd()
        return TFrozenDict(items) if is_immutable else items

    def readContainerStruct(self, spec: _Spec) -> Any:
        obj_class, obj_spec = spec
        if _is_frozen(obj_class):
            return obj_class.read(self)
        obj = obj_class()
        if hasattr(obj_class, "read"):
            read_struct(obj, self)
        else:
            self.readStruct(obj, obj_spec)
        return obj

    def readStruct(self, obj: Any, thrift_spec: _Spec, is_immutable: bool = False) -> Any:
        """Fills ``obj`` by its spec; with ``is_immutable`` makes one of the class ``obj``."""
        fields: dict[str, Any] = {}
        by_id = {item[0]: item for item in thrift_spec if item is not None}
        self.increment_recursion_depth()
        try:
            self.readStructBegin()
            while True:
                _, ttype, fid = self.readFieldBegin()
                if ttype == TType.STOP:
                    break
                item = by_id.get(fid)
                if item is None or item[1] != ttype:
                    self.skip(ttype)
                else:
                    value = self.readFieldByTType(ttype, item[3])
                    if is_immutable:
                        fields[item[2]] = value
                    else:
                        setattr(obj, item[2], value)
                self.readFieldEnd()
            self.readStructEnd()
        finally:
            self.decrement_recursion_depth()
        return obj(**fields) if is_immutable else None

    def writeContainerStruct(self, val: Any, spec: _Spec) -> None:
        write_struct(val, self)

    def writeContainerList(self, val: Any, spec: _Spec) -> None:
        self.writeListBegin(spec[0], len(val))
        self._write_by_ttype(spec[0], val, spec, spec[1])
        self.writeListEnd()

    def writeContainerSet(self, val: Any, spec: _Spec) -> None:
        self.writeSetBegin(spec[0], len(val))
        self._write_by_ttype(spec[0], val, spec, spec[1])
        self.writeSetEnd()

    def writeContainerMap(self, val: Any, spec: _Spec) -> None:
        key_type, key_spec, value_type, value_spec, _ = spec
        self.writeMapBegin(key_type, value_type, len(val))
        write_key = self._writer(key_type, key_spec)
        write_value = self._writer(value_type, value_spec)
        for key, value in val.items():
            write_key(key)
            write_value(value)
        self.writeMapEnd()

    def writeStruct(self, obj: Any, thrift_spec: _Spec) -> None:
        self.increment_recursion_depth()
        try:
            self.writeStructBegin(obj.__class__.__name__)
            for item in thrift_spec:
                if item is None:
                    continue
                fid, ttype, name, spec = item[:4]
                value = getattr(obj, name)
                if value is not None:
                    self.writeFieldBegin(name, ttype, fid)
                    self.writeFieldByTType(ttype, value, spec)
                    self.writeFieldEnd()
            self.writeFieldStop()
            self.writeStructEnd()
        finally:
            self.decrement_recursion_depth()


def read_struct(struct: Any, iprot: Any) -> Any:
    """``struct.read(iprot)``, also where a field is called ``read``. What it gives is None, or for an immutable struct a new one."""
    method: Any = getattr(type(struct), "read", None)
    if _is_frozen(type(struct)):
        return method(iprot)
    return (method if callable(method) else _core.apache_struct_methods["read"])(struct, iprot)


def write_struct(struct: Any, oprot: Any) -> None:
    """``struct.write(oprot)``, also where a field is called ``write``."""
    method = getattr(type(struct), "write", None)
    (method if callable(method) else _core.apache_struct_methods["write"])(struct, oprot)


def _is_frozen(cls: type) -> bool:
    """Whether `read` is the class's own method that makes an object, as that of immutable structs is."""
    return getattr(getattr(cls, "read", None), "__self__", None) is cls


def checkIntegerLimits(i: int, bits: int) -> None:
    if bits in _RANGES and not -(1 << (bits - 1)) <= i < 1 << (bits - 1):
        low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
        raise TProtocolRangeError(
            TProtocolException.INVALID_DATA, f"{_RANGES[bits]} requires {low} <= number <= {high}"
        )


_changed: WeakKeyDictionary[Any, tuple[bool, bool]] = WeakKeyDictionary()


def changed_ways(cls: Any, base: Any) -> tuple[bool, bool]:
    """Whether a class has its own ways to write values, and to read them, where its base has others or is None. The core would
    not ask for them."""
    found = _changed.get(cls)
    if found is None:
        own = [
            each
            for each in dir(cls)
            if each.startswith(("write", "read", "skip"))
            and "Message" not in each
            and (base is None or getattr(cls, each) is not getattr(base, each, None))
        ]
        writes = any(each.startswith("write") for each in own)
        found = _changed[cls] = (writes, any(not each.startswith("write") for each in own))
    return found


class TProtocolFactory:
    """Puts a protocol on a transport."""

    def getProtocol(self, trans: Any) -> Any:
        pass
