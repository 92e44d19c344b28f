"""Protocols over transports of the user's, whose reads are awaited: never a byte too many, everything as the sync ones have it."""

from __future__ import annotations

import asyncio
import io
import struct
from typing import Any

import pytest

from aio_parts import calc, item, run
from fastthrift.contrib.aio.protocol import (
    TAsyncBinaryProtocol,
    TAsyncBinaryProtocolFactory,
    TAsyncCompactProtocol,
    TAsyncCompactProtocolFactory,
    TAsyncProtocolBase,
    binary,
    compact,
)
from fastthrift.contrib.aio.transport import TAsyncTransportBase
from fastthrift.protocol import TBinaryProtocol, TCompactProtocol, TProtocolBase
from fastthrift.protocol.exc import TProtocolException
from fastthrift.thrift import TMessageType, TPayload, TTransportException, TType
from fastthrift.transport import TMemoryBuffer

PAIRS = pytest.mark.parametrize(
    ("ours", "sync"),
    [(TAsyncBinaryProtocol, TBinaryProtocol), (TAsyncCompactProtocol, TCompactProtocol)],
    ids=["binary", "compact"],
)


class Stream(TAsyncTransportBase):
    """Bytes that come in small pieces; what is asked for and not there is the end."""

    def __init__(self, data: bytes = b"", piece: int = 1 << 30) -> None:
        self.data, self.used, self.piece = data, 0, piece
        self.written, self.flushed = bytearray(), 0
        self.opened = True

    def is_open(self) -> bool:
        return self.opened

    async def open(self) -> None:  # type: ignore[override]
        self.opened = True

    def close(self) -> None:
        self.opened = False

    async def _read(self, sz: int) -> bytes:  # type: ignore[override]
        await asyncio.sleep(0)
        start, self.used = self.used, min(self.used + min(sz, self.piece), len(self.data))
        return self.data[start : self.used]

    def write(self, buf: Any) -> None:
        self.written += buf

    async def flush(self) -> None:  # type: ignore[override]
        self.flushed += 1


def message(sync: Any, obj: Any) -> bytes:
    memory = TMemoryBuffer()
    protocol = sync(memory)
    protocol.write_message_begin("näme", TMessageType.CALL, 77)
    protocol.write_struct(obj)
    return memory.getvalue()


@PAIRS
@pytest.mark.parametrize("piece", [1, 3, 1 << 30])
@pytest.mark.parametrize("obj", [item(2), calc.Item(), calc.Item(blob=b"x" * 200_000)], ids=["full", "empty", "big"])
def test_a_message_is_read_to_its_last_byte_and_no_further(ours: Any, sync: Any, piece: int, obj: Any) -> None:
    if piece == 1 and obj.blob is not None and len(obj.blob) > 1000:
        piece = 999
    data = message(sync, obj)
    stream = Stream(data + b"the next one", piece)

    async def main() -> None:
        protocol = ours(stream)
        assert await protocol.read_message_begin() == ("näme", TMessageType.CALL, 77)
        found = calc.Item()
        assert await protocol.read_struct(found) is found
        await protocol.read_message_end()
        assert found == obj
        assert stream.used == len(data)

    run(main())


@PAIRS
def test_a_skipped_struct_is_read_to_its_last_byte_and_no_further(ours: Any, sync: Any) -> None:
    data = message(sync, item(1))
    stream = Stream(data + b"the next one", 5)

    async def main() -> None:
        protocol = ours(stream)
        await protocol.read_message_begin()
        await protocol.skip(TType.STRUCT)
        assert stream.used == len(data)

    run(main())


@PAIRS
def test_what_is_written_is_what_the_sync_protocol_writes(ours: Any, sync: Any) -> None:
    stream = Stream()
    protocol = ours(stream)
    protocol.write_message_begin("näme", TMessageType.CALL, 77)
    protocol.write_struct(item(1))
    protocol.write_message_end()
    assert bytes(stream.written) == message(sync, item(1))
    assert stream.flushed == 0


