"""Tracking: both ends of ours, and each end with thriftpy2's and with an untracked one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, Optional

import pytest

import fastthrift
from fastthrift import contrib, defaults
from fastthrift.client import TClient
from fastthrift.contrib import tracking
from fastthrift.contrib.tracking import (
    ConsoleTracker,
    RequestInfo,
    TrackerBase,
    TTrackedClient,
    TTrackedProcessor,
    track_method,
    track_thrift,
)
from fastthrift.contrib.tracking.tracker import VersionMixin, ctx
from fastthrift.processor import TProcessor
from fastthrift.protocol import TBinaryProtocol, TCompactProtocol, TJSONProtocol
from fastthrift.thrift import TApplicationException, TDecodeException, TTransportException
from fastthrift.transport import TMemoryBuffer

thriftpy2: Any
try:
    import thriftpy2
    import thriftpy2.contrib.tracking as their_tracking
    import thriftpy2.protocol.binary
    import thriftpy2.thrift
    import thriftpy2.transport
except ImportError:
    thriftpy2 = None

needs_thriftpy2 = pytest.mark.skipif(thriftpy2 is None, reason="thriftpy2 is not installed")

IDL = """
exception Negative { 1: string text }
service Sums {
  i32 add(1: i32 a, 2: i32 b) throws (1: Negative e)
  void ping()
  oneway void fire(1: i32 a)
}
"""


@pytest.fixture(scope="module")
def idl(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("tracking") / "sums.thrift"
    path.write_text(IDL)
    return path


@pytest.fixture(scope="module")
def sums(idl: Any) -> Any:
    return fastthrift.load(str(idl))


@pytest.fixture(autouse=True)
def empty_context() -> Iterator[None]:
    ctx.__dict__.clear()
    yield
    ctx.__dict__.clear()


class Tracker(TrackerBase):
    def __init__(self, client: str = "the client", server: str = "the server") -> None:
        super().__init__(client, server)
        self.records: list[tuple[Any, Optional[BaseException]]] = []
        self.handled: list[Any] = []
        self.response_meta: list[Any] = []
        self.handshakes: list[Any] = []

    def record(self, header: Any, exception: Optional[BaseException]) -> None:
        self.records.append((header, exception))

    def handle(self, header: Any) -> None:
        self.handled.append(header)
        super().handle(header)

    def handle_response_header(self, response_header: Any) -> None:
        self.response_meta.append(response_header.meta)

    def init_handshake_info(self, handshake_obj: Any) -> None:
        handshake_obj.app_id = "the app"

    def handle_handshake_info(self, handshake_obj: Any) -> None:
        self.handshakes.append(handshake_obj)


class Handler:
    def __init__(self, negative: Any) -> None:
        self.negative = negative
        self.fired: list[int] = []

    def add(self, a: int, b: int) -> int:
        if a < 0:
            raise self.negative(text="negative")
        if a > 100:
            raise ValueError("too big")
        TrackerBase.add_response_meta(sum=str(a + b))
        return a + b

    def ping(self) -> None:
        pass

    def fire(self, a: int) -> None:
        self.fired.append(a)


class Loop:
    """A transport whose flush lets a processor answer; the processor runs in a thread, as a server's would."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.unsent = b""
        self.received = b""
        self.sent: list[bytes] = []
        self.failure: Optional[BaseException] = None
        self.opened = True

    def read(self, count: int) -> bytes:
        taken, self.received = self.received[:count], self.received[count:]
        return taken

    def write(self, data: bytes) -> None:
        self.unsent += data

    def flush(self) -> None:
        data, self.unsent = self.unsent, b""
        self.sent.append(data)
        thread = threading.Thread(target=self._answer, args=(data,))
        thread.start()
        thread.join(10)

    def _answer(self, data: bytes) -> None:
        try:
            self.received += self.answer(data)
        except BaseException as error:
            self.failure = error

    def clean(self) -> None:
        self.unsent = b""

    def is_open(self) -> bool:
        return self.opened

    def open(self) -> None:
        self.opened = True

    def close(self) -> None:
        self.opened = False


