"""What every protocol has: the exception, the base class with its reading and writing by spec, the factory."""

from __future__ import annotations

from typing import Any, Callable, Optional
from weakref import WeakKeyDictionary

from fastthrift import _core
from fastthrift.apache.Thrift import TException, TFrozenDict, TType
from fastthrift.apache.transport.TTransport import DEFAULT_MAX_FRAME_SIZE, TTransportException

DEFAULT_STRING_LENGTH_LIMIT = DEFAULT_MAX_FRAME_SIZE


class TProtocolException(TException):
    """Bytes that are not what the protocol says, or values that it cannot carry."""

    UNKNOWN = 0
    INVALID_DATA = 1
    NEGATIVE_SIZE = 2
    SIZE_LIMIT = 3
    BAD_VERSION = 4
    NOT_IMPLEMENTED = 5
    DEPTH_LIMIT = 6
    INVALID_PROTOCOL = 7

    def __init__(self, type: int = UNKNOWN, message: Optional[str] = None) -> None:
        TException.__init__(self, message)
        self.type = type


class TProtocolSizeError(TTransportException, TProtocolException):
    """A length that is negative or above its limit: Apache's plain protocols raise a TTransportException for it."""

    def __init__(self, type: int = TTransportException.SIZE_LIMIT, message: Optional[str] = None) -> None:
        TTransportException.__init__(self, type, message)


class TProtocolTypeError(TProtocolException, TypeError):
    """A value that its field's type does not take."""


class TProtocolRangeError(TProtocolException, OverflowError):
    """A number that its field's type has no room for."""


class TProtocolDataError(TProtocolException, ValueError):
    """A value of the right type that cannot be written: text with lone surrogates, for instance."""


class TProtocolTextError(TProtocolException, UnicodeDecodeError):
    """A string that is not UTF-8."""

    def __init__(self, encoding: str, object: bytes, start: int, end: int, reason: str) -> None:
        UnicodeDecodeError.__init__(self, encoding, object, start, end, reason)
        self.type = TProtocolException.INVALID_DATA
        self.message = UnicodeDecodeError.__str__(self)

    __str__ = UnicodeDecodeError.__str__


_Spec = Any
_RANGES = {8: "i8", 16: "i16", 32: "i32", 64: "i64"}


