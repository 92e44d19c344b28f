"""Whose methods the engine calls for a processor of Apache's face: those of processors that nobody has a say in.

Recognized are what our generator writes, what Apache's compiler writes, services that `load` has made, and several of one of these
kinds in a `TMultiplexedProcessor`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from fastthrift import _core
from fastthrift.apache._loaded import LoadedProcessor
from fastthrift.apache.protocol.TMultiplexedProtocol import SEPARATOR
from fastthrift.apache.server import _written
from fastthrift.apache.Thrift import TProcessor
from fastthrift.apache.TMultiplexedProcessor import TMultiplexedProcessor
from fastthrift.apache.TService import TServiceProcessor
from fastthrift.apache.TStruct import TStruct


class Served(NamedTuple):
    """As `_core.Server` takes them: a service and its handler, or the separator and what has several of these."""

    service: Any
    handler: Any
    is_loaded: bool = False  # its structs are those of thriftpy2's face


class _Oneway(TStruct):
    """The result of a oneway, which is never sent."""

    oneway = True


class _Service:
    """A processor's methods as the engine asks for them: ``f_args`` and ``f_result`` for each ``f``."""

    def __init__(self, name: str) -> None:
        self.__name__ = name
        self.thrift_services: set[str] = set()

    def add(self, name: str, args: Any, result: Any) -> None:
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
        if attribute != name or order != sorted(order):
            self._changed[name] = (attribute, order)

    def __getattr__(self, name: str) -> Any:
        handler = self.__dict__["_handler"]
        if name not in self._changed:
            return getattr(handler, name)
        attribute, order = self._changed[name]
        method = getattr(handler, attribute)
        return lambda *args: method(*(args[at] for at in order))


def served_by(processor: Any) -> Served | None:
    """None where somebody's own code stands between the messages and the handler."""
    if not isinstance(processor, TMultiplexedProcessor):
        return _one(processor)
    if type(processor).process is not TMultiplexedProcessor.process or "process" in vars(processor):
        return None
    several = _Several(processor)
    parts = [_one(each) for each in several.registered()]
    if not parts or any(each is None for each in parts) or len({each.is_loaded for each in parts if each}) != 1:
        return None
    several.is_loaded = parts[0] is not None and parts[0].is_loaded
    return Served(SEPARATOR, several, several.is_loaded)


class _Part:
    def __init__(self, served: Served) -> None:
        self._service, self._handler = served.service, served.handler


class _Several:
    """The processors of a `TMultiplexedProcessor` as the engine asks for them, when a name first comes."""

    is_loaded = False

    def __init__(self, processor: TMultiplexedProcessor) -> None:
        self._processor = processor
        self._parts: dict[int, tuple[Any, _Part]] = {}

    def registered(self) -> list[Any]:
        default = self._processor.defaultProcessor
        return [*self._processor.services.values(), *([] if default is None else [default])]

    @property
    def processors(self) -> dict[str, _Part]:
        return {name: self._part_of(each) for name, each in list(self._processor.services.items())}

    @property
    def default_processor(self) -> _Part | None:
        default = self._processor.defaultProcessor
        return None if default is None else self._part_of(default)

    def _part_of(self, processor: Any) -> _Part:
        known = self._parts.get(id(processor))
        if known is None:
            served = _one(processor)
            if served is None or served.is_loaded != self.is_loaded:
                raise TypeError(
                    f"{type(processor).__name__} was registered too late: a server that runs cannot call it"
                )
            known = self._parts[id(processor)] = processor, _Part(served)
        return known[1]


def _one(processor: Any) -> Served | None:
    if isinstance(processor, LoadedProcessor):
        if type(processor).process is not LoadedProcessor.process or "process" in vars(processor):
            return None
        return Served(processor._service, processor._handler, True)
    return generated(processor) if isinstance(processor, TServiceProcessor) else compiled(processor)


def generated(processor: TServiceProcessor) -> Served | None:
    """For a processor that our generator wrote."""
    cls = type(processor)
    if processor._on_message_begin is not None:
        return None
    if any(getattr(cls, step) is not getattr(TServiceProcessor, step) for step in ("process", "_process")):
        return None
    if {"process", "_process", "_methods"} & vars(processor).keys():
        return None
    service = _Service(cls.__qualname__)
    handler = _Handler(processor._handler)
    for name, function in processor._processMap.items():
        if name not in cls._methods or not name.isidentifier() or not _written.is_ours(function, name):
            return None
        attribute, args, result = cls._methods[name]
        order = _order(args, list(getattr(args, "__slots__", ())))
        if order is None:
            return None
        service.add(name, args, result)
        handler.change(name, attribute, order)
    return Served(service, handler if handler._changed else processor._handler)


def compiled(processor: Any) -> Served | None:
    """For a processor that Apache's compiler wrote."""
    own = getattr(processor, "__dict__", {})
    if not isinstance(processor, TProcessor) or not {"_handler", "_processMap"} <= own.keys() or "process" in own:
        return None
    if own.get("_on_message_begin") is not None or not _written.is_compiled_process(type(processor).process):
        return None
    service = _Service(type(processor).__qualname__)
    handler = _Handler(own["_handler"])
    for name, function in own["_processMap"].items():
        method = _written.compiled_method(function, name)
        if method is None or _core.apache_lacks_spec(method.args):
            return None
        if method.result is not None and _core.apache_lacks_spec(method.result):
            return None
        order = _order(method.args, method.arguments)
        if order is None:
            return None
        service.add(name, method.args, method.result)
        handler.change(name, name, order)
    return Served(service, handler if handler._changed else own["_handler"])


def _order(args: Any, declared: list[str]) -> list[int] | None:
    """Where each of the arguments, in the order of their declaration, stands in that of their ids."""
    by_id = [item for item in args.thrift_spec or () if item is not None]
    names = [item[2] if item[2] in declared else item[2] + "_" for item in by_id]
    return [names.index(each) for each in declared] if sorted(names) == sorted(declared) else None
