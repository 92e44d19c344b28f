"""The transports for asyncio over others, the user's among them."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import pytest

from aio_parts import BINARY, BUFFERED, FRAMED, Handler, calc, run, serving
from fastthrift.contrib.aio.client import TAsyncClient
from fastthrift.contrib.aio.socket import TAsyncSocket
from fastthrift.contrib.aio.transport import (
    TAsyncBufferedTransport,
    TAsyncFramedTransport,
    TAsyncFramedTransportFactory,
    TAsyncTransportBase,
)
from fastthrift.contrib.aio.transport.base import readall
from fastthrift.thrift import TTransportException
from fastthrift.transport.base import TTransportBase
from test_aio_protocol import Stream


def test_readall_reads_all_or_says_that_the_stream_has_ended() -> None:
    async def main() -> None:
        stream = Stream(b"abcdef", 1)
        assert await readall(stream._read, 4) == b"abcd"
        assert await readall(stream._read, 0) == b""
        with pytest.raises(TTransportException) as caught:
            await readall(stream._read, 3)
        assert caught.value.type == TTransportException.END_OF_FILE
        assert str(caught.value.message) == "End of file reading from transport"

    run(main())


@pytest.mark.parametrize("piece", [1, 4, 1 << 30])
def test_buffered_gives_the_bytes_that_come_below(piece: int) -> None:
    async def main() -> None:
        trans = TAsyncBufferedTransport(Stream(b"0123456789" * 100, piece))
        assert b"".join([await trans.read(n) for n in (1, 9, 90, 900)]) == b"0123456789" * 100
        with pytest.raises(TTransportException):
            await trans.read(1)

    run(main())


def test_buffered_does_not_wait_for_more_than_there_is() -> None:
    """Asking below for a full buffer must not wait until it is full, whatever base class is below."""

    class Once(Stream):
        async def _read(self, sz: int) -> bytes:
            if self.used == len(self.data):
                await asyncio.get_running_loop().create_future()  # for ever
            return await super()._read(sz)

    async def main() -> None:
        for make in (TAsyncBufferedTransport, lambda inner: FRAMED.get_transport(inner)):
            data = b"hello" if make is TAsyncBufferedTransport else b"\0\0\0\x05hello"
            assert await make(Once(data)).read(5) == b"hello"

    run(main())


def test_writes_are_sent_together_by_a_flush() -> None:
    async def main() -> None:
        for make, expected in ((TAsyncBufferedTransport, b"abcde"), (TAsyncFramedTransport, b"\0\0\0\x05abcde")):
            stream = Stream()
            trans = make(stream)
            trans.write(b"abc")
            trans.write(bytearray(b"de"))
            assert not stream.written and not stream.flushed
            await trans.flush()
            assert bytes(stream.written) == expected and stream.flushed == 1
            trans.write(b"lost")
            trans.clean()
            trans.write(b"x")
            await trans.flush()
            assert bytes(stream.written[len(expected) :]) == (b"x" if make is TAsyncBufferedTransport else b"\0\0\0\1x")

    run(main())


@pytest.mark.parametrize("piece", [1, 6, 1 << 30])
def test_frames_are_read_one_after_the_other(piece: int) -> None:
    frames = [b"a", b"bc" * 1000, b"d" * 200_000]

    async def main() -> None:
        data = b"".join(struct.pack("!i", len(frame)) + frame for frame in frames)
        trans = TAsyncFramedTransport(Stream(data, max(piece, 1000) if piece > 1 else 500))
        for frame in frames:
            found = b""
            while len(found) < len(frame):
                found += await trans.read(len(frame))
            assert found == frame

    run(main())


@pytest.mark.parametrize(
    ("head", "kind", "text"),
    [
        (-1, TTransportException.NEGATIVE_SIZE, "No frame: its length is -1"),
        (0, TTransportException.NEGATIVE_SIZE, "No frame: its length is 0"),
        (16_384_001, TTransportException.SIZE_LIMIT, "Frame of 16384001 bytes is over the limit of 16384000"),
    ],
)
def test_impossible_frames_are_refused_by_their_length(head: int, kind: int, text: str) -> None:
    async def main() -> None:
        with pytest.raises(TTransportException) as caught:
            await TAsyncFramedTransport(Stream(struct.pack("!i", head) + b"x" * 10)).read(1)
        assert (caught.value.type, caught.value.message) == (kind, text)

    run(main())


def test_a_frame_over_the_limit_is_not_sent() -> None:
    async def main() -> None:
        stream = Stream()
        trans = TAsyncFramedTransport(stream, max_frame=10)
        trans.write(b"x" * 11)
        with pytest.raises(TTransportException) as caught:
            await trans.flush()
        assert caught.value.type == TTransportException.SIZE_LIMIT and not stream.written
        factory = TAsyncFramedTransportFactory(max_frame=None)
        unlimited = factory.get_transport(stream)
        unlimited.write(b"x" * 17_000_000)
        await unlimited.flush()
        assert len(stream.written) == 17_000_004

    run(main())


class Recorded(TAsyncTransportBase):
    """A user's transport between ours and a socket: everything goes through its methods."""

    def __init__(self, port: int) -> None:
        self.sock = TAsyncSocket("127.0.0.1", port)
        self.log: list[str] = []

    def is_open(self) -> bool:
        return self.sock.is_open()

    async def open(self) -> None:  # type: ignore[override]
        self.log.append("open")
        await self.sock.open()

    def close(self) -> None:
        self.log.append("close")
        self.sock.close()

    async def _read(self, sz: int) -> bytes:  # type: ignore[override]
        self.log.append("read")
        return await self.sock.read(sz)

    def write(self, buf: Any) -> None:
        self.log.append("write")
        self.sock.write(buf)

    async def flush(self) -> None:  # type: ignore[override]
        self.log.append("flush")
        await self.sock.flush()


