"""What `make_client` and `make_server` are given: mistakes are told where they are made, not by the first call."""

from __future__ import annotations

from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


_ASYNCIO = "fastthrift.contrib.aio."
# Which asyncio has a counterpart of; others, TMultiplexedProtocolFactory for one, serve both.
_IN_BOTH = ("Binary", "Compact", "Buffered", "Framed", "SaslClient")


def check_parts(service: Any, proto_factory: Any, trans_factory: Any = None, is_asyncio: bool = False) -> None:
    """Refuses a module or a name as the service, classes as factories unless they can be called as such, and asyncio's
    factories outside of it or the others within: nobody would wait for their reads."""
    if isinstance(service, (str, ModuleType)) and not hasattr(service, "thrift_services"):
        raise TypeError(f"a service is a class like module.Service, got {service!r}{_services_of(service)}")
    _check_factory("proto_factory", "get_protocol", proto_factory)
    _check_factory("trans_factory", "get_transport", trans_factory)
    for parameter, factory in (("proto_factory", proto_factory), ("trans_factory", trans_factory)):
        _check_kind(parameter, type(factory), is_asyncio)


def _check_kind(parameter: str, kind: type, is_asyncio: bool) -> None:
    name = kind.__name__
    if not is_asyncio and kind.__module__.startswith(_ASYNCIO):
        raise TypeError(f"{name}() is for asyncio: {parameter}={name.replace('Async', '', 1)}() is needed here")
    plain = name[1:].replace("Cy", "", 1)
    if is_asyncio and kind.__module__.startswith(("fastthrift.protocol.", "fastthrift.transport.")):
        if plain.startswith(_IN_BOTH):
            raise TypeError(f"{name}() is not for asyncio: {parameter}=TAsync{plain}() is needed here")


def _services_of(module: Any) -> str:
    found = [each.__name__ for each in getattr(module, "__thrift_meta__", {}).get("services", ())]
    return f", which has {', '.join(found)}" if found else ""


def _check_factory(parameter: str, method: str, factory: Any) -> None:
    if not isinstance(factory, type) or _is_called_on_the_class(factory, method):
        return
    name = factory.__name__ if hasattr(factory, method) else f"{factory.__name__.replace('TCy', 'T', 1)}Factory"
    raise TypeError(f"{parameter} is an object, not a class: {name}() instead of {factory.__name__}")


def _is_called_on_the_class(factory: type, method: str) -> bool:
    for base in factory.__mro__:
        if method in vars(base):
            return isinstance(vars(base)[method], (staticmethod, classmethod))
    return hasattr(type(factory), method)
