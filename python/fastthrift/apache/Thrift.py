"""The words of the Thrift specification in Apache's spelling, and the exceptions that stand for themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Optional, TypeVar

from fastthrift import thrift

if TYPE_CHECKING:
    from fastthrift.apache.protocol.TProtocol import TProtocolBase

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

__all__ = ["TApplicationException", "TException", "TFrozenDict", "TMessageType", "TProcessor", "TType"]


class TType:
    """Type numbers as the wire has them."""

    STOP = 0
    VOID = 1
    BOOL = 2
    BYTE = 3
    I08 = 3
    DOUBLE = 4
    I16 = 6
    I32 = 8
    I64 = 10
    STRING = 11
    UTF7 = 11
    STRUCT = 12
    MAP = 13
    SET = 14
    LIST = 15
    UUID = 16

    _VALUES_TO_NAMES = (
        "STOP",
        "VOID",
        "BOOL",
        "BYTE",
        "DOUBLE",
        None,
        "I16",
        None,
        "I32",
        None,
        "I64",
        "STRING",
        "STRUCT",
        "MAP",
        "SET",
        "LIST",
        "UUID",
    )


class TMessageType:
    CALL = 1
    REPLY = 2
    EXCEPTION = 3
    ONEWAY = 4


class TProcessor:
    """The base of all processors: `process` answers one message."""

    def process(self, iprot: Any, oprot: Any) -> Any:
        pass

    def on_message_begin(self, func: Callable[[str, int, int], Any]) -> None:
        """``func(name, type, sequence_id)`` is called for each message before it is processed."""


class TException(Exception):
    """The base of all exceptions of an IDL and of this package."""

    message: Any

    def __init__(self, message: Any = None) -> None:
        Exception.__init__(self, message)
        # An immutable exception refuses to have its attributes set.
        Exception.__setattr__(self, "message", message)


def _remade(cls: type[TException], args: tuple[Any, ...]) -> TException:
    made = cls.__new__(cls, *args)
    made.args = args  # OSErrors leave it to `__init__`
    return made


def reduce_typed(error: TException) -> tuple[Any, ...]:
    """How exceptions of a type and a message pickle: their one argument is the message, which `__init__` would take for the
    type."""
    return (_remade, (type(error), error.args), error.__dict__)


class TApplicationException(TException):
    """What a server answers instead of a result, or an answer that does not fit the call."""

    UNKNOWN = 0
    UNKNOWN_METHOD = 1
    INVALID_MESSAGE_TYPE = 2
    WRONG_METHOD_NAME = 3
    BAD_SEQUENCE_ID = 4
    MISSING_RESULT = 5
    INTERNAL_ERROR = 6
    PROTOCOL_ERROR = 7
    INVALID_TRANSFORM = 8
    INVALID_PROTOCOL = 9
    UNSUPPORTED_CLIENT_TYPE = 10

    def __init__(self, type: int = UNKNOWN, message: Optional[str] = None) -> None:
        TException.__init__(self, message)
        self.type = type

    __reduce__ = reduce_typed

    def __str__(self) -> str:
        if self.message:
            return str(self.message)
        return _APPLICATION_TEXTS.get(self.type, "Default (unknown) TApplicationException")

    def read(self, iprot: TProtocolBase) -> None:
        iprot.increment_recursion_depth()
        try:
            iprot.readStructBegin()
            while True:
                _, ttype, fid = iprot.readFieldBegin()
                if ttype == TType.STOP:
                    break
                if fid == 1 and ttype == TType.STRING:
                    self.message = iprot.readString()
                elif fid == 2 and ttype == TType.I32:
                    self.type = iprot.readI32()
                else:
                    iprot.skip(ttype)
                iprot.readFieldEnd()
            iprot.readStructEnd()
            self.args = (self.message,)
        finally:
            iprot.decrement_recursion_depth()

    def write(self, oprot: TProtocolBase) -> None:
        oprot.increment_recursion_depth()
        try:
            oprot.writeStructBegin("TApplicationException")
            if self.message is not None:
                oprot.writeFieldBegin("message", TType.STRING, 1)
                oprot.writeString(self.message)
                oprot.writeFieldEnd()
            if self.type is not None:
                oprot.writeFieldBegin("type", TType.I32, 2)
                oprot.writeI32(self.type)
                oprot.writeFieldEnd()
            oprot.writeFieldStop()
            oprot.writeStructEnd()
        finally:
            oprot.decrement_recursion_depth()


_APPLICATION_TEXTS = {
    **thrift._APPLICATION_TEXTS,
    TApplicationException.INVALID_TRANSFORM: "Invalid transform",
    TApplicationException.INVALID_PROTOCOL: "Invalid protocol",
    TApplicationException.UNSUPPORTED_CLIENT_TYPE: "Unsupported client type",
}


class TFrozenDict(dict[_Key, _Value]):
    """A dict that can be a key of another one: hashed by its items when it is made, and not to be changed after."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # In any order of insertion, and also where keys cannot be sorted.
        self.__hashval = hash(("TFrozenDict", frozenset(self.items())))

    def __setitem__(self, *args: Any) -> None:
        raise TypeError("Can't modify frozen TFreezableDict")

    def __delitem__(self, *args: Any) -> None:
        raise TypeError("Can't modify frozen TFreezableDict")

    def __hash__(self) -> int:  # type: ignore[override]
        return self.__hashval

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (dict(self),))