@PAIRS
def test_each_cut_of_a_message_is_the_end_of_the_stream(ours: Any, sync: Any) -> None:
    data = message(sync, calc.Item(id=5, name="abc", tags=["x"], labels={"k": "v"}, flag=True))

    async def main() -> None:
        for cut in range(len(data)):
            protocol = ours(Stream(data[:cut]))
            with pytest.raises(TTransportException) as caught:
                await protocol.read_message_begin()
                await protocol.read_struct(calc.Item())
            assert caught.value.type == TTransportException.END_OF_FILE

    run(main())


class Other(TPayload):
    """The ids of `Item` with other types: all of it is skipped."""

    thrift_spec = {
        1: (TType.STRING, "id", False),
        2: (TType.I64, "name", False),
        3: (TType.MAP, "tags", (TType.STRING, TType.STRING), False),
        4: (TType.LIST, "labels", TType.STRING, False),
        6: (TType.STRUCT, "blob", calc.Item, False),
        9: (TType.BOOL, "children", False),
    }
    default_spec = [("id", None), ("name", None), ("tags", None), ("labels", None), ("blob", None), ("children", None)]


@PAIRS
def test_fields_of_another_type_are_skipped(ours: Any, sync: Any) -> None:
    memory = TMemoryBuffer()
    sync(memory).write_struct(item(1))
    data = memory.getvalue()

    async def main() -> None:
        found = await ours(Stream(data)).read_struct(Other())
        assert vars(found) == dict.fromkeys(("id", "name", "tags", "labels", "blob", "children"))

    run(main())


# (type, spec, value)
VALUES: list[tuple[int, Any, Any]] = [
    (TType.BOOL, None, True),
    (TType.BYTE, None, -5),
    (TType.I16, None, -300),
    (TType.I32, None, 1 << 30),
    (TType.I64, None, -(1 << 60)),
    (TType.DOUBLE, None, -0.25),
    (TType.STRING, None, "näme"),
    (TType.BINARY, None, b"\xff\0"),
    (TType.LIST, TType.I32, [1, 2, 3]),
    (TType.LIST, (TType.LIST, TType.STRING), [["a"], [], ["b", "c"]]),
    (TType.SET, TType.BOOL, [True, False]),
    (TType.MAP, (TType.STRING, TType.I32), {"a": 1, "": 2}),
    (TType.MAP, (TType.I32, TType.STRING), {}),
    (TType.STRUCT, calc.Item, item(1)),
]


@PAIRS
@pytest.mark.parametrize(("ttype", "spec", "value"), VALUES)
def test_single_values_are_read_as_they_were_written(ours: Any, sync: Any, ttype: int, spec: Any, value: Any) -> None:
    memory = TMemoryBuffer()
    sync(memory)._write_val(ttype, value, spec)
    stream = Stream(memory.getvalue() + b"more", 1)

    async def main() -> None:
        assert await ours(stream)._read_val(ttype, spec) == value
        assert stream.used == len(stream.data) - 4

    run(main())


# Bytes of structs that no peer of ours would write: an error each, and at once.
HOSTILE = [
    (TAsyncBinaryProtocol, b"\x0b\x00\x02\xff\xff\xff\xff", TProtocolException),
    (TAsyncBinaryProtocol, b"\x0f\x00\x03\x0b\xff\xff\xff\xff", TProtocolException),
    (TAsyncBinaryProtocol, b"\x0f\x00\x61\x01\x7f\xff\xff\xff", TProtocolException),
    (TAsyncBinaryProtocol, b"\x05\x00\x01", TProtocolException),
    (TAsyncBinaryProtocol, b"\x0b\x00\x02\x7f\xff\xff\xff", (TProtocolException, TTransportException)),
    (TAsyncCompactProtocol, b"\x18" + b"\xff" * 20, TProtocolException),
    (TAsyncCompactProtocol, b"\x1e\x00", TProtocolException),
    (TAsyncBinaryProtocol, b"\x0c\x00\x61" * 1000, RecursionError),
    (TAsyncCompactProtocol, b"\x1c" * 1000, RecursionError),
    (TAsyncBinaryProtocol, b"\x0f\x00\x61" + b"\x0f\0\0\0\x02" * 1000, RecursionError),
]


