"""One codec for each library: how it makes its object of a shape, encodes it and decodes it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .shapes import Shape

_BOOL, _DOUBLE, _STRING, _STRUCT, _MAP, _SET, _LIST, _BINARY = 2, 4, 11, 12, 13, 14, 15, 18
_Class = type[Any]


@dataclass(frozen=True)
class Codec:
    """What a row measures of one library: each makes the call to be timed, one Python function around what the library has."""

    value: Any
    encoding: Callable[[Any], Callable[[], bytes]]
    decoding: Callable[[bytes], Callable[[], Any]]


def loaded(package: str, shape: Shape) -> _Class:
    module = importlib.import_module(package).load(
        str(shape.idl), module_name=f"{package}_{shape.idl.stem.replace('-', '_')}_thrift"
    )
    return getattr(module, shape.struct)  # type: ignore[no-any-return]


def fields(cls: _Class) -> list[tuple[int, int, str, Any]]:
    """(id, type, name, spec of the type or None) of each field of a class of thriftpy2's kind."""
    return [(fid, f[0], f[1], f[2] if len(f) > 3 else None) for fid, f in cls.thrift_spec.items()]


def part(item: Any) -> tuple[int, Any]:
    """(type, spec) of an element, key or value as a thrift_spec has it."""
    return item if isinstance(item, tuple) else (item, None)


def build(cls: _Class, value: dict[str, Any], class_of: Callable[[_Class], _Class] = lambda cls: cls) -> Any:
    """An object from plain values; `class_of` gives a peer's class for one of thriftpy2's kind."""

    def built(ttype: int, spec: Any, plain: Any) -> Any:
        if ttype == _STRUCT:
            return build(spec, plain, class_of)
        if ttype in (_LIST, _SET) and part(spec)[0] == _STRUCT:
            return [built(*part(spec), v) for v in plain]
        return plain

    made = class_of(cls)()
    for _, ttype, name, spec in fields(cls):
        if name in value:
            setattr(made, name, built(ttype, spec, value[name]))
    return made


def thrift_like(package: str, shape: Shape, protocol: str) -> Codec:
    """thriftpy2 or fastthrift through their public functions, `serialize` and `deserialize`."""
    utils = importlib.import_module(f"{package}.utils")
    protocols = importlib.import_module(f"{package}.protocol")
    cls = loaded(package, shape)
    factories = {
        "binary": "TCyBinaryProtocolFactory",
        "compact": "TCompactProtocolFactory",
        "json": "TJSONProtocolFactory",
    }
    factory = getattr(protocols, factories[protocol])()
    serialize, deserialize = utils.serialize, utils.deserialize
    return Codec(
        build(cls, shape.value),
        lambda value: lambda: serialize(value, factory),
        lambda data: lambda: deserialize(cls(), data, factory),
    )


def apache(shape: Shape, protocol: str) -> Codec:
    """Apache's package with its C extension, over classes as its compiler would write them."""
    from thrift.protocol.TBinaryProtocol import TBinaryProtocolAccelerated
    from thrift.protocol.TCompactProtocol import TCompactProtocolAccelerated
    from thrift.transport.TTransport import TMemoryBuffer

    theirs, made = loaded("thriftpy2", shape), dict[_Class, _Class]()
    cls = _apache_class(theirs, made)
    make = {"binary": TBinaryProtocolAccelerated, "compact": TCompactProtocolAccelerated}[protocol]
    spec = [cls, cls.thrift_spec]
    assert make(TMemoryBuffer(), fallback=False)._fast_encode is not None, "Apache's C extension is not there"

    def encoding(value: Any) -> Callable[[], bytes]:
        def encode() -> bytes:
            out = make(TMemoryBuffer())
            out.trans.write(out._fast_encode(value, spec))
            return bytes(out.trans.getvalue())

        return encode

    def decoding(data: bytes) -> Callable[[], Any]:
        def decode() -> Any:
            value = cls()
            source = make(TMemoryBuffer(data), string_length_limit=1 << 30, container_length_limit=1 << 30)
            source._fast_decode(value, source, spec)
            return value

        return decode

    return Codec(build(theirs, shape.value, made.__getitem__), encoding, decoding)


def _apache_class(theirs: _Class, made: dict[_Class, _Class]) -> _Class:
    """A class of the form that `thrift --gen py` writes, for a class of thriftpy2's."""
    if theirs in made:
        return made[theirs]
    names = [name for _, _, name, _ in fields(theirs)]
    body = "".join(f"\n    self.{name} = {name}" for name in names) or "\n    pass"
    scope: dict[str, Any] = {}
    exec(f"def __init__(self{''.join(f', {name}=None' for name in names)}):{body}", scope)
    cls: Any = type(theirs.__name__, (), {"__init__": scope["__init__"]})
    made[theirs] = cls

    def typed(ttype: int, spec: Any) -> tuple[int, Any]:
        if ttype == _STRUCT:
            inner: Any = _apache_class(spec, made)
            return _STRUCT, [inner, inner.thrift_spec]
        if ttype in (_LIST, _SET):
            return ttype, (*typed(*part(spec)), False)
        if ttype == _MAP:
            return ttype, (*typed(*part(spec[0])), *typed(*part(spec[1])), False)
        if ttype == _BINARY:
            return _STRING, "BINARY"
        return ttype, "UTF8" if ttype == _STRING else None

    table: list[Any] = [None] * (max(theirs.thrift_spec, default=-1) + 1)
    for fid, ttype, name, spec in fields(theirs):
        wire, arguments = typed(ttype, spec)
        table[fid] = (fid, wire, name, arguments, None)
    cls.thrift_spec = tuple(table)
    return cls  # type: ignore[no-any-return]


def msgspec_array(shape: Shape, protocol: str) -> Codec:
    """msgspec's fastest form, array-like structs in MessagePack: another format, the same work for Python's objects."""
    import msgspec

    theirs, made = loaded("thriftpy2", shape), dict[_Class, _Class]()

    def typed(ttype: int, spec: Any) -> Any:
        if ttype == _STRUCT:
            return struct_of(spec)
        if ttype in (_LIST, _SET):
            return list[typed(*part(spec))]  # type: ignore[misc]
        if ttype == _MAP:
            return dict[typed(*part(spec[0])), typed(*part(spec[1]))]  # type: ignore[misc]
        return {_BOOL: bool, _DOUBLE: float, _STRING: str, _BINARY: bytes}.get(ttype, int)

    def struct_of(cls: _Class) -> _Class:
        if cls not in made:
            columns = [(name, typed(ttype, spec) | None, None) for _, ttype, name, spec in fields(cls)]
            made[cls] = msgspec.defstruct(cls.__name__, columns, array_like=True)
        return made[cls]

    top = struct_of(theirs)
    encode, decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(top).decode
    return Codec(
        build(theirs, shape.value, made.__getitem__),
        lambda value: lambda: encode(value),
        lambda data: lambda: decode(data),
    )


PEERS: dict[str, Callable[[Shape, str], Codec]] = {
    "fastthrift": lambda shape, protocol: thrift_like("fastthrift", shape, protocol),
    "thriftpy2": lambda shape, protocol: thrift_like("thriftpy2", shape, protocol),
    "thrift": apache,
    "msgspec": msgspec_array,
}
