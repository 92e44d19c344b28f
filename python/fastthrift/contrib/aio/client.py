"""The client's side of a call in asyncio: `await client.method(...)` sends it, waits and gives the result or raises.

`_req` is one call; subclasses override it, `_send` and `_recv`. Where nobody does and the whole stack below is ours, calls
go natively (`fastthrift.contrib.aio.calls`), and many may be under way on the connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from types import TracebackType
from typing import TYPE_CHECKING, Any

from fastthrift.answer import add_words, check_answer, outcome_of
from fastthrift.client import TClient, call_of, close_all, is_oneway, is_owners, next_seqid
from fastthrift.contrib.aio.calls import Calls, calls_over
from fastthrift.thrift import TApplicationException, TMessageType, args_to_kwargs
from fastthrift.transport.call_deadline import bottom, deadline

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["TApplicationException", "TAsyncClient", "TMessageType", "args_to_kwargs"]


class TAsyncClient:
    """Calls the methods of ``service`` over the transport of ``iprot`` (and ``oprot``).

    After a call whose exchange failed (bad bytes, and where calls do not go natively a timeout or a cancellation) the
    connection is closed, because nobody knows whose answer would come next. ``lenient_seqid``: take a reply with sequence
    id 0, of servers that do not give back the id that they got; calls then go one after the other.
    """

    lenient_seqid = False

    _calls: Calls | None = None
    _turn: asyncio.Lock | None = None
    _sent: int | None = None  # the sequence id that `_send` sent

    def __init__(self, service: Any, iprot: Any, oprot: Any = None) -> None:
        self._service = service
        self._iprot = self._oprot = iprot
        if oprot is not None:
            self._oprot = oprot
        self._seqid = 0

    def __getattr__(self, _api: str) -> Any:
        # Before __init__ (copying, unpickling) there is no service to ask.
        services = self.__dict__["_service"].thrift_services if "_service" in self.__dict__ else ()
        if _api in services:
            return functools.partial(self._req, _api)
        if _api == "tclose" and "close" in services:
            return functools.partial(self._req, "close")  # `close` is the client's own
        raise AttributeError(f"{type(self).__name__} instance has no attribute {_api!r}")

    def __dir__(self) -> list[str]:
        return list(self._service.thrift_services)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def _req(self, _api: str, *args: Any, **kwargs: Any) -> Any:
        calls = self._calls
        if calls is None or calls.is_over or calls.protocol is not self._iprot or self._oprot is not self._iprot:
            calls = self._calls = self._native_calls()
        if calls is not None:
            result = await calls.call(_api, args, kwargs)
            if result is not NotImplemented:
                return result
        return await self._call_by_hand(_api, args, kwargs)

    def _native_calls(self) -> Calls | None:
        kind, own = type(self), vars(self)
        if self._oprot is not self._iprot or self.lenient_seqid or "_send" in own or "_recv" in own:
            return None
        if kind._send is not TAsyncClient._send or kind._recv is not TAsyncClient._recv:
            return None
        return calls_over(self._service, self._iprot)

    async def _call_by_hand(self, api: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        arguments = _bind(self, api, args, kwargs)
        if self._turn is None:
            self._turn = asyncio.Lock()
        async with self._turn:
            expects_none = is_oneway(self._service, api)
            with deadline(self._iprot.trans, expects_none):
                self._seqid = next_seqid(self._seqid)
                self._sent = None
                await self._send(api, **arguments)
                return None if expects_none else await self._recv(api)

    async def _send(self, _api: str, **kwargs: Any) -> None:
        message_type, args = call_of(self._service, _api, kwargs)
        try:
            self._oprot.write_message_begin(_api, message_type, self._seqid)
            self._oprot.write_struct(args)
            self._oprot.write_message_end()
        except BaseException:
            # Our transports send nothing before flush; of others nobody knows.
            clean = getattr(self._oprot.trans, "clean", None)
            if clean is None:
                close_all(self._iprot, self._oprot)
            else:
                clean()
            raise
        try:
            await self._oprot.trans.flush()
        except BaseException as error:
            if not is_owners(error, bottom(self._oprot.trans)):
                close_all(self._iprot, self._oprot)
            raise
        self._sent = self._seqid

    async def _recv(self, _api: str) -> Any:
        try:
            answer = await self._read_answer(_api)
        except BaseException:
            close_all(self._iprot, self._oprot)
            raise
        return outcome_of(answer)

    async def _read_answer(self, api: str) -> Any:
        """The result struct or the exception of the next message; raises for a message that is no answer to this."""
        header = await self._iprot.read_message_begin()
        try:
            is_exception = check_answer(api, header, self._sent, self.lenient_seqid)
        except TApplicationException as error:
            if header[1] == TMessageType.EXCEPTION:
                told = TApplicationException()
                with contextlib.suppress(Exception):  # the first error is the one to report
                    await self._iprot.read_struct(told)
                    add_words(error, told)
            raise
        answer = TApplicationException() if is_exception else getattr(self._service, api + "_result")()
        await self._iprot.read_struct(answer)
        await self._iprot.read_message_end()
        return answer

    def close(self) -> None:
        """Closes the connection; calls under way end with an exception."""
        self._iprot.trans.close()
        if self._iprot.trans is not self._oprot.trans:
            self._oprot.trans.close()


# The arguments of a call by thriftpy2's rules, as the sync client has them.
_bind: Any = TClient._bind
