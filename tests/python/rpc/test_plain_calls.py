"""The server's short way for calls of plain values: whatever comes, it answers as TProcessor does in Python."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import fastthrift
from calc import Running, serving
from compacted import compacted
from fastthrift.processor import TProcessor
from fastthrift.protocol import TBinaryProtocol, TBinaryProtocolFactory, TCompactProtocol, TCompactProtocolFactory
from fastthrift.server import TThreadedServer
from fastthrift.transport import (
    TBufferedTransport,
    TBufferedTransportFactory,
    TFramedTransportFactory,
    TMemoryBuffer,
    TServerSocket,
)
from likenesses import Number, Odd, Text
from peer import CALL, EXCEPTION, ONEWAY, REPLY, message

IDL = """
service Plain {
  string every(1: bool a, 2: byte b, 3: i16 c, 4: i32 d, 5: i64 e, 6: double f, 7: string g, 8: binary h, 9: i32 i)
  string echo(1: string text)
  binary bytes_of(1: binary data)
  i32 number(1: i32 n)
  i16 short(1: string which)
  bool truth(1: bool b)
  double real(1: double d)
  list<i32> numbers(1: list<i32> all)
  void nothing()
  oneway void note(1: string text)
  i32 sum(1: i32 a, 2: required i32 b, 3: i32 c = 5)
  string any(1: string which)
}
"""


# What handlers return for `any`, declared a string, and for `short`, declared an i16.
RETURNED: dict[str, Any] = {
    "ascii": "plain",
    "empty": "",
    "accents": "h\u00e9llo",
    "long": "x" * 5000,
    "subclass": Text("own"),
    "bytes": b"raw",
    "none": None,
    "number": 5,
    "list": [],
    "lone surrogate": "\ud800",
}
SHORTS: dict[str, Any] = {
    "fits": -32768,
    "does not fit": 32768,
    "bool": True,
    "subclass": Number(7),
    "index": Odd(),
    "fraction": 1.5,
    "text": "1",
    "none": None,
    "huge": 1 << 80,
}


class Handler:
    def __init__(self) -> None:
        self.notes: list[str] = []

    def every(self, *values: Any) -> str:
        return repr(values)

    def echo(self, text: Any) -> Any:
        return text

    def bytes_of(self, data: Any) -> Any:
        return data

    def number(self, n: Any) -> Any:
        return n

    def short(self, which: str) -> Any:
        return SHORTS[which]

    def truth(self, b: Any) -> Any:
        return b

    def real(self, d: Any) -> Any:
        return d

    def numbers(self, all: Any) -> Any:
        return all

    def nothing(self) -> None:
        pass

    def note(self, text: str) -> None:
        self.notes.append(text)

    def sum(self, a: Any, b: Any, c: Any) -> Any:
        return a + b + c

    def any(self, which: str) -> Any:
        return RETURNED[which]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("idl") / "plain_calls.thrift"
    path.write_text(IDL)
    return fastthrift.load(str(path), module_name="plain_calls_thrift")


def make(service: Any, handler: Any, protocol: Any = None, transport: Any = None) -> TThreadedServer:
    return TThreadedServer(
        TProcessor(service, handler),
        TServerSocket("127.0.0.1", 0, client_timeout=20_000),
        iprot_factory=protocol or TBinaryProtocolFactory(),
        itrans_factory=transport or TBufferedTransportFactory(),
    )


@pytest.fixture(scope="module")
def server(plain: Any) -> Iterator[Running]:
    with serving(make(plain.Plain, Handler())) as running:
        yield running


def exchange(running: Running, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        answers = b""
        while piece := sock.recv(65536):
            answers += piece
        return answers


def in_python(service: Any, data: bytes, protocol: Any = TBinaryProtocol) -> bytes:
    inside, outside = TBufferedTransport(TMemoryBuffer(data)), TMemoryBuffer()
    TProcessor(service, Handler()).process(protocol(inside), protocol(outside))
    return outside.getvalue()


# ---- messages, written by hand


def i32(id: int, value: int) -> bytes:
    return struct.pack("!bhi", 8, id, value)


def text(id: int, value: bytes) -> bytes:
    return struct.pack("!bhi", 11, id, len(value)) + value


EVERY = [
    struct.pack("!bhb", 2, 1, 1),
    struct.pack("!bhb", 3, 2, -5),
    struct.pack("!bhh", 6, 3, -300),
    i32(4, 70_000),
    struct.pack("!bhq", 10, 5, -(1 << 40)),
    struct.pack("!bhd", 4, 6, 0.5),
    text(7, b"seven"),
    text(8, b"\x00\xff"),
    i32(9, 9),
]
STOP = b"\0"


def call(name: str, *fields: bytes, kind: int = CALL, sequence_id: int = 7) -> bytes:
    return message(name, kind, sequence_id, b"".join(fields) + STOP)


CALLS = {
    "every plain type": call("every", *EVERY),
    "in another order": call("every", *reversed(EVERY)),
    "one missing in the middle": call("every", *EVERY[:4], *EVERY[5:]),
    "the last one missing": call("every", *EVERY[:-1]),
    "all missing": call("every"),
    "one of them twice": call("every", *EVERY, EVERY[6], text(7, b"again")),
    "an unknown one in front": call("every", i32(99, 1), *EVERY),
    "an unknown one behind": call("every", *EVERY, i32(99, 1)),
    "one of another type": call("every", *EVERY[:3], text(4, b"no number"), *EVERY[4:]),
    "a bool that is 2": call("truth", struct.pack("!bhb", 2, 1, 2)),
    "false": call("truth", struct.pack("!bhb", 2, 1, 0)),
    "no text": call("echo", text(1, b"")),
    "one character": call("echo", text(1, b"x")),
    "two characters": call("echo", text(1, b"xy")),
    "text of 31 bytes": call("echo", text(1, b"y" * 31)),
    "text of 33 bytes": call("echo", text(1, b"z" * 33)),
    "long text": call("echo", text(1, b"long" * 3000)),
    "text beyond ASCII": call("echo", text(1, "h\u00e9llo \u65e5\u672c".encode())),
    "text that is not UTF-8": call("echo", text(1, b"\xff\xfe..")),
    "a zero in the text": call("echo", text(1, b"a\0b")),
    "binary": call("bytes_of", text(1, bytes(range(256)))),
    "no bytes": call("bytes_of", text(1, b"")),
    "the least number": call("number", i32(1, -(1 << 31))),
    "the greatest number": call("number", i32(1, (1 << 31) - 1)),
    "not a number": call("real", struct.pack("!bhd", 4, 1, float("nan"))),
    "infinity": call("real", struct.pack("!bhd", 4, 1, float("inf"))),
    "minus zero": call("real", struct.pack("!bhd", 4, 1, -0.0)),
    "a list": call("numbers", struct.pack("!bhbiii", 15, 1, 8, 2, 4, 5)),
    "no arguments": call("nothing"),
    "arguments where there are none": call("nothing", i32(1, 1)),
    "a oneway": call("note", text(1, b"x"), kind=ONEWAY),
    "a oneway sent as a call": call("note", text(1, b"x")),
    "a call sent as a oneway": call("echo", text(1, b"x"), kind=ONEWAY),
    "a negative sequence id": call("echo", text(1, b"xyz"), sequence_id=-1),
    "a default that came": call("sum", i32(1, 1), i32(2, 2), i32(3, 3)),
    "a default that did not": call("sum", i32(1, 1), i32(2, 2)),
    "a required one that did not": call("sum", i32(1, 1), i32(3, 3)),
    **{f"answers {name} for a string": call("any", text(1, name.encode())) for name in RETURNED},
    **{f"answers {name} for an i16": call("short", text(1, name.encode())) for name in SHORTS},
}


@pytest.mark.parametrize("data", CALLS.values(), ids=CALLS)
def test_it_is_answered_as_in_python_among_others(server: Running, plain: Any, data: bytes) -> None:
    """Twice the call and others around it: the method that was called last has a way of its own."""
    before, behind = call("number", i32(1, 1), sequence_id=1), call("echo", text(1, b"end"), sequence_id=2)
    expected = [in_python(plain.Plain, each) for each in (before, data, data, behind)]
    assert exchange(server, before + data + data + behind) == b"".join(expected)


@pytest.fixture(scope="module")
def compact_server(plain: Any) -> Iterator[Running]:
    with serving(make(plain.Plain, Handler(), protocol=TCompactProtocolFactory())) as running:
        yield running


@pytest.mark.parametrize("data", CALLS.values(), ids=CALLS)
def test_compact_is_answered_as_in_python_and_as_binary(compact_server: Running, plain: Any, data: bytes) -> None:
    sent = [call("number", i32(1, 1), sequence_id=300), data, data, call("echo", text(1, b"end"), sequence_id=-2)]
    answers = exchange(compact_server, b"".join(map(compacted, sent)))
    assert answers == b"".join(in_python(plain.Plain, compacted(each), TCompactProtocol) for each in sent)
    binary = [in_python(plain.Plain, each) for each in sent]
    # Exceptions name a class in their text, which the codecs do not choose alike.
    if all(answer[3:4] != bytes([EXCEPTION]) for answer in binary):
        assert answers == b"".join(compacted(answer) for answer in binary if answer)


@pytest.mark.parametrize(
    ("which", "changed"),
    [
        # A sequence id and a length that take more bytes than they need, a field with its id in full, other bools.
        ("a long sequence id", lambda m: m[:2] + b"\x87\x80\0" + m[3:]),
        ("a long length of the name", lambda m: m[:3] + bytes([m[3] | 0x80, 0]) + m[4:]),
        ("the id in full", lambda m: m[:8] + bytes([m[8] & 0x0F, 2]) + m[9:]),
        ("the end alone", lambda m: m[:8] + b"\0"),
    ],
)
def test_what_compact_may_write_in_two_ways_is_answered_the_same(
    compact_server: Running, plain: Any, which: str, changed: Callable[[bytes], bytes]
) -> None:
    good = compacted(call("echo", text(1, b"either way")))
    other = changed(good)
    assert other != good
    answers = exchange(compact_server, good + other + good)
    assert answers == b"".join(in_python(plain.Plain, each, TCompactProtocol) for each in (good, other, good))


@pytest.mark.parametrize("name", ["echo", "every"])
def test_calls_that_come_in_any_pieces_are_answered_the_same(server: Running, plain: Any, name: str) -> None:
    data = call(name, *(EVERY if name == "every" else [text(1, b"in pieces")]))
    for cut in (1, 4, 8, 12, 20, len(data) - 1):
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.sendall(data + data[:cut])
            expected = in_python(plain.Plain, data)
            assert read(sock, len(expected)) == expected
            sock.sendall(data[cut:])
            assert read(sock, len(expected)) == expected


def read(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = sock.recv(size - len(data))
        assert piece
        data += piece
    return data


def test_frames_have_the_same_answers(plain: Any) -> None:
    def framed(data: bytes) -> bytes:
        return struct.pack("!i", len(data)) + data

    with serving(make(plain.Plain, Handler(), transport=TFramedTransportFactory())) as running:
        for data in CALLS.values():
            answer = in_python(plain.Plain, data)
            assert exchange(running, framed(data)) == (framed(answer) if answer else b"")
        # Behind the end of the arguments nothing counts.
        behind = call("echo", text(1, b"xyz")) + b"more"
        assert exchange(running, framed(behind)) == framed(in_python(plain.Plain, behind[:-4]))


CUT_OFF = {
    "in a string": call("echo", text(1, b"abcdef"))[:-4],
    "before the stop": call("echo", text(1, b"abcdef"))[:-1],
    "in a number": call("number", i32(1, 5))[:-3],
    "a string longer than the rest": call("echo", struct.pack("!bhi", 11, 1, 1000) + b"abc"),
    "a negative length": call("echo", struct.pack("!bhi", 11, 1, -1) + b"abc"),
}


@pytest.mark.parametrize("data", CUT_OFF.values(), ids=CUT_OFF)
def test_arguments_that_are_cut_off_in_their_frame_are_refused_and_the_next_call_is_answered(
    plain: Any, data: bytes
) -> None:
    good = call("echo", text(1, b"xyz"))
    with serving(make(plain.Plain, Handler(), transport=TFramedTransportFactory())) as running:
        answers = exchange(running, b"".join(struct.pack("!i", len(each)) + each for each in (good, data, good)))
    kinds = []
    while answers:
        size = struct.unpack_from("!i", answers)[0]
        kinds.append(answers[7])
        answers = answers[4 + size :]
    assert kinds == [REPLY, EXCEPTION, REPLY]


def test_an_answer_over_the_limit_leaves_nothing_of_itself(plain: Any) -> None:
    transport = TFramedTransportFactory(max_frame=200)
    good = call("echo", text(1, b"xyz"))
    long = call("any", text(1, b"long"))
    with serving(make(plain.Plain, Handler(), transport=transport)) as running:
        sent = b"".join(struct.pack("!i", len(each)) + each for each in (good, long, good))
        first = struct.pack("!i", len(in_python(plain.Plain, good))) + in_python(plain.Plain, good)
        answers = exchange(running, sent)
    assert answers.startswith(first)
    rest = answers[len(first) :]
    assert b"xxxx" not in rest
    # Refused or closed, as the server's defaults say: never a part of it.
    while rest:
        size = struct.unpack_from("!i", rest)[0]
        assert len(rest) >= 4 + size
        rest = rest[4 + size :]


@pytest.mark.parametrize(
    ("name", "cut"),
    [("echo", 1), ("echo", 3), ("echo", 8), ("every", 2), ("every", 12), ("every", 30), ("number", 1), ("number", 2)],
)
def test_compact_that_is_cut_off_in_its_frame_is_refused_and_the_next_call_is_answered(
    plain: Any, name: str, cut: int
) -> None:
    fields = {"echo": [text(1, b"abcdef")], "every": EVERY, "number": [i32(1, 70_000)]}[name]
    good, bad = compacted(call("echo", text(1, b"xyz"))), compacted(call(name, *fields))[:-cut]
    factories = {"protocol": TCompactProtocolFactory(), "transport": TFramedTransportFactory()}
    with serving(make(plain.Plain, Handler(), **factories)) as running:
        answers = exchange(running, b"".join(struct.pack("!i", len(each)) + each for each in (good, bad, good)))
    kinds = []
    while answers:
        size = struct.unpack_from("!i", answers)[0]
        kinds.append(answers[5] >> 5)
        answers = answers[4 + size :]
    assert kinds == [REPLY, EXCEPTION, REPLY]


def test_compact_in_frames_has_the_same_answers(plain: Any) -> None:
    def framed(data: bytes) -> bytes:
        return struct.pack("!i", len(data)) + data

    factories = {"protocol": TCompactProtocolFactory(), "transport": TFramedTransportFactory()}
    with serving(make(plain.Plain, Handler(), **factories)) as running:
        for data in map(compacted, CALLS.values()):
            answer = in_python(plain.Plain, data, TCompactProtocol)
            assert exchange(running, framed(data)) == (framed(answer) if answer else b"")


# ---- what may change between two calls of a batch


class Changing(Handler):
    """Does `change(self)` before it answers the first call."""

    def __init__(self, change: Callable[[Changing], None]) -> None:
        super().__init__()
        self.change = change
        self.calls = 0

    def echo(self, text: Any) -> Any:
        self.calls += 1
        if self.calls == 1:
            self.change(self)
        return text


def answers_after(plain: Any, change: Callable[[Changing], None], count: int = 3) -> list[bytes]:
    """The strings that a batch of calls of `echo` is answered with."""
    with serving(make(plain.Plain, Changing(change))) as running:
        answers = exchange(running, b"".join(call("echo", text(1, b"number %d" % i)) for i in range(count)))
    return [each.partition(b"\0\0\0\0\x08")[2] for each in answers.split(b"\x80\x01\0\x02")[1:]]


def test_a_method_that_is_replaced_in_a_call_is_not_called_again(plain: Any) -> None:
    def on_the_instance(handler: Any) -> None:
        handler.echo = lambda text: "replaced"

    assert answers_after(plain, on_the_instance) == [b"number 0\0", b"replaced\0", b"replaced\0"]

    def on_the_class(handler: Any) -> None:
        type(handler).echo = lambda self, text: "re-class"

    original = Changing.echo
    try:
        assert answers_after(plain, on_the_class) == [b"number 0\0", b"re-class\0", b"re-class\0"]
    finally:
        Changing.echo = original  # type: ignore[method-assign]


def test_a_spec_that_is_replaced_in_a_call_counts_for_the_next(plain: Any, tmp_path: Path) -> None:
    path = tmp_path / "respecced.thrift"
    path.write_text("service Plain { string echo(1: string text) }")
    own = fastthrift.load(str(path), module_name="respecced_thrift")

    def from_field_2(handler: Any) -> None:
        own.Plain.echo_args.thrift_spec = {2: (11, "text", False)}

    seen: list[Any] = []

    class Seeing(Changing):
        def echo(self, text: Any) -> Any:
            seen.append(text)
            return super().echo(text)

    with serving(make(own.Plain, Seeing(from_field_2))) as running:
        both = call("echo", text(1, b"first"), text(2, b"second"))
        exchange(running, both + both)
    assert seen == ["first", "second"]


def test_a_class_of_arguments_with_defaults_of_the_user_is_asked(plain: Any, tmp_path: Path) -> None:
    path = tmp_path / "defaulted.thrift"
    path.write_text("service Plain { string echo(1: string text = 'from the IDL') }")
    own = fastthrift.load(str(path), module_name="defaulted_calls_thrift")
    with serving(make(own.Plain, Handler())) as running:
        answers = exchange(running, call("echo") + call("echo", text(1, b"sent")))
    assert answers == in_python(own.Plain, call("echo")) + in_python(own.Plain, call("echo", text(1, b"sent")))
    assert b"from the IDL" in answers
