"""The server's side of a call: read it, find the handler's method, answer.

`TProcessor.process` is one call. Its steps (`process_in`, `handle_exception`, `send_result`, `send_exception`) are methods
that subclasses override; thriftpy2's order of calling them is kept.
"""

from __future__ import annotations

import threading

from fastthrift import defaults
from fastthrift.log import server_logger
from fastthrift.thrift import TApplicationException, TMessageType, TTransportException, TType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Optional

    Prepared = tuple[str, int, Any, Optional[Callable[[], Any]]]

_CALLS = (TMessageType.CALL, TMessageType.ONEWAY)


class PassesProcessor(Exception):
    """What a handler raises for the server to see; no processor turns it into an answer."""


def internal_error(api: str, error: BaseException) -> TApplicationException:
    """The answer to an exception that the IDL does not declare: its class, but not its text, leaves the server."""
    return TApplicationException(
        TApplicationException.INTERNAL_ERROR, f"Internal error processing {api}: {type(error).__name__}"
    )


class _Unanswerable(TApplicationException):
    """Refuses a call whose sender does not wait for an answer."""


def _refused(kind: int, message: str | None, message_type: int) -> TApplicationException:
    return (_Unanswerable if message_type == TMessageType.ONEWAY else TApplicationException)(kind, message)


def _refuse(iprot: Any, api: str, seqid: int, kind: int, message: str | None, message_type: int) -> Prepared:
    iprot.skip(TType.STRUCT)
    iprot.read_message_end()
    return api, seqid, _refused(kind, message, message_type), None


def _prepare(service: Any, handler: Any, iprot: Any, api: str, seqid: int, message_type: int) -> Prepared:
    """Reads the arguments of a call whose header has been read."""
    if message_type not in _CALLS:
        text = f"Invalid message type {message_type} for a call of {api}"
        return _refuse(iprot, api, seqid, TApplicationException.INVALID_MESSAGE_TYPE, text, message_type)
    if api not in service.thrift_services:
        return _refuse(iprot, api, seqid, TApplicationException.UNKNOWN_METHOD, None, message_type)
    args = getattr(service, api + "_args")()
    args.read(iprot)
    iprot.read_message_end()
    return (api, seqid, *call_with(service, handler, api, args, message_type))


def call_with(
    service: Any, handler: Any, api: str, args: Any, message_type: int
) -> tuple[Any, Optional[Callable[[], Any]]]:
    """An empty result and the call to make with these arguments; the refusal and None where a required one is missing."""
    values = []
    for field in args.thrift_spec.values():  # in the order of declaration
        value = getattr(args, field[1], None)
        if value is None and field[-1] is True and len(field) > 2:
            text = f"{getattr(service, '__name__', service)}.{api}: required argument '{field[1]}' is missing"
            return _refused(TApplicationException.PROTOCOL_ERROR, text, message_type), None
        values.append(value)
    return getattr(service, api + "_result")(), lambda: getattr(handler, api)(*values)


def answers_undeclared(processor: Any) -> bool:
    """Whether what a handler raises undeclared is answered: the processor's own word, else the process's default."""
    own = getattr(processor, "answer_undeclared", None)
    return defaults.current.answer_undeclared_exceptions if own is None else bool(own)


