"""The native core: what the Python modules of this package build on. Users import it from those."""

from collections.abc import Iterable
from types import ModuleType
from typing import Any, Callable, Optional, TypeVar, Union, final

from typing_extensions import Self

_Buffer = Union[bytes, bytearray, memoryview]
_Payload = TypeVar("_Payload")

# ---- cpp/python/errors.cpp

def register_exception(name: str, type: type[BaseException], /) -> None: ...

# ---- cpp/python/transport.cpp

def set_transport_base(type: type) -> None: ...

class CyTransportBase:
    @property
    def sock(self) -> Any: ...
    def read(self, sz: int, /) -> bytes: ...
    def _read(self, sz: int, /) -> bytes: ...
    def write(self, buf: _Buffer, /) -> None: ...
    def flush(self) -> None: ...
    def open(self) -> None: ...
    def close(self) -> None: ...
    def is_open(self) -> bool: ...
    def clean(self) -> None: ...
    def getvalue(self) -> bytes: ...

class TCyBufferedTransport(CyTransportBase):
    trans: Any
    _trans: Any
    def __init__(self, trans: Any, buf_size: int = 4096) -> None: ...

class TCyFramedTransport(CyTransportBase):
    trans: Any
    _trans: Any
    max_frame: Optional[int]
    def __init__(
        self, trans: Any, buf_size: int = 4096, *, max_frame: Optional[int] = 16_384_000, read_ahead: bool = True
    ) -> None: ...
    def read_frame(self) -> None: ...

class TCyMemoryBuffer(CyTransportBase):
    def __init__(self, value: Union[_Buffer, str, None] = b"", buf_size: int = 4096) -> None: ...
    def write(self, buf: Union[_Buffer, str], /) -> None: ...
    def setvalue(self, value: Union[_Buffer, str, None], /) -> None: ...
    def c_write_buffer(self, buf: Union[_Buffer, str], /) -> None: ...

class RecordingMemoryBuffer(CyTransportBase):
    def __init__(self, value: Optional[_Buffer] = None) -> None: ...
    def setvalue(self, value: Optional[_Buffer], /) -> None: ...
    def c_write_buffer(self, buf: _Buffer, /) -> None: ...

# ---- cpp/python/idl_module.cpp

class IdlDocument:
    """An IDL file as it is written, read by parse_idl()."""

    @property
    def includes(self) -> list[tuple[str, int, int]]: ...

class IdlSchema:
    """What an IDL file means, made by compile_idl()."""

    def build(self, module: ModuleType, class_module: str, file: Optional[str], includes: list[ModuleType]) -> None: ...

def parse_idl(text: bytes, file: str, reserved: list[str] = ...) -> IdlDocument: ...
def compile_idl(document: IdlDocument, includes: list[IdlSchema]) -> IdlSchema: ...

# ---- cpp/python/client.cpp

def set_client_classes(client: type, transport: type, socket: type, /) -> None: ...

class ClientCalls:
    lenient_seqid: bool
    _service: Any
    _iprot: Any
    _oprot: Any
    _failure: Optional[str]
    _seqid: int
    def __getattr__(self, name: str) -> Callable[..., Any]: ...
    def _enter(self, api: str, /) -> None: ...
    def _leave(self) -> None: ...

# ---- cpp/python/server.cpp

class Server:
    def __init__(
        self,
        listener: int,
        service: Any,
        handler: Any,
        protocol: Any,
        log: Any,
        *,
        answer_undeclared: bool = True,
        idle_ms: float = 60_000,
        message_ms: float = 30_000,
        stalled_ms: float = 30_000,
        unsent: int = 1_048_576,
        max_connections: int = 10_000,
        handler_threads: int = 256,
    ) -> None: ...
    def start(self) -> None: ...
    def stop(self, grace_ms: float = 5000) -> None: ...
    def wait(self, timeout_ms: float) -> bool: ...
    @property
    def connections(self) -> int: ...
    @property
    def threads(self) -> int: ...

