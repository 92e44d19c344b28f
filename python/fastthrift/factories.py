"""What makes protocols and transports, for type checkers and whoever derives from it.

The modules that have these names import them when they are asked for: `typing` takes longer to import than this package.
"""

from __future__ import annotations

from typing import Any, Protocol, Union

Buffer = Union[bytes, bytearray, memoryview]


class TProtocolFactory(Protocol):
    """Anything that makes a protocol over a transport."""

    __module__: str = "fastthrift.protocol.base"

    def get_protocol(self, trans: Any) -> Any: ...


class TTransportFactory(Protocol):
    """Puts a transport on another one."""

    __module__: str = "fastthrift.transport.base"

    def get_transport(self, trans: Any) -> Any: ...
