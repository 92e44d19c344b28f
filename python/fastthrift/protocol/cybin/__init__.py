"""thriftpy2's name for its compiled binary protocol; here it is the one binary protocol."""

from __future__ import annotations

from fastthrift.protocol.cybin.cybin import (
    BIN_TYPES,
    DEFAULT_MAX_DEPTH,
    ProtocolError,
    TCyBinaryProtocol,
    TCyBinaryProtocolFactory,
    TDecodeException,
    read_val,
    skip,
    write_val,
)

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
