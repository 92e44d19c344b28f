"""Apache's spelling in the modules of thriftpy2's face, as tutorials have it.

``from fastthrift.transport import TSocket, TTransport`` gives a class and a module; ``TSocket.TSocket(...)`` and
``TTransport.TBufferedTransport(...)`` are both Apache's. The classes answer with those of `fastthrift.apache` by name, when somebody
asks; modules that are only Apache's are found as ``fastthrift.X`` as well.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
from types import ModuleType

from fastthrift import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.abc import Loader, MetaPathFinder
    from typing import Any
else:
    Loader = MetaPathFinder = object  # importing importlib.abc would double the time to import fastthrift

_OURS = __name__.rpartition(".")[0]
_APACHE = _OURS + ".apache"

# Modules of Apache's tree whose names nobody else has here.
_MODULES = frozenset(
    {
        "Thrift",
        "TMultiplexedProcessor",
        "TRecursive",
        "TSerialization",
        "protocol.TBase",
        "protocol.TProtocol",
        "protocol.TProtocolDecorator",
        "protocol.TSimpleJSONProtocol",
        "protocol.fastbinary",
        "transport.THttpClient",
        "transport.TTransport",
    }
)


class ApacheName:
    """A class attribute that is a class of Apache's face: ``TSocket = ApacheName("transport.TSocket", "TSocket")``."""

    def __init__(self, module: str, name: str) -> None:
        self._module = module
        self._name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        return getattr(importlib.import_module(f"{_APACHE}.{self._module}"), self._name)


def answer(cls: Any, module: str, *names: str) -> None:
    """Lets a class of thriftpy2's face have those names of a module of Apache's face."""
    for name in names:
        setattr(cls, name, ApacheName(module, name))


def part_of_server(name: str) -> Any:
    """A module of Apache's servers, which `fastthrift.server` is none of: it is a module itself."""
    if name in ("TNonblockingServer", "TProcessPoolServer", "THttpServer"):
        return importlib.import_module(f"{_APACHE}.server.{name}")
    raise AttributeError(f"module 'fastthrift.server' has no attribute {name!r}")


class _Loader(Loader):
    """Hands out the module of Apache's tree; importing it again under the other name must leave its ``__spec__`` alone."""

    def __init__(self, name: str) -> None:
        self._name = name

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._name)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


class _Finder(MetaPathFinder):
    """Comes last: finds what nothing else is called."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not fullname.startswith(_OURS + "."):
            return None
        name = fullname[len(_OURS) + 1 :]
        if name not in _MODULES:
            return None
        return importlib.machinery.ModuleSpec(fullname, _Loader(f"{_APACHE}.{name}"))


if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
    sys.meta_path.append(_Finder())


_namespace = type.__dict__["__dict__"].__get__


class ServiceMeta(type):
    """The class of services that `load` makes: they have Apache's ``Iface``, ``Client`` and ``Processor`` as well, when asked."""

    # The classes of their arguments and results are made when somebody asks for one, or for all.
    __dict__ = property(_core.whole_namespace)  # type: ignore[misc]

    def __getattr__(cls, name: str) -> Any:
        if name in ("Iface", "Client", "Processor") and "thrift_services" in _namespace(cls):
            return importlib.import_module(f"{_APACHE}._loaded").part_of(cls, name)
        raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")


_core.set_service_metaclass(ServiceMeta)
