"""Several services on one connection."""

from __future__ import annotations

from typing import Any, Callable, Optional

from fastthrift.apache.protocol import TMultiplexedProtocol, TProtocolDecorator
from fastthrift.apache.protocol.TProtocol import TProtocolException
from fastthrift.apache.Thrift import TApplicationException, TMessageType, TProcessor, TType


class TMultiplexedProcessor(TProcessor):
    """Hands each message to the processor of the service that its name begins with."""

    def __init__(self) -> None:
        self.defaultProcessor: Optional[Any] = None
        self.services: dict[str, Any] = {}

    def registerDefault(self, processor: Any) -> None:
        """For messages whose name has no service, as clients send them that do not multiplex."""
        self.defaultProcessor = processor

    def registerProcessor(self, serviceName: str, processor: Any) -> None:
        self.services[serviceName] = processor

    def on_message_begin(self, func: Callable[[str, int, int], Any]) -> None:
        for processor in self.services.values():
            processor.on_message_begin(func)

    def process(self, iprot: Any, oprot: Any) -> Any:
        name, type, seqid = iprot.readMessageBegin()
        if type not in (TMessageType.CALL, TMessageType.ONEWAY):
            raise TProtocolException(
                TProtocolException.NOT_IMPLEMENTED, "TMultiplexedProtocol only supports CALL & ONEWAY"
            )
        service, separator, call = name.partition(TMultiplexedProtocol.SEPARATOR)
        if not separator:
            if self.defaultProcessor is not None:
                return self.defaultProcessor.process(StoredMessageProtocol(iprot, (name, type, seqid)), oprot)
            return self._refuse(
                iprot,
                oprot,
                (name, type, seqid),
                f"Service name not found in message name: {name}. Did you forget to "
                "use a TMultiplexedProtocol in your client?",
            )
        processor = self.services.get(service)
        if processor is None:
            return self._refuse(
                iprot,
                oprot,
                (call, type, seqid),
                f"Service name not found: {service}. Did you forget to call registerProcessor()?",
            )
        return processor.process(StoredMessageProtocol(iprot, (call, type, seqid)), oprot)

    @staticmethod
    def _refuse(iprot: Any, oprot: Any, begin: tuple[str, int, int], text: str) -> None:
        """Answers, where Apache's ends the connection: the other calls on it are none the worse."""
        name, type, seqid = begin
        iprot.skip(TType.STRUCT)
        iprot.readMessageEnd()
        if type == TMessageType.ONEWAY:
            return
        error = TApplicationException(TApplicationException.UNKNOWN_METHOD, text)
        oprot.writeMessageBegin(name, TMessageType.EXCEPTION, seqid)
        error.write(oprot)
        oprot.writeMessageEnd()
        oprot.trans.flush()


class StoredMessageProtocol(TProtocolDecorator.TProtocolDecorator):
    """A protocol whose message's head was read already."""

    def __init__(self, protocol: Any, messageBegin: tuple[str, int, int]) -> None:
        self.messageBegin = messageBegin

    def readMessageBegin(self) -> tuple[str, int, int]:
        return self.messageBegin