def server_of(processor: Any, protocol: Any = TBinaryProtocol, memory: Any = TMemoryBuffer) -> Any:
    def answer(data: bytes) -> bytes:
        incoming, outgoing = memory(data), memory()
        processor.process(protocol(incoming), protocol(outgoing))
        assert incoming.getvalue() == b""
        return outgoing.getvalue()  # type: ignore[no-any-return]

    return answer


class Pair:
    def __init__(self, sums: Any, protocol: Any = TBinaryProtocol) -> None:
        self.handler = Handler(sums.Negative)
        self.server = Tracker()
        self.tracker = Tracker()
        self.processor = TTrackedProcessor(self.server, sums.Sums, self.handler)
        self.loop = Loop(server_of(self.processor, protocol))
        self.client: Any = TTrackedClient(self.tracker, sums.Sums, protocol(self.loop))


@pytest.fixture
def pair(sums: Any) -> Pair:
    return Pair(sums)


def test_the_structs_are_those_of_thriftpy2() -> None:
    assert track_thrift.UpgradeArgs.thrift_spec == {1: (11, "app_id", False), 2: (8, "version", False)}
    assert track_thrift.UpgradeReply.thrift_spec == {1: (8, "version", False)}
    assert track_thrift.RequestHeader.thrift_spec == {
        1: (11, "request_id", False),
        2: (11, "seq", False),
        3: (13, "meta", (11, 11), False),
    }
    assert track_thrift.ResponseHeader.thrift_spec == {1: (13, "meta", (11, 11), False)}
    assert track_method == "__thriftpy_tracing_method_name__v2"
    assert contrib.__name__ == "fastthrift.contrib"
    assert tracking.VersionMixin is VersionMixin


def test_both_ends_agree_on_the_version(pair: Pair) -> None:
    assert pair.client.is_upgraded
    assert pair.processor.is_upgraded
    assert pair.client.current_version == pair.processor.current_version == 2
    assert pair.server.handshakes == [track_thrift.UpgradeArgs(app_id="the app", version=2)]


def test_a_call_is_recorded_with_what_the_server_got(pair: Pair) -> None:
    with TrackerBase.add_meta(user="me"), TrackerBase.annotate(note=1):
        assert pair.client.add(1, 2) == 3
    ((info, exception),) = pair.tracker.records
    (header,) = pair.server.handled
    assert exception is None
    assert 0 <= info.end - info.start < 60_000
    assert vars(info) == {
        "request_id": header.request_id,
        "api": "add",
        "seq": "1",
        "client": "the client",
        "server": "the server",
        "status": True,
        "start": info.start,
        "end": info.end,
        "annotation": {"note": 1},
        "meta": {"user": "me"},
    }
    assert header == track_thrift.RequestHeader(request_id=header.request_id, seq="1", meta={"user": "me"})
    assert len(header.request_id) == 36


@pytest.mark.parametrize("protocol", [TBinaryProtocol, TCompactProtocol, TJSONProtocol])
def test_header_and_message_leave_in_one_flush_in_any_protocol(sums: Any, protocol: Any) -> None:
    pair = Pair(sums, protocol)
    for _ in range(3):
        assert pair.client.add(1, 2) == 3
    assert len(pair.loop.sent) == 4
    assert pair.tracker.response_meta == [{"sum": "3"}] * 3


def test_the_meta_of_a_reply_is_that_of_its_call(pair: Pair) -> None:
    pair.client.add(1, 2)
    pair.client.ping()
    pair.client.add(3, 4)
    assert pair.tracker.response_meta == [{"sum": "3"}, None, {"sum": "7"}]


def test_a_oneway_call_has_no_reply_and_no_header_of_one(pair: Pair) -> None:
    pair.client.fire(5)
    assert pair.handler.fired == [5]
    assert pair.loop.received == b""
    assert pair.tracker.response_meta == []
    assert pair.tracker.records[0][0].status is True
    assert pair.client.add(1, 2) == 3