def can_serve(protocol: Any, /) -> bool: ...
def stop_servers() -> None: ...

# ---- cpp/python/aio_server.cpp

class AsyncService:
    def __init__(
        self,
        service: Any,
        handler: Any,
        log: Any,
        protocol: Any,
        *,
        framed: bool,
        max_frame: Optional[int],
        answer_undeclared: bool,
    ) -> None: ...

class ServerSession:
    def __init__(self, service: AsyncService) -> None: ...
    def feed(
        self, data: _Buffer, most_bytes: int, most_calls: int
    ) -> tuple[Optional[bytes], Optional[list[tuple[int, Any]]], bool, bool]: ...
    def rest(self) -> tuple[Optional[bytes], Optional[list[tuple[int, Any]]]]: ...
    def finish(self, number: int, result: Any, error: Optional[BaseException]) -> tuple[Optional[bytes], bool]: ...
    @property
    def waiting(self) -> int: ...
    @property
    def is_over(self) -> bool: ...
    @property
    def has_part(self) -> bool: ...

# ---- cpp/python/aio_client.cpp

class ClientSession:
    def __init__(self, service: Any, protocol: Any, *, framed: bool, max_frame: Optional[int]) -> None: ...
    def request(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Optional[tuple[int, bytes]]: ...
    def feed(self, data: _Buffer, replies: list[tuple[int, Any, Optional[BaseException]]]) -> None: ...
    @property
    def waiting(self) -> int: ...
    @property
    def has_part(self) -> bool: ...

# ---- cpp/python/aio_pieces.cpp

class Piece:
    def __init__(self, protocol: Any, ttype: Optional[int] = None) -> None: ...
    def missing(self, data: _Buffer) -> int: ...

# ---- cpp/python/header.cpp

class Dialect:
    def __init__(self, *, max_frame: Optional[int], max_message: Optional[int]) -> None: ...
    def next(self, data: _Buffer, /) -> Optional[tuple[int, int]]: ...
    @property
    def wanted(self) -> int: ...
    @property
    def number(self) -> Optional[int]: ...

def read_header_frame(frame: _Buffer, /) -> tuple[int, int, int, list[int], list[tuple[bytes, bytes]], bytes]: ...
def write_header_frame(
    flags: int,
    sequence_id: int,
    protocol: int,
    transforms: Iterable[int],
    pairs: Iterable[tuple[bytes, bytes]],
    payload: _Buffer,
    max_frame: Optional[int],
    /,
) -> bytes: ...

# ---- cpp/python/payload*.cpp

class TPayloadMeta(type):
    thrift_spec: dict[int, tuple[Any, ...]]

class TPayload(metaclass=TPayloadMeta):
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, memo: dict[int, Any], /) -> Self: ...
    def read(self, iprot: Any, /) -> None: ...
    def write(self, oprot: Any, /) -> None: ...

@final
class FieldDict(dict[str, Any]):
    """What `__dict__` of a payload is: it shows fields and extras, and writes through."""

    def __copy__(self) -> dict[str, Any]: ...

def make_initializer(owner: str, default_spec: Iterable[tuple[str, Any]], /) -> Callable[..., None]: ...

# ---- cpp/python/serialize.cpp

def serialize(thrift_object: Any, proto_factory: Any = ...) -> bytes: ...
def deserialize(thrift_object: _Payload, buf: _Buffer, proto_factory: Any = ...) -> _Payload: ...

# ---- cpp/python/protocol.cpp

class TProtocolBase:
    trans: Any
    def __init__(self, trans: Any) -> None: ...
    def read_message_begin(self) -> tuple[str, int, int]: ...
    def read_message_end(self) -> None: ...
    def write_message_begin(self, name: str, ttype: int, seqid: int) -> None: ...
    def write_message_end(self) -> None: ...
    def read_struct(self, obj: Any) -> Any: ...
    def write_struct(self, obj: Any) -> None: ...
    def skip(self, ttype: int) -> None: ...

