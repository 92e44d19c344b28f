"""The server's side of a call in asyncio: read it, find the handler's method, answer.

`TAsyncProcessor.process` is one call. Its steps (`process_in`, `handle_exception`, `send_result`, `send_exception`) are methods
that subclasses override. The handler's methods may be coroutines or plain functions.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from typing import Any, Callable, Optional

from fastthrift.processor import (
    TProcessor,
    _is_of_the_connection,
    _refused,
    _Unanswerable,
    answers_undeclared,
    call_with,
    internal_error,
)
from fastthrift.thrift import TApplicationException, TMessageType, TTransportException, TType

__all__ = ["TApplicationException", "TAsyncProcessor", "TMessageType", "TType"]

logger = logging.getLogger("fastthrift.contrib.aio.server")

Prepared = tuple[str, int, Any, Optional[Callable[[], Any]]]

_put_declared: Any = TProcessor.handle_exception

_CALLS = (TMessageType.CALL, TMessageType.ONEWAY)


class TAsyncProcessor:
    """Answers the calls of one service with the methods of ``handler``; ``answer_undeclared`` as of `TProcessor`."""

    # Subclasses may leave out `__init__`.
    answer_undeclared: Optional[bool] = None

    def __init__(self, service: Any, handler: Any, *, answer_undeclared: Optional[bool] = None) -> None:
        self._service = service
        self._handler = handler
        if answer_undeclared is not None:
            self.answer_undeclared = answer_undeclared

    async def process_in(self, iprot: Any) -> Prepared:
        """Reads one call: its name, sequence id, an empty result (or the refusal), and the call to make."""
        api, message_type, seqid = await iprot.read_message_begin()
        service, handler = self._service, self._handler
        if message_type not in _CALLS:
            text = f"Invalid message type {message_type} for a call of {api}"
            return await _refuse(iprot, api, seqid, TApplicationException.INVALID_MESSAGE_TYPE, text, message_type)
        if api not in service.thrift_services:
            return await _refuse(iprot, api, seqid, TApplicationException.UNKNOWN_METHOD, None, message_type)
        args = getattr(service, api + "_args")()
        await iprot.read_struct(args)
        await iprot.read_message_end()
        return (api, seqid, *call_with(service, handler, api, args, message_type))

    async def send_exception(self, oprot: Any, api: str, exc: TApplicationException, seqid: int) -> None:
        oprot.write_message_begin(api, TMessageType.EXCEPTION, seqid)
        oprot.write_struct(exc)
        oprot.write_message_end()
        await oprot.trans.flush()

    async def send_result(self, oprot: Any, api: str, result: Any, seqid: int) -> None:
        oprot.write_message_begin(api, TMessageType.REPLY, seqid)
        oprot.write_struct(result)
        oprot.write_message_end()
        await oprot.trans.flush()

    def handle_exception(self, e: Exception, result: Any) -> bool:
        """Puts an exception that the method declares into its result; False for any other."""
        return bool(_put_declared(self, e, result))

    async def process(self, iprot: Any, oprot: Any) -> None:
        """Answers one call, however it ends; what is raised here ends the connection."""
        api, seqid, result, call = await self.process_in(iprot)
        if isinstance(result, TApplicationException):
            if not isinstance(result, _Unanswerable):
                await self.send_exception(oprot, api, result, seqid)
            return
        assert call is not None
        answers = not getattr(result, "oneway", False)
        try:
            value = call()
            result.success = await value if inspect.isawaitable(value) else value
        except TApplicationException as error:
            if answers:
                await self.send_exception(oprot, api, error, seqid)
            return
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            if not isinstance(error, Exception) or not self.handle_exception(error, result):
                if not answers_undeclared(self):
                    if isinstance(error, TTransportException) or not isinstance(error, Exception):
                        # The server takes the first for the connection's own end; the second would end the loop.
                        logger.exception("%s raised what its IDL does not declare", api)
                        raise TTransportException(TTransportException.UNKNOWN, f"{api} failed") from error
                    raise
                logger.exception("%s raised what its IDL does not declare", api)
                if answers:
                    await self.send_exception(oprot, api, internal_error(api, error), seqid)
                return
        if answers:
            await self._answer(oprot, api, result, seqid)

    async def _answer(self, oprot: Any, api: str, result: Any, seqid: int) -> None:
        try:
            await self.send_result(oprot, api, result, seqid)
        except Exception as error:
            # A result that cannot be written is the handler's fault. Nothing of it has left a transport of ours.
            clean = getattr(oprot.trans, "clean", None)
            if clean is None or not answers_undeclared(self) or _is_of_the_connection(error):
                raise
            clean()
            logger.exception("%s returned what its IDL does not declare", api)
            await self.send_exception(oprot, api, internal_error(api, error), seqid)


async def _refuse(iprot: Any, api: str, seqid: int, kind: int, message: str | None, message_type: int) -> Prepared:
    await iprot.skip(TType.STRUCT)
    await iprot.read_message_end()
    return api, seqid, _refused(kind, message, message_type), None
