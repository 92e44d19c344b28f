"""The binary protocol under the names of thriftpy2's compiled module."""

from __future__ import annotations

from fastthrift._core import TBinaryProtocol as TCyBinaryProtocol
from fastthrift._core import TBinaryProtocolFactory as TCyBinaryProtocolFactory
from fastthrift.protocol.binary import BIN_TYPES, DEFAULT_MAX_DEPTH
from fastthrift.protocol.exc import ProtocolError
from fastthrift.thrift import TDecodeException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def read_val(buf: Any, ttype: int, decode_response: bool = True, strict_decode: bool = False) -> Any:
    return TCyBinaryProtocol(buf, decode_response=decode_response, strict_decode=strict_decode)._read_val(ttype)


def write_val(buf: Any, ttype: int, val: Any, spec: Any = None) -> None:
    TCyBinaryProtocol(buf)._write_val(ttype, val, spec)


def skip(buf: Any, ttype: int) -> None:
    TCyBinaryProtocol(buf).skip(ttype)


__all__ = [
    "BIN_TYPES",
    "DEFAULT_MAX_DEPTH",
    "ProtocolError",
    "TCyBinaryProtocol",
    "TCyBinaryProtocolFactory",
    "TDecodeException",
    "read_val",
    "skip",
    "write_val",
]
