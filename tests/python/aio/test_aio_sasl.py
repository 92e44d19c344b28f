"""SASL for asyncio: every byte of a negotiation and of frames, and against thriftpy2's own asyncio transport."""

from __future__ import annotations

import importlib
import struct
from typing import Any

import pytest

from aio_parts import run
from fastthrift.contrib.aio.transport import TAsyncBufferedTransport, TAsyncTransportBase
from fastthrift.contrib.aio.transport.sasl import TAsyncSaslClientTransport, TAsyncSaslClientTransportFactory
from fastthrift.thrift import TTransportException
from test_aio_protocol import Stream

START, OK, BAD, ERROR, COMPLETE = 1, 2, 3, 4, 5


class Client:
    """A mechanism as `sasl.Client` offers it; ``wraps``: it changes data, as auth-int and auth-conf do."""

    def __init__(self, wraps: bool = False, starts: bool = True, steps: bool = True, initial: Any = b"initial") -> None:
        self.wraps, self.starts, self.steps, self.initial = wraps, starts, steps, initial
        self.challenges: list[bytes] = []

    def start(self, mechanism: Any) -> Any:
        return self.starts, mechanism, self.initial

    def step(self, challenge: bytes) -> Any:
        self.challenges.append(challenge)
        return self.steps, b"response"

    def encode(self, data: bytes) -> Any:
        return True, struct.pack(">I", len(data) + 1) + b"X" + data if self.wraps else data

    def decode(self, data: bytes) -> Any:
        return data[4:5] == b"X", data[5:]

    def getError(self) -> str:
        return "why not"


def said(status: int, body: bytes = b"") -> bytes:
    return struct.pack(">BI", status, len(body)) + body


