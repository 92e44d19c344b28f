"""Which of Apache's servers run on the core's engine: those whose parts are exactly ours, down to the methods."""

from __future__ import annotations

import socket
from typing import Any

from fastthrift import _core
from fastthrift.apache._loaded import LoadedProcessor, sample_of
from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocol
from fastthrift.apache.transport.TSocket import TServerSocket
from fastthrift.apache.transport.TTransport import (
    DEFAULT_MAX_FRAME_SIZE,
    TBufferedTransportFactory,
    TFramedTransport,
    TMemoryBuffer,
    TTransportFactoryBase,
)
from fastthrift.apache.TService import TServiceProcessor
from fastthrift.apache.TStruct import TStruct
from fastthrift.engine import EngineLog
from fastthrift.header import EngineHooks
from fastthrift.protocol.base import shares_protocol
from fastthrift.refusals import Refusals

# Under these the bytes of a connection are the peer's own.
_WITHOUT_FRAMES = (TTransportFactoryBase, TBufferedTransportFactory)


class _Oneway(TStruct):
    """The result of a oneway, which is never sent."""

    oneway = True


class _Service:
    """A processor's methods as the engine asks for them: ``f_args`` and ``f_result`` for each ``f``."""

    def __init__(self, name: str) -> None:
        self.__name__ = name
        self.thrift_services: set[str] = set()

    def add(self, name: str, args: type[TStruct], result: type[TStruct] | None) -> None:
        self.thrift_services.add(name)
        setattr(self, name + "_args", args)
        setattr(self, name + "_result", result or _Oneway)


class _Handler:
    """A handler for a service with methods that are called otherwise than the wire calls them, or whose arguments are declared
    in another order than that of their ids."""

    def __init__(self, handler: Any) -> None:
        self._handler = handler
        self._changed: dict[str, tuple[str, list[int]]] = {}

    def change(self, name: str, attribute: str, order: list[int]) -> None:
        self._changed[name] = (attribute, order)

    def __getattr__(self, name: str) -> Any:
        handler = self.__dict__["_handler"]
        if name not in self._changed:
            return getattr(handler, name)
        attribute, order = self._changed[name]
        method = getattr(handler, attribute)
        return lambda *args: method(*(args[at] for at in order))


def _is_plain(function: Any, name: str) -> bool:
    """Whether a ``process_f`` is what the generator writes, and does nothing else."""
    code = getattr(function, "__code__", None)
    model = _model(name).__code__
    return (
        code is not None
        and code.co_code == model.co_code
        and code.co_names == model.co_names
        and name in code.co_consts
        and code.co_argcount == model.co_argcount
    )


def _model(name: str) -> Any:
    namespace: dict[str, Any] = {}
    source = f"def process(self, seqid, iprot, oprot):\n    self._process({name!r}, seqid, iprot, oprot)\n"
    exec(source, namespace)  # noqa: S102 - the name is one of the generated class's own
    return namespace["process"]


def service_of(processor: Any) -> tuple[_Service, Any] | None:
    """What the engine serves for a processor, and the handler; None where somebody has a say in between."""
    cls = type(processor)
    if not isinstance(processor, TServiceProcessor) or processor._on_message_begin is not None:
        return None
    if any(getattr(cls, step) is not getattr(TServiceProcessor, step) for step in ("process", "_process")):
        return None
    if {"process", "_process", "_methods"} & vars(processor).keys():
        return None
    service = _Service(cls.__qualname__)
    handler = _Handler(processor._handler)
    for name, function in processor._processMap.items():
        if name not in cls._methods or not name.isidentifier() or not _is_plain(function, name):
            return None
        attribute, args, result = cls._methods[name]
        service.add(name, args, result)
        by_id = [item for item in args.thrift_spec if item is not None]
        declared = list(getattr(args, "__slots__", ()))
        names = [item[2] if item[2] in declared else item[2] + "_" for item in by_id]
        if sorted(names) != sorted(declared):
            return None
        order = [names.index(each) for each in declared]
        if attribute != name or order != sorted(order):
            handler.change(name, attribute, order)
    return service, handler if handler._changed else processor._handler


def engine_for(server: Any, processor: Any, listener: Any, input_: Any, output: Any) -> _core.Server | None:
    """An engine, not started, for a server with these factories of ``(transport, protocol)``; None where something is not ours.
    ``listener`` listens already."""
    if type(listener) is not TServerSocket or "accept" in vars(listener) or type(listener.handle) is not socket.socket:
        return None
    if socket.socket.__module__ != "socket":
        return None  # patched, by gevent for instance, to let others run
    if input_[0] is not output[0] or input_[1] is not output[1]:
        return None
    if not all(type(each).__module__.startswith("fastthrift.") for each in input_):
        return None
    dialects: dict[str, Any] = {}
    if shares_protocol(input_[1]):
        sample, dialects = _all_dialects(*input_)
    else:
        sample = input_[1].getProtocol(input_[0].getTransport(TMemoryBuffer()))
    if sample is None or not _core.can_serve(sample):
        return None
    found: tuple[Any, Any] | None
    if isinstance(processor, LoadedProcessor):
        if type(processor).process is not LoadedProcessor.process or "process" in vars(processor):
            return None
        found = processor._service, processor._handler
        sample = sample_of(sample)
    else:
        found = service_of(processor)
    if found is None:
        return None
    service, handler = found
    return _core.Server(
        listener.handle.fileno(),
        service,
        handler,
        sample,
        EngineLog(Refusals(server._logger)),
        answer_undeclared=True,
        idle_ms=0,
        max_connections=server.max_connections,
        **dialects,
    )


def _all_dialects(transports: Any, protocols: Any) -> tuple[Any, dict[str, Any]]:
    """For THeaderProtocolFactory: a protocol with its limits, and what the engine is told besides; None where the engine
    cannot take its place."""
    from fastthrift.apache.protocol.THeaderProtocol import THeaderProtocolFactory

    if type(protocols) is not THeaderProtocolFactory or type(transports) not in _WITHOUT_FRAMES:
        return None, {}
    allowed = sum(1 << each for each in set(protocols.allowed_client_types))
    told = {"headers": EngineHooks(DEFAULT_MAX_FRAME_SIZE), "allowed_client_types": allowed}
    return TBinaryProtocol(TFramedTransport(TMemoryBuffer())), told
