"""How messages become bytes."""

from __future__ import annotations

import importlib

from fastthrift import apache_names
from fastthrift._compat import CYTHON as CYTHON
from fastthrift._compat import PYPY as PYPY
from fastthrift.protocol.base import TProtocolBase
from fastthrift.protocol.binary import TBinaryProtocol, TBinaryProtocolFactory
from fastthrift.protocol.compact import TCompactProtocol, TCompactProtocolFactory
from fastthrift.protocol.cybin import TCyBinaryProtocol, TCyBinaryProtocolFactory
from fastthrift.protocol.multiplex import TMultiplexedProtocol, TMultiplexedProtocolFactory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from fastthrift.protocol.apache_json import TApacheJSONProtocol, TApacheJSONProtocolFactory
    from fastthrift.protocol.header import THeaderProtocol, THeaderProtocolFactory
    from fastthrift.protocol.json import TJSONProtocol, TJSONProtocolFactory

__all__ = [
    "TApacheJSONProtocol",
    "TApacheJSONProtocolFactory",
    "TBinaryProtocol",
    "TBinaryProtocolFactory",
    "TCompactProtocol",
    "TCompactProtocolFactory",
    "TCyBinaryProtocol",
    "TCyBinaryProtocolFactory",
    "THeaderProtocol",
    "THeaderProtocolFactory",
    "TJSONProtocol",
    "TJSONProtocolFactory",
    "TMultiplexedProtocol",
    "TMultiplexedProtocolFactory",
    "TProtocolBase",
]

# Imported when somebody asks for them: the binary protocols need neither the standard library's json nor its zlib.
_ON_DEMAND = {
    "TApacheJSONProtocol": "apache_json",
    "TApacheJSONProtocolFactory": "apache_json",
    "THeaderProtocol": "header",
    "THeaderProtocolFactory": "header",
    "TJSONProtocol": "json",
    "TJSONProtocolFactory": "json",
}


def _answer(cls: Any, name: str, *names: str) -> None:
    apache_names.answer(cls, f"protocol.{name}", *names)


for _class, _name in ((TBinaryProtocol, "TBinaryProtocol"), (TCompactProtocol, "TCompactProtocol")):
    _answer(_class, _name, _name, f"{_name}Factory", f"{_name}Accelerated", f"{_name}AcceleratedFactory")
_answer(TMultiplexedProtocol, "TMultiplexedProtocol", "TMultiplexedProtocol")
# The same for what comes on demand.
_APACHE_NAMES = {
    "THeaderProtocol": ("THeaderProtocol", "THeaderProtocolFactory"),
    "TJSONProtocol": ("TJSONProtocol", "TJSONProtocolFactory", "TSimpleJSONProtocol", "TSimpleJSONProtocolFactory"),
}


def __getattr__(name: str) -> Any:
    if name not in _ON_DEMAND:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(f"{__name__}.{_ON_DEMAND[name]}"), name)
    if name in _APACHE_NAMES:
        _answer(value, name, *_APACHE_NAMES[name])
    return value
