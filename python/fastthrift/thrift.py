"""The object model: what every struct, exception and error of a Thrift IDL is in Python.

The classes with the work in them, `TPayloadMeta` and `TPayload`, are the core's; here are the words of the specification
(`TType`, `TMessageType`), the exceptions that stand for themselves, and the functions for classes written by hand.
"""

from __future__ import annotations

import importlib
import sys
from types import FunctionType

from fastthrift import _core
from fastthrift._core import TPayload, TPayloadMeta

TYPE_CHECKING = False  # as typing's: importing typing takes longer than importing this package
if TYPE_CHECKING:
    from typing import Any, Callable, Optional

    from fastthrift.client import TClient as TClient
    from fastthrift.processor import TMultiplexedProcessor as TMultiplexedProcessor
    from fastthrift.processor import TProcessor as TProcessor
    from fastthrift.processor import TProcessorFactory as TProcessorFactory

if sys.version_info >= (3, 10):
    _Timeout = TimeoutError
else:
    from _socket import timeout  # what socket calls so, at a tenth of its time to import

    class _Timeout(timeout, TimeoutError):
        """Where the two are not yet one."""


__all__ = [
    "TApplicationException",
    "TClient",
    "TDecodeException",
    "TException",
    "TMessageType",
    "TMultiplexedProcessor",
    "TPayload",
    "TPayloadMeta",
    "TProcessor",
    "TProcessorFactory",
    "TTransportException",
    "TTransportTimeout",
    "TType",
    "args_to_kwargs",
    "gen_init",
    "init_func_generator",
    "parse_spec",
]


class TType:
    """Type numbers as `thrift_spec` has them. BINARY is no type of the wire: it travels as STRING."""

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
    UTF8 = 16
    UTF16 = 17
    BINARY = 18

    _VALUES_TO_NAMES = {
        STOP: "STOP",
        VOID: "VOID",
        BOOL: "BOOL",
        BYTE: "BYTE",
        DOUBLE: "DOUBLE",
        I16: "I16",
        I32: "I32",
        I64: "I64",
        STRING: "STRING",
        STRUCT: "STRUCT",
        MAP: "MAP",
        SET: "SET",
        LIST: "LIST",
        UTF8: "UTF8",
        UTF16: "UTF16",
        BINARY: "BINARY",
    }


class TMessageType:
    """What a message is, as the protocols have it."""

    CALL = 1
    REPLY = 2
    EXCEPTION = 3
    ONEWAY = 4


class TException(TPayload, Exception):
    """The base of all exceptions of an IDL: equal and hashed by identity, unlike structs."""

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


def parse_spec(ttype: int, spec: Any = None) -> Optional[str]:
    """The readable name of a type: ``parse_spec(15, 11)`` is ``LIST<STRING>``."""
    if spec is None or spec is False:
        return TType._VALUES_TO_NAMES[ttype]
    if ttype == TType.STRUCT:
        return str(spec.__name__)
    if ttype in (TType.LIST, TType.SET):
        return f"{TType._VALUES_TO_NAMES[ttype]}<{_parse_element(spec)}>"
    if ttype == TType.MAP:
        return f"MAP<{_parse_element(spec[0])}, {_parse_element(spec[1])}>"
    return None


def _parse_element(spec: Any) -> Optional[str]:
    return parse_spec(*spec) if isinstance(spec, tuple) else parse_spec(spec)