@pytest.mark.parametrize("factory", [BUFFERED, FRAMED], ids=["buffered", "framed"])
def test_a_users_transport_sees_every_byte(factory: Any) -> None:
    async def main() -> None:
        async with serving(Handler(), (factory, BINARY)) as (_, port):
            recorded = Recorded(port)
            client = TAsyncClient(calc.Calc, BINARY.get_protocol(factory.get_transport(recorded)))
            await client._iprot.trans.open()
            assert client._iprot.trans.is_open()
            assert await client.echo("x" * 100_000) == "x" * 100_000
            assert await client.add(1, 2) == 3
            client.close()
            assert recorded.log[:3] == ["open", "write", "flush"] and recorded.log[-1] == "close"
            assert recorded.log.count("write") == 2 and recorded.log.count("read") >= 2
            assert not client._iprot.trans.is_open()

    run(main())


def test_a_protocol_without_a_buffer_reads_from_a_users_transport() -> None:
    """As thriftpy2-httpx-client does: its own transport is what the protocol sits on."""

    class Memory(TAsyncTransportBase):
        def __init__(self) -> None:
            self.answer, self.request = b"", b""

        def is_open(self) -> bool:
            return True

        async def open(self) -> None:  # type: ignore[override]
            pass

        def close(self) -> None:
            pass

        async def _read(self, sz: int) -> bytes:  # type: ignore[override]
            found, self.answer = self.answer[:sz], self.answer[sz:]
            return found

        def write(self, buf: Any) -> None:
            self.request += bytes(buf)

        async def flush(self) -> None:  # type: ignore[override]
            request, self.request = self.request, b""
            assert request.startswith(b"\x80\x01\x00\x01\x00\x00\x00\x04echo")
            seqid = request[12:16]
            self.answer = b"\x80\x01\x00\x02\x00\x00\x00\x04echo" + seqid + b"\x0b\x00\x00\x00\x00\x00\x02hi\x00"

    async def main() -> None:
        client = TAsyncClient(calc.Calc, BINARY.get_protocol(Memory()))
        assert isinstance(client._iprot.trans, TTransportBase)
        assert await asyncio.gather(client.echo("a"), client.echo("b")) == ["hi", "hi"]

    run(main())
