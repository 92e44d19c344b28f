"""The native way of a call: when it is taken, that it equals the generic one, and what only it could get wrong."""

from __future__ import annotations

import contextlib
import functools
import gc
import inspect
import os
import signal
import socket
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import background
from calc import Handler, Running, calc, make, serving
from fastthrift import rpc
from fastthrift.client import TClient
from fastthrift.protocol import (
    TBinaryProtocol,
    TBinaryProtocolFactory,
    TCompactProtocolFactory,
)
from fastthrift.thrift import TApplicationException, TTransportException
from fastthrift.transport import TBufferedTransport, TFramedTransportFactory, TSocket
from generic import Factory, ForeignTransport, OwnBinary, OwnBuffered, OwnClient
from peer import REPLY, answering, i32_result, message


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with serving(make(Handler())) as running:
        yield running


def connect(port: int, **kwargs: Any) -> Any:
    return rpc.make_client(calc.Calc, "127.0.0.1", port, **{"timeout": 20_000, **kwargs})


def python_steps(call: Callable[[], Any]) -> list[str]:
    """Which of the package's Python functions a call runs."""
    seen: list[str] = []

    def profile(frame: Any, event: str, arg: Any) -> None:
        if event == "call" and "fastthrift" in frame.f_code.co_filename:
            seen.append(frame.f_code.co_name)

    sys.setprofile(profile)
    try:
        call()
    finally:
        sys.setprofile(None)
    return seen


@pytest.mark.parametrize("protocol", [TBinaryProtocolFactory, TCompactProtocolFactory])
@pytest.mark.parametrize("transport", [Factory(TBufferedTransport), TFramedTransportFactory()])
def test_a_call_over_parts_of_ours_runs_no_python(protocol: Any, transport: Any) -> None:
    stack = {"iprot_factory": protocol(), "itrans_factory": transport}
    with serving(make(Handler(), **stack)) as running:
        with connect(running.port, proto_factory=protocol(), trans_factory=transport) as client:
            assert python_steps(lambda: client.add(1, 2)) == []
            assert client.add(1, 2) == 3


class Looks(TClient):
    def _req(self, _api: str, *args: Any, **kwargs: Any) -> Any:
        return super()._req(_api, *args, **kwargs)


def own_protocol(port: int) -> Any:
    return connect(port, proto_factory=Factory(OwnBinary))


def own_transport(port: int) -> Any:
    return connect(port, trans_factory=Factory(OwnBuffered))


def foreign_transport(port: int) -> Any:
    return connect(port, trans_factory=Factory(ForeignTransport))


def own_socket(port: int) -> Any:
    class Own(TSocket):
        def read(self, sz: int) -> bytes:
            return super().read(sz)

    return over(Own("127.0.0.1", port, socket_timeout=20_000))


def socket_of_another_class(port: int) -> Any:
    class Cooperative(socket.socket):
        pass

    sock = Cooperative()
    sock.connect(("127.0.0.1", port))
    return over(TSocket(sock=sock), opens=False)


def subclass(cls: Any) -> Any:
    def make_one(port: int) -> Any:
        return over(TSocket("127.0.0.1", port, socket_timeout=20_000), cls=cls)

    return make_one


def patched_instance(port: int) -> Any:
    client = connect(port)
    client._recv = lambda api: TClient._recv(client, api)
    return client


def two_protocols(port: int) -> Any:
    client = connect(port)
    client._oprot = TBinaryProtocol(client._iprot.trans)
    return client


def over(trans: Any, opens: bool = True, cls: Any = TClient) -> Any:
    if opens:
        trans.open()
    return cls(calc.Calc, TBinaryProtocol(TBufferedTransport(trans)))


OVERRIDES = {
    "own protocol": own_protocol,
    "own transport": own_transport,
    "foreign transport": foreign_transport,
    "own socket": own_socket,
    "socket of another class": socket_of_another_class,
    "own _send and _recv": subclass(OwnClient),
    "own _req": subclass(Looks),
    "patched instance": patched_instance,
    "two protocols": two_protocols,
}


