"""TClient: arguments, results, answers that are none, and connections that must not be used again."""

from __future__ import annotations

import itertools
import struct
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from calc import Handler, calc, make, serving
from fastthrift import defaults, rpc
from fastthrift.client import TClient
from fastthrift.protocol import TBinaryProtocol
from fastthrift.thrift import TApplicationException, TException, TMessageType
from fastthrift.transport import TBufferedTransport, TMemoryBuffer, TSocket, TTransportBase, TTransportException
from generic import OwnClient
from peer import CALL, EXCEPTION, ONEWAY, REPLY, answering, i32_result, message

CLIENTS = [TClient, OwnClient]


@pytest.fixture(params=CLIENTS, ids=lambda cls: cls.__name__)
def connect(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Makes clients of both ways: past the methods, and through them because they are overridden."""
    made = []

    def connect(port: int, timeout: float = 20_000) -> Any:
        trans = TBufferedTransport(TSocket("127.0.0.1", port, socket_timeout=timeout))
        trans.open()
        made.append(request.param(calc.Calc, TBinaryProtocol(trans)))
        return made[-1]

    yield connect
    for client in made:
        client.close()


@pytest.fixture
def server() -> Iterator[Any]:
    with serving(make()) as running:
        yield running


class Closed:
    """Asserts that a call fails because its connection was closed."""

    def __call__(self, client: Any) -> None:
        assert not client._iprot.trans.is_open()
        with pytest.raises(TTransportException) as refused:
            client.add(1, 1)
        assert refused.value.type == TTransportException.NOT_OPEN


assert_closed = Closed()


def test_a_client_has_thriftpy2s_attributes() -> None:
    trans = TMemoryBuffer()
    iprot, oprot = TBinaryProtocol(trans), TBinaryProtocol(trans)
    client = TClient(calc.Calc, iprot)
    assert (client._service, client._iprot, client._oprot, client._seqid) == (calc.Calc, iprot, iprot, 0)
    assert TClient(calc.Calc, iprot, oprot)._oprot is oprot
    assert dir(client) == sorted(calc.Calc.thrift_services)


@pytest.mark.parametrize("name", ["foo", "args", "add_args", "__deepcopy__", "tadd", "trans"])
def test_what_is_no_method_is_an_attribute_error(name: str) -> None:
    client = TClient(calc.Calc, TBinaryProtocol(TMemoryBuffer()))
    with pytest.raises(AttributeError, match=name):
        getattr(client, name)
    assert not hasattr(client, name)


def test_close_is_the_clients_own_and_tclose_the_services(connect: Any, server: Any) -> None:
    client = connect(server.port)
    assert client.tclose("text") == "text"
    client.close()
    client.close()
    assert_closed(client)


ARGUMENTS: dict[str, tuple[tuple[Any, ...], dict[str, Any], Any]] = {
    "positional": ((1, 2), {}, 3),
    "by name": ((), {"a": 1, "b": 2}, 3),
    "mixed": ((1,), {"b": 2}, 3),
    "positional beats the name": ((1, 2), {"a": 5}, 3),
}


@pytest.mark.parametrize(("args", "kwargs", "result"), ARGUMENTS.values(), ids=ARGUMENTS)
def test_arguments(connect: Any, server: Any, args: Any, kwargs: Any, result: Any) -> None:
    assert connect(server.port).add(*args, **kwargs) == result


def test_none_is_the_default_of_the_idl(connect: Any, server: Any) -> None:
    client = connect(server.port)
    assert client.need(1) == client.need(1, None) == client.need(a=1, b=None) == 8


def test_a_missing_required_argument_is_told_before_anything_is_sent(connect: Any, server: Any) -> None:
    client = connect(server.port)
    for arguments in ({}, {"b": 2}, {"a": None}):
        with pytest.raises(TApplicationException, match=r"^a is required argument for Calc.need$") as missing:
            client.need(**arguments)
        assert missing.value.type == TApplicationException.UNKNOWN_METHOD
    assert client.need(1, 2) == 3


@pytest.mark.parametrize(("args", "kwargs"), [((1, 2, 3), {}), ((), {"zz": 1}), ((1, 2), {"zz": 1})])
def test_arguments_that_do_not_fit_are_a_type_error(connect: Any, server: Any, args: Any, kwargs: Any) -> None:
    client = connect(server.port)
    with pytest.raises(TypeError, match="add"):
        client.add(*args, **kwargs)
    assert client.add(1, 2) == 3


@pytest.mark.parametrize("value", ["text", 2**31, None.__class__, [1]])
def test_a_value_that_cannot_be_written_leaves_the_connection_usable(connect: Any, server: Any, value: Any) -> None:
    client = connect(server.port)
    with pytest.raises(TException):
        client.add(1, value)
    assert client.add(1, 2) == 3


def test_results(connect: Any, server: Any) -> None:
    client = connect(server.port)
    assert client.nothing() is None
    assert client.note("x") is None
    with pytest.raises(TApplicationException, match="Missing result") as missing:
        client.none()
    assert missing.value.type == TApplicationException.MISSING_RESULT
    with pytest.raises(calc.Overflow):
        client.add(1000, 1000)
    assert client.add(1, 2) == 3


def test_an_exception_message_is_raised_and_the_connection_lives(connect: Any) -> None:
    body = b"\x0b\0\1\0\0\0\4oops" + struct.pack("!bhi", 8, 2, 7) + b"\0"

    def answer(name: bytes, seqid: int) -> bytes:
        if seqid == 1:
            return message("add", EXCEPTION, seqid, body)
        return message("add", REPLY, seqid, i32_result(5))

    with answering(answer) as peer:
        client = connect(peer.port)
        with pytest.raises(TApplicationException, match="oops") as raised:
            client.add(1, 2)
        assert raised.value.type == 7
        assert client.add(1, 2) == 5


def test_sequence_ids_grow(connect: Any) -> None:
    seen: list[int] = []

    def answer(name: bytes, seqid: int) -> bytes:
        seen.append(seqid)
        return message("add", REPLY, seqid, i32_result(0))

    with answering(answer) as peer:
        client = connect(peer.port)
        for _ in range(5):
            client.add(1, 2)
    assert seen == [1, 2, 3, 4, 5]


def test_the_last_sequence_id_is_followed_by_1(connect: Any) -> None:
    seen: list[int] = []

    def answer(name: bytes, seqid: int) -> bytes:
        seen.append(seqid)
        return message("add", REPLY, seqid, i32_result(0))

    with answering(answer) as peer:
        client = connect(peer.port)
        client._seqid = 0x7FFFFFFE
        client.add(1, 2)
        client.add(1, 2)
    assert seen == [0x7FFFFFFF, 1]


NO_ANSWERS: dict[str, tuple[int, Any]] = {
    "another sequence id": (4, lambda s: message("add", REPLY, s + 1, i32_result(42))),
    "sequence id 0": (4, lambda s: message("add", REPLY, 0, i32_result(42))),
    "another sequence id, exception": (4, lambda s: message("add", EXCEPTION, s - 1, b"\0")),
    "another method": (3, lambda s: message("sub", REPLY, s, i32_result(42))),
    "the multiplexed name": (3, lambda s: message("Calc:add", REPLY, s, i32_result(42))),
    "no name": (3, lambda s: message("", REPLY, s, i32_result(42))),
    "a call": (2, lambda s: message("add", CALL, s, i32_result(42))),
    "a oneway": (2, lambda s: message("add", ONEWAY, s, i32_result(42))),
}


@pytest.mark.parametrize(("kind", "answer"), NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_what_is_no_answer_to_this_call_is_refused(connect: Any, kind: int, answer: Any) -> None:
    with answering(lambda name, seqid: answer(seqid)) as peer:
        client = connect(peer.port)
        with pytest.raises(TApplicationException) as refused:
            client.add(1, 2)
        assert refused.value.type == kind
        assert_closed(client)


BAD_BYTES: dict[str, bytes] = {
    "HTTP": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "zeros": bytes(64),
    "ones": b"\xff" * 64,
    "a frame": struct.pack("!i", 30) + message("add", REPLY, 1, i32_result(1)),
    "a name without end": struct.pack("!Ii", 0x80010002, 2**31 - 1),
    "a negative name": struct.pack("!Ii", 0x80010002, -1),
    "an unknown version": struct.pack("!Ii", 0x80990002, 3) + b"add\0\0\0\1\0",
    "a message type that nobody has": message("add", 9, 1, b"\0"),
    "a list of two billion": message("add", REPLY, 1, b"\x0f\0\x61\x01\x7f\xff\xff\xff"),
    "a string of two billion": message("add", REPLY, 1, b"\x0b\0\x61\x7f\xff\xff\xff"),
    "a type that nobody has": message("add", REPLY, 1, b"\x63\0\1" + bytes(20)),
    "structs without end": message("add", REPLY, 1, b"\x0c\0\1" * 100_000),
}


@pytest.mark.parametrize("data", BAD_BYTES.values(), ids=BAD_BYTES)
def test_bad_bytes_are_a_thrift_exception_at_once_and_close(connect: Any, data: bytes) -> None:
    with answering(lambda name, seqid: data) as peer:
        client = connect(peer.port)
        with pytest.raises(TException):
            client.add(1, 2)
        assert_closed(client)


def test_the_end_of_the_stream_closes_and_says_what_to_check(connect: Any) -> None:
    with answering(lambda name, seqid: None) as peer:
        client = connect(peer.port)
        with pytest.raises(TTransportException, match="TSocket read 0 bytes") as ended:
            client.add(1, 2)
        assert ended.value.type == TTransportException.END_OF_FILE
        assert_closed(client)


@pytest.mark.parametrize(("profile", "is_taken"), [("fastthrift", False), ("thriftpy2", True)])
def test_an_answer_with_the_sequence_id_0_is_taken_in_thriftpy2s_profile(
    connect: Any, profile: str, is_taken: bool
) -> None:
    defaults.use(profile)
    try:
        with answering(lambda name, seqid: message("add", REPLY, 0, i32_result(3))) as peer:
            client = connect(peer.port)
            if is_taken:
                assert [client.add(1, 2), client.add(1, 2)] == [3, 3]
            else:
                with pytest.raises(TApplicationException, match="Bad sequence ID"):
                    client.add(1, 2)
    finally:
        defaults.use("fastthrift")


@pytest.mark.parametrize("profile", ["fastthrift", "thriftpy2"])
def test_an_answer_with_another_calls_sequence_id_is_refused_in_any_profile(connect: Any, profile: str) -> None:
    defaults.use(profile)
    try:
        with answering(lambda name, seqid: message("add", REPLY, seqid + 1, i32_result(3))) as peer:
            with pytest.raises(TApplicationException, match="Bad sequence ID"):
                connect(peer.port).add(1, 2)
    finally:
        defaults.use("fastthrift")


def cut_off(answer: bytes) -> Iterator[bytes]:
    yield answer
    raise OSError("the peer ends here")


@pytest.mark.parametrize("answer", [b"", b"\x80\1\0\2\0\0"])
def test_thriftpy2s_profile_has_its_words_for_the_end_of_the_stream_and_no_more(connect: Any, answer: bytes) -> None:
    defaults.use("thriftpy2")
    try:
        with answering(lambda name, seqid: cut_off(answer)) as peer:
            client = connect(peer.port)
            with pytest.raises(TTransportException) as ended:
                client.add(1, 2)
    finally:
        defaults.use("fastthrift")
    assert (ended.value.type, ended.value.message) == (TTransportException.END_OF_FILE, "TSocket read 0 bytes")


def test_a_late_answer_is_never_taken_for_the_next_calls(connect: Any) -> None:
    late = threading.Event()

    def answer(name: bytes, seqid: int) -> Iterator[bytes]:
        late.wait(20)
        yield message("add", REPLY, seqid, i32_result(900))

    with answering(answer) as peer:
        client = connect(peer.port, timeout=100)
        with pytest.raises(TimeoutError) as timed_out:
            client.add(400, 500)
        assert isinstance(timed_out.value, TTransportException)
        late.set()
        assert_closed(client)


def test_the_timeout_bounds_the_call_not_each_read(connect: Any) -> None:
    whole = message("add", REPLY, 1, i32_result(3))
    stop = threading.Event()

    def answer(name: bytes, seqid: int) -> Iterator[bytes]:
        for i in itertools.count():
            if stop.wait(0.05):
                return
            yield whole[i : i + 1] or b"\0"

    with answering(answer) as peer:
        client = connect(peer.port, timeout=300)
        start = time.monotonic()
        with pytest.raises(TimeoutError):
            client.add(1, 2)
        assert 0.25 <= time.monotonic() - start < 1.0
        stop.set()
        assert_closed(client)


def test_a_slow_answer_in_pieces_leaves_the_sockets_timeout_as_it_was(connect: Any) -> None:
    def answer(name: bytes, seqid: int) -> Iterator[bytes]:
        whole = message("add", REPLY, seqid, i32_result(3))
        yield whole[:10]
        threading.Event().wait(0.15)
        yield whole[10:]

    with answering(answer) as peer:
        client = connect(peer.port, timeout=1000)
        assert client.add(1, 2) == 3
        assert client._iprot.trans.sock.gettimeout() == 1.0
        assert client.add(1, 2) == 3


def test_a_connection_that_is_opened_again_is_used_again(server: Any) -> None:
    with answering(lambda name, seqid: b"\0" * 100) as peer:
        trans = TBufferedTransport(TSocket("127.0.0.1", peer.port))
        trans.open()
        client = TClient(calc.Calc, TBinaryProtocol(trans))
        with pytest.raises(TException):
            client.add(1, 2)
    trans.trans.port = server.port
    trans.open()
    assert client.add(1, 2) == 3
    client.close()


def test_a_call_from_inside_a_call_is_refused_not_mixed(server: Any) -> None:
    errors: list[Exception] = []

    class Calling(TTransportBase):
        """As a finalizer that the collector runs in the middle of a call: it calls as well."""

        client: Any = None

        def __init__(self, trans: Any) -> None:
            self.trans = trans

        def _read(self, sz: int) -> bytes:
            if self.client is not None:
                inner, self.client = self.client, None
                try:
                    inner.echo("inner")
                except Exception as error:
                    errors.append(error)
            return bytes(self.trans.read(sz))

        def write(self, buf: Any) -> None:
            self.trans.write(buf)

        def flush(self) -> None:
            self.trans.flush()

        def close(self) -> None:
            self.trans.close()

    sock = TSocket("127.0.0.1", server.port)
    sock.open()
    trans = Calling(sock)
    client = TClient(calc.Calc, TBinaryProtocol(trans))
    trans.client = client
    assert client.echo("outer") == "outer"
    assert [type(error) for error in errors] == [TTransportException]
    assert client.echo("next") == "next"
    client.close()


def test_a_subclass_with_its_own_send_and_sequence_id(server: Any) -> None:
    class Own(TClient):
        def _send(self, _api: str, **kwargs: Any) -> None:
            self._oprot.write_message_begin(_api, TMessageType.CALL, 0)
            args = getattr(self._service, _api + "_args")(**kwargs)
            args.write(self._oprot)
            self._oprot.write_message_end()
            self._oprot.trans.flush()

    trans = TBufferedTransport(TSocket("127.0.0.1", server.port))
    trans.open()
    client = Own(calc.Calc, TBinaryProtocol(trans))
    assert client.add(1, 2) == 3
    client.close()


def test_a_subclass_without_super_init(server: Any) -> None:
    class Own(TClient):
        def __init__(self, trans: Any) -> None:
            self._service = calc.Calc
            self._iprot = self._oprot = TBinaryProtocol(trans)
            self._seqid = 0

    trans = TBufferedTransport(TSocket("127.0.0.1", server.port))
    trans.open()
    client = Own(trans)
    assert client.add(1, 2) == 3
    client.close()


def test_a_subclass_may_look_at_every_call(server: Any) -> None:
    seen: list[Any] = []

    class Own(TClient):
        def _req(self, _api: str, *args: Any, **kwargs: Any) -> Any:
            seen.append((_api, args, kwargs))
            return super()._req(_api, *args, **kwargs)

    trans = TBufferedTransport(TSocket("127.0.0.1", server.port))
    trans.open()
    client = Own(calc.Calc, TBinaryProtocol(trans))
    assert client.add(1, b=2) == 3
    assert seen == [("add", (1,), {"b": 2})]
    client.close()


def test_pipelining_by_hand(server: Any) -> None:
    trans = TBufferedTransport(TSocket("127.0.0.1", server.port))
    trans.open()
    client = TClient(calc.Calc, TBinaryProtocol(trans))
    for i in range(20):
        client._send("add", a=i, b=1)
    assert [client._recv("add") for i in range(20)] == list(range(1, 21))
    client.close()


def test_a_client_is_a_context_manager(server: Any) -> None:
    with rpc.make_client(calc.Calc, "127.0.0.1", server.port) as client:
        assert client.add(1, 2) == 3
    assert not client._iprot.trans.is_open()


def test_names_as_bytes_are_compared_too() -> None:
    """happybase reads every string as bytes."""
    handler = Handler()
    with serving(make(handler)) as running:
        trans = TBufferedTransport(TSocket("127.0.0.1", running.port))
        trans.open()
        client = TClient(calc.Calc, TBinaryProtocol(trans, decode_response=False))
        assert client.echo("text") == b"text"
        client.close()


class Refusing(TTransportBase):
    """A user's transport whose flush fails as it likes; closing it twice is an error, as it is of impyla's."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.closed = 0

    def is_open(self) -> bool:
        return not self.closed

    def write(self, buf: bytes) -> None:
        pass

    def flush(self) -> None:
        raise self.error

    def close(self) -> None:
        self.closed += 1


@pytest.mark.parametrize(
    ("error", "closes"),
    [
        (RuntimeError("HTTP code 503"), 0),
        (KeyError("x"), 0),
        (OSError(5, "gone"), 1),
        (TTransportException(4, "eof"), 1),
    ],
)
def test_transport_of_a_users_own_is_closed_by_its_owner_after_an_error_of_its_own(
    error: Exception, closes: int
) -> None:
    trans = Refusing(error)
    client = TClient(calc.Calc, TBinaryProtocol(trans))
    for _ in range(2):
        with pytest.raises(type(error) if not closes or not trans.closed else TTransportException):
            client.add(1, 2)
    assert trans.closed == closes
