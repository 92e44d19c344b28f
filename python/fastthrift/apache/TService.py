"""What the clients and processors that ``fastthrift --gen py`` writes are made of."""

from __future__ import annotations

import contextlib
import logging
from typing import Any, Callable, ClassVar, Optional

from fastthrift import _core
from fastthrift.answer import answers
from fastthrift.apache.protocol.TProtocol import read_struct, write_struct
from fastthrift.apache.Thrift import TApplicationException, TMessageType, TProcessor, TType
from fastthrift.apache.TStruct import TStruct
from fastthrift.processor import PassesProcessor
from fastthrift.transport.call_deadline import deadline
from fastthrift.turns import turn_of

__all__ = ["ServiceMethods", "TServiceClient", "TServiceProcessor"]

ServiceMethods = dict[str, tuple[str, type[TStruct], Optional[type[TStruct]]]]

_LAST_SEQID = 0x7FFFFFFF


class TServiceClient(_core.ServiceCalls):
    """The calls of a client: `_call` sends one, waits for its answer and gives or raises what it says. It is native where all
    between here and the socket is ours, else `_send` and `_recv`."""

    def __init__(self, iprot: Any, oprot: Any = None) -> None:
        self._iprot = self._oprot = iprot
        if oprot is not None:
            self._oprot = oprot
        self._seqid = 0

    def _take_steps(self, name: str, args: TStruct, result: Optional[type[TStruct]]) -> Any:
        """A call that is not native; ``result`` is None for a oneway."""
        with turn_of(self), deadline(self._iprot.trans, result is None):
            if result is None:
                self._send(name, args, TMessageType.ONEWAY)
                return None
            self._send(name, args)
            return self._recv(name, result)

    def _fail(self) -> None:
        """Closes the connection: nobody knows which answer would come next."""
        for trans in {id(each): each for each in (self._iprot.trans, self._oprot.trans)}.values():
            with contextlib.suppress(Exception):
                trans.close()

    def _send(self, name: str, args: TStruct, type: int = TMessageType.CALL) -> None:
        self._seqid = self._seqid + 1 if self._seqid < _LAST_SEQID else 1
        try:
            _write_message(self._oprot, name, type, self._seqid, args)
            self._oprot.trans.flush()
        except _Unwritten as refused:
            assert refused.__cause__ is not None
            raise refused.__cause__ from None
        except BaseException:
            self._fail()
            raise

    def _recv(self, name: str, result: type[TStruct]) -> Any:
        iprot = self._iprot
        try:
            answered, mtype, seqid = iprot.readMessageBegin()
            found: Any = TApplicationException() if mtype == TMessageType.EXCEPTION else result()
            read_struct(found, iprot)
            iprot.readMessageEnd()
            self._check(name, answered, mtype, seqid)
        except BaseException:
            self._fail()
            raise
        if mtype == TMessageType.EXCEPTION:
            raise found
        return _outcome(name, found)

    def _check(self, name: str, answered: str, mtype: int, seqid: int) -> None:
        """Whether this is the answer to the call, and not the late one to a call before. Some servers send 0 always."""
        if mtype not in (TMessageType.REPLY, TMessageType.EXCEPTION):
            raise TApplicationException(
                TApplicationException.INVALID_MESSAGE_TYPE, f"{name} was answered with a message of type {mtype}"
            )
        if seqid not in (self._seqid, 0):
            raise TApplicationException(
                TApplicationException.BAD_SEQUENCE_ID,
                f"{name} failed: out of sequence response, {self._seqid} was sent and {seqid} answered",
            )
        if not answers(answered, mtype == TMessageType.EXCEPTION, name):
            raise TApplicationException(
                TApplicationException.WRONG_METHOD_NAME, f"{name} was called, {answered} answered"
            )


# Whose steps a native call may stand in for.
TServiceClient._of_ours = TServiceClient  # type: ignore[attr-defined]


class _Unwritten(Exception):
    """A value does not fit, and nothing was written: the connection is as it was. The cause is what is to be raised."""