def test_calls_are_counted_and_share_no_id(pair: Pair) -> None:
    for _ in range(3):
        pair.client.ping()
    assert [info.seq for info, _ in pair.tracker.records] == ["1", "2", "3"]
    assert len({info.request_id for info, _ in pair.tracker.records}) == 3


def test_a_declared_exception_is_recorded_and_the_connection_goes_on(pair: Pair, sums: Any) -> None:
    with pytest.raises(sums.Negative) as caught:
        pair.client.add(-1, 2)
    ((info, exception),) = pair.tracker.records
    assert exception is caught.value
    assert info.status is False
    assert pair.client.add(1, 2) == 3


def test_an_undeclared_exception_is_answered_with_a_header_in_front(pair: Pair) -> None:
    with pytest.raises(TApplicationException) as caught:
        pair.client.add(200, 1)
    assert caught.value.type == TApplicationException.INTERNAL_ERROR
    assert pair.tracker.response_meta == [None]
    assert pair.client.add(1, 2) == 3


def test_an_undeclared_exception_ends_the_connection_with_the_defaults_of_thriftpy2(pair: Pair) -> None:
    defaults.use("thriftpy2")
    try:
        with pytest.raises(TTransportException):
            pair.client.add(200, 1)
    finally:
        defaults.use("fastthrift")
    assert isinstance(pair.loop.failure, ValueError)
    assert pair.tracker.records[0][0].status is False


def test_an_unknown_method_is_answered_with_a_header_in_front(pair: Pair, sums: Any) -> None:
    class More(sums.Sums):  # type: ignore[misc, name-defined]
        thrift_services = [*sums.Sums.thrift_services, "nope"]
        nope_args, nope_result = sums.Sums.ping_args, sums.Sums.ping_result

    pair.client._service = More
    with pytest.raises(TApplicationException) as caught:
        pair.client.nope()
    assert caught.value.type == TApplicationException.UNKNOWN_METHOD
    assert pair.client.add(1, 2) == 3


def test_meta_of_a_failed_call_does_not_go_with_the_next_reply(pair: Pair) -> None:
    def add(a: int, b: int) -> int:
        TrackerBase.add_response_meta(left="behind")
        raise SystemExit

    pair.handler.add = add  # type: ignore[method-assign]
    with pytest.raises(TApplicationException):
        pair.client.add(1, 2)
    pair.client.ping()
    assert pair.tracker.response_meta[-1] is None


def test_arguments_that_do_not_fit_send_neither_header_nor_call(pair: Pair) -> None:
    with pytest.raises(TDecodeException):
        pair.client.add("x", 2)
    with pytest.raises(TypeError):
        pair.client.add(1, 2, 3)
    assert pair.loop.unsent == b""
    assert len(pair.loop.sent) == 1
    assert pair.client.add(1, 2) == 3


def test_meta_that_is_no_text_sends_nothing(pair: Pair) -> None:
    with TrackerBase.add_meta(user=5), pytest.raises(TDecodeException):  # type: ignore[arg-type]
        pair.client.ping()
    assert pair.loop.unsent == b""
    pair.client.ping()


def test_an_error_of_the_tracker_closes_a_connection_that_is_out_of_step(pair: Pair) -> None:
    def fail(response_header: Any) -> None:
        raise KeyError("tracker")

    pair.tracker.handle_response_header = fail  # type: ignore[method-assign]
    with pytest.raises(KeyError):
        pair.client.ping()
    assert not pair.loop.opened
    with pytest.raises(TTransportException) as caught:
        pair.client.ping()
    assert caught.value.type == TTransportException.NOT_OPEN


