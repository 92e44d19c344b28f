"""``Service.Iface``, ``Service.Client(protocol)`` and ``Service.Processor(handler)`` of services that `load` has made.

Their structs are those of thriftpy2's face, so a protocol of Apache's face is put behind one of that: the bytes go through the very
transport that it has.
"""

from __future__ import annotations

import weakref
from typing import Any

from fastthrift import _core
from fastthrift.apache._errors import translated
from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocol
from fastthrift.apache.protocol.TCompactProtocol import TCompactProtocol
from fastthrift.apache.protocol.TProtocol import TProtocolBase
from fastthrift.apache.Thrift import TApplicationException
from fastthrift.apache.transport.TTransport import TFramedTransport, TTransportException
from fastthrift.client import TClient
from fastthrift.processor import TProcessor
from fastthrift.protocol.multiplex import TMultiplexedProtocol
from fastthrift.transport.base import TTransportBase

_parts: weakref.WeakKeyDictionary[type, dict[str, Any]] = weakref.WeakKeyDictionary()


def part_of(service: type, name: str) -> Any:
    """The class called ``name`` of a service; the same one each time."""
    parts = _parts.setdefault(service, {})
    if name not in parts:
        parts[name] = _MAKERS[name](service)
    return parts[name]


class _Below(TTransportBase):
    """A transport of Apache's face as one of thriftpy2's. What is written goes there with a flush: until then it can be taken
    back."""

    def __init__(self, trans: Any) -> None:
        self.below_ = trans
        self._written: list[bytes] = []

    def is_open(self) -> bool:
        return bool(self.below_.isOpen())

    def open(self) -> None:
        self.below_.open()

    def close(self) -> None:
        self.below_.close()
        self.clean()

    def clean(self) -> None:
        self._written.clear()

    def _read(self, sz: int) -> bytes:
        found: bytes = self.below_.read(sz)
        return found

    def write(self, buf: Any) -> None:
        self._written.append(bytes(buf))

    def flush(self) -> None:
        written = b"".join(self._written)
        self.clean()
        self.below_.write(written)
        self.below_.flush()


def adapted(protocol: Any) -> Any:
    """The protocol, or one of thriftpy2's face that does the same on the transport of one of Apache's."""
    if not isinstance(protocol, TProtocolBase):
        return protocol
    below = _Below(protocol.trans)
    made: Any
    if isinstance(protocol, TBinaryProtocol):
        made = _core.TBinaryProtocol(below, strict_read=protocol.strictRead, strict_write=protocol.strictWrite)
    elif isinstance(protocol, TCompactProtocol):
        made = _core.TCompactProtocol(below)
    elif type(protocol).__name__.endswith("TJSONProtocol"):
        from fastthrift.protocol.apache_json import TApacheJSONProtocol

        made = TApacheJSONProtocol(below)
    else:
        raise TypeError(f"a service made by load() does not speak {type(protocol).__name__}: generate its code instead")
    service = getattr(protocol, "serviceName", None)
    return TMultiplexedProtocol(made, service) if service is not None else made


def sample_of(protocol: Any) -> Any:
    """What the engine needs to know of a protocol of Apache's face, as one of thriftpy2's: for its structs."""
    trans: Any = _core.TCyMemoryBuffer()
    if type(protocol.trans) is TFramedTransport:
        limit = protocol.trans._TFramedTransport__max_frame_size  # type: ignore[attr-defined]
        trans = _core.TCyFramedTransport(trans, max_frame=limit)
    else:
        trans = _core.TCyBufferedTransport(trans)
    if isinstance(protocol, TBinaryProtocol):
        return _core.TBinaryProtocol(trans, strict_read=protocol.strictRead, strict_write=protocol.strictWrite)
    if isinstance(protocol, TCompactProtocol):
        return _core.TCompactProtocol(trans)
    from fastthrift.protocol.apache_json import TApacheJSONProtocol

    return TApacheJSONProtocol(trans)


def _make_iface(service: Any) -> type:
    parent = service.__mro__[1]
    bases = (part_of(parent, "Iface"),) if hasattr(parent, "thrift_services") else (object,)
    body: dict[str, Any] = {"__module__": service.__module__, "__qualname__": f"{service.__name__}.Iface"}
    for name in service.thrift_services:
        if name + "_args" in vars(service):
            body[name] = _nothing(name)
    return type("Iface", bases, body)


def _nothing(name: str) -> Any:
    def method(self: Any, *args: Any, **kwargs: Any) -> None:
        pass

    method.__name__ = method.__qualname__ = name
    return method


_both: dict[tuple[type, type], Any] = {}


def _of_both(error: Exception) -> BaseException:
    """The core's error as one of Apache's face, whose exceptions a program with its protocols catches, that is still its own."""
    found = translated(error)
    if found is error:
        return error
    return _made_of((type(found), type(error)), {**vars(error), **vars(found)}, found.args)


def _made_of(kinds: tuple[type, type], values: dict[str, Any], args: tuple[Any, ...]) -> BaseException:
    if kinds not in _both:

        def reduce(self: Any) -> tuple[Any, ...]:
            # The class is nobody's attribute.
            return _made_of, (kinds, vars(self), self.args)

        _both[kinds] = type(kinds[0].__name__, kinds, {"__module__": kinds[0].__module__, "__reduce__": reduce})
    raised: BaseException = _both[kinds].__new__(_both[kinds])
    vars(raised).update(values)
    raised.args = args
    return raised


def _make_client(service: Any) -> type:
    def __init__(self: Any, iprot: Any, oprot: Any = None) -> None:
        made = adapted(iprot)
        TClient.__init__(self, service, made, made if oprot is None or oprot is iprot else adapted(oprot))

        self._is_apaches = isinstance(iprot, TProtocolBase)

    def _req(self: Any, _api: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return TClient._req(self, _api, *args, **kwargs)
        except Exception as error:
            found = _of_both(error) if self._is_apaches else error
            if found is error:
                raise
            raise found from error

    body = {
        "__module__": service.__module__,
        "__qualname__": f"{service.__name__}.Client",
        "__init__": __init__,
        "_req": _req,
    }
    return type("Client", (TClient,), body)


class LoadedProcessor(TProcessor):
    """Answers on protocols of both faces."""

    def __init__(self, service: Any, handler: Any) -> None:
        super().__init__(service, handler)
        self._adapted: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()

    def process(self, iprot: Any, oprot: Any) -> Any:
        from fastthrift.thrift import TTransportException as Ours

        try:
            return super().process(self._for(iprot), self._for(oprot))
        except Ours as error:
            # For the loops of Apache's servers.
            if isinstance(iprot, TProtocolBase):
                raise TTransportException(error.type, error.message) from error
            raise

    def _for(self, protocol: Any) -> Any:
        if not isinstance(protocol, TProtocolBase):
            return protocol
        found = self._adapted.get(protocol)
        if found is None:
            found = self._adapted[protocol] = adapted(protocol)
        return found

    def handle_exception(self, e: Exception, result: Any) -> bool:
        if isinstance(e, TApplicationException):
            from fastthrift.thrift import TApplicationException as Ours

            raise Ours(e.type, e.message) from e
        return super().handle_exception(e, result)


def _make_processor(service: Any) -> type:
    def __init__(self: Any, handler: Any) -> None:
        LoadedProcessor.__init__(self, service, handler)

    body = {"__module__": service.__module__, "__qualname__": f"{service.__name__}.Processor", "__init__": __init__}
    return type("Processor", (LoadedProcessor,), body)


_MAKERS = {"Iface": _make_iface, "Client": _make_client, "Processor": _make_processor}