def _write_message(oprot: Any, name: str, mtype: int, seqid: int, struct: Any) -> None:
    """Writes a message up to the flush. The struct is encoded whole before the first byte goes to the transport."""
    encode = getattr(oprot, "_fast_encode", None)
    encoded = None
    if encode is not None and isinstance(struct, TStruct):
        try:
            encoded = encode(struct, [struct.__class__, struct.thrift_spec])
        except Exception as error:
            raise _Unwritten from error
    oprot.writeMessageBegin(name, mtype, seqid)
    if encoded is None:
        write_struct(struct, oprot)
    else:
        oprot.trans.write(encoded)
    oprot.writeMessageEnd()


def _outcome(name: str, result: Any) -> Any:
    """What a result struct says: the value, or the exception that is raised."""
    has_success = False
    for item in result.thrift_spec:
        if item is None:
            continue
        value = getattr(result, item[2], None)
        if item[0] == 0:
            has_success = True
            if value is not None:
                return value
        elif value is not None:
            raise value
    if has_success:
        raise TApplicationException(TApplicationException.MISSING_RESULT, f"{name} failed: unknown result")
    return None


class TServiceProcessor(TProcessor):
    """Answers the messages of a service with the methods of a handler."""

    _methods: ClassVar[ServiceMethods] = {}

    def __init__(self, handler: Any) -> None:
        self._handler = handler
        self._processMap: dict[str, Callable[..., Any]] = {}
        self._on_message_begin: Optional[Callable[[str, int, int], Any]] = None

    def on_message_begin(self, func: Callable[[str, int, int], Any]) -> None:
        self._on_message_begin = func

    def process(self, iprot: Any, oprot: Any) -> Any:
        """Answers one message; True where the service has the method."""
        name, mtype, seqid = iprot.readMessageBegin()
        if self._on_message_begin is not None:
            self._on_message_begin(name, mtype, seqid)
        method = self._processMap.get(name)
        if method is None:
            iprot.skip(TType.STRUCT)
            iprot.readMessageEnd()
            if mtype != TMessageType.ONEWAY:
                text = f"Unknown function {name}"
                _answer(
                    oprot,
                    name,
                    TMessageType.EXCEPTION,
                    seqid,
                    TApplicationException(TApplicationException.UNKNOWN_METHOD, text),
                )
            return None
        method(self, seqid, iprot, oprot)
        return True

    def _process(self, name: str, seqid: int, iprot: Any, oprot: Any) -> None:
        attribute, args_class, result_class = self._methods[name]
        args: Any = args_class()
        read_struct(args, iprot)
        iprot.readMessageEnd()
        method = getattr(self._handler, attribute)
        arguments = [getattr(args, each) for each in getattr(args_class, "__slots__", ())]
        if result_class is None:
            _call_oneway(method, arguments)
            return
        mtype = TMessageType.REPLY
        answer: Any = result_class()
        declared = [item for item in result_class.thrift_spec if item is not None and item[0] != 0]
        try:
            value = method(*arguments)
            if len(result_class.thrift_spec) > 0 and result_class.thrift_spec[0] is not None:
                answer.success = value
        except tuple(item[3][0] for item in declared) as error:
            field = next(item for item in declared if isinstance(error, item[3][0]))
            setattr(answer, field[2], error)
        except PassesProcessor:
            raise
        except TApplicationException as error:
            logging.exception("TApplication exception in handler")
            mtype, answer = TMessageType.EXCEPTION, error
        except Exception:  # noqa: BLE001 - whatever a handler raises is answered
            logging.exception("Unexpected exception in handler")
            mtype = TMessageType.EXCEPTION
            answer = TApplicationException(TApplicationException.INTERNAL_ERROR, "Internal error")
        try:
            _answer(oprot, name, mtype, seqid, answer)
        except _Unwritten as refused:
            logging.error("%s returned what its IDL does not declare", name, exc_info=refused.__cause__)
            answer = TApplicationException(TApplicationException.INTERNAL_ERROR, "Internal error")
            _answer(oprot, name, TMessageType.EXCEPTION, seqid, answer)


def _call_oneway(method: Callable[..., Any], arguments: list[Any]) -> None:
    try:
        method(*arguments)
    except PassesProcessor:
        raise
    except Exception:  # noqa: BLE001 - nobody waits for an answer
        logging.exception("Exception in oneway handler")


def _answer(oprot: Any, name: str, mtype: int, seqid: int, answer: Any) -> None:
    _write_message(oprot, name, mtype, seqid, answer)
    oprot.trans.flush()