def test_a_call_for_a_call_continues_its_number_and_keeps_its_meta(pair: Pair, sums: Any) -> None:
    behind = Pair(sums)

    def add(a: int, b: int) -> int:
        behind.client.ping()
        with TrackerBase.add_meta(more="x"):
            behind.client.ping()
        return 0

    pair.handler.add = add  # type: ignore[method-assign]
    with TrackerBase.add_meta(user="me"):
        pair.client.add(1, 2)
    pair.client.ping()
    (first, _), (second, _) = behind.tracker.records
    outer = pair.tracker.records[0][0]
    assert [first.seq, second.seq] == ["1.1", "1.2"]
    assert first.request_id == second.request_id == outer.request_id
    assert [first.meta, second.meta] == [{"user": "me"}, {"user": "me", "more": "x"}]
    assert outer.meta == {"user": "me"}
    assert pair.tracker.records[1][0].meta == {}


def test_a_thread_that_handled_a_tracked_call_starts_the_next_one_fresh(pair: Pair, sums: Any) -> None:
    other = TTrackedProcessor(Tracker(), sums.Sums, Handler(sums.Negative))
    ctx.header, ctx.counter = track_thrift.RequestHeader(request_id="old", seq="1", meta={}), 5
    trans = TMemoryBuffer()
    client: Any = TClient(sums.Sums, TBinaryProtocol(trans))
    client._send("ping")
    other.process(TBinaryProtocol(trans), TBinaryProtocol(TMemoryBuffer()))
    assert ctx.__dict__ == {}


def test_a_tracked_client_works_with_a_server_that_does_not_track(sums: Any) -> None:
    tracker = Tracker()
    processor = TProcessor(sums.Sums, Handler(sums.Negative))
    client: Any = TTrackedClient(tracker, sums.Sums, TBinaryProtocol(Loop(server_of(processor))))
    assert not client.is_upgraded
    assert client.current_version == 0
    assert client.add(1, 2) == 3
    assert tracker.records == []


def test_an_untracked_client_works_with_a_server_that_tracks(sums: Any) -> None:
    tracker = Tracker()
    processor = TTrackedProcessor(tracker, sums.Sums, Handler(sums.Negative))
    client: Any = TClient(sums.Sums, TBinaryProtocol(Loop(server_of(processor))))
    assert client.add(1, 2) == 3
    with pytest.raises(sums.Negative):
        client.add(-1, 0)
    assert not processor.is_upgraded
    assert tracker.handled == []


def test_a_server_of_the_first_version_sends_no_header_of_replies(pair: Pair, sums: Any) -> None:
    processor = TTrackedProcessor(Tracker(), sums.Sums, pair.handler)
    processor.CURRENT = 1  # type: ignore[misc]
    tracker = Tracker()
    client: Any = TTrackedClient(tracker, sums.Sums, TBinaryProtocol(Loop(server_of(processor))))
    assert client.current_version == processor.current_version == 1
    assert client.add(1, 2) == 3
    assert tracker.response_meta == []
    assert tracker.records[0][0].seq == "1"


@pytest.mark.parametrize(("theirs", "agreed"), [(None, 1), (1, 1), (2, 2), (9, 2), (0, 1), (-5, 1)])
def test_the_smaller_version_is_agreed_on(theirs: Optional[int], agreed: int) -> None:
    version = VersionMixin()
    version.init_version_mixin()
    assert not version.is_upgraded
    assert not version.check_version(VersionMixin.VERSION_SUPPORT_REQUEST_HEADER)
    version.upgrade_version(theirs)
    assert version.is_upgraded
    assert version.current_version == agreed
    assert version.check_version(VersionMixin.VERSION_SUPPORT_RESPONSE_HEADER) == (agreed == 2)


def test_a_refused_handshake_is_raised(sums: Any) -> None:
    class Refusing(TProcessor):
        def process(self, iprot: Any, oprot: Any) -> None:
            self.process_in(iprot)
            refusal = TApplicationException(TApplicationException.INTERNAL_ERROR, "no")
            self.send_exception(oprot, track_method, refusal, 0)

    with pytest.raises(TApplicationException, match="^no$"):
        TTrackedClient(Tracker(), sums.Sums, TBinaryProtocol(Loop(server_of(Refusing(sums.Sums, None)))))


