"""Several services over one connection: the service's name goes in front of the method's."""

from __future__ import annotations

from fastthrift.processor import TMultiplexedProcessor
from fastthrift.thrift import TMessageType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from fastthrift.factories import TProtocolFactory as TProtocolFactory


class TMultiplexedProtocol:
    """Another protocol, whose calls name their service (``Service:method``); replies keep the bare name."""

    def __init__(self, proto: Any, service_name: str) -> None:
        self._proto = proto
        self.service_name = service_name

    def __getattr__(self, name: str) -> Any:
        if name == "_proto":  # not there before __init__: unpickling and copying ask for other attributes first
            raise AttributeError(name)
        return getattr(self._proto, name)

    def write_message_begin(self, name: str, ttype: int, seqid: int) -> Any:
        if ttype in (TMessageType.CALL, TMessageType.ONEWAY):
            name = self.service_name + TMultiplexedProcessor.SEPARATOR + name
        return self._proto.write_message_begin(name, ttype, seqid)


class TMultiplexedProtocolFactory:
    """Makes clients' protocols for one service of a multiplexed server."""

    def __init__(self, proto_factory: TProtocolFactory, service_name: str) -> None:
        self._proto_factory = proto_factory
        self.service_name = service_name

    def get_protocol(self, trans: Any) -> TMultiplexedProtocol:
        return TMultiplexedProtocol(self._proto_factory.get_protocol(trans), self.service_name)


__all__ = [
    "TMessageType",
    "TMultiplexedProcessor",
    "TMultiplexedProtocol",
    "TMultiplexedProtocolFactory",
    "TProtocolFactory",
]


def __getattr__(name: str) -> Any:
    if name == "TProtocolFactory":
        from fastthrift import factories

        return getattr(factories, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