@pytest.mark.parametrize(("kind", "data", "error"), HOSTILE)
def test_hostile_bytes_are_refused(kind: Any, data: bytes, error: Any) -> None:
    async def main() -> None:
        with pytest.raises(error):
            await kind(Stream(data)).read_struct(calc.Item())
        with pytest.raises(error):
            await kind(Stream(data)).skip(TType.STRUCT)

    run(main())


def test_the_protocols_are_what_thriftpy2s_are() -> None:
    for kind in (TAsyncBinaryProtocol, TAsyncCompactProtocol):
        assert issubclass(kind, TAsyncProtocolBase) and issubclass(kind, TProtocolBase)
    protocol = TAsyncBinaryProtocolFactory(False, False, False, True, 10).get_protocol(None)
    assert (protocol.strict_read, protocol.strict_write, protocol.decode_response) == (False, False, False)
    assert (protocol.strict_decode, protocol.max_depth) == (True, 10)
    protocol = TAsyncCompactProtocolFactory(False, True).get_protocol(None)
    assert (protocol.decode_response, protocol.strict_decode) == (False, True)
    assert TAsyncBinaryProtocolFactory(max_message=5).get_protocol(None).max_message == 5


class Bytes:
    """What thriftpy2's own tests read from."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    async def read(self, size: int) -> bytes:
        return self._file.read(size)


def test_the_functions_read_by_hand() -> None:
    async def main() -> None:
        assert await binary.read_field_begin(Bytes(b"\x08\x00\x07")) == (8, 7)
        assert await binary.read_field_begin(Bytes(b"\x00")) == (0, 0)
        assert await binary.read_list_begin(Bytes(b"\x0b\x00\x00\x00\x02")) == (11, 2)
        assert await binary.read_map_begin(Bytes(b"\x0b\x08\x00\x00\x00\x02")) == (11, 8, 2)
        with pytest.raises(TProtocolException):
            await binary.read_list_begin(Bytes(b"\x0b\xff\xff\xff\xff"))
        assert await binary.read_message_begin(Bytes(b"\x80\x01\x00\x02\x00\x00\x00\x01x\x00\x00\x00\x09")) == (
            "x",
            2,
            9,
        )
        assert await binary.read_val(Bytes(struct.pack("!q", -3)), TType.I64) == -3
        source = Bytes(b"\x08\x00\x01\x00\x00\x00\x05\x00!")
        assert (await binary.read_struct(source, calc.Item())).id == 5
        assert await source.read(5) == b"!"
        source = Bytes(b"\x0d\x00\x01\x0b\x08\x00\x00\x00\x01\x00\x00\x00\x01k\x00\x00\x00\x02\x00!")
        await binary.skip(source, TType.STRUCT)
        assert await source.read(5) == b"!"
        with pytest.raises(RecursionError):
            await binary.skip(Bytes(b"\x0c\x00\x01\x00\x00"), TType.STRUCT, budget=1)
        assert await compact.read_varint(Bytes(b"\xac\x02")) == 300
        with pytest.raises(TProtocolException):
            await compact.read_varint(Bytes(b"\xff" * 20))

    run(main())


def test_reading_may_be_pipelined_with_writing() -> None:
    """Two tasks use one protocol, one reading and one writing: decoding must not disturb what is written."""

    async def main() -> None:
        stream = Stream(message(TBinaryProtocol, item(1)), 7)
        protocol = TAsyncBinaryProtocol(stream)

        async def read() -> Any:
            await protocol.read_message_begin()
            return await protocol.read_struct(calc.Item())

        async def write() -> None:
            for _ in range(20):
                protocol.write_struct(calc.Item(id=1))
                await asyncio.sleep(0)

        found, _ = await asyncio.gather(read(), write())
        assert found == item(1)
        memory = TMemoryBuffer()
        TBinaryProtocol(memory).write_struct(calc.Item(id=1))
        assert bytes(stream.written) == memory.getvalue() * 20

    run(main())
