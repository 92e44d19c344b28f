"""Messages that have come whole: read by pieces, or decoded where they are."""

from __future__ import annotations

import asyncio
from io import StringIO
from typing import Any

import pytest

import fastthrift
from fastthrift.contrib.aio.http.memory import Received, TAsyncMemoryBuffer, TAsyncReceived
from fastthrift.contrib.aio.protocol.binary import TAsyncBinaryProtocol
from fastthrift.contrib.aio.protocol.compact import TAsyncCompactProtocol
from fastthrift.contrib.aio.transport.buffered import TAsyncBufferedTransport
from fastthrift.protocol.exc import TProtocolException
from fastthrift.thrift import TMessageType, TTransportException, TType

PHONE = fastthrift.load_fp(
    StringIO("struct Phone { 1: string number, 2: list<i32> calls } struct Deep { 1: optional list<Deep> deeper }"),
    "aio_http_memory_thrift",
)
PROTOCOLS = [TAsyncBinaryProtocol, TAsyncCompactProtocol]


def written(protocol: Any, obj: Any) -> bytes:
    memory = TAsyncMemoryBuffer()
    oprot = protocol(memory)
    oprot.write_message_begin("call", TMessageType.CALL, 5)
    oprot.write_struct(obj)
    oprot.write_message_end()
    return memory.getvalue()


async def read(trans: Any, protocol: Any) -> Any:
    iprot = protocol(trans)
    assert await iprot.read_message_begin() == ("call", TMessageType.CALL, 5)
    phone = PHONE.Phone()
    await iprot.read_struct(phone)
    await iprot.read_message_end()
    return phone


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("wrapped", [False, True], ids=["as it is", "behind a buffer"])
def test_a_message_is_read_as_from_any_other_transport(protocol: Any, wrapped: bool) -> None:
    phone = PHONE.Phone("x" * 10_000, list(range(1000)))
    trans: Any = TAsyncReceived(written(protocol, phone))
    assert asyncio.run(read(TAsyncBufferedTransport(trans) if wrapped else trans, protocol)) == phone


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_message_that_is_cut_off_is_no_message(protocol: Any) -> None:
    whole = written(protocol, PHONE.Phone("1234", [1, 2, 3]))
    for size in range(len(whole)):
        # A length that goes beyond the end is refused before it is read.
        with pytest.raises((TTransportException, TProtocolException)) as caught:
            asyncio.run(read(TAsyncReceived(whole[:size]), protocol))
        assert caught.value.type in (TTransportException.END_OF_FILE, TProtocolException.SIZE_LIMIT)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_is_too_deep_is_refused_as_from_any_other_transport(protocol: Any) -> None:
    deep = PHONE.Deep()
    for _ in range(20):
        deep = PHONE.Deep([deep])
    sink = TAsyncMemoryBuffer()
    protocol(sink).write_struct(deep)

    async def refusal(trans: Any) -> str:
        with pytest.raises(RecursionError) as caught:
            await protocol(trans, max_depth=8).read_struct(PHONE.Deep())
        return str(caught.value)

    value = sink.getvalue()
    assert asyncio.run(refusal(TAsyncReceived(value))) == asyncio.run(refusal(TAsyncMemoryBuffer(value)))


def test_messages_behind_each_other_are_read_one_by_one() -> None:
    one = written(TAsyncBinaryProtocol, PHONE.Phone("1", []))
    trans = TAsyncReceived(one + one)

    async def both() -> list[Any]:
        return [await read(trans, TAsyncBinaryProtocol), await read(trans, TAsyncBinaryProtocol)]

    assert asyncio.run(both()) == [PHONE.Phone("1", [])] * 2


def test_unknown_fields_are_skipped() -> None:
    trans = TAsyncReceived(bytes.fromhex("0b0063 00000001 78 08 0002 00000001 00"))
    iprot = TAsyncBinaryProtocol(trans)

    async def skip() -> bytes:
        await iprot.skip(TType.STRUCT)
        return await trans._read(10)

    assert asyncio.run(skip()) == b""


def test_pieces_end_with_the_value() -> None:
    received = Received(b"abcdef")
    assert [received.read(2), received.read(0), received.read(10), received.read(1)] == [b"ab", b"", b"cdef", b""]


def test_pieces_go_on_where_decoding_ended_and_the_other_way_round() -> None:
    received = Received(b"abcdef")
    assert received.read(1) == b"a"
    assert received.undecoded.read(2) == b"bc"
    assert received.read(2) == b"de"
    assert received.undecoded.read(1) == b"f"
    assert received.read(1) == b""


def test_a_closed_one_is_empty() -> None:
    trans = TAsyncReceived(b"abc")
    assert trans.is_open()
    trans.close()
    assert asyncio.run(trans._read(3)) == b""
