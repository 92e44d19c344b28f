"""What `make_client` and `make_server` are given: mistakes are told where they are made, not by the first call."""

from __future__ import annotations

from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def check_parts(service: Any, proto_factory: Any, trans_factory: Any = None) -> None:
    """Refuses a module or a name as the service, and classes as factories unless they can be called as such."""
    if isinstance(service, (str, ModuleType)) and not hasattr(service, "thrift_services"):
        raise TypeError(f"a service is a class like module.Service, got {service!r}{_services_of(service)}")
    _check_factory("proto_factory", "get_protocol", proto_factory)
    _check_factory("trans_factory", "get_transport", trans_factory)


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
