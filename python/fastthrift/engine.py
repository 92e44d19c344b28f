"""Which servers run on the core's engine, and what the engine's events become in the log.

The engine answers as `TProcessor` does, for many connections on few threads. It stands in for a server whose parts are
exactly ours: where anybody has put a class or a method of his own between socket and handler, that is what is called.
"""

from __future__ import annotations

import atexit
import socket
from collections.abc import Iterable

from fastthrift import _core
from fastthrift.log import server_logger
from fastthrift.processor import TMultiplexedProcessor, TProcessor, answers_undeclared
from fastthrift.protocol.base import shares_protocol
from fastthrift.protocol.binary import TBinaryProtocol
from fastthrift.refusals import Refusals
from fastthrift.transport.buffered.cybuffered import TCyBufferedTransportFactory
from fastthrift.transport.framed.cyframed import TCyFramedTransport, TCyFramedTransportFactory
from fastthrift.transport.memory.cymemory import TCyMemoryBuffer
from fastthrift.transport.socket import TServerSocket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TRANSPORT_FACTORIES = (TCyBufferedTransportFactory, TCyFramedTransportFactory)
# Methods of a server that see each connection, and of a processor that see each call.
_SERVER_STEPS = ("handle", "_run", "_start", "_serve_generic")
_PROCESSOR_STEPS = (
    "process", "process_in", "send_exception", "send_result", "handle_exception", "_answer_call", "_answer",
)  # fmt: skip

# Threads of the engine run handlers: none may be inside Python when the interpreter goes away.
atexit.register(_core.stop_servers)


def engine_for(server: Any, server_class: type) -> _core.Server | None:
    """An engine that serves what ``server`` would, not started; None where something is not exactly ours."""
    if not leaves_alone(server, server_class, _SERVER_STEPS):
        return None
    trans = server.trans
    if type(trans) is not TServerSocket or "accept" in vars(trans):
        return None
    return engine_on(trans.sock, server, idle_ms=(trans.client_timeout or 0) * 1000)


def engine_on(listener: Any, server: Any, **options: Any) -> _core.Server | None:
    """An engine for what ``listener`` accepts, with the processor and the factories of ``server``; None where one of them is
    not exactly ours."""
    methods = methods_of(server.processor)
    if methods is None or type(listener) is not socket.socket:
        return None
    if socket.socket.__module__ != "socket":
        return None  # patched, by gevent for instance, to let others run
    if server.otrans_factory is not server.itrans_factory or server.oprot_factory is not server.iprot_factory:
        return None
    if type(server.itrans_factory) not in _TRANSPORT_FACTORIES:
        return None
    if not type(server.iprot_factory).__module__.startswith("fastthrift."):
        return None
    sample = server.iprot_factory.get_protocol(server.itrans_factory.get_transport(TCyMemoryBuffer()))
    dialects: dict[str, Any] = {}
    if shares_protocol(server.iprot_factory):
        sample, dialects = _all_dialects(server, sample)
    if sample is None or not _core.can_serve(sample):
        return None
    return _core.Server(
        listener.fileno(),
        *methods,
        sample,
        EngineLog(server._refusals),
        answer_undeclared=answers_undeclared(server.processor),
        max_connections=server.max_connections,
        handler_threads=server.handler_threads,
        **{**dialects, **options},
    )


def _all_dialects(server: Any, protocol: Any) -> tuple[Any, dict[str, Any]]:
    """For THeaderProtocolFactory: a protocol with its options, and what the engine is told besides; None where the engine
    cannot take its place."""
    # Imported when a server has headers.
    from fastthrift.header import EngineHooks
    from fastthrift.protocol.header import THeaderProtocol, THeaderProtocolFactory

    factory = server.iprot_factory
    if type(factory) is not THeaderProtocolFactory or type(protocol) is not THeaderProtocol:
        return None, {}
    if type(server.itrans_factory) is not TCyBufferedTransportFactory:
        return None, {}  # frames within frames
    transport = TCyFramedTransport(TCyMemoryBuffer(), max_frame=factory.max_frame)
    allowed = sum(1 << each for each in set(factory.allowed_client_types))
    told = {"headers": EngineHooks(factory.max_frame), "allowed_client_types": allowed}
    return TBinaryProtocol(transport, **factory.options), told


def leaves_alone(instance: Any, base: type, steps: Iterable[str]) -> bool:
    """Whether neither the class of ``instance`` nor the instance itself has put others in the place of these methods."""
    cls, own = type(instance), vars(instance)
    return all(getattr(cls, step) is getattr(base, step) and step not in own for step in (*steps, "__getattribute__"))


def methods_of(processor: Any) -> tuple[Any, Any] | None:
    """Whose methods answer, as `_core.Server` takes it: service and handler, or separator and processor; None where
    the processor itself has a say in that.
    """
    if not isinstance(processor, TProcessor):
        return None
    own = vars(processor)
    if isinstance(processor, TMultiplexedProcessor):
        if not leaves_alone(processor, TMultiplexedProcessor, _PROCESSOR_STEPS):
            return None
        separator = processor.SEPARATOR
        # Of those registered only service and handler are of interest to a TMultiplexedProcessor.
        is_usual = type(separator) is str and separator and type(own.get("processors")) is dict
        return (separator, processor) if is_usual else None
    if not leaves_alone(processor, TProcessor, _PROCESSOR_STEPS) or not {"_service", "_handler"} <= own.keys():
        return None
    return processor._service, processor._handler


class EngineLog:
    """What the engine has to say, on the server's logger."""

    def __init__(self, refusals: Refusals) -> None:
        self._refusals = refusals

    def refused(self, what: str, why: str) -> None:
        self._refusals.note("message", f"{what}: {why}")

    def raised(self, api: str, error: BaseException) -> None:
        if isinstance(error, Exception):
            self._failed("%s raised what its IDL does not declare", api, error)
        else:
            self._failed(f"%s raised {type(error).__name__}", api, error)

    def returned(self, api: str, error: BaseException) -> None:
        self._failed("%s returned what its IDL does not declare", api, error)

    def warn(self, text: str) -> None:
        self._refusals.note("connection", text)

    def _failed(self, text: str, api: str, error: BaseException) -> None:
        # Who has found what makes a handler fail can call it as often as he likes, and a traceback is long.
        if self._refusals.admits(f"{api} failed", "%d more times %s, which was not logged"):
            self._log(text, api, error)

    @staticmethod
    def _log(text: str, api: str, error: BaseException) -> None:
        server_logger().error(text, api, exc_info=(type(error), error, error.__traceback__))
