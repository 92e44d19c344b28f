"""Makes objects of generated classes, and says what they are as bytes. A program: it runs for fastthrift's generated code on
fastthrift, for Apache's on Apache's, and for Apache's on fastthrift.

    codec_peer.py thrift|fastthrift.apache|compat JOBS RESULTS      both are pickles: see test_peer.py
"""

from __future__ import annotations

import importlib
import pickle
import sys
import traceback
from typing import Any

# Apache's accelerated protocols write nothing of a struct with negative ids.
PROTOCOLS = {
    "thrift": ("TBinaryProtocol.TBinaryProtocol", "TCompactProtocol.TCompactProtocol"),
    "fastthrift.apache": ("TBinaryProtocol.TBinaryProtocolAccelerated", "TCompactProtocol.TCompactProtocolAccelerated"),
}


def made(value: Any) -> Any:
    if not isinstance(value, tuple):
        return value
    kind, *rest = value
    if kind == "struct":
        module, name, fields = rest
        found = importlib.import_module(module)
        cls = getattr(found, name, None) or getattr(found, name + "_")
        taken = getattr(cls, "__slots__", fields)
        return cls(**{field if field in taken else field + "_": made(each) for field, each in fields.items()})
    (items,) = rest
    if kind in ("list", "tuple"):
        return (list if kind == "list" else tuple)(made(each) for each in items)
    if kind == "set":
        return frozenset(made(each) for each in items)
    as_dict = {made(key): made(each) for key, each in items}
    return frozen_dict(as_dict) if kind == "frozendict" else as_dict


def frozen_dict(items: Any) -> Any:
    for name in ("fastthrift.apache.Thrift", "thrift.Thrift"):
        if name in sys.modules:
            return sys.modules[name].TFrozenDict(items)  # type: ignore[attr-defined]


def method(value: Any, name: str) -> Any:
    """A method, although a field may have taken its name."""
    for cls in type(value).__mro__:
        found = vars(cls).get(name)
        if callable(found) or isinstance(found, classmethod):
            return found.__get__(value, type(value))
    raise AttributeError(name)


def coded(value: Any, runtime: str) -> list[Any]:
    """For each protocol the bytes, and whether they come back as the same."""
    transport = importlib.import_module(runtime + ".transport.TTransport")
    found: list[Any] = []
    for path in PROTOCOLS[runtime]:
        module, _, name = path.partition(".")
        protocol = getattr(importlib.import_module(f"{runtime}.protocol.{module}"), name)
        memory = transport.TMemoryBuffer()
        method(value, "write")(protocol(memory))
        data = memory.getvalue()
        iprot = protocol(transport.TMemoryBuffer(data))
        back = type(value)()
        read = method(back, "read")
        if read.__self__ is type(back):  # immutable: a class method that makes an object
            back = read(iprot)
        else:
            read(iprot)
        again = transport.TMemoryBuffer()
        method(back, "write")(protocol(again))
        # Exceptions of fastthrift are equal by identity, as thriftpy2's.
        is_same = isinstance(value, Exception) or back == value
        found.append((data, is_same and again.getvalue() == data))
    return found


def main(runtime: str, jobs_path: str, results_path: str) -> None:
    if runtime == "compat":
        importlib.import_module("fastthrift.compat").install("thrift")
        runtime = "thrift"
    with open(jobs_path, "rb") as file:
        jobs = pickle.load(file)
    results = {}
    ours = set(sys.modules)
    for folder, values in jobs.items():
        sys.path.insert(0, folder)
        for number, value in enumerate(values):
            try:
                results[folder, number] = coded(made(value), runtime)
            except Exception:
                results[folder, number] = traceback.format_exc()
        sys.path.remove(folder)
        for name in set(sys.modules) - ours:
            if not name.startswith(("thrift", "fastthrift", "encodings", "_", "uuid", "typing", "enum")):
                del sys.modules[name]
        sys.path_importer_cache.clear()
    with open(results_path, "wb") as file:
        pickle.dump(results, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
