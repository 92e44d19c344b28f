"""THeader in the thriftpy2 face: frames, dialects, pairs, transforms, and what is refused."""

from __future__ import annotations

import socket
import struct
import threading
import zlib
from typing import Any

import pytest

import fastthrift
from fastthrift.client import TClient
from fastthrift.header import Conversation, call_headers, headers_of
from fastthrift.processor import TMultiplexedProcessor, TProcessor
from fastthrift.protocol import (
    TBinaryProtocolFactory,
    TCompactProtocolFactory,
    THeaderProtocol,
    THeaderProtocolFactory,
    TMultiplexedProtocolFactory,
)
from fastthrift.protocol.exc import TProtocolException
from fastthrift.rpc import make_client
from fastthrift.server import TServer, TThreadedServer
from fastthrift.thrift import TApplicationException, TMessageType
from fastthrift.transport import (
    TBufferedTransportFactory,
    TFramedTransportFactory,
    THeaderTransport,
    THeaderTransportFactory,
    TMemoryBuffer,
    TTransportException,
)
from wares import Handler, serving, wares

BINARY_CALL = bytes.fromhex("80010001 00000003 616464 00000000 08000100000001 080002fffffffe 00")
COMPACT_CALL = bytes.fromhex("8221 00 03 616464 1502 1503 00")


def framed(body: bytes) -> bytes:
    return struct.pack("!i", len(body)) + body


