"""Every name and signature of Apache's package is here, but for those in the list, each with its reason."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import warnings
from typing import Any

import pytest

thrift = pytest.importorskip("thrift")

# Modules and names that are not ours: the reason.
LEFT_OUT = {
    "TSCons": "builds with SCons, which is Apache's own build",
    "TTornado": "Tornado's loop is asyncio: fastthrift.contrib.aio serves it",
    "transport.TTwisted": "Twisted's reactor runs on asyncio: fastthrift.contrib.aio serves it",
}
# Single names that are not there: the reason.
MISSING = {
    "transport.THeaderTransport.U16": "its own way of packing",
    "transport.THeaderTransport.I32": "its own way of packing",
    "transport.THeaderTransport.WRITE_TRANSFORMS_BY_ID": "its own table",
    **dict.fromkeys(
        [
            f"server.TNonblockingServer.{name}"
            for name in (
                *(
                    "Worker",
                    "WAIT_LEN",
                    "WAIT_MESSAGE",
                    "WAIT_PROCESS",
                    "SEND_ANSWER",
                    "CLOSED",
                    "Message",
                    "Connection",
                ),
                *("locked", "socket_exception"),
            )
        ],
        "the steps of its own state machine; ours is the engine, or a selector",
    ),
}
# Modules of which only the names in `__all__` are looked for: the reason.
ONLY_ALL = {"protocol.TJSONProtocol": "the rest are parts of its parser; ours is the core's"}
# Signatures that differ: the reason.
OTHERWISE = {
    "protocol.TProtocolDecorator.TProtocolDecorator.__init__": "ours says that the state is copied already",
    "protocol.TProtocol.TProtocolBase.writeBinary": "Apache calls the bytes 'uuid'",
    "protocol.TProtocol.TProtocolBase.writeUuid": "Apache calls the UUID 'str_val'",
    "server.TNonblockingServer.TNonblockingServer.stop": "takes the time for calls in flight as well",
    "server.THttpServer.THttpServer.__init__": "names its keywords",
    "server.TProcessPoolServer.TProcessPoolServer.stop": "takes the time for calls in flight as well",
    **{
        f"protocol.TCompactProtocol.{cls}.{way}{kind}": "Apache's are wrapped as (*args, **kwargs)"
        for cls in ("TCompactProtocol", "TCompactProtocolAccelerated")
        for way in ("read", "write")
        for kind in ("Binary", "Byte", "Double", "I16", "I32", "I64", "Uuid")
    },
}


def modules() -> list[str]:
    return [each.name.partition(".")[2] for each in pkgutil.walk_packages(thrift.__path__, "thrift.")]


def public(module: Any) -> dict[str, Any]:
    """The classes and functions that the module itself defines, and its constants in capitals."""
    found = {}
    for name, value in vars(module).items():
        if name.startswith("_") or inspect.ismodule(value):
            continue
        if inspect.isclass(value) or inspect.isfunction(value):
            if value.__module__ == module.__name__:
                found[name] = value
        elif name.isupper():
            found[name] = value
    return found


def methods(cls: type) -> dict[str, Any]:
    """Public methods, inherited ones too, and the constructor."""
    found = {}
    for name in dir(cls):
        if name.startswith("_") and name != "__init__":
            continue
        raw = inspect.getattr_static(cls, name)
        value = raw.__func__ if isinstance(raw, (classmethod, staticmethod)) else raw
        if inspect.isfunction(value):
            found[name] = value
    return found


def parameters(function: Any) -> list[tuple[str, Any]]:
    return [(each.name, each.kind) for each in inspect.signature(function).parameters.values()]


@pytest.mark.parametrize("name", [each for each in modules() if each not in LEFT_OUT])
def test_a_module_has_apaches_names(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = importlib.import_module(f"thrift.{name}")
    try:
        ours = importlib.import_module(f"fastthrift.apache.{name}")
    except ImportError as error:
        pytest.fail(f"{name} is missing: {error}")
    problems = []
    for each, value in public(theirs).items():
        if f"{name}.{each}" in MISSING or (name in ONLY_ALL and each not in theirs.__all__):
            continue
        if not hasattr(ours, each):
            problems.append(f"{each} is missing")
            continue
        mine = getattr(ours, each)
        if name in ONLY_ALL:
            continue
        if inspect.isclass(value):
            problems += class_differences(f"{name}.{each}", value, mine)
        elif inspect.isfunction(value) and parameters(value) != parameters(mine):
            problems.append(f"{each}{inspect.signature(mine)} is {inspect.signature(value)}")
        elif isinstance(value, (int, str, bytes, tuple)) and value != mine:
            problems.append(f"{each} is {mine!r}, not {value!r}")
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(
    "name", ["TJSONProtocol", "TJSONProtocolFactory", "TSimpleJSONProtocol", "TSimpleJSONProtocolFactory"]
)
def test_json_protocols_are_made_as_apaches(name: str) -> None:
    theirs = getattr(importlib.import_module("thrift.protocol.TJSONProtocol"), name)
    ours = getattr(importlib.import_module("fastthrift.apache.protocol.TJSONProtocol"), name)
    assert parameters(ours) == parameters(theirs)


def test_what_is_listed_as_missing_is_missing() -> None:
    for each in MISSING:
        module, _, name = each.rpartition(".")
        assert name == "Connection" or not hasattr(importlib.import_module(f"fastthrift.apache.{module}"), name)


def class_differences(name: str, theirs: type, ours: Any) -> list[str]:
    problems = []
    mine = methods(ours)
    for method, function in methods(theirs).items():
        if f"{name}.{method}" in OTHERWISE or (method == "__init__" and not theirs.__module__.startswith("thrift")):
            continue
        if method not in mine:
            if getattr(ours, method, None) is None:
                problems.append(f"{name}.{method} is missing")
            continue
        if parameters(function) != parameters(mine[method]):
            problems.append(f"{name}.{method}{inspect.signature(mine[method])} is {inspect.signature(function)}")
    for each, value in vars(theirs).items():
        if not each.startswith("_") and isinstance(value, (int, str, tuple)) and getattr(ours, each, None) != value:
            problems.append(f"{name}.{each} is {getattr(ours, each, None)!r}, not {value!r}")
        if isinstance(value, property) and not each.startswith("_") and not hasattr(ours, each):
            problems.append(f"{name}.{each} is missing")
    return problems
