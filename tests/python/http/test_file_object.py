"""TFileObjectTransport over files and sockets' files."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from fastthrift.http import TFileObjectTransport
from fastthrift.protocol import TBinaryProtocol, TCompactProtocol
from fastthrift.transport import TBufferedTransport, TTransportBase
from phone import phone


def test_it_reads_what_the_file_has() -> None:
    trans = TFileObjectTransport(io.BytesIO(b"abcdef"))
    assert isinstance(trans, TTransportBase)
    assert (trans.read(2), trans.read(10), trans.read(1)) == (b"ab", b"cdef", b"")


def test_it_writes_and_flushes() -> None:
    flushed = []

    class File(io.BytesIO):
        def flush(self) -> None:
            flushed.append(self.getvalue())

    trans = TFileObjectTransport(File())
    trans.write(b"ab")
    trans.write(bytearray(b"cd"))
    trans.flush()
    assert flushed == [b"abcd"]


def test_close_closes_the_file() -> None:
    file = io.BytesIO()
    trans = TFileObjectTransport(file)
    trans.open()
    assert trans.isOpen() and trans.is_open()
    trans.close()
    assert file.closed
    assert not trans.isOpen() and not trans.is_open()


@pytest.mark.parametrize("protocol", [TBinaryProtocol, TCompactProtocol])
@pytest.mark.parametrize("layer", [lambda trans: trans, TBufferedTransport], ids=["bare", "buffered"])
def test_structs_go_to_a_file_and_come_back(tmp_path: Path, protocol: type, layer: type) -> None:
    entries = [phone.Entry(name=f"n{i}", numbers=["1"] * i) for i in range(20)]
    path = tmp_path / "entries"
    with open(path, "wb") as file:
        trans = layer(TFileObjectTransport(file))
        for entry in entries:
            protocol(trans).write_struct(entry)
        trans.flush()
    with open(path, "rb") as file:
        read = protocol(layer(TFileObjectTransport(file)))
        for entry in entries:
            found = phone.Entry()
            read.read_struct(found)
            assert found == entry
