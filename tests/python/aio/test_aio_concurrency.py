"""Many calls under way on one connection, and what timeouts, cancellations and wrong replies leave behind."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import pytest

from aio_parts import (
    BINARY,
    BUFFERED,
    LONG,
    STACKS,
    ClientByHand,
    Handler,
    PlainHandler,
    ServerByHand,
    calc,
    calling,
    listening,
    run,
    serving,
)
from fastthrift.contrib.aio.client import TAsyncClient
from fastthrift.protocol import TBinaryProtocol
from fastthrift.thrift import TApplicationException, TMessageType, TTransportException
from fastthrift.transport import TMemoryBuffer

CLIENTS = pytest.mark.parametrize("client_class", [TAsyncClient, ClientByHand])


def reply(seqid: int, value: int, name: str = "wait", kind: int = TMessageType.REPLY) -> bytes:
    """A binary message with a result of `wait`."""
    memory = TMemoryBuffer()
    protocol = TBinaryProtocol(memory)
    protocol.write_message_begin(name, kind, seqid)
    protocol.write_struct(calc.Calc.wait_result(success=value))
    return memory.getvalue()


async def request(reader: asyncio.StreamReader) -> tuple[str, int, int]:
    """(method, sequence id, token) of the next `wait` or `need`; an unframed binary message with one i32."""
    head = await reader.readexactly(8)
    name = (await reader.readexactly(struct.unpack("!i", head[4:])[0])).decode()
    seqid, _, _, token, _ = struct.unpack("!ibhib", await reader.readexactly(12))
    return name, seqid, token


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("handler_class", [Handler, PlainHandler])
def test_each_of_many_calls_gets_its_own_answer(stack: Any, handler_class: Any) -> None:
    async def main() -> None:
        async with serving(handler_class(), stack) as (_, port), calling(port, stack) as client:
            texts = [str(n) * (n % 300) for n in range(1000)]
            assert await asyncio.gather(*(client.echo(text) for text in texts)) == texts

    run(main())


@pytest.mark.parametrize("client_class", [TAsyncClient, ClientByHand])
@pytest.mark.parametrize("server_class", [ServerByHand])
def test_calls_wait_for_each_other_where_they_go_by_hand(client_class: Any, server_class: Any) -> None:
    async def main() -> None:
        async with serving(Handler(), server_class=server_class) as (_, port):
            async with calling(port, client_class=client_class) as client:
                assert await asyncio.gather(*(client.add(n, n) for n in range(100))) == list(range(0, 200, 2))

    run(main())


@pytest.mark.parametrize("stack", STACKS)
def test_handlers_run_at_the_same_time_and_answers_keep_the_order(stack: Any) -> None:
    async def main() -> None:
        handler, done = Handler(), []
        async with serving(handler, stack) as (_, port), calling(port, stack) as client:
            calls = [asyncio.create_task(client.wait(n)) for n in range(5)]
            for n, call in enumerate(calls):
                call.add_done_callback(lambda _, n=n: done.append(n))
            assert [await handler.entered.get() for _ in calls] == [0, 1, 2, 3, 4]
            for token in (3, 1, 4, 2):
                handler.waiting[token].set_result(token * 10)
            assert await client_of_its_own(port, stack) == 5
            assert done == []  # the first is not answered yet
            handler.waiting[0].set_result(0)
            assert await asyncio.gather(*calls) == [0, 10, 20, 30, 40]
            assert done == [0, 1, 2, 3, 4]

    async def client_of_its_own(port: int, stack: Any) -> int:
        async with calling(port, stack) as client:
            return int(await client.add(2, 3))

    run(main())


def test_a_late_reply_after_a_timeout_is_dropped() -> None:
    async def main() -> None:
        handler = Handler()
        async with serving(handler) as (_, port), calling(port, timeout=30, connect_timeout=1000 * LONG) as client:
            with pytest.raises(asyncio.TimeoutError) as caught:
                await client.wait(1)
            assert isinstance(caught.value, TTransportException)
            assert caught.value.type == TTransportException.TIMED_OUT
            assert "no reply to wait within 0.03 s" in caught.value.message
            handler.waiting[1].set_result(111)
            client._iprot.trans._trans.set_timeout(None)
            assert await client.add(1, 2) == 3
            assert client._calls is not None and not client._calls.is_over

    run(main())


def test_a_late_reply_after_a_cancellation_is_dropped() -> None:
    async def main() -> None:
        handler = Handler()
        async with serving(handler) as (_, port), calling(port) as client:
            call = asyncio.create_task(client.wait(1))
            other = asyncio.create_task(client.wait(2))
            assert [await handler.entered.get(), await handler.entered.get()] == [1, 2]
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            handler.waiting[1].set_result(111)
            handler.waiting[2].set_result(222)
            assert await other == 222
            assert await client.add(1, 2) == 3

    run(main())


def test_by_hand_a_timeout_closes_the_connection() -> None:
    async def main() -> None:
        handler = Handler()
        options = {"client_class": ClientByHand, "timeout": 30, "connect_timeout": 1000 * LONG}
        async with serving(handler) as (_, port), calling(port, **options) as client:
            with pytest.raises(asyncio.TimeoutError):
                await client.wait(1)
            handler.waiting[1].set_result(111)
            with pytest.raises(TTransportException) as caught:
                await client.wait(2)
            assert caught.value.type == TTransportException.NOT_OPEN

    run(main())


def test_by_hand_a_cancellation_closes_the_connection() -> None:
    async def main() -> None:
        handler = Handler()
        async with serving(handler) as (_, port), calling(port, client_class=ClientByHand) as client:
            call = asyncio.create_task(client.wait(1))
            await handler.entered.get()
            call.cancel()
            done, _ = await asyncio.wait({call}, timeout=LONG / 4)
            assert done and call.cancelled()
            assert not client._iprot.trans.is_open()

    run(main())


@CLIENTS
def test_a_timeout_is_for_a_call_and_not_for_the_connection(client_class: Any) -> None:
    async def main() -> None:
        handler = Handler()
        async with serving(handler) as (_, port), calling(port, client_class=client_class, timeout=400) as client:
            start = asyncio.get_running_loop().time()
            while asyncio.get_running_loop().time() < start + 0.6:
                assert await client.add(1, 1) == 2
            with pytest.raises(asyncio.TimeoutError):
                await client.wait(1)

    run(main())


@CLIENTS
def test_a_trickle_of_bytes_does_not_prolong_a_call(client_class: Any) -> None:
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, seqid, _ = await request(reader)
        for byte in reply(seqid, 1):
            writer.write(bytes([byte]))
            try:
                await writer.drain()
                await asyncio.wait_for(reader.read(1), 0.05)
                break
            except asyncio.TimeoutError:
                continue
            except OSError:
                break
        writer.close()

    async def main() -> None:
        async with listening(trickle) as port, calling(port, client_class=client_class, timeout=200) as client:
            start = asyncio.get_running_loop().time()
            with pytest.raises(asyncio.TimeoutError):
                await client.wait(1)
            assert asyncio.get_running_loop().time() - start < 1.0
            client.close()

    run(main())


# (what the server answers to a call of `wait` with this sequence id, exception, its type)
WRONG: list[tuple[str, Any, type[Exception], int | None]] = [
    ("another sequence id", lambda n: reply(n + 1, 1), TApplicationException, TApplicationException.BAD_SEQUENCE_ID),
    ("another name", lambda n: reply(n, 1, "add"), TApplicationException, TApplicationException.WRONG_METHOD_NAME),
    ("a call", lambda n: reply(n, 1, kind=1), TApplicationException, TApplicationException.INVALID_MESSAGE_TYPE),
    ("no Thrift", lambda n: b"HTTP/1.1 400 Bad Request\r\n\r\n", Exception, None),
    ("the end", lambda n: b"", TTransportException, TTransportException.END_OF_FILE),
    ("half a reply", lambda n: reply(n, 1)[:-3], TTransportException, TTransportException.END_OF_FILE),
]


@CLIENTS
@pytest.mark.parametrize(("what", "answer", "kind", "number"), WRONG, ids=[row[0] for row in WRONG])
def test_a_wrong_reply_ends_the_connection(client_class: Any, what: str, answer: Any, kind: Any, number: Any) -> None:
    async def wrong(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, seqid, _ = await request(reader)
        writer.write(answer(seqid))
        writer.close()

    async def main() -> None:
        async with listening(wrong) as port, calling(port, client_class=client_class) as client:
            with pytest.raises(kind) as caught:
                await client.wait(1)
            assert number is None or caught.value.type == number
            assert not client._iprot.trans.is_open()
            with pytest.raises(TTransportException) as caught:
                await client.wait(1)
            assert caught.value.type == TTransportException.NOT_OPEN

    run(main())


def test_all_calls_under_way_end_when_the_connection_does() -> None:
    async def close_after_three(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(3):
            await request(reader)
        writer.close()

    async def main() -> None:
        async with listening(close_after_three) as port, calling(port) as client:
            ends = await asyncio.gather(*(client.wait(n) for n in range(3)), return_exceptions=True)
            assert [type(end) for end in ends] == [TTransportException] * 3
            assert len({id(end) for end in ends}) == 3
            assert {end.type for end in ends} == {TTransportException.END_OF_FILE}

    run(main())


def test_close_ends_the_calls_under_way() -> None:
    async def main() -> None:
        handler = Handler()
        async with serving(handler) as (_, port), calling(port) as client:
            call = asyncio.create_task(client.wait(1))
            await handler.entered.get()
            client.close()
            with pytest.raises(TTransportException) as caught:
                await call
            assert caught.value.type == TTransportException.NOT_OPEN
            client.close()

    run(main())


def test_replies_may_come_in_any_order_and_in_pieces() -> None:
    async def backwards(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests = [await request(reader) for _ in range(20)]
        answers = b"".join(reply(seqid, token * 7) for _, seqid, token in reversed(requests))
        for at in range(0, len(answers), 11):
            writer.write(answers[at : at + 11])
            await writer.drain()
            await asyncio.sleep(0)
        await reader.read()
        writer.close()

    async def main() -> None:
        async with listening(backwards) as port, calling(port) as client:
            assert await asyncio.gather(*(client.wait(n) for n in range(20))) == [n * 7 for n in range(20)]

    run(main())


def test_a_client_that_takes_sequence_id_0_calls_one_after_the_other() -> None:
    async def zero(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(10):
            _, _, token = await request(reader)
            writer.write(reply(0, token))
        await reader.read()
        writer.close()

    async def main() -> None:
        async with listening(zero) as port, calling(port) as client:
            client.lenient_seqid = True
            assert await asyncio.gather(*(client.wait(n) for n in range(10))) == list(range(10))

    run(main())


def test_a_client_that_nobody_reads_from_pauses_and_times_out() -> None:
    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reader.feed_eof()
        writer.transport.pause_reading()
        await released.wait()
        writer.transport.abort()

    async def main() -> None:
        nonlocal released
        released = asyncio.Event()
        async with listening(deaf) as port, calling(port, timeout=300) as client:
            big = "x" * 4_000_000
            ends = await asyncio.gather(*(client.echo(big) for _ in range(8)), return_exceptions=True)
            assert {type(end).__name__ for end in ends} == {"TAsyncTimeout"}
            with pytest.raises(asyncio.TimeoutError, match="does not read"):
                await client.echo("x")
            assert client._calls is not None
            sent = client._calls._transport.get_write_buffer_size()
            assert sent <= 8 * len(big) + 1000
            released.set()

    released: Any = None
    run(main())


def test_two_clients_share_a_connection_in_turn() -> None:
    async def main() -> None:
        async with serving(Handler()) as (_, port), calling(port) as first:
            second = TAsyncClient(calc.Calc, first._iprot)
            for n in range(3):
                assert await first.add(n, 1) == n + 1
                assert await second.add(n, 2) == n + 2

    run(main())


class Parallel(TAsyncClient):
    """As users write it on thriftpy2: its own sequence ids, a reader that hands answers out, many calls at once."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._reader: asyncio.Task[None] | None = None

    async def _req(self, _api: str, *args: Any, **kwargs: Any) -> Any:
        from fastthrift.contrib.aio.client import args_to_kwargs

        kwargs = args_to_kwargs(getattr(self._service, _api + "_args").thrift_spec, *args, **kwargs)
        self._seqid += 1
        answer = self._answers[self._seqid] = asyncio.get_running_loop().create_future()
        await self._send(_api, **kwargs)
        if self._reader is None:
            self._reader = asyncio.create_task(self._read())
        return await answer

    async def _read(self) -> None:
        while self._answers:
            name, _, seqid = await self._iprot.read_message_begin()
            result = getattr(self._service, name + "_result")()
            await self._iprot.read_struct(result)
            await self._iprot.read_message_end()
            self._answers.pop(seqid).set_result(result.success)
        self._reader = None


@pytest.mark.parametrize("stack", STACKS)
def test_a_users_own_pipelining_client_goes_on_working(stack: Any) -> None:
    async def main() -> None:
        handler = Handler()
        async with serving(handler, stack) as (_, port), calling(port, stack, Parallel) as client:
            assert await asyncio.gather(*(client.add(n, 1) for n in range(100))) == list(range(1, 101))
            assert await client.echo("x") == "x"

    run(main())


def test_sequence_ids_go_round_without_meeting_a_call_under_way() -> None:
    from fastthrift import _core

    session = _core.ClientSession(
        calc.Calc, BINARY.get_protocol(BUFFERED.get_transport(None)), framed=False, max_frame=None
    )
    numbers = [session.request("wait", (n,), {})[0] for n in range(5)]
    assert numbers == [1, 2, 3, 4, 5] and session.waiting == 5
    replies: list[Any] = []
    session.feed(reply(3, 33) + reply(1, 11)[:10], replies)
    assert replies == [(3, 33, None)] and session.waiting == 4 and session.has_part
    session.feed(reply(1, 11)[10:], replies)
    assert replies[1:] == [(1, 11, None)] and not session.has_part
    assert session.request("note", ("x",), {})[0] == 0 and session.waiting == 3