@pytest.mark.parametrize("make_client", OVERRIDES.values(), ids=OVERRIDES)
def test_whatever_is_overridden_is_called(server: Running, make_client: Any) -> None:
    client = make_client(server.port)
    steps: list[str] = []
    assert python_steps(lambda: steps.append(client.add(1, 2))).count("_send") >= 1
    assert steps == [3]
    client.close()


def test_a_class_patched_later_is_noticed(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    with connect(server.port) as client:
        assert client.add(1, 2) == 3
        monkeypatch.setattr(TClient, "_recv", lambda self, api: 42)
        assert client.add(1, 2) == 42
        monkeypatch.undo()
    with connect(server.port) as client:
        seen: list[int] = []
        read = TSocket.read
        monkeypatch.setattr(TSocket, "read", lambda self, sz: seen.append(sz) or read(self, sz))
        assert client.add(1, 2) == 3
        assert seen


def test_an_attribute_of_the_users_own_goes_before_the_method(server: Running) -> None:
    with connect(server.port) as client:
        assert client.add(1, 2) == 3
        client.add = lambda a, b: "mock"
        assert client.add(1, 2) == "mock"
        del client.add
        assert client.add(1, 2) == 3


def outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Exception as error:  # noqa: BLE001
        return type(error), str(error)


CALLS: dict[str, Callable[[Any], Any]] = {
    "result": lambda c: c.add(1, 2),
    "keywords": lambda c: c.add(b=1, a=2),
    "declared exception": lambda c: c.add(999, 999),
    "struct": lambda c: c.item(calc.Item(1, "n", ["a", "b"])),
    "empty struct": lambda c: c.item(calc.Item()),
    "not given": lambda c: c.echo(None),
    "not UTF-8": lambda c: c.echo(b"\xff"),
    "void": lambda c: c.nothing(),
    "oneway": lambda c: c.note("x"),
    "undeclared exception": lambda c: c.fail("ValueError"),
    "missing result": lambda c: c.none(),
    "wrong result": lambda c: c.wrong(),
    "default": lambda c: c.need(1),
    "default taken back": lambda c: c.need(1, b=None),
    "required missing": lambda c: c.need(),
    "required None": lambda c: c.need(a=None),
    "required None by position": lambda c: c.need(None, 3),
    "position beats name": lambda c: c.need(1, 2, a=7),
    "too many": lambda c: c.add(1, 2, 3),
    "unknown name": lambda c: c.add(1, zz=2),
    "wrong type": lambda c: c.add("1", 2),
    "out of range": lambda c: c.add(2**31, 2),
    "no such method": lambda c: c.nope(),
    "close": lambda c: c.tclose("x"),
    "big": lambda c: len(c.echo("x" * 3_000_000)),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_both_ways_come_to_the_same(server: Running, call: Callable[[Any], Any]) -> None:
    with connect(server.port) as native, subclass(OwnClient)(server.port) as generic:
        expected = outcome(lambda: call(generic))
        if isinstance(expected, tuple):
            expected = (expected[0], expected[1].replace("OwnClient", "TClient"))
        assert outcome(lambda: call(native)) == expected
        assert native._seqid == generic._seqid
        assert native.add(1, 1) == generic.add(1, 1) == 2


def test_the_gil_is_free_while_a_call_waits() -> None:
    handler = Handler()
    with serving(make(handler)) as running, connect(running.port) as client:
        results: list[int] = []
        caller = threading.Thread(target=lambda: results.append(client.wait(7)))
        caller.start()
        assert handler.entered.acquire(timeout=20)
        with connect(running.port) as other:
            assert other.add(1, 2) == 3
        handler.go_on.set()
        caller.join(20)
        assert results == [7]


def test_threads_that_share_a_client_never_cross_answers(server: Running) -> None:
    client = connect(server.port)
    wrong: list[Any] = []

    def calls(thread: int) -> None:
        for i in range(300):
            text = f"{thread}/{i}"
            if client.echo(text) != text:
                wrong.append(text)

    threads = [threading.Thread(target=calls, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(50)
    assert wrong == []
    assert client._seqid == 2400
    client.close()


def signal_after(seconds: float, handler: Any) -> Any:
    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    return before


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no such signals here")
class TestSignals:
    @pytest.fixture(autouse=True)
    def restored(self) -> Iterator[None]:
        before = signal.getsignal(signal.SIGALRM)
        yield
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    def test_one_that_raises_ends_the_call_and_closes(self) -> None:
        def interrupt(number: int, frame: Any) -> None:
            raise KeyboardInterrupt

        with answering(lambda name, seqid: b"") as peer, connect(peer.port) as client:
            signal_after(0.05, interrupt)
            with pytest.raises(KeyboardInterrupt):
                client.add(1, 2)
            assert not client._iprot.trans.is_open()
            with pytest.raises(TTransportException, match="closed after a failed call"):
                client.add(1, 2)

    def test_one_that_does_not_raise_changes_nothing(self) -> None:
        seen: list[int] = []
        release = threading.Event()

        def answer(name: bytes, seqid: int) -> bytes:
            assert release.wait(20)
            return message("add", REPLY, seqid, i32_result(3))

        def note(number: int, frame: Any) -> None:
            seen.append(number)
            release.set()

        with answering(answer) as peer, connect(peer.port) as client:
            signal_after(0.05, note)
            assert client.add(1, 2) == 3
        assert seen == [signal.SIGALRM]

    def test_a_call_from_its_handler_is_refused_and_the_first_one_goes_on(self) -> None:
        refused: list[str] = []
        release = threading.Event()

        def answer(name: bytes, seqid: int) -> bytes:
            assert release.wait(20)
            return message("add", REPLY, seqid, i32_result(3))

        with answering(answer) as peer, connect(peer.port) as client:

            def call(number: int, frame: Any) -> None:
                try:
                    client.add(5, 5)
                except TTransportException as error:
                    refused.append(str(error.message))
                release.set()

            signal_after(0.05, call)
            assert client.add(1, 2) == 3
        assert refused == ["add: called while a call of this client is under way in this thread"]

    def test_waiting_for_another_threads_call_can_be_interrupted(self) -> None:
        def interrupt(number: int, frame: Any) -> None:
            raise KeyboardInterrupt

        handler = Handler()
        with serving(make(handler)) as running, connect(running.port) as client:
            other = threading.Thread(target=lambda: client.wait(1))
            other.start()
            assert handler.entered.acquire(timeout=20)
            signal_after(0.05, interrupt)
            with pytest.raises(KeyboardInterrupt):
                client.add(1, 2)
            handler.go_on.set()
            other.join(20)
            assert client.add(1, 2) == 3  # nothing of it was sent


def test_a_connection_that_went_stale_is_noticed_before_anything_is_sent() -> None:
    with serving(make(Handler(), client_timeout=50)) as running, connect(running.port) as client:
        assert client.add(1, 2) == 3
        sock = client._iprot.trans.sock
        deadline = time.monotonic() + 20
        while sock.recv(1, socket.MSG_PEEK) != b"":
            assert time.monotonic() < deadline
        time.sleep(0.11)  # as long as a connection counts as fresh
        with pytest.raises(TTransportException, match=r"closed the connection before this call.*nothing was sent"):
            client.add(1, 2)


def test_bytes_behind_the_answer_end_the_connection_at_the_next_call() -> None:
    with answering(lambda name, seqid: message("add", REPLY, seqid, i32_result(3)) * 2) as peer:
        with connect(peer.port) as client:
            assert client.add(1, 2) == 3
            with pytest.raises(TTransportException, match="no call is waiting for"):
                client.add(1, 2)
            with pytest.raises(TTransportException, match="closed after a failed call"):
                client.add(1, 2)


def test_an_answer_with_sequence_id_0_is_taken_only_when_asked_for() -> None:
    with answering(lambda name, seqid: message("add", REPLY, 0, i32_result(3))) as peer:
        with connect(peer.port) as client:
            client.lenient_seqid = True
            assert client.add(1, 2) == client.add(1, 2) == 3
            client.lenient_seqid = False
            with pytest.raises(TApplicationException, match="was sent with 3, the answer has 0"):
                client.add(1, 2)


def test_a_reset_is_the_errno_that_a_socket_raises() -> None:
    def reset(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()

    with background.answering(reset) as port, connect(port) as client:
        with pytest.raises(ConnectionResetError, match="127.0.0.1:"):
            client.add(1, 2)


def test_what_came_behind_the_last_answer_is_not_the_next_connections() -> None:
    """The next socket gets the descriptor's number, and the address in memory if nobody holds the one before."""
    answers = iter([b"stray", b""])

    def answer(name: bytes, seqid: int) -> bytes:
        return message("add", REPLY, seqid, i32_result(3)) + next(answers)

    with answering(answer) as first, answering(answer) as second, connect(first.port) as client:
        assert client.add(1, 2) == 3
        trans = client._iprot.trans.trans
        trans.close()
        trans.port = second.port
        trans.open()
        assert client.add(1, 2) == 3


def test_no_answer_in_time_names_peer_method_and_time() -> None:
    with answering(lambda name, seqid: b"") as peer, connect(peer.port, timeout=50) as client:
        with pytest.raises(TTransportException) as error:
            client.add(1, 2)
        assert isinstance(error.value, TimeoutError if sys.version_info >= (3, 10) else socket.timeout)
        assert error.value.message == f"127.0.0.1:{peer.port}: no reply to add within 0.05 s"


def test_the_live_timeout_of_the_socket_counts() -> None:
    with answering(lambda name, seqid: b"") as peer, connect(peer.port) as client:
        client._iprot.trans.trans.set_timeout(50)
        start = time.monotonic()
        with pytest.raises(TTransportException):
            client.add(1, 2)
        assert time.monotonic() - start < 10


def test_bytes_read_by_hand_stay_with_the_transport(server: Running) -> None:
    """What somebody left in the transport's buffers is used up by Python's way, then calls are native again."""
    with connect(server.port) as client:
        client._send("add", a=1, b=2)
        client._send("add", a=3, b=4)
        assert [client._recv("add"), client._recv("add")] == [3, 7]
        assert python_steps(lambda: client.add(1, 2)) == []


def test_clients_and_their_calls_are_freed(server: Running) -> None:
    client = connect(server.port)
    alive = weakref.ref(client)
    client.add(1, 2)
    client.kept = client.add  # a cycle
    assert "add" in repr(client.kept)
    client.close()
    del client
    gc.collect()
    assert alive() is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_client_of_the_parent_is_not_written_to_by_a_child_that_only_ends(server: Running) -> None:
    with connect(server.port) as client:
        assert client.add(1, 2) == 3
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        assert client.add(3, 4) == 7


def test_a_method_says_what_it_is_as_thriftpy2s_partial_does(server: Running) -> None:
    with contextlib.closing(connect(server.port)) as client:
        method = client.need
        assert (method.args, method.keywords, method.__name__, method.__self__) == (("need",), {}, "need", client)
        assert method.func == client._req
        assert method.func(*method.args, 1, **method.keywords) == client.need(1)
        assert functools.wraps(method)(lambda: None).__name__ == "need"
        assert list(inspect.signature(method).parameters) == ["a", "b"]
        assert inspect.signature(method) == inspect.signature(calc.Calc.need_args)
        for name in ("args", "func", "__name__", "__signature__"):
            with pytest.raises(AttributeError):
                setattr(method, name, None)


def test_a_signature_of_a_client_without_its_service_is_an_error(server: Running) -> None:
    client = connect(server.port)
    method = client.need
    client.close()
    client._service = None
    with pytest.raises(AttributeError):
        method.__signature__  # noqa: B018