class TProcessor:
    """Answers the calls of one service with the methods of ``handler``.

    ``answer_undeclared``: whether an exception that the IDL does not declare is answered with INTERNAL_ERROR or closes the
    connection; None for `fastthrift.defaults`.
    """

    # Subclasses may leave out `__init__`.
    answer_undeclared: Optional[bool] = None

    def __init__(self, service: Any, handler: Any, *, answer_undeclared: Optional[bool] = None) -> None:
        self._service = service
        self._handler = handler
        if answer_undeclared is not None:
            self.answer_undeclared = answer_undeclared

    def process_in(self, iprot: Any) -> Prepared:
        """Reads one call: its name, sequence id, an empty result (or the refusal), and the call to make."""
        api, message_type, seqid = iprot.read_message_begin()
        return _prepare(self._service, self._handler, iprot, api, seqid, message_type)

    def send_exception(self, oprot: Any, api: str, exc: TApplicationException, seqid: int) -> None:
        oprot.write_message_begin(api, TMessageType.EXCEPTION, seqid)
        exc.write(oprot)
        oprot.write_message_end()
        oprot.trans.flush()

    def send_result(self, oprot: Any, api: str, result: Any, seqid: int) -> None:
        oprot.write_message_begin(api, TMessageType.REPLY, seqid)
        result.write(oprot)
        oprot.write_message_end()
        oprot.trans.flush()

    def handle_exception(self, e: Exception, result: Any) -> bool:
        """Puts an exception that the method declares into its result; False for any other."""
        for fid in sorted(result.thrift_spec):
            _, name, *element = result.thrift_spec[fid]
            if fid != 0 and element and isinstance(element[0], type) and isinstance(e, element[0]):
                setattr(result, name, e)
                return True
        return False

    def process(self, iprot: Any, oprot: Any) -> None:
        """Answers one call, however it ends; what is raised here ends the connection."""
        self._answer_call(oprot, *self.process_in(iprot))

    def _answer_call(self, oprot: Any, api: str, seqid: int, result: Any, call: Optional[Callable[[], Any]]) -> None:
        if isinstance(result, TApplicationException):
            if not isinstance(result, _Unanswerable):
                self.send_exception(oprot, api, result, seqid)
            return
        assert call is not None
        answers = not getattr(result, "oneway", False)
        try:
            result.success = call()
        except TApplicationException as error:
            if answers:
                self.send_exception(oprot, api, error, seqid)
            return
        except PassesProcessor:
            raise
        except Exception as error:
            if not self.handle_exception(error, result):
                if not answers_undeclared(self):
                    if isinstance(error, TTransportException):
                        # The server takes it for the connection's own end and says nothing.
                        server_logger().exception("%s raised what its IDL does not declare", api)
                    raise
                server_logger().exception("%s raised what its IDL does not declare", api)
                if answers:
                    self.send_exception(oprot, api, internal_error(api, error), seqid)
                return
        except BaseException as error:
            if not answers_undeclared(self):
                raise
            if answers:
                self.send_exception(oprot, api, internal_error(api, error), seqid)
            if not _is_only_the_handlers(error):
                raise
            server_logger().exception("%s raised %s", api, type(error).__name__)
            return
        if answers:
            self._answer(oprot, api, result, seqid)

    def _answer(self, oprot: Any, api: str, result: Any, seqid: int) -> None:
        try:
            self.send_result(oprot, api, result, seqid)
        except Exception as error:
            # A result that cannot be written is the handler's fault. Nothing of it has left a transport of ours.
            clean = getattr(oprot.trans, "clean", None)
            if clean is None or not answers_undeclared(self) or _is_of_the_connection(error):
                raise
            clean()
            server_logger().exception("%s returned what its IDL does not declare", api)
            self.send_exception(oprot, api, internal_error(api, error), seqid)


def _is_only_the_handlers(error: BaseException) -> bool:
    """An exit that a handler asked for ends its call, not the server; Ctrl-C in the main thread is the user's."""
    if isinstance(error, SystemExit):
        return True
    return isinstance(error, KeyboardInterrupt) and threading.current_thread() is not threading.main_thread()


def _is_of_the_connection(error: Exception) -> bool:
    if isinstance(error, TTransportException):
        return bool(error.type != getattr(TTransportException, "SIZE_LIMIT", 6))
    return isinstance(error, OSError)


class TMultiplexedProcessor(TProcessor):
    """Answers the calls of several services on one connection: names are ``Service:method``."""

    SEPARATOR = ":"

    # Subclasses may leave out `__init__`.
    default_processor: Optional[TProcessor] = None

    def __init__(self, *, answer_undeclared: Optional[bool] = None) -> None:
        self.processors: dict[str, TProcessor] = {}
        if answer_undeclared is not None:
            self.answer_undeclared = answer_undeclared

    def register_processor(self, service_name: str, processor: TProcessor) -> None:
        if service_name in self.processors:
            raise TApplicationException(
                TApplicationException.INTERNAL_ERROR, f"processor for `{service_name}` already registered"
            )
        self.processors[service_name] = processor

    def register_default(self, processor: TProcessor) -> None:
        """``processor`` answers calls that name no service, as clients make them that are not multiplexed."""
        self.default_processor = processor

    def process_in(self, iprot: Any) -> Prepared:
        name, message_type, seqid = iprot.read_message_begin()
        service_name, separator, api = name.partition(self.SEPARATOR)
        default = self.default_processor
        if not separator and default is not None:
            return _prepare(default._service, default._handler, iprot, name, seqid, message_type)
        if not separator:
            text = f"Service name not found in message name {name!r}: is the client's protocol multiplexed?"
            return _refuse(iprot, name, seqid, TApplicationException.UNKNOWN_METHOD, text, message_type)
        processor = self.processors.get(service_name)
        if processor is None:
            return _refuse(iprot, api, seqid, TApplicationException.UNKNOWN_METHOD, None, message_type)
        return _prepare(processor._service, processor._handler, iprot, api, seqid, message_type)


class TProcessorFactory:
    """Makes a processor per connection."""

    def __init__(self, processor_class: type[TProcessor], *args: Any, **kwargs: Any) -> None:
        self.args = args
        self.kwargs = kwargs
        self.processor_class = processor_class

    def get_processor(self) -> TProcessor:
        return self.processor_class(*self.args, **self.kwargs)


def __getattr__(name: str) -> Any:
    if name == "logger":
        return server_logger()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
