"""A client whose server lies: each call ends in time, with the right answer or an exception of Thrift's, and none of the
next calls gets what was left over."""

from __future__ import annotations

import asyncio
import struct
import threading
import time
import tracemalloc
from typing import Any

import pytest

from calc import calc
from fastthrift import rpc
from fastthrift.client import TClient
from fastthrift.thrift import TApplicationException, TException
from peer import CALL, EXCEPTION, ONEWAY, REPLY, answering, i32_result, message


class Generic(TClient):
    """The way of a call that subclasses take."""

    def _recv(self, _api: str) -> Any:
        return super()._recv(_api)


def connect(port: int, way: str, timeout: int = 5_000) -> Any:
    client = rpc.make_client(calc.Calc, "127.0.0.1", port, timeout=timeout)
    return client if way == "native" else Generic(calc.Calc, client._iprot)


@pytest.fixture(params=["native", "generic"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def reply(seqid: int, hexadecimal: str) -> bytes:
    return message("add", REPLY, seqid, bytes.fromhex(hexadecimal))


LIES: list[tuple[str, Any]] = [
    ("another sequence id", lambda s: message("add", REPLY, s + 1, i32_result(42))),
    ("sequence id 0", lambda s: message("add", REPLY, 0, i32_result(42))),
    ("another method", lambda s: message("echo", REPLY, s, i32_result(42))),
    ("a call", lambda s: message("add", CALL, s, i32_result(42))),
    ("a oneway", lambda s: message("add", ONEWAY, s, i32_result(42))),
    ("message type 0", lambda s: message("add", 0, s, i32_result(42))),
    ("message type 200", lambda s: message("add", 200, s, i32_result(42))),
    ("an exception of nothing", lambda s: message("add", EXCEPTION, s, b"\0")),
    ("no result", lambda s: reply(s, "00")),
    ("a result of another type", lambda s: reply(s, "0b 0000 00000001 61 00")),
    ("a string of 2**31-1", lambda s: reply(s, "0b 0000 7fffffff")),
    ("a string of -1", lambda s: reply(s, "0b 0063 ffffffff")),
    ("a list of 2**31-1 voids", lambda s: reply(s, "0f 0063 01 7fffffff")),
    ("a list of 2**31-1 and silence", lambda s: reply(s, "0f 0063 08 7fffffff")),
    ("a map of -1", lambda s: reply(s, "0d 0063 0b 0b ffffffff")),
    ("100,000 structs deep", lambda s: reply(s, "0c0063" * 100_000)),
    ("a field of no type", lambda s: reply(s, "63 0001 00")),
    ("a name of 2**31-1", lambda s: bytes.fromhex("80010002 7fffffff") + b"add"),
    ("a name of -1", lambda s: bytes.fromhex("80010002 ffffffff") + b"add"),
    ("another version", lambda s: bytes.fromhex("80020002 00000003") + b"add" + struct.pack("!i", s) + b"\0"),
    ("compact", lambda s: bytes.fromhex("82 41 01 03 616464 00")),
    ("a frame of 2 GiB", lambda s: bytes.fromhex("7fffffff 80010002")),
    ("HTTP", lambda s: b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    ("a TLS alert", lambda s: bytes.fromhex("15030100020228")),
    ("nothing", lambda s: None),
    ("half a message", lambda s: [message("add", REPLY, s, i32_result(42))[:-3], b""]),
]


@pytest.mark.parametrize("lie", [lie for _, lie in LIES], ids=[name for name, _ in LIES])
def test_a_lie_is_an_exception_of_thrift_and_the_end_of_the_connection(way: str, lie: Any) -> None:
    with answering(lambda name, seqid: lie(seqid)) as peer:
        timeout = 700 if lie is LIES[-1][1] or lie is LIES[9][1] else 5_000
        client = connect(peer.port, way, timeout)
        began = time.monotonic()
        tracemalloc.start()
        with pytest.raises(TException):
            client.add(1, 2)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert time.monotonic() - began < 3
        assert most < 4_000_000
        if lie not in (LIES[7][1], LIES[8][1], LIES[9][1]):  # well-formed answers: the connection is in step
            with pytest.raises(TException):
                client.add(1, 2)
        client.close()


def test_random_answers_are_exceptions_of_thrift(way: str) -> None:
    import random

    source = random.Random(9)
    good = message("add", REPLY, 1, i32_result(3) + bytes.fromhex("0f 0063 0c 00000001 0b 0001 00000001 61 00 00"))
    for _ in range(60):
        data = bytearray(good)
        for _ in range(source.randrange(1, 4)):
            data[source.randrange(len(data))] = source.randrange(256)
        with answering(lambda name, seqid, data=bytes(data): [data, b""]) as peer:
            client = connect(peer.port, way, 150)
            try:
                client.add(1, 2)
            except TException:
                pass
            client.close()


def test_after_a_timeout_no_call_gets_the_answer_of_the_one_before(way: str) -> None:
    late = threading.Event()

    def answer(name: bytes, seqid: int) -> Any:
        late.wait(10)
        return message("add", REPLY, seqid, i32_result(900))

    with answering(answer) as peer:
        client = connect(peer.port, way, 200)
        with pytest.raises(TException):
            client.add(1, 1)
        late.set()
        for _ in range(3):
            with pytest.raises(TException):
                client.add(1, 1)
        client.close()


def test_bytes_that_trickle_do_not_stretch_the_deadline(way: str) -> None:
    gate = threading.Event()

    def answer(name: bytes, seqid: int) -> Any:
        for byte in message("add", REPLY, seqid, i32_result(3)):
            gate.wait(0.1)
            yield bytes([byte])

    with answering(answer) as peer:
        client = connect(peer.port, way, 500)
        began = time.monotonic()
        with pytest.raises(TException) as failed:
            client.add(1, 2)
        assert isinstance(failed.value, TimeoutError)
        assert time.monotonic() - began < 1.5
        client.close()


def test_an_application_exception_comes_through(way: str) -> None:
    body = bytes.fromhex("0b 0001 00000002 6e6f 08 0002 00000006 00")
    with answering(lambda name, seqid: message("add", EXCEPTION, seqid, body)) as peer:
        client = connect(peer.port, way)
        with pytest.raises(TApplicationException, match="no") as raised:
            client.add(1, 2)
        assert raised.value.type == TApplicationException.INTERNAL_ERROR
        client.close()


def _exception(text: bytes) -> bytes:
    return b"\x0b\0\1" + struct.pack("!i", len(text)) + text + bytes.fromhex("08 0002 00000006 00")


NOT_MINE = {
    "of no call": ("add", 0, TApplicationException.BAD_SEQUENCE_ID),
    "of a later call": ("add", 99, TApplicationException.BAD_SEQUENCE_ID),
    "of another method": ("echo", None, TApplicationException.WRONG_METHOD_NAME),
}


@pytest.mark.parametrize("name, sequence_id, kind", NOT_MINE.values(), ids=NOT_MINE.keys())
def test_an_exception_that_answers_no_call_still_says_why(way: str, name: str, sequence_id: Any, kind: int) -> None:
    def answer(_: bytes, sent: int) -> bytes:
        return message(name, EXCEPTION, sent if sequence_id is None else sequence_id, _exception(b"no room for you"))

    with answering(answer) as peer:
        client = connect(peer.port, way)
        with pytest.raises(TApplicationException, match=": no room for you$") as raised:
            client.add(1, 2)
        assert raised.value.type == kind
        with pytest.raises(TException):  # out of step all the same
            client.add(1, 2)
        client.close()


@pytest.mark.parametrize("name, sequence_id, kind", NOT_MINE.values(), ids=NOT_MINE.keys())
def test_an_exception_that_answers_no_call_of_asyncio_still_says_why(name: str, sequence_id: Any, kind: int) -> None:
    async def call(port: int) -> None:
        client = await rpc.make_aio_client(calc.Calc, "127.0.0.1", port, timeout=5_000)
        with pytest.raises(TApplicationException, match=": no room for you$") as raised:
            await client.add(1, 2)
        assert raised.value.type == kind
        client.close()

    def answer(_: bytes, sent: int) -> bytes:
        return message(name, EXCEPTION, sent if sequence_id is None else sequence_id, _exception(b"no room for you"))

    with answering(answer) as peer:
        asyncio.run(call(peer.port))


def test_an_exception_of_another_call_that_cannot_be_read_is_an_exception_of_thrift(way: str) -> None:
    for body in (b"\x0b\0\1\x7f\xff\xff\xff", b"\x05\0\1", b"\x0c\0\x63" * 1000):
        with answering(lambda name, seqid, body=body: message("add", EXCEPTION, 0, body)) as peer:
            client = connect(peer.port, way)
            with pytest.raises(TException, match="the answer has 0$" if way == "generic" else None):
                client.add(1, 2)
            client.close()


def test_an_exception_whose_words_are_not_utf_8_can_be_printed(way: str) -> None:
    with answering(lambda name, seqid: message("add", EXCEPTION, seqid, _exception(b"caf\xe9 \xff"))) as peer:
        client = connect(peer.port, way)
        with pytest.raises(TApplicationException) as raised:
            client.add(1, 2)
        assert str(raised.value) == "caf\\xe9 \\xff"
        assert raised.value.message == b"caf\xe9 \xff"
        client.close()
