"""The same struct for both libraries: thriftpy2 says what is right, fastthrift has to do it."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import fastthrift.protocol.compact
import fastthrift.protocol.cybin
import fastthrift.thrift
import fastthrift.transport
import fastthrift.utils

thriftpy2: Any
try:
    import thriftpy2
    import thriftpy2.protocol.compact
    import thriftpy2.protocol.cybin
    import thriftpy2.thrift
    import thriftpy2.transport
    import thriftpy2.utils
except ImportError:
    thriftpy2 = None

BOOL, BYTE, DOUBLE, I16, I32, I64, STRING, STRUCT, MAP, SET, LIST, BINARY = 2, 3, 4, 6, 8, 10, 11, 12, 13, 14, 15, 18


class Twins(NamedTuple):
    ours: Any
    theirs: Any


def _side(spec: Any, side: int) -> Any:
    if isinstance(spec, Twins):
        return spec[side]
    if isinstance(spec, tuple):
        return tuple(_side(part, side) for part in spec)
    return spec


def struct(name: str, fields: dict[int, tuple[Any, ...]]) -> Twins:
    """``fields`` is a thrift_spec without the last item of each tuple; a Twins stands for its class."""
    made = []
    for side, library in enumerate((fastthrift, thriftpy2)):
        if library is None:
            made.append(None)
            continue
        spec = {id: (*_side(field, side), False) for id, field in fields.items()}
        default = [(field[1], None) for field in fields.values()]
        made.append(
            library.thrift.TPayloadMeta(
                name, (library.thrift.TPayload,), {"thrift_spec": spec, "default_spec": default, "__module__": "twins"}
            )
        )
    return Twins(*made)


def one(*field: Any) -> Twins:
    """A struct with the one field ``f``, given as (type[, spec])."""
    return struct("S", {1: (field[0], "f", *field[1:])})


class Codec(NamedTuple):
    """A protocol in both libraries."""

    name: str
    ours: Any
    theirs: Any

    def write(self, obj: Any) -> bytes:
        return fastthrift.utils.serialize(obj, self.ours)  # type: ignore[no-any-return]

    def read(self, obj: Any, data: bytes) -> Any:
        return fastthrift.utils.deserialize(obj, data, self.ours)

    def their_write(self, obj: Any) -> bytes:
        return thriftpy2.utils.serialize(obj, self.theirs)  # type: ignore[no-any-return]

    def their_read(self, obj: Any, data: bytes) -> Any:
        return thriftpy2.utils.deserialize(obj, data, self.theirs)


def codec(name: str, **options: Any) -> Codec:
    """Options that thriftpy2 does not know leave its side empty."""
    ours, theirs = {
        "binary": (
            fastthrift.protocol.cybin.TCyBinaryProtocolFactory,
            thriftpy2 and thriftpy2.protocol.cybin.TCyBinaryProtocolFactory,
        ),
        "compact": (
            fastthrift.protocol.compact.TCompactProtocolFactory,
            thriftpy2 and thriftpy2.protocol.compact.TCompactProtocolFactory,
        ),
    }[name]
    try:
        return Codec(name, ours(**options), theirs and theirs(**options))
    except TypeError:
        return Codec(name, ours(**options), None)


BINARY_CODEC = codec("binary")
COMPACT_CODEC = codec("compact")
CODECS = [BINARY_CODEC, COMPACT_CODEC]


def shown(value: object) -> str:
    """The id of a parameter: its repr, the same in every process."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))
