"""The client's short way for calls of plain values: it sends and understands what the generic way does."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import fastthrift
from compacted import compacted, header_of
from fastthrift import rpc
from fastthrift.client import TClient
from fastthrift.protocol import TBinaryProtocol, TBinaryProtocolFactory, TCompactProtocol
from fastthrift.transport import TBufferedTransport, TSocket
from generic import OwnClient
from likenesses import Number, Odd, Text
from peer import CALL, EXCEPTION, ONEWAY, REPLY, answering, binary_header, message

IDL = """
exception Gone {
  1: string why
}

service Plain {
  string every(1: bool a, 2: byte b, 3: i16 c, 4: i32 d, 5: i64 e, 6: double f, 7: string g, 8: binary h)
  string echo(1: string text) throws (1: Gone gone)
  i32 number(1: i32 n)
  bool truth(1: bool b)
  double real(1: double d)
  binary raw(1: binary data)
  list<i32> numbers(1: list<i32> all)
  void nothing()
  void rejects() throws (1: Gone gone)
  oneway void note(1: string text)
  i32 sum(1: i32 a, 2: required i32 b, 3: i32 c = 5)
}
"""


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("idl") / "plain_requests.thrift"
    path.write_text(IDL)
    return fastthrift.load(str(path), module_name="plain_requests_thrift")


def text(value: bytes, id: int = 0) -> bytes:
    return struct.pack("!bhi", 11, id, len(value)) + value


def outcome(call: Callable[[], Any]) -> Any:
    """A result with its type, or what was raised."""
    try:
        result = call()
        return type(result), repr(result)
    except Exception as error:
        return type(error), str(error), repr(getattr(error, "path", None)), repr(getattr(error, "why", None))


def exchanges(
    plain: Any,
    client: type,
    reply: Callable[[bytes, int], bytes],
    call: Callable[[Any], Any],
    protocol: Any = TBinaryProtocol,
) -> Any:
    """What the calls come to: each outcome, the bytes that were sent, and whether the connection is left open."""

    def compact_reply(name: bytes, seqid: int) -> bytes:
        answer = reply(name, seqid)
        return compacted(answer) if answer else b""

    is_compact = protocol is TCompactProtocol
    with answering(*(compact_reply, header_of) if is_compact else (reply, binary_header)) as peer:
        trans = TSocket("127.0.0.1", peer.port, socket_timeout=20_000)
        trans.open()
        made = client(plain.Plain, protocol(TBufferedTransport(trans)))
        seen = [outcome(lambda: call(made)) for _ in range(2)]
        sequence_id, is_open = made._seqid, trans.is_open()
        trans.close()
        peer._thread.join(20)
        return seen, peer.received, sequence_id, is_open


# ---- what is sent

EVERY = (True, -5, -300, 70_000, -(1 << 40), 0.5, "seven", b"\x00\xff")
CALLS: dict[str, Callable[[Any], Any]] = {
    "every plain type": lambda c: c.every(*EVERY),
    "by name": lambda c: c.every(**dict(zip("abcdefgh", EVERY))),
    "some by name": lambda c: c.every(*EVERY[:5], h=b"x", g="y", f=1.0),
    "too few": lambda c: c.every(*EVERY[:5]),
    "too many": lambda c: c.every(*EVERY, 9),
    "an unknown name": lambda c: c.echo(other="x"),
    "the same twice": lambda c: c.echo("x", text="y"),
    "none at all": lambda c: c.every(),
    "None in the middle": lambda c: c.every(*EVERY[:3], None, *EVERY[4:]),
    "None in front": lambda c: c.every(None, *EVERY[1:]),
    "no text": lambda c: c.echo(""),
    "text beyond ASCII": lambda c: c.echo("h\u00e9llo \u65e5\u672c"),
    "a lone surrogate": lambda c: c.echo("\ud800"),
    "long text": lambda c: c.echo("long" * 5000),
    "a subclass of str": lambda c: c.echo(Text("own")),
    "bytes for a string": lambda c: c.echo(b"raw"),
    "a number for a string": lambda c: c.echo(5),
    "a str for binary": lambda c: c.raw("text"),
    "a bytearray for binary": lambda c: c.raw(bytearray(b"array")),
    "a number for binary": lambda c: c.raw(1),
    "the greatest number": lambda c: c.number((1 << 31) - 1),
    "a number that does not fit": lambda c: c.number(1 << 31),
    "a huge number": lambda c: c.number(1 << 100),
    "a subclass of int": lambda c: c.number(Number(7)),
    "a bool for a number": lambda c: c.number(True),
    "what is an index": lambda c: c.number(Odd()),
    "a fraction for a number": lambda c: c.number(1.5),
    "a number for a bool": lambda c: c.truth(2),
    "a list for a bool": lambda c: c.truth([]),
    "a number for a double": lambda c: c.real(3),
    "text for a double": lambda c: c.real("3"),
    "a list": lambda c: c.numbers([1, 2, 3]),
    "a list of others": lambda c: c.numbers(["x"]),
    "a call without arguments": lambda c: c.nothing(),
    "arguments where there are none": lambda c: c.nothing(1),
    "a oneway": lambda c: c.note("x"),
    "all where one has a default": lambda c: c.sum(1, 2, 3),
    "a default": lambda c: c.sum(1, 2),
    "None for what is required": lambda c: c.sum(1, None, 3),
    "too few where one is required": lambda c: c.sum(1),
}


def in_kind(name: bytes, seqid: int) -> bytes | None:
    bodies = {
        b"number": struct.pack("!bhi", 8, 0, -7),
        b"sum": struct.pack("!bhi", 8, 0, 6),
        b"truth": struct.pack("!bhb", 2, 0, 1),
        b"real": struct.pack("!bhd", 4, 0, 0.25),
        b"numbers": struct.pack("!bhbii", 15, 0, 8, 1, 5),
        b"nothing": b"",
    }
    return message(name.decode(), REPLY, seqid, bodies.get(name, text(b"answer")) + b"\0")


def answer(name: bytes, seqid: int) -> Any:
    return b"" if name == b"note" else in_kind(name, seqid)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_it_sends_what_the_generic_way_sends(plain: Any, call: Callable[[Any], Any]) -> None:
    ours = exchanges(plain, TClient, answer, call)
    assert ours == exchanges(plain, OwnClient, answer, call)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_it_sends_in_compact_what_the_generic_way_sends(plain: Any, call: Callable[[Any], Any]) -> None:
    ours = exchanges(plain, TClient, answer, call, TCompactProtocol)
    assert ours == exchanges(plain, OwnClient, answer, call, TCompactProtocol)


def test_the_bytes_of_compact_are_those_of_the_specification(plain: Any) -> None:
    _, binary, *_ = exchanges(plain, TClient, answer, lambda c: c.every(*EVERY))
    _, sent, *_ = exchanges(plain, TClient, answer, lambda c: c.every(*EVERY), TCompactProtocol)
    half = len(binary) // 2
    assert sent == compacted(binary[:half]) + compacted(binary[half:])
    _, sent, *_ = exchanges(plain, TClient, answer, lambda c: c.note("x"), TCompactProtocol)
    assert sent == b"\x82\x81\x01\x04note\x18\x01x\0" + b"\x82\x81\x02\x04note\x18\x01x\0"


def test_the_bytes_are_those_of_the_specification(plain: Any) -> None:
    _, sent, *_ = exchanges(plain, TClient, answer, lambda c: c.every(*EVERY))
    body = (
        struct.pack("!bhbbhbbhh", 2, 1, 1, 3, 2, -5, 6, 3, -300)
        + struct.pack("!bhibhqbhd", 8, 4, 70_000, 10, 5, -(1 << 40), 4, 6, 0.5)
        + text(b"seven", 7)
        + text(b"\x00\xff", 8)
        + b"\0"
    )
    assert sent == message("every", CALL, 1, body) + message("every", CALL, 2, body)
    _, sent, *_ = exchanges(plain, TClient, answer, lambda c: c.note("x"))
    assert sent == message("note", ONEWAY, 1, text(b"x", 1) + b"\0") + message("note", ONEWAY, 2, text(b"x", 1) + b"\0")


# ---- what is understood

GONE = struct.pack("!bh", 12, 1) + text(b"moved", 1) + b"\0"
UNKNOWN = text(b"what is this", 1) + struct.pack("!bhi", 8, 2, 1) + b"\0"

# Of `echo`, by the sequence id of its call.
REPLIES: dict[str, Callable[[int], bytes]] = {
    "a string": lambda n: message("echo", REPLY, n, text(b"plain") + b"\0"),
    "no text": lambda n: message("echo", REPLY, n, text(b"") + b"\0"),
    "one character": lambda n: message("echo", REPLY, n, text(b"x") + b"\0"),
    "text beyond ASCII": lambda n: message("echo", REPLY, n, text("h\u00e9llo".encode()) + b"\0"),
    "text that is not UTF-8": lambda n: message("echo", REPLY, n, text(b"\xff\xfe..") + b"\0"),
    "long text": lambda n: message("echo", REPLY, n, text(b"long" * 5000) + b"\0"),
    "a result behind an unknown field": lambda n: message("echo", REPLY, n, text(b"?", 9) + text(b"a") + b"\0"),
    "a result before an unknown field": lambda n: message("echo", REPLY, n, text(b"a") + text(b"?", 9) + b"\0"),
    "two results": lambda n: message("echo", REPLY, n, text(b"first") + text(b"second") + b"\0"),
    "a declared exception": lambda n: message("echo", REPLY, n, GONE + b"\0"),
    "a result and an exception": lambda n: message("echo", REPLY, n, text(b"both") + GONE + b"\0"),
    "an exception and a result": lambda n: message("echo", REPLY, n, GONE + text(b"both") + b"\0"),
    "neither": lambda n: message("echo", REPLY, n, b"\0"),
    "a result of another type": lambda n: message("echo", REPLY, n, struct.pack("!bhi", 8, 0, 1) + b"\0"),
    "an application exception": lambda n: message("echo", EXCEPTION, n, UNKNOWN),
    "an empty application exception": lambda n: message("echo", EXCEPTION, n, b"\0"),
    "another sequence id": lambda n: message("echo", REPLY, n + 1, text(b"a") + b"\0"),
    "sequence id 0": lambda n: message("echo", REPLY, 0, text(b"a") + b"\0"),
    "another method": lambda n: message("ohce", REPLY, n, text(b"a") + b"\0"),
    "a longer name": lambda n: message("echo2", REPLY, n, text(b"a") + b"\0"),
    "a call": lambda n: message("echo", CALL, n, text(b"a") + b"\0"),
    "a message without a version": lambda n: (
        struct.pack("!i", 4) + b"echo\2" + struct.pack("!i", n) + text(b"a") + b"\0"
    ),
    "a negative length": lambda n: message("echo", REPLY, n, struct.pack("!bhi", 11, 0, -1) + b"\0"),
}


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_it_understands_what_the_generic_way_understands(plain: Any, reply: Callable[[int], bytes]) -> None:
    def both(client: type) -> Any:
        return exchanges(plain, client, lambda name, seqid: reply(seqid), lambda c: c.echo("x"))

    native, generic = both(TClient), both(OwnClient)
    assert native[1:] == generic[1:]
    # Who is refused closes the connection; the native way says more of why.
    is_open = native[3]
    assert native[0] == generic[0] if is_open else native[0][0][0] is generic[0][0][0]


COMPACT_REPLIES = {
    name: reply
    for name, reply in REPLIES.items()
    if name not in ("a message without a version", "a negative length")  # which are binary's own
}


@pytest.mark.parametrize("reply", COMPACT_REPLIES.values(), ids=COMPACT_REPLIES)
def test_it_understands_in_compact_what_the_generic_way_understands(plain: Any, reply: Callable[[int], bytes]) -> None:
    def both(client: type, protocol: Any = TCompactProtocol) -> Any:
        return exchanges(plain, client, lambda name, seqid: reply(seqid), lambda c: c.echo("x"), protocol)

    native, generic = both(TClient), both(OwnClient)
    assert native[1:] == generic[1:]
    is_open = native[3]
    assert native[0] == generic[0] if is_open else native[0][0][0] is generic[0][0][0]
    # And as the same reply in binary is understood.
    assert native[0] == both(TClient, TBinaryProtocol)[0] or not is_open


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("nothing", b"\0"),
        ("nothing", text(b"more", 5) + b"\0"),
        ("rejects", b"\0"),
        ("rejects", GONE + b"\0"),
        ("number", struct.pack("!bhi", 8, 0, -(1 << 31)) + b"\0"),
        ("truth", struct.pack("!bhb", 2, 0, 2) + b"\0"),
        ("real", struct.pack("!bhd", 4, 0, float("inf")) + b"\0"),
        ("raw", text(b"\x00\xff") + b"\0"),
        ("numbers", struct.pack("!bhbiii", 15, 0, 8, 2, 4, 5) + b"\0"),
    ],
)
@pytest.mark.parametrize("protocol", [TBinaryProtocol, TCompactProtocol])
def test_results_of_other_types_are_understood_the_same(plain: Any, protocol: Any, name: str, body: bytes) -> None:
    arguments: dict[str, tuple[Any, ...]] = {
        "number": (1,), "truth": (True,), "real": (1.0,), "raw": (b"x",), "numbers": ([1],),
    }  # fmt: skip

    def both(client: type) -> Any:
        def reply(called: bytes, seqid: int) -> bytes:
            return message(name, REPLY, seqid, body)

        return exchanges(plain, client, reply, lambda c: getattr(c, name)(*arguments.get(name, ())), protocol)

    assert both(TClient) == both(OwnClient)


def test_strings_come_as_bytes_where_the_protocol_says_so(plain: Any) -> None:
    with answering(lambda name, seqid: message("echo", REPLY, seqid, text(b"plain") + b"\0")) as peer:
        factory = TBinaryProtocolFactory(decode_response=False)
        client = rpc.make_client(plain.Plain, "127.0.0.1", peer.port, proto_factory=factory, timeout=20_000)
        assert client.echo("x") == b"plain"
        client.close()


def test_messages_without_a_version_are_written_where_the_protocol_says_so(plain: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        factory = TBinaryProtocolFactory(strict_write=False)
        client = rpc.make_client(plain.Plain, "127.0.0.1", port, proto_factory=factory, timeout=20_000)
        connection, _ = listener.accept()
        with connection:
            client.note("x")
            client.close()
            connection.settimeout(20)
            assert (
                connection.recv(1000) == struct.pack("!i", 4) + b"note\4" + struct.pack("!i", 1) + text(b"x", 1) + b"\0"
            )


# ---- what may change between two calls


def fresh(tmp_path: Path, name: str) -> Any:
    path = tmp_path / f"{name}.thrift"
    path.write_text(IDL)
    return fastthrift.load(str(path), module_name=f"{name}_thrift")


def test_a_spec_that_is_replaced_counts_for_the_next_call(tmp_path: Path) -> None:
    own = fresh(tmp_path, "respecced_requests")
    with answering(answer) as peer:
        client = rpc.make_client(own.Plain, "127.0.0.1", peer.port, timeout=20_000)
        client.echo("x")
        own.Plain.echo_args.thrift_spec = {5: (11, "text", False)}
        client.echo("x")
        client.close()
        peer._thread.join(20)
    first, second = (message("echo", CALL, n, text(b"x", id) + b"\0") for n, id in ((1, 1), (2, 5)))
    assert peer.received == first + second


def test_a_class_of_arguments_that_gets_an_init_of_its_own_is_made(tmp_path: Path) -> None:
    own = fresh(tmp_path, "initialized_requests")
    made: list[Any] = []
    with answering(answer) as peer:
        client = rpc.make_client(own.Plain, "127.0.0.1", peer.port, timeout=20_000)
        client.echo("x")
        original = own.Plain.echo_args.__init__

        def init(self: Any, *args: Any, **kwargs: Any) -> None:
            made.append(self)
            original(self, *args, **kwargs)
            self.text = "of its own"

        own.Plain.echo_args.__init__ = init
        client.number(1)
        assert not made
        assert client.every(*EVERY) == "answer"
        client.echo("y")
        client.close()
        peer._thread.join(20)
    assert made
    assert peer.received.endswith(message("echo", CALL, 4, text(b"y", 1) + b"\0"))


def test_methods_of_the_socket_class_can_be_replaced(plain: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    plain_timeout = socket.socket.gettimeout

    def gettimeout(self: Any) -> Any:
        asked.append("gettimeout")
        return plain_timeout(self)

    with answering(answer) as peer:
        client = rpc.make_client(plain.Plain, "127.0.0.1", peer.port, timeout=20_000)
        assert client.number(1) == -7
        monkeypatch.setattr(socket.socket, "gettimeout", gettimeout, raising=False)
        assert client.number(1) == -7
        assert asked
        monkeypatch.undo()
        asked.clear()
        assert client.number(1) == -7
        assert not asked
        client.close()
