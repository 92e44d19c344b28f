"""Names the service in each call, for servers with several."""

from __future__ import annotations

from typing import Any

from fastthrift.apache.protocol import TProtocolDecorator
from fastthrift.apache.Thrift import TMessageType

SEPARATOR = ":"


class TMultiplexedProtocol(TProtocolDecorator.TProtocolDecorator):
    """``protocol`` whose calls go to the service called ``serviceName``."""

    def __init__(self, protocol: Any, serviceName: str) -> None:
        self.serviceName = serviceName

    def writeMessageBegin(self, name: str, type: int, seqid: int) -> None:
        if type in (TMessageType.CALL, TMessageType.ONEWAY):
            name = self.serviceName + SEPARATOR + name
        super().writeMessageBegin(name, type, seqid)  # type: ignore[misc]  # the protocol's