def test_threads_that_share_a_client_record_their_own_calls(pair: Pair) -> None:
    def call(number: int) -> None:
        with TrackerBase.add_meta(number=str(number)):
            for _ in range(20):
                assert pair.client.add(number, 0) == number

    threads = [threading.Thread(target=call, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    counts: dict[str, list[str]] = {}
    for info, exception in pair.tracker.records:
        assert exception is None
        counts.setdefault(info.meta["number"], []).append(info.seq)
    assert counts == {str(number): [str(seq) for seq in range(1, 21)] for number in range(4)}


def test_the_counter_can_be_set_for_some_calls(pair: Pair) -> None:
    pair.client.ping()
    with TrackerBase.counter(5):
        pair.client.ping()
    pair.client.ping()
    assert [info.seq for info, _ in pair.tracker.records] == ["1", "6", "2"]


def test_meta_and_annotations_end_with_their_block() -> None:
    tracker = TrackerBase()
    with TrackerBase.add_meta(a="1") as outer, TrackerBase.annotate(x=1) as annotation:
        assert (outer, annotation, tracker.annotation) == ({"a": "1"}, {"x": 1}, {"x": 1})
        with TrackerBase.add_meta(b="2") as inner, TrackerBase.annotate(y=2):
            assert inner == tracker.meta == {"a": "1", "b": "2"}
            assert tracker.annotation == {"y": 2}
        assert tracker.meta == {"a": "1"}
        assert tracker.annotation == {"x": 1}
    assert (tracker.meta, tracker.annotation) == ({}, {})


def test_the_console_tracker_prints_calls(capsys: pytest.CaptureFixture[str]) -> None:
    ConsoleTracker().record(RequestInfo("id", "ping", "1", "c", "s", True, 1, 2, {}, {}), None)
    assert "ping" in capsys.readouterr().out


@needs_thriftpy2
def test_a_client_of_ours_works_with_a_tracked_server_of_thriftpy2(idl: Any, sums: Any) -> None:
    theirs = thriftpy2.load(str(idl))
    seen: list[Any] = []

    class Theirs(their_tracking.TrackerBase):  # type: ignore[misc, name-defined]
        def handle(self, header: Any) -> None:
            seen.append(header)
            super().handle(header)

    processor = their_tracking.TTrackedProcessor(Theirs("c", "s"), theirs.Sums, Handler(theirs.Negative))
    answer = server_of(processor, thriftpy2.protocol.binary.TBinaryProtocol, thriftpy2.transport.TMemoryBuffer)
    tracker = Tracker()
    client: Any = TTrackedClient(tracker, sums.Sums, TBinaryProtocol(Loop(answer)))
    assert client.current_version == 2
    with TrackerBase.add_meta(user="me"):
        assert client.add(1, 2) == 3
    with pytest.raises(sums.Negative):
        client.add(-1, 2)
    assert [(header.seq, header.meta) for header in seen] == [("1", {"user": "me"}), ("2", {})]
    assert len(tracker.response_meta) == 2


@needs_thriftpy2
def test_a_client_of_thriftpy2_works_with_a_tracked_server_of_ours(idl: Any, sums: Any) -> None:
    theirs = thriftpy2.load(str(idl))
    records: list[Any] = []

    class Theirs(their_tracking.TrackerBase):  # type: ignore[misc, name-defined]
        def record(self, header: Any, exception: Any) -> None:
            records.append(header)

    server = Tracker()
    processor = TTrackedProcessor(server, sums.Sums, Handler(sums.Negative))
    protocol = thriftpy2.protocol.binary.TBinaryProtocol(Loop(server_of(processor)))
    client: Any = their_tracking.TTrackedClient(Theirs("c", "s"), theirs.Sums, protocol)
    assert client.add(1, 2) == 3
    with pytest.raises(theirs.Negative):
        client.add(-1, 2)
    with pytest.raises(thriftpy2.thrift.TApplicationException, match="Internal error"):
        client.add(200, 2)
    assert [record.seq for record in records] == [header.seq for header in server.handled]
    assert processor.current_version == 2