def headed(payload: bytes, protocol: int = 0, transforms: bytes = b"\0", info: bytes = b"", seqid: int = 0) -> bytes:
    head = bytes([protocol]) + transforms + info
    head += bytes(-len(head) % 4)
    return framed(struct.pack("!HHiH", 0x0FFF, 0, seqid, len(head) // 4) + head + payload)


# Apache's frames (Python 0.25), and what is in them.
VECTORS: dict[str, Any] = {
    "binary": (
        "0000002c 0fff 0000 00000000 0001 00 00 0000" + BINARY_CALL.hex(),
        {},
    ),
    "compact": (
        "0000001a 0fff 0000 00000000 0001 02 00 0000" + COMPACT_CALL.hex(),
        {"default_protocol": 2},
    ),
    "one pair": (
        "00000034 0fff 0000 00000000 0003 00 00 01 01 01 6b 02 7631 000000" + BINARY_CALL.hex(),
        {"pair": (b"k", b"v1")},
    ),
    "zlib": (
        "00000030 0fff 0000 00000000 0001 00 01 01 00 789c6b606460646060604e4c4901520c1c601e230703d3ffffffff31000036bf05be",
        {"transform": 1},
    ),
}


def args(a: int = 1, b: int = -2) -> Any:
    return wares.Wares.add_args(a=a, b=b)


@pytest.mark.parametrize("name", VECTORS)
def test_apaches_frames_are_written(name: str) -> None:
    frame, how = VECTORS[name]
    wire = TMemoryBuffer()
    protocol = THeaderProtocol(wire, default_protocol=how.get("default_protocol", 0))
    if "pair" in how:
        protocol.set_header(*how["pair"])
    if "transform" in how:
        protocol.add_transform(how["transform"])
    protocol.write_message_begin("add", TMessageType.CALL, 0)
    args().write(protocol)
    protocol.write_message_end()
    protocol.trans.flush()
    assert wire.getvalue().hex() == frame.replace(" ", "")


@pytest.mark.parametrize("name", VECTORS)
def test_apaches_frames_are_read(name: str) -> None:
    frame, how = VECTORS[name]
    protocol = THeaderProtocol(TMemoryBuffer(bytes.fromhex(frame) * 2))
    for _ in range(2):
        assert protocol.read_message_begin() == ("add", TMessageType.CALL, 0)
        found = wares.Wares.add_args()
        found.read(protocol)
        protocol.read_message_end()
        assert found == args()
        assert protocol.get_headers() == dict([how["pair"]] if "pair" in how else [])
        assert protocol.trans.protocol_id == how.get("default_protocol", 0)


DIALECTS = {
    "headers, binary": (headed(BINARY_CALL), 0),
    "headers, compact": (headed(COMPACT_CALL, 2), 0),
    "headers, zlib": (headed(zlib.compress(COMPACT_CALL), 2, b"\1\1"), 0),
    "headers, zlib twice": (headed(zlib.compress(zlib.compress(BINARY_CALL)), 0, b"\2\1\1"), 0),
    "headers, an unknown block": (headed(BINARY_CALL, info=b"\1\1\1k\1v\7\xff\xff\xff"), 0),
    "framed binary": (framed(BINARY_CALL), 1),
    "unframed binary": (BINARY_CALL, 2),
    "framed compact": (framed(COMPACT_CALL), 3),
    "unframed compact": (COMPACT_CALL, 4),
}


def answered(request: bytes, end: bool = True, timeout: float = 10, **options: Any) -> bytes:
    """What a server of ours sends for these bytes until it closes the connection, which it does at their end at the latest."""
    with serving(iprot_factory=THeaderProtocolFactory(**options)) as running:
        with socket.create_connection(("127.0.0.1", running.port), timeout=timeout) as sock:
            sock.sendall(request)
            if end:
                sock.shutdown(socket.SHUT_WR)
            received = b""
            while chunk := sock.recv(65536):
                received += chunk
            return received


@pytest.mark.parametrize("name", DIALECTS)
def test_each_is_answered_in_its_own_dialect(name: str) -> None:
    request, dialect = DIALECTS[name]
    answer = answered(request * 2)
    protocol = THeaderProtocol(TMemoryBuffer(answer))
    for _ in range(2):
        assert protocol.read_message_begin()[:2] == ("add", TMessageType.REPLY)
        result = wares.Wares.add_result()
        result.read(protocol)
        assert result.success == -1
    assert protocol.trans.client_type == dialect
    if dialect == 0:
        # The protocol and the transforms of the call.
        assert answer[14 : 16 + request[15]] == request[14 : 16 + request[15]]


@pytest.mark.parametrize("name", DIALECTS)
def test_a_byte_at_a_time_is_the_same(name: str) -> None:
    request, dialect = DIALECTS[name]

    class Slow:
        data = request * 2

        def read(self, sz: int) -> bytes:
            chunk, self.data = self.data[:1], self.data[1:]
            return chunk

    talk = Conversation()
    wire = Slow()
    expected = COMPACT_CALL if "compact" in name or name == "headers, zlib" else BINARY_CALL
    for left in (1, 0):
        assert talk.receive(wire.read) == expected
        assert talk.client_type == dialect
        assert len(wire.data) == left * len(request)
    with pytest.raises(TTransportException) as raised:
        talk.receive(wire.read)
    assert raised.value.type == TTransportException.END_OF_FILE


# ---- calls


@pytest.mark.parametrize("default_protocol", [0, 2])
@pytest.mark.parametrize("transforms", [[], [1]])
def test_pairs_go_with_one_message_each_way(default_protocol: int, transforms: list[int]) -> None:
    class Echo(Handler):
        def get(self, text: str) -> str:
            headers = call_headers()
            for key, value in headers.get_headers().items():
                headers.set_header(key[::-1], value)
            return text

    with serving(Echo(), iprot_factory=THeaderProtocolFactory()) as running:
        client = make_client(
            wares.Wares,
            "127.0.0.1",
            running.port,
            proto_factory=THeaderProtocolFactory(default_protocol=default_protocol, transforms=transforms),
        )
        headers = headers_of(client)
        headers.set_header("trace", "\xe9")
        headers.set_header(b"\0\xff", b"")
        assert client.get("x") == "x"
        assert headers.get_headers() == {b"ecart": "\xe9".encode(), b"\xff\0": b""}
        assert client.get("y") == "y"
        assert headers.get_headers() == {}
        headers.set_header("a", "b")
        headers.clear_headers()
        assert client.get("z") == "z"
        assert headers.get_headers() == {}
        client.close()


def test_a_handler_without_headers_has_none() -> None:
    seen = []

    class Look(Handler):
        def nop(self) -> None:
            seen.append(call_headers())

    with serving(Look()) as running:
        client = make_client(wares.Wares, "127.0.0.1", running.port)
        client.nop()
        client.close()
    assert seen == [None]
    with pytest.raises(TypeError, match="no headers"):
        headers_of(client)


def test_multiplexed_services_take_headers_too_and_a_default_takes_those_without_a_name() -> None:
    handler, other = Handler(), Handler()
    other.add = lambda a, b: a * b  # type: ignore[method-assign]
    processor = TMultiplexedProcessor()
    processor.register_processor("Wares", TProcessor(wares.Wares, handler))
    processor.register_default(TProcessor(wares.Wares, other))
    with serving(handler, processor, iprot_factory=THeaderProtocolFactory()) as running:
        for proto, expected in (
            (TMultiplexedProtocolFactory(THeaderProtocolFactory(), "Wares"), 7),
            (TMultiplexedProtocolFactory(TCompactProtocolFactory(), "Wares"), 7),
            (THeaderProtocolFactory(), 12),
            (TBinaryProtocolFactory(), 12),
        ):
            client = make_client(wares.Wares, "127.0.0.1", running.port, proto_factory=proto)
            assert client.add(3, 4) == expected
            client.close()
        client = make_client(
            wares.Wares,
            "127.0.0.1",
            running.port,
            proto_factory=TMultiplexedProtocolFactory(THeaderProtocolFactory(), "Nobody"),
        )
        for _ in range(2):
            with pytest.raises(TApplicationException) as raised:
                client.add(3, 4)
            assert raised.value.type == TApplicationException.UNKNOWN_METHOD
        client.close()


def test_the_sequence_id_stands_in_the_header_and_in_the_message() -> None:
    for seqid, call in ((0x01020304, bytes.fromhex("80010001 00000003 6e6f70 01020304 00")), (-2, b"")):
        call = call or bytes.fromhex("82 21 feffffff0f 03 6e6f70 00")
        answer = answered(headed(call, 0 if call[0] == 0x80 else 2, seqid=seqid))
        assert struct.unpack_from("!i", answer, 8) == (seqid,)


def test_flags_come_back() -> None:
    request = bytearray(headed(BINARY_CALL))
    request[6:8] = b"\x12\x34"
    assert answered(bytes(request))[6:8] == b"\x12\x34"


# ---- what cannot be answered, and what can


@pytest.mark.parametrize(
    ("request_bytes", "kind", "words"),
    [
        (headed(b"whatever", 1, seqid=7), TApplicationException.INVALID_PROTOCOL, "protocol 1"),
        (headed(b"whatever", 99, seqid=7), TApplicationException.INVALID_PROTOCOL, "protocol 99"),
        (headed(b"whatever", 0, b"\1\3", seqid=7), TApplicationException.INVALID_TRANSFORM, "transform 3"),
        (headed(b"whatever", 2, b"\2\1\2", seqid=7), TApplicationException.INVALID_TRANSFORM, "transform 2"),
    ],
)
def test_what_nobody_here_knows_is_answered_and_the_connection_lives_on(
    request_bytes: bytes, kind: int, words: str
) -> None:
    answer = answered(request_bytes + headed(BINARY_CALL))
    protocol = THeaderProtocol(TMemoryBuffer(answer))
    name, mtype, seqid = protocol.read_message_begin()
    assert (mtype, seqid) == (TMessageType.EXCEPTION, 7)
    error = TApplicationException()
    error.read(protocol)
    assert error.type == kind
    assert words in str(error)
    assert protocol.read_message_begin() == ("add", TMessageType.REPLY, 0)


def test_a_client_learns_that_its_frame_was_not_understood() -> None:
    class Odd(THeaderProtocolFactory):
        def get_protocol(self, trans: Any) -> Any:
            protocol = super().get_protocol(trans)
            protocol.trans._conversation.transforms.append(3)
            return protocol

    with serving(iprot_factory=THeaderProtocolFactory()) as running:
        client = make_client(wares.Wares, "127.0.0.1", running.port, proto_factory=Odd())
        for _ in range(2):
            with pytest.raises(TApplicationException, match="transform 3") as raised:
                client.add(1, 2)
            assert raised.value.type == TApplicationException.INVALID_TRANSFORM
        client.close()


ANSWER = bytes.fromhex("80010002 00000003 616464 00000000 080000 00000003 00")
COMPACT_ANSWER = bytes.fromhex("8241 00 03 616464 0500 06 00")


@pytest.mark.parametrize("answering", [False, True], ids=["client", "server"])
def test_a_client_takes_each_answer_in_its_own_dialect_a_server_keeps_to_one(answering: bool) -> None:
    # Node's servers of THeader answer what a promise gives without headers, and an unknown method with them.
    arriving = [headed(ANSWER), ANSWER, framed(COMPACT_ANSWER), headed(COMPACT_ANSWER, 2), COMPACT_ANSWER]
    seen = []
    conversation = Conversation()
    conversation.is_answering = answering
    for message in arriving:
        pending = bytearray(message)

        def read(size: int, pending: bytearray = pending) -> bytes:
            chunk = bytes(pending[:size])
            del pending[:size]
            return chunk

        conversation.wrapped(BINARY_CALL)
        try:
            seen.append(conversation.receive(read))
        except TTransportException:
            break
    assert seen == ([ANSWER] if answering else [ANSWER, ANSWER, COMPACT_ANSWER, COMPACT_ANSWER, COMPACT_ANSWER])


BOMB = zlib.compress(bytes(20_000_000), 9)
MALFORMED = {
    "more words than there are": framed(struct.pack("!HHiH", 0x0FFF, 0, 0, 0xFFFF) + bytes(8)),
    "no words": framed(struct.pack("!HHiH", 0x0FFF, 0, 0, 0)),
    "a short frame": framed(b"\x0f\xff\0\0"),
    "0x3fffffff": struct.pack("!i", 0x3FFFFFFF) + b"\x0f\xff",
    "a frame over the limit": struct.pack("!i", 16_384_001) + b"\x0f\xff",
    "a negative size": struct.pack("!i", -1) + b"\x0f\xff",
    "the smallest size": struct.pack("!i", -(2**31)) + b"\x0f\xff",
    "no size": bytes(4),
    "2^32-1 pairs": headed(BINARY_CALL, info=b"\1\xff\xff\xff\xff\x0f"),
    "a key of 2^32-1 bytes": headed(BINARY_CALL, info=b"\1\1\xff\xff\xff\xff\x0f"),
    "a varint without an end": headed(BINARY_CALL, transforms=b"\x80\x80\x80\x80\x80\x80\x80\x80"),
    "100 transforms": headed(BINARY_CALL, transforms=b"\x64" + b"\1" * 100),
    "bytes that are no zlib": headed(b"whatever", 0, b"\1\1"),
    "a zlib stream without an end": headed(zlib.compress(BINARY_CALL)[:-2], 0, b"\1\1"),
    "a bomb": headed(BOMB, 0, b"\1\1"),
    "a bomb in a bomb": headed(zlib.compress(BOMB, 9), 0, b"\2\1\1"),
    "a payload that is no message": headed(b"\xff" * 20),
    "an empty payload": headed(b""),
    "compact where binary was said": headed(COMPACT_CALL, 0),
    "HTTP": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
    "JSON": framed(b'[1,"add",1,0,{}]'),
    "another version of binary": b"\x80\x02\0\1\0\0\0\3add",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_frame_closes_its_connection_only(name: str) -> None:
    with serving(iprot_factory=THeaderProtocolFactory()) as running:
        client = make_client(wares.Wares, "127.0.0.1", running.port, proto_factory=THeaderProtocolFactory())
        assert client.add(1, 2) == 3
        with socket.create_connection(("127.0.0.1", running.port), timeout=10) as sock:
            sock.sendall(MALFORMED[name])
            try:
                assert sock.recv(100) == b""
            except ConnectionResetError:  # it did not read all that was sent
                pass
        assert client.add(3, 4) == 7
        client.close()


@pytest.mark.parametrize("name", MALFORMED)
def test_no_malformed_frame_gets_through_a_conversation(name: str) -> None:
    wire = TMemoryBuffer(MALFORMED[name])
    protocol = THeaderProtocol(wire)
    with pytest.raises((TTransportException, TProtocolException)):
        protocol.read_message_begin()


def test_the_dialects_that_a_server_takes_can_be_chosen() -> None:
    assert answered(headed(BINARY_CALL), allowed_client_types=(0,)) != b""
    for request in (BINARY_CALL, COMPACT_CALL, framed(BINARY_CALL), framed(COMPACT_CALL)):
        assert answered(request, allowed_client_types=(0,)) == b""
    protocol = THeaderProtocol(TMemoryBuffer(COMPACT_CALL), allowed_client_types=(0,))
    with pytest.raises(TTransportException, match="Client type 4 not allowed by server") as raised:
        protocol.read_message_begin()
    assert raised.value.type == TTransportException.INVALID_CLIENT_TYPE


def test_the_limit_of_a_frame_holds_in_all_directions() -> None:
    call = bytes.fromhex("80010001 00000003 676574 00000000 0b0001 000000c8") + b"x" * 200 + b"\0"
    for request in (headed(call), framed(call), headed(zlib.compress(call), 0, b"\1\1")):
        assert answered(request, max_frame=300) != b""
        assert answered(request, max_frame=100) == b""
    protocol = THeaderProtocol(TMemoryBuffer(), max_frame=100)
    protocol.write_message_begin("get", TMessageType.CALL, 0)
    wares.Wares.get_args(text="x" * 200).write(protocol)
    with pytest.raises(TTransportException) as raised:
        protocol.trans.flush()
    assert raised.value.type == TTransportException.SIZE_LIMIT


def test_a_server_with_headers_on_one_side_only_is_refused() -> None:
    for factories in (
        {"iprot_factory": THeaderProtocolFactory(), "oprot_factory": TBinaryProtocolFactory()},
        {"iprot_factory": TBinaryProtocolFactory(), "oprot_factory": THeaderProtocolFactory()},
    ):
        with pytest.raises(ValueError, match="THeader"):
            TServer(None, None, **factories)
    TServer(None, None, iprot_factory=THeaderProtocolFactory(), oprot_factory=THeaderProtocolFactory())


def test_two_factories_of_one_side_each_share_the_protocol() -> None:
    with serving(
        iprot_factory=THeaderProtocolFactory(),
        oprot_factory=THeaderProtocolFactory(),
        itrans_factory=TBufferedTransportFactory(),
        otrans_factory=TFramedTransportFactory(),
    ) as running:
        client = make_client(wares.Wares, "127.0.0.1", running.port, proto_factory=TCompactProtocolFactory())
        assert client.add(1, 2) == 3
        client.close()


# ---- the transport by itself


def test_the_transport_carries_bytes() -> None:
    wire = TMemoryBuffer()
    trans = THeaderTransportFactory(default_protocol=2).get_transport(wire)
    trans.set_header("k", "v")
    trans.write(COMPACT_CALL)
    trans.flush()
    trans.flush()
    reader = THeaderTransport(TMemoryBuffer(wire.getvalue() * 2))
    assert reader.read(len(COMPACT_CALL) * 2) == COMPACT_CALL * 2
    assert reader.get_headers() == {b"k": b"v"}
    assert reader.protocol_id == 2


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (lambda t: t.add_transform(2), "unknown transform"),
        (lambda t: t.set_header(1, b""), "bytes or str"),
        (lambda t: t.set_header(b"", None), "bytes or str"),
        (lambda t: t.set_max_frame_size(0), "frame"),
        (lambda t: t.set_max_frame_size(0x40000000), "frame"),
        (lambda t: t.set_max_decompressed_size(0), "inflated"),
        (lambda t: THeaderTransport(TMemoryBuffer(), default_protocol=1), "protocol"),
    ],
)
def test_misuse_is_refused_before_a_byte_is_written(what: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        what(THeaderTransport(TMemoryBuffer()))


def test_too_many_pairs_are_not_sent() -> None:
    wire = TMemoryBuffer()
    trans = THeaderTransport(wire)
    for number in range(101):
        trans.set_header(str(number), "x")
    trans.write(BINARY_CALL)
    with pytest.raises(TProtocolException):
        trans.flush()
    assert wire.getvalue() == b""


def test_options_of_the_protocols_are_passed_on_and_checked() -> None:
    with pytest.raises(TypeError):
        THeaderProtocolFactory(no_such_option=1)
    proto = THeaderProtocolFactory(decode_response=False)
    with serving(iprot_factory=THeaderProtocolFactory()) as running:
        client = make_client(wares.Wares, "127.0.0.1", running.port, proto_factory=proto)
        assert client.get("x") == b"x"
        client.close()


def test_names_are_where_users_look_for_them() -> None:
    assert fastthrift.protocol.THeaderProtocol is THeaderProtocol
    assert fastthrift.transport.THeaderTransport is THeaderTransport
    assert TClient is not None


def test_a_call_that_times_out_ends_the_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        client = make_client(
            wares.Wares, "127.0.0.1", mute.getsockname()[1], proto_factory=THeaderProtocolFactory(), timeout=50
        )
        with pytest.raises(TTransportException) as raised:
            client.add(1, 2)
        assert isinstance(raised.value, TimeoutError)
        with pytest.raises(TTransportException) as raised:
            client.add(1, 2)
        assert raised.value.type == TTransportException.NOT_OPEN


def test_a_client_can_be_opened_again() -> None:
    with serving(iprot_factory=THeaderProtocolFactory()) as running:
        client = make_client(
            wares.Wares, "127.0.0.1", running.port, proto_factory=THeaderProtocolFactory(transforms=[1])
        )
        assert client.add(1, 2) == 3
        client.close()
        with pytest.raises(TTransportException):
            client.add(1, 2)
        client._iprot.trans.open()
        assert client.add(3, 4) == 7
        client.close()


def test_answers_of_another_call_are_not_taken() -> None:
    answer = bytes.fromhex("80010002 00000003 616464 7fffffff 08000000000006 00")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = make_client(
            wares.Wares, "127.0.0.1", listener.getsockname()[1], proto_factory=THeaderProtocolFactory()
        )
        peer, _ = listener.accept()
        with peer:
            peer.sendall(headed(answer))
            with pytest.raises(TApplicationException) as raised:
                client.add(1, 2)
            assert raised.value.type == TApplicationException.BAD_SEQUENCE_ID


def test_headers_go_over_http_in_the_thriftpy2_face() -> None:
    from fastthrift import http

    server = http.make_server(wares.Wares, Handler(), "127.0.0.1", 0, proto_factory=THeaderProtocolFactory())
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        port = server.httpd.server_address[1]
        for protocol in (THeaderProtocolFactory(), THeaderProtocolFactory(default_protocol=2, transforms=[1])):
            with http.client_context(wares.Wares, "127.0.0.1", port, proto_factory=protocol) as client:
                headers_of(client).set_header("k", "v")
                assert client.add(1, 2) == 3
                assert client.get("x" * 1000) == "x" * 1000
                client.note("x")
    finally:
        server.close()
        thread.join(10)


def test_the_engine_and_the_loop_in_python_answer_alike() -> None:
    class Watching(TThreadedServer):
        def handle(self, client: Any) -> None:
            super().handle(client)

    requests = [request for request, _ in DIALECTS.values()]
    requests += [headed(b"whatever", 1, seqid=7) + headed(BINARY_CALL), headed(b"x", 0, b"\1\3", seqid=7)]
    requests += [headed(BINARY_CALL.replace(b"add", b"sub"), info=b"\1\1\1k\1v")]
    for request in requests:
        answers = []
        for cls in (TThreadedServer, Watching):
            with serving(cls=cls, iprot_factory=THeaderProtocolFactory()) as running:
                with socket.create_connection(("127.0.0.1", running.port), timeout=10) as sock:
                    sock.sendall(request * 2)
                    sock.shutdown(socket.SHUT_WR)
                    received = b""
                    while chunk := sock.recv(65536):
                        received += chunk
                    answers.append(received)
        assert answers[0] == answers[1]
        assert answers[0]


def test_too_many_pairs_of_a_handler_are_answered_with_an_error() -> None:
    class Talkative(Handler):
        def nop(self) -> None:
            for number in range(101):
                call_headers().set_header(str(number), "x")

    with serving(Talkative(), iprot_factory=THeaderProtocolFactory()) as running:
        client = make_client(wares.Wares, "127.0.0.1", running.port, proto_factory=THeaderProtocolFactory())
        with pytest.raises(TApplicationException) as raised:
            client.nop()
        assert raised.value.type == TApplicationException.INTERNAL_ERROR
        assert client.add(1, 2) == 3
        client.close()


def test_headers_belong_to_their_call_under_load() -> None:
    class Echo(Handler):
        def get(self, text: str) -> str:
            headers = call_headers()
            headers.set_header("answer-to", headers.get_headers()[b"number"])
            return text

    failures = []
    with serving(Echo(), iprot_factory=THeaderProtocolFactory()) as running:

        def calls(number: int) -> None:
            client = make_client(wares.Wares, "127.0.0.1", running.port, proto_factory=THeaderProtocolFactory())
            for turn in range(100):
                headers_of(client).set_header("number", f"{number}-{turn}")
                client.get("x")
                if headers_of(client).get_headers() != {b"answer-to": f"{number}-{turn}".encode()}:
                    failures.append((number, turn))
            client.close()

        threads = [threading.Thread(target=calls, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert failures == []