class TProtocolBase:
    """The base of all protocols: values one by one, and whole structs by their ``thrift_spec``."""

    DEFAULT_RECURSION_DEPTH = 64

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

    def writeMessageBegin(self, name: str, ttype: int, seqid: int) -> None:
        pass

    def writeMessageEnd(self) -> None:
        pass

    def writeStructBegin(self, name: str) -> None:
        pass

    def writeStructEnd(self) -> None:
        pass

    def writeFieldBegin(self, name: str, ttype: int, fid: int) -> None:
        pass

    def writeFieldEnd(self) -> None:
        pass

    def writeFieldStop(self) -> None:
        pass

    def writeMapBegin(self, ktype: int, vtype: int, size: int) -> None:
        pass

    def writeMapEnd(self) -> None:
        pass

    def writeListBegin(self, etype: int, size: int) -> None:
        pass

    def writeListEnd(self) -> None:
        pass

    def writeSetBegin(self, etype: int, size: int) -> None:
        pass

    def writeSetEnd(self) -> None:
        pass

    def writeBool(self, bool_val: Any) -> None:
        pass

    def writeByte(self, byte: int) -> None:
        pass

    def writeI16(self, i16: int) -> None:
        pass

    def writeI32(self, i32: int) -> None:
        pass

    def writeI64(self, i64: int) -> None:
        pass

    def writeDouble(self, dub: float) -> None:
        pass

    def writeString(self, str_val: str) -> None:
        try:
            encoded = str_val.encode("utf-8")
        except AttributeError:
            text = f"a string is a str, not {type(str_val).__name__} {str_val!r}"
            raise TProtocolTypeError(TProtocolException.INVALID_DATA, text) from None
        self.writeBinary(encoded)

    def writeBinary(self, str_val: bytes) -> None:
        pass

    def writeUuid(self, uuid: Any) -> None:
        pass

    def readMessageBegin(self) -> tuple[str, int, int]:
        return None  # type: ignore[return-value]  # as Apache's, and so are those below

    def readMessageEnd(self) -> None:
        pass

    def readStructBegin(self) -> None:
        pass

    def readStructEnd(self) -> None:
        pass

    def readFieldBegin(self) -> tuple[Optional[str], int, int]:
        return None  # type: ignore[return-value]

    def readFieldEnd(self) -> None:
        pass

    def readMapBegin(self) -> tuple[int, int, int]:
        return None  # type: ignore[return-value]

    def readMapEnd(self) -> None:
        pass

    def readListBegin(self) -> tuple[int, int]:
        return None  # type: ignore[return-value]

    def readListEnd(self) -> None:
        pass

    def readSetBegin(self) -> tuple[int, int]:
        return None  # type: ignore[return-value]

    def readSetEnd(self) -> None:
        pass

    def readBool(self) -> bool:
        return None  # type: ignore[return-value]

    def readByte(self) -> int:
        return None  # type: ignore[return-value]

    def readI16(self) -> int:
        return None  # type: ignore[return-value]

    def readI32(self) -> int:
        return None  # type: ignore[return-value]

    def readI64(self) -> int:
        return None  # type: ignore[return-value]

    def readDouble(self) -> float:
        return None  # type: ignore[return-value]

    def readString(self) -> str:
        return text_of(self.readBinary())

    def readBinary(self) -> bytes:
        return None  # type: ignore[return-value]

    def readUuid(self) -> Any:
        return None

    def skip(self, ttype: int, max_depth: int = DEFAULT_RECURSION_DEPTH) -> None:
        """Goes over a value of the type; strings as bytes, whether they are text or not."""
        if max_depth <= 0:
            raise TProtocolException(TProtocolException.DEPTH_LIMIT, "Maximum skip depth exceeded")
        below = max_depth - 1
        if ttype == TType.BOOL:
            self.readBool()
        elif ttype == TType.BYTE:
            self.readByte()
        elif ttype == TType.I16:
            self.readI16()
        elif ttype == TType.I32:
            self.readI32()
        elif ttype == TType.I64:
            self.readI64()
        elif ttype == TType.DOUBLE:
            self.readDouble()
        elif ttype == TType.STRING:
            self._skip_string()
        elif ttype == TType.UUID:
            self.readUuid()
        elif ttype == TType.STRUCT:
            self.readStructBegin()
            while True:
                _, inner, _ = self.readFieldBegin()
                if inner == TType.STOP:
                    break
                self.skip(inner, below)
                self.readFieldEnd()
            self.readStructEnd()
        elif ttype == TType.MAP:
            key, value, size = self.readMapBegin()
            for _ in range(size):
                self.skip(key, below)
                self.skip(value, below)
            self.readMapEnd()
        elif ttype == TType.SET:
            inner, size = self.readSetBegin()
            for _ in range(size):
                self.skip(inner, below)
            self.readSetEnd()
        elif ttype == TType.LIST:
            inner, size = self.readListBegin()
            for _ in range(size):
                self.skip(inner, below)
            self.readListEnd()
        else:
            raise TProtocolException(TProtocolException.INVALID_DATA, "invalid TType")

    def _skip_string(self) -> None:
        self.readString()

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
    if getattr(method, "__self__", None) is type(struct):
        return method(iprot)
    return (method if callable(method) else _core.apache_struct_methods["read"])(struct, iprot)


def write_struct(struct: Any, oprot: Any) -> None:
    """``struct.write(oprot)``, also where a field is called ``write``."""
    method = getattr(type(struct), "write", None)
    (method if callable(method) else _core.apache_struct_methods["write"])(struct, oprot)


def _is_frozen(cls: type) -> bool:
    """Whether `read` is the class's own method that makes an object, as that of immutable structs is."""
    return getattr(getattr(cls, "read", None), "__self__", None) is cls


def text_of(data: bytes) -> str:
    """The text of bytes that are UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TProtocolTextError(*error.args) from None


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
