"""Tracks calls across services, as finagle-thrift does: an id that all calls made for one request share, a number for each.

A tracked client asks the server first whether it tracks as well; then a header goes in front of each message. Either end
works with an untracked one too.
"""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Any, Callable, Optional

from fastthrift.client import TClient
from fastthrift.contrib.tracking.tracker import ConsoleTracker, TrackerBase, VersionMixin, ctx
from fastthrift.parser import load
from fastthrift.processor import TProcessor, _prepare
from fastthrift.thrift import TApplicationException, TMessageType
from fastthrift.thrift import TType as TType

if TYPE_CHECKING:
    from fastthrift.processor import Prepared

__all__ = [
    "ConsoleTracker",
    "RequestInfo",
    "TTrackedClient",
    "TTrackedProcessor",
    "TrackerBase",
    "VersionMixin",
    "track_method",
    "track_thrift",
]

track_method = "__thriftpy_tracing_method_name__v2"
track_thrift: Any = load(os.path.join(os.path.dirname(__file__), "tracking.thrift"))


class RequestInfo:
    """One call, as `TrackerBase.record` gets it; times are in milliseconds."""

    def __init__(
        self,
        request_id: str,
        api: str,
        seq: str,
        client: Optional[str],
        server: Optional[str],
        status: bool,
        start: int,
        end: int,
        annotation: dict[str, Any],
        meta: dict[str, str],
    ) -> None:
        self.request_id = request_id
        self.api = api
        self.seq = seq
        self.client = client
        self.server = server
        self.status = status
        self.start = start
        self.end = end
        self.annotation = annotation
        self.meta = meta

    def __repr__(self) -> str:
        return f"RequestInfo({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


def _now() -> int:
    return int(time.time() * 1000)


class _Sent(threading.local):
    """The header of the call that this thread has sent, and when: threads may share a client."""

    header: Any = None
    start: int = 0


class TTrackedClient(TClient, VersionMixin):
    """A client whose calls are recorded by a tracker, and known to the server's."""

    def __init__(self, tracker_handler: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.init_version_mixin()
        self.tracker = tracker_handler
        self._sent_call = _Sent()
        try:
            self._negotiation()
        except TApplicationException as error:
            if error.type != TApplicationException.UNKNOWN_METHOD:
                raise

    def _negotiation(self) -> None:
        self._oprot.write_message_begin(track_method, TMessageType.CALL, self._seqid)
        args = track_thrift.UpgradeArgs(version=self.CURRENT)
        self.tracker.init_handshake_info(args)
        args.write(self._oprot)
        self._oprot.write_message_end()
        self._oprot.trans.flush()

        _, message_type, _ = self._iprot.read_message_begin()
        answer = TApplicationException() if message_type == TMessageType.EXCEPTION else track_thrift.UpgradeReply()
        answer.read(self._iprot)
        self._iprot.read_message_end()
        if isinstance(answer, TApplicationException):
            raise answer
        self.upgrade_version(answer.version)

    def _send(self, _api: str, **kwargs: Any) -> None:
        if self.is_upgraded:
            self._check_usable()
            header = track_thrift.RequestHeader()
            self.tracker.gen_header(header)
            try:
                header.write(self._oprot)  # it leaves together with the message
            except BaseException:
                trans = self._oprot.trans
                getattr(trans, "clean", trans.close)()
                raise
            self._sent_call.header = header
        self._sent_call.start = _now()
        super()._send(_api, **kwargs)

    def _recv(self, _api: str) -> Any:
        if self.check_version(self.VERSION_SUPPORT_RESPONSE_HEADER):
            header = track_thrift.ResponseHeader()
            try:
                header.read(self._iprot)
                self.tracker.handle_response_header(header)
            except BaseException as error:
                self._fail(error)
                raise
        return super()._recv(_api)

    def _req(self, _api: str, *args: Any, **kwargs: Any) -> Any:
        if not self.is_upgraded:
            return super()._req(_api, *args, **kwargs)
        self._sent_call.header = None
        exception: Optional[BaseException] = None
        try:
            return super()._req(_api, *args, **kwargs)
        except BaseException as error:
            exception = error
            raise
        finally:
            self._record(_api, exception)

    def _record(self, api: str, exception: Optional[BaseException]) -> None:
        header = self._sent_call.header
        if header is None:
            return  # refused before anything was sent: nobody else knows of this call
        self.tracker.record(
            RequestInfo(
                request_id=header.request_id,
                api=api,
                seq=header.seq,
                client=self.tracker.client,
                server=self.tracker.server,
                status=exception is None,
                start=self._sent_call.start,
                end=_now(),
                annotation=self.tracker.annotation,
                meta=header.meta,
            ),
            exception,
        )


class TTrackedProcessor(TProcessor, VersionMixin):
    """The processor of one connection with a tracked client, or with one that is not: make one for each connection."""

    def __init__(self, tracker_handler: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.init_version_mixin()
        self.tracker = tracker_handler
        self.during_handshake = False

    def process(self, iprot: Any, oprot: Any) -> None:
        # A thread may have handled calls of other connections before.
        for name in ("header", "counter", "response_meta"):
            ctx.__dict__.pop(name, None)
        if self.is_upgraded:
            header = track_thrift.RequestHeader()
            header.read(iprot)
            self.tracker.handle(header)
            prepared = self.process_in(iprot)
        else:
            prepared = self._try_upgrade(iprot)
        self._do_process(iprot, oprot, *prepared)

    def _try_upgrade(self, iprot: Any) -> Prepared:
        api, message_type, seqid = iprot.read_message_begin()
        if message_type != TMessageType.CALL or api != track_method:
            return _prepare(self._service, self._handler, iprot, api, seqid, message_type)
        args = track_thrift.UpgradeArgs()
        args.read(iprot)
        iprot.read_message_end()
        self.tracker.handle_handshake_info(args)
        self.upgrade_version(args.version)
        self.during_handshake = True
        reply = track_thrift.UpgradeReply(version=self.current_version)
        return api, seqid, reply, _nothing

    def _do_process(
        self, iprot: Any, oprot: Any, api: str, seqid: int, result: Any, call: Optional[Callable[[], Any]]
    ) -> None:
        if not self.during_handshake:
            return self._answer_call(oprot, api, seqid, result, call)
        try:
            super().send_result(oprot, api, result, seqid)
        finally:
            self.during_handshake = False

    def send_result(self, oprot: Any, api: str, result: Any, seqid: int) -> None:
        self._send_header(oprot)
        super().send_result(oprot, api, result, seqid)

    def send_exception(self, oprot: Any, api: str, exc: TApplicationException, seqid: int) -> None:
        self._send_header(oprot)
        super().send_exception(oprot, api, exc, seqid)

    def _send_header(self, oprot: Any) -> None:
        if self.check_version(self.VERSION_SUPPORT_RESPONSE_HEADER):
            header = track_thrift.ResponseHeader()
            self.tracker.gen_response_header(header)
            header.write(oprot)


def _nothing() -> None:
    """What the handshake calls."""