def frame(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body


PIECES = pytest.mark.parametrize("piece", [1, 3, 1 << 30])


@PIECES
@pytest.mark.parametrize("initial", [b"initial", "initial", None])
def test_a_negotiation_says_what_the_mechanism_says(piece: int, initial: Any) -> None:
    async def main() -> None:
        client = Client(initial=initial)
        stream = Stream(said(OK, b"challenge") + said(COMPLETE, b"") + frame(b"data"), piece)
        trans = TAsyncSaslClientTransportFactory(lambda: client, "PLAIN").get_transport(stream)
        assert not trans.is_open()
        await trans.open()
        assert trans.is_open() and client.challenges == [b"challenge"]
        first = b"initial" if initial else b""
        assert bytes(stream.written) == said(START, b"PLAIN") + said(OK, first) + said(OK, b"response")
        assert await trans.read(4) == b"data"
        with pytest.raises(TTransportException) as caught:
            await trans.open()
        assert caught.value.type == TTransportException.ALREADY_OPEN

    run(main())


# (mechanism, what the server says, exception's type, text)
REFUSED: list[tuple[dict[str, Any], bytes, int, str]] = [
    ({"starts": False}, b"", TTransportException.NOT_OPEN, "Could not start SASL: why not"),
    ({}, said(BAD, b"denied"), TTransportException.NOT_OPEN, "Bad status: 3 (denied)"),
    ({}, said(ERROR, b"broken"), TTransportException.NOT_OPEN, "Bad status: 4 (broken)"),
    ({"steps": False}, said(OK, b"x"), TTransportException.NOT_OPEN, "Bad SASL result: why not"),
    ({}, said(OK, b"again") * 200, TTransportException.NOT_OPEN, "Bad SASL result: no end after 100 challenges"),
    ({}, struct.pack(">BI", OK, 1 << 31), TTransportException.SIZE_LIMIT,
     "a SASL message of 2147483648 bytes; the limit is 1048576"),
    ({}, said(OK, b"x")[:-1], TTransportException.END_OF_FILE, "End of file reading from transport"),
]  # fmt: skip


@pytest.mark.parametrize(("mechanism", "answers", "kind", "text"), REFUSED, ids=[row[3] for row in REFUSED])
def test_a_refused_negotiation_closes_what_is_below(mechanism: Any, answers: bytes, kind: int, text: str) -> None:
    async def main() -> None:
        stream = Stream(answers)
        trans = TAsyncSaslClientTransport(lambda: Client(**mechanism), "PLAIN", stream)
        with pytest.raises(TTransportException) as caught:
            await trans.open()
        assert (caught.value.type, caught.value.message) == (kind, text)
        assert not stream.opened and not trans.is_open()

    run(main())


@PIECES
@pytest.mark.parametrize("wraps", [False, True])
def test_data_goes_in_frames_and_reads_span_them(piece: int, wraps: bool) -> None:
    async def main() -> None:
        sent = frame(b"X" + b"abc") + frame(b"X" + b"defg") if wraps else frame(b"abc") + frame(b"defg")
        stream = Stream(said(COMPLETE) + sent, piece)
        trans = TAsyncSaslClientTransport(lambda: Client(wraps), "PLAIN", stream)
        await trans.open()
        stream.written.clear()
        trans.write(b"one")
        trans.write(b" message")
        await trans.flush()
        trans.write(b"two")
        await trans.flush()
        mark = b"X" if wraps else b""
        assert bytes(stream.written) == frame(mark + b"one message") + frame(mark + b"two")
        assert await trans.read(5) == b"abcde"
        assert await trans.read(2) == b"fg"

    run(main())


def test_below_a_buffer_it_is_not_asked_for_more_than_a_frame() -> None:
    async def main() -> None:
        stream = Stream(said(COMPLETE) + frame(b"abc"))
        trans = TAsyncBufferedTransport(TAsyncSaslClientTransport(lambda: Client(), "PLAIN", stream))
        await trans.open()
        assert trans.is_open()
        assert await trans.read(3) == b"abc"
        trans.write(b"x")
        await trans.flush()
        assert bytes(stream.written).endswith(frame(b"x"))
        trans.close()
        assert not stream.opened

    run(main())


@pytest.mark.parametrize(
    ("data", "kind", "text"),
    [
        (frame(b""), TTransportException.END_OF_FILE, "Received empty SASL frame while more data expected"),
        (
            b"\xff\xff\xff\xff",
            TTransportException.SIZE_LIMIT,
            "a SASL frame of 4294967295 bytes; the limit is 16384000",
        ),
        (frame(b"abc")[:-1], TTransportException.END_OF_FILE, "End of file reading from transport"),
    ],
)
def test_impossible_frames_are_refused(data: bytes, kind: int, text: str) -> None:
    async def main() -> None:
        trans = TAsyncSaslClientTransport(lambda: Client(), "PLAIN", Stream(said(COMPLETE) + data))
        await trans.open()
        with pytest.raises(TTransportException) as caught:
            await trans.read(1)
        assert (caught.value.type, caught.value.message) == (kind, text)

    run(main())


def test_what_is_not_open_neither_reads_nor_writes() -> None:
    async def main() -> None:
        trans = TAsyncSaslClientTransport(lambda: Client(), "PLAIN", Stream())
        assert isinstance(trans, TAsyncTransportBase)
        trans.write(b"x")
        for use in (trans.flush(), trans.read(1)):
            with pytest.raises(TTransportException) as caught:
                await use
            assert caught.value.type == TTransportException.NOT_OPEN

    run(main())


@pytest.mark.parametrize("wraps", [False, True])
def test_the_bytes_are_thriftpy2s(wraps: bool) -> None:
    pytest.importorskip("thriftpy2")
    theirs = importlib.import_module("thriftpy2.contrib.aio.transport.sasl")

    async def bytes_of(kind: Any) -> tuple[bytes, bytes]:
        mark = b"X" if wraps else b""
        stream = Stream(said(OK, b"c") + said(COMPLETE, b"done") + frame(mark + b"answer"))
        trans = kind(lambda: Client(wraps), "PLAIN", stream)
        await trans.open()
        trans.write(b"hello")
        await trans.flush()
        trans.write(b"again")
        await trans.flush()
        return bytes(stream.written), await trans.read(6)

    async def main() -> None:
        assert await bytes_of(TAsyncSaslClientTransport) == await bytes_of(theirs.TAsyncSaslClientTransport)

    run(main())
