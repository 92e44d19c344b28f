"""The client's side of a call: `client.method(...)` sends it, waits and gives the result or raises.

`_req` is one call: it binds the arguments, then `_send`s and `_recv`s under the client's lock. Subclasses override these
three; a call goes past them only where nobody does.
"""

from __future__ import annotations

import contextlib
import socket
from types import TracebackType

from fastthrift import _core, defaults
from fastthrift.answer import add_words, check_answer, outcome_of
from fastthrift.thrift import (
    TApplicationException,
    TException,
    TMessageType,
    TTransportException,
    args_to_kwargs,
)
from fastthrift.transport.call_deadline import bottom, deadline, opens_for_each_call
from fastthrift.transport.socket import TSocket
from fastthrift.turns import turn_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import Self

_LAST_SEQID = 0x7FFFFFFF


def is_owners(error: BaseException, bottom: Any) -> bool:
    """Whether a flush failed with an error that a user's own transport has made up, an HTTP status for instance: what is
    to become of the transport is its owner's business. A late answer is told by its sequence id."""
    return bottom is None and isinstance(error, Exception) and not isinstance(error, (OSError, TException))


def _nothing() -> None:
    pass


def is_oneway(service: Any, api: str) -> bool:
    """Whether nobody answers calls of this method."""
    return bool(getattr(getattr(service, api + "_result"), "oneway", False))


def next_seqid(last: int) -> int:
    """After the largest one comes 1: to some servers 0 means none."""
    return last + 1 if last < _LAST_SEQID else 1


def call_of(service: Any, api: str, arguments: dict[str, Any]) -> tuple[int, Any]:
    """The type of a call's message, and the struct of its arguments."""
    args = getattr(service, api + "_args")()
    for name, value in arguments.items():
        setattr(args, name, value)
    return TMessageType.ONEWAY if is_oneway(service, api) else TMessageType.CALL, args


def close_all(*protocols: Any) -> None:
    """Closes the transports of a client that is out of step, each once, and what is written or read goes."""
    for trans in {id(protocol.trans): protocol.trans for protocol in protocols}.values():
        for method in ("clean", "close"):
            with contextlib.suppress(Exception):  # the first error is the one to report
                getattr(trans, method)()


class TClient(_core.ClientCalls):
    """Calls the methods of ``service`` over the transport of ``iprot`` (and ``oprot``).

    Threads may share a client: calls wait for each other. After a call whose exchange failed (a timeout, bad bytes, an
    answer to another call) the connection is closed, because nobody knows whose answer would come next.
    """

    _sent: int | None = None  # the sequence id that `_send` sent

    def __init__(self, service: Any, iprot: Any, oprot: Any = None) -> None:
        self._service = service
        self._iprot = self._oprot = iprot
        if oprot is not None:
            self._oprot = oprot
        self._seqid = 0
        self.lenient_seqid = defaults.current.lenient_seqid

    def __dir__(self) -> list[str]:
        return list(self._service.thrift_services)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _req(self, _api: str, *args: Any, **kwargs: Any) -> Any:
        arguments = self._bind(_api, args, kwargs)
        expects_none = is_oneway(self._service, _api)
        with turn_of(self):
            self._enter(_api)
            try:
                with deadline(self._iprot.trans, expects_none):
                    self._seqid = next_seqid(self._seqid)
                    self._sent = None
                    self._send(_api, **arguments)
                    return None if expects_none else self._recv(_api)
            finally:
                self._leave()

    def _bind(self, api: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        spec = getattr(self._service, api + "_args").thrift_spec
        name = f"{getattr(self._service, '__name__', 'service')}.{api}"
        if len(args) > len(spec):
            raise TypeError(f"{name}() takes {len(spec)} positional arguments but {len(args)} were given")
        if kwargs:
            known = {field[1] for field in spec.values()}
            for key in kwargs:
                if key not in known:
                    raise TypeError(f"{name}() got an unexpected keyword argument {key!r}")
        try:
            arguments = dict(args_to_kwargs(spec, *args, **kwargs))
            for field in spec.values():
                if len(field) > 2 and field[-1] is True and arguments.get(field[1]) is None:
                    raise ValueError(field[1])
        except ValueError as error:
            raise TApplicationException(
                TApplicationException.UNKNOWN_METHOD, f"{error.args[0]} is required argument for {name}"
            ) from None
        return arguments

    def _send(self, _api: str, **kwargs: Any) -> None:
        self._check_usable()
        message_type, args = call_of(self._service, _api, kwargs)
        try:
            self._oprot.write_message_begin(_api, message_type, self._seqid)
            args.write(self._oprot)
            self._oprot.write_message_end()
        except BaseException as error:
            # Our transports send nothing before flush; of others nobody knows.
            clean = getattr(self._oprot.trans, "clean", None)
            if clean is None:
                self._fail(error)
            else:
                clean()
            raise
        try:
            self._oprot.trans.flush()
        except BaseException as error:
            if not is_owners(error, bottom(self._oprot.trans)):
                self._fail(error)
            raise
        self._sent = self._seqid

    def _recv(self, _api: str) -> Any:
        try:
            answer = self._read_answer(_api)
        except BaseException as error:
            self._fail(error)
            raise
        return outcome_of(answer)

    def _read_answer(self, api: str) -> Any:
        """The result struct or the exception of the next message; raises for a message that is no answer to this."""
        header = self._iprot.read_message_begin()
        try:
            is_exception = check_answer(api, header, self._sent, self.lenient_seqid)
        except TApplicationException as error:
            if header[1] == TMessageType.EXCEPTION:
                told = TApplicationException()
                with contextlib.suppress(Exception):  # the first error is the one to report
                    told.read(self._iprot)
                    add_words(error, told)
            raise
        answer = TApplicationException() if is_exception else getattr(self._service, api + "_result")()
        answer.read(self._iprot)
        self._iprot.read_message_end()
        if opens_for_each_call(self._iprot.trans):
            # What an answer by HTTP goes on with is not the beginning of the next one.
            getattr(self._iprot.trans, "clean", _nothing)()
        return answer

    def _check_usable(self) -> None:
        if self._failure is None:
            return
        is_open = getattr(self._oprot.trans, "is_open", None)
        if is_open is not None and not is_open() and not opens_for_each_call(self._oprot.trans):
            raise TTransportException(
                TTransportException.NOT_OPEN,
                f"the connection was closed after a failed call ({self._failure}): open a new one",
            )
        self._failure = None  # somebody has opened it again

    def _fail(self, error: BaseException) -> None:
        """Closes a connection that is out of step."""
        self._failure = f"{type(error).__name__}: {error}"
        close_all(self._iprot, self._oprot)

    def close(self) -> None:
        self._iprot.trans.close()
        if self._iprot.trans is not self._oprot.trans:
            self._oprot.trans.close()


class _NoSocket:
    """What no socket is."""


# A patched socket (gevent's, say) is used through its methods, so that it can let others run.
_core.set_client_classes(TClient, TSocket, socket.socket if socket.socket.__module__ == "socket" else _NoSocket)