def args_to_kwargs(thrift_spec: dict[int, Any], *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Arguments of a call by name. Positional ones go by declaration order; None stands for "not given"."""
    if len(args) > len(thrift_spec):
        raise TypeError(f"takes at most {len(thrift_spec)} arguments but {len(args)} were given")
    positional = list(args) + [None] * (len(thrift_spec) - len(args))
    for value, field in zip(positional, thrift_spec.values()):
        name, is_required = field[1], field[-1]
        if value is not None:
            kwargs[name] = value
        elif is_required and name not in kwargs:
            raise ValueError(name)
    return kwargs


def init_func_generator(cls: type, spec: Optional[list[tuple[str, Any]]]) -> Callable[..., None]:
    """An ``__init__`` with the parameters ``[(name, default), ...]``; mutable defaults are copied per instance."""
    initializer: Callable[..., None] = _core.make_initializer(cls.__name__, spec or [])
    return initializer


def gen_init(
    cls: type,
    thrift_spec: Optional[dict[int, Any]] = None,
    default_spec: Optional[list[tuple[str, Any]]] = None,
) -> type:
    """Gives a class its ``thrift_spec`` and ``__init__`` after the class statement."""
    if thrift_spec is not None:
        cls.thrift_spec = thrift_spec  # type: ignore[attr-defined]
    cls.__init__ = init_func_generator(cls, default_spec)  # type: ignore[misc]
    return cls


def _inspectable_init(owner: str, names: list[str], defaults: Optional[tuple[Any, ...]]) -> FunctionType:
    """A Python function with the parameters of a class's ``__init__``, for `inspect` and tracebacks."""
    import linecache  # with tokenize and re behind it: not before somebody looks

    name = f"<generated {owner}.__init__>"
    lines = [f"    self.{each} = {each}\n" for each in names] or ["    pass\n"]
    lines[-1] = lines[-1].rstrip("\n")
    parameters = "".join(f", {each}={value!r}" for each, value in zip(names, defaults or ()))
    shown = [f"def __init__(self{parameters}):\n", *lines]
    linecache.cache[name] = (sum(map(len, shown)), None, shown, name)
    compiled = f"def __init__(self{''.join(f', {each}=None' for each in names)}):\n{''.join(lines)}"
    namespace: dict[str, Any] = {}
    try:
        exec(compile(compiled, name, "exec"), namespace)
    except SyntaxError:  # a field that is named as no parameter can be
        exec(compile("def __init__(self, **fields):\n    self.__dict__.update(fields)\n", name, "exec"), namespace)
        defaults = None
    function: FunctionType = namespace["__init__"]
    function.__defaults__ = defaults
    return function


class TDecodeException(TException):
    """A value does not fit the declared type of its field."""

    def __init__(self, name: str, fid: int, field: str, value: Any, ttype: int, spec: Any = None) -> None:
        self.struct_name = name
        self.fid = fid
        self.field = field
        self.value = value
        self.type_repr = _type_name(ttype, spec)

    def __str__(self) -> str:
        return (
            f"Field '{self.field}({self.fid})' of '{self.struct_name}' needs type '{self.type_repr}', "
            f"but the value is `{_shown(self.value)}`"
        )


def _shown(value: Any) -> str:
    try:
        return repr(value)
    except Exception as error:  # an error's text must not fail
        return f"<{type(value).__name__}, whose repr fails: {type(error).__name__}>"


def _type_name(ttype: int, spec: Any) -> str:
    try:
        name = parse_spec(ttype, spec) or str(TType._VALUES_TO_NAMES[ttype])
    except (KeyError, TypeError, AttributeError, IndexError):
        return f"type {ttype}"
    if "None" not in name:
        return name
    import re  # not before somebody looks

    # What `parse_spec` calls enums inside of containers.
    return re.sub(r"(?<=[< ])None(?=[,>])", "I32", name)


class TApplicationException(TException):
    """What a server answers instead of a result, or an answer that does not fit the call."""

    thrift_spec = {1: (TType.STRING, "message", False), 2: (TType.I32, "type", False)}

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
        super().__init__()
        self.type = type
        self.message = message

    def __str__(self) -> str:
        if isinstance(self.message, bytes):  # what came was not UTF-8
            return self.message.decode("utf-8", "backslashreplace")
        if self.message:
            return str(self.message)
        return _APPLICATION_TEXTS.get(self.type, "Default (unknown) TApplicationException")


_APPLICATION_TEXTS = {
    TApplicationException.UNKNOWN_METHOD: "Unknown method",
    TApplicationException.INVALID_MESSAGE_TYPE: "Invalid message type",
    TApplicationException.WRONG_METHOD_NAME: "Wrong method name",
    TApplicationException.BAD_SEQUENCE_ID: "Bad sequence ID",
    TApplicationException.MISSING_RESULT: "Missing result",
    TApplicationException.INTERNAL_ERROR: "Internal error",
    TApplicationException.PROTOCOL_ERROR: "Protocol error",
}


class TTransportException(TException):
    """A connection that cannot be opened, read or written; `fastthrift.transport.base` exports it."""

    thrift_spec = {1: (TType.STRING, "message"), 2: (TType.I32, "type")}

    UNKNOWN = 0
    NOT_OPEN = 1
    ALREADY_OPEN = 2
    TIMED_OUT = 3
    END_OF_FILE = 4
    NEGATIVE_SIZE = 5
    SIZE_LIMIT = 6
    INVALID_CLIENT_TYPE = 7

    def __init__(self, type: int = UNKNOWN, message: Optional[str] = None) -> None:
        super().__init__()
        self.type = type
        self.message = message


class TTransportTimeout(TTransportException, _Timeout):
    """No answer in time: a `TTransportException` that code for `socket.timeout` catches too."""


_core.register_exception("TTransportException", TTransportException)
_core.register_exception("TTransportTimeout", TTransportTimeout)
_core.register_exception("TApplicationException", TApplicationException)
_core.register_exception("TDecodeException", TDecodeException)

# thriftpy2 has these here as well; their modules need this one.
_ELSEWHERE = {
    "TClient": "fastthrift.client",
    "TMultiplexedProcessor": "fastthrift.processor",
    "TProcessor": "fastthrift.processor",
    "TProcessorFactory": "fastthrift.processor",
}


def __getattr__(name: str) -> Any:
    if name not in _ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module(_ELSEWHERE[name]), name)
    return found
