"""Which of Apache's servers run on the core's engine: those whose parts are exactly ours, down to the methods."""

from __future__ import annotations

import socket
from typing import Any

from fastthrift import _core
from fastthrift.apache._loaded import sample_of
from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocol
from fastthrift.apache.server._served import served_by
from fastthrift.apache.transport.TSocket import TServerSocket
from fastthrift.apache.transport.TTransport import (
    DEFAULT_MAX_FRAME_SIZE,
    TBufferedTransportFactory,
    TFramedTransport,
    TMemoryBuffer,
    TTransportFactoryBase,
)
from fastthrift.engine import EngineLog
from fastthrift.header import EngineHooks
from fastthrift.protocol.base import shares_protocol
from fastthrift.refusals import Refusals

# Under these the bytes of a connection are the peer's own.
_WITHOUT_FRAMES = (TTransportFactoryBase, TBufferedTransportFactory)


def engine_for(server: Any, processor: Any, listener: Any, input_: Any, output: Any) -> _core.Server | None:
    """An engine, not started, for a server with these factories of ``(transport, protocol)``; None where something is not ours.
    ``listener`` listens already."""
    if type(listener) is not TServerSocket or "accept" in vars(listener) or type(listener.handle) is not socket.socket:
        return None
    if socket.socket.__module__ != "socket":
        return None  # patched, by gevent for instance, to let others run
    if input_[0] is not output[0] or input_[1] is not output[1]:
        return None
    if not all(type(each).__module__.startswith("fastthrift.") for each in input_):
        return None
    dialects: dict[str, Any] = {}
    if shares_protocol(input_[1]):
        sample, dialects = _all_dialects(*input_)
    else:
        sample = input_[1].getProtocol(input_[0].getTransport(TMemoryBuffer()))
    if sample is None or not _core.can_serve(sample):
        return None
    served = served_by(processor)
    if served is None:
        return None
    if served.is_loaded:
        sample = sample_of(sample)
    return _core.Server(
        listener.handle.fileno(),
        served.service,
        served.handler,
        sample,
        EngineLog(Refusals(server._logger)),
        answer_undeclared=True,
        idle_ms=0,
        max_connections=server.max_connections,
        **dialects,
    )


def _all_dialects(transports: Any, protocols: Any) -> tuple[Any, dict[str, Any]]:
    """For THeaderProtocolFactory: a protocol with its limits, and what the engine is told besides; None where the engine
    cannot take its place."""
    from fastthrift.apache.protocol.THeaderProtocol import THeaderProtocolFactory

    if type(protocols) is not THeaderProtocolFactory or type(transports) not in _WITHOUT_FRAMES:
        return None, {}
    allowed = sum(1 << each for each in set(protocols.allowed_client_types))
    told = {"headers": EngineHooks(DEFAULT_MAX_FRAME_SIZE), "allowed_client_types": allowed}
    return TBinaryProtocol(TFramedTransport(TMemoryBuffer())), told