class _NativeProtocol(TProtocolBase):
    decode_response: bool
    strict_decode: bool
    max_depth: int
    max_message: Optional[int]
    max_string: Optional[int]
    max_container: Optional[int]
    sets: bool
    def _read_val(self, ttype: int, spec: Any = ...) -> Any: ...
    def _write_val(self, ttype: int, val: Any, spec: Any = ...) -> None: ...
    def _read_bool(self) -> bool: ...
    def _write_bool(self, bool: Any) -> None: ...

class TBinaryProtocol(_NativeProtocol):
    strict_read: bool
    strict_write: bool
    def __init__(
        self,
        trans: Any,
        strict_read: bool = True,
        strict_write: bool = True,
        decode_response: bool = True,
        strict_decode: bool = False,
        max_depth: int = 64,
        *,
        max_message: Optional[int] = 104857600,
        max_string: Optional[int] = None,
        max_container: Optional[int] = None,
        sets: bool = False,
    ) -> None: ...

class TCompactProtocol(_NativeProtocol):
    PROTOCOL_ID: int
    VERSION: int
    VERSION_MASK: int
    TYPE_MASK: int
    TYPE_BITS: int
    TYPE_SHIFT_AMOUNT: int
    def __init__(
        self,
        trans: Any,
        decode_response: bool = True,
        strict_decode: bool = False,
        max_depth: int = 64,
        *,
        max_message: Optional[int] = 104857600,
        max_string: Optional[int] = None,
        max_container: Optional[int] = None,
        sets: bool = False,
    ) -> None: ...

class TApacheJSONProtocol(_NativeProtocol):
    def __init__(
        self,
        trans: Any,
        decode_response: bool = True,
        strict_decode: bool = False,
        max_depth: int = 64,
        *,
        max_message: Optional[int] = 104857600,
        max_string: Optional[int] = None,
        max_container: Optional[int] = None,
        sets: bool = False,
    ) -> None: ...

def _read_json(protocol: TApacheJSONProtocol, /) -> bytes: ...
def set_json_class(type: type[TApacheJSONProtocol], /) -> None: ...

class _NativeFactory:
    decode_response: bool
    strict_decode: bool
    max_depth: int
    max_message: Optional[int]
    max_string: Optional[int]
    max_container: Optional[int]
    sets: bool

class TBinaryProtocolFactory(_NativeFactory):
    strict_read: bool
    strict_write: bool
    def __init__(
        self,
        strict_read: bool = True,
        strict_write: bool = True,
        decode_response: bool = True,
        strict_decode: bool = False,
        max_depth: int = 64,
        *,
        max_message: Optional[int] = 104857600,
        max_string: Optional[int] = None,
        max_container: Optional[int] = None,
        sets: bool = False,
    ) -> None: ...
    def get_protocol(self, trans: Any, /) -> TBinaryProtocol: ...

class TCompactProtocolFactory(_NativeFactory):
    def __init__(
        self,
        decode_response: bool = True,
        strict_decode: bool = False,
        max_depth: int = 64,
        *,
        max_message: Optional[int] = 104857600,
        max_string: Optional[int] = None,
        max_container: Optional[int] = None,
        sets: bool = False,
    ) -> None: ...
    def get_protocol(self, trans: Any, /) -> TCompactProtocol: ...

class TApacheJSONProtocolFactory(_NativeFactory):
    def __init__(
        self,
        decode_response: bool = True,
        strict_decode: bool = False,
        max_depth: int = 64,
        *,
        max_message: Optional[int] = 104857600,
        max_string: Optional[int] = None,
        max_container: Optional[int] = None,
        sets: bool = False,
    ) -> None: ...
    def get_protocol(self, trans: Any, /) -> TApacheJSONProtocol: ...

# ---- cpp/python/client.cpp

@final
class RemoteCall:
    """One method of a service on a client."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
