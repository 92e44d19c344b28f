"""Subclasses and decorators of protocols that have their own ways with values: they are asked for each, as Apache's are."""

from __future__ import annotations

import importlib
import struct
from typing import Any

import pytest

pytest.importorskip("thrift")


class Face:
    """One of the two packages: its modules, and a struct."""

    def __init__(self, package: str) -> None:
        def module(name: str) -> Any:
            return importlib.import_module(f"{package}.{name}")

        self.binary = module("protocol.TBinaryProtocol")
        self.compact = module("protocol.TCompactProtocol")
        self.decorator = module("protocol.TProtocolDecorator").TProtocolDecorator
        self.multiplexed = module("protocol.TMultiplexedProtocol").TMultiplexedProtocol
        self.memory = module("transport.TTransport").TMemoryBuffer
        types = module("Thrift").TType

        class Note(module("protocol.TBase").TBase):  # type: ignore[misc]
            __slots__ = ("number", "text", "words", "votes", "seen")
            thrift_spec = (
                None,
                (1, types.I32, "number", None, None),
                (2, types.STRING, "text", "UTF8", None),
                (3, types.LIST, "words", (types.STRING, "UTF8", False), None),
                (4, types.MAP, "votes", (types.STRING, "UTF8", types.I16, None, False), None),
                (5, types.BOOL, "seen", None, None),
            )

            def __init__(self, *values: Any, **named: Any) -> None:
                for name, value in zip(self.__slots__, (*values, None, None, None, None, None)):
                    setattr(self, name, named.get(name, value))

        self.note = Note

    def base(self, name: str) -> Any:
        return getattr(self.binary if "Binary" in name else self.compact, name)

    def values(self, note: Any) -> list[Any]:
        return [getattr(note, name) for name in note.__slots__]


FACES = Face("thrift"), Face("fastthrift.apache")
PLAIN = ["TBinaryProtocol", "TCompactProtocol"]
ACCELERATED = ["TBinaryProtocolAccelerated", "TCompactProtocolAccelerated"]
VALUES = (7, "tea", ["a", "b"], {"x": 1}, True)


def upper(face: Face, name: str) -> Any:
    class Upper(face.base(name)):  # type: ignore[misc]
        def writeString(self, str_val: str) -> None:
            super().writeString(str_val.upper())

    return Upper


def lower(face: Face, name: str) -> Any:
    class Lower(face.base(name)):  # type: ignore[misc]
        def readString(self) -> str:
            text: str = super().readString()
            return text.lower()

    return Lower


def swapped(face: Face, name: str) -> Any:
    """Numbers the other way round, those of field ids and lengths as well: all of binary's are written by these methods."""

    class Swapped(face.base(name)):  # type: ignore[misc]
        def writeI16(self, i16: int) -> None:
            self.trans.write(struct.pack("<h", i16))

        def writeI32(self, i32: int) -> None:
            self.trans.write(struct.pack("<i", i32))

        def writeByte(self, byte: int) -> None:
            self.trans.write(struct.pack("<b", -byte))

        def readI16(self) -> int:
            return int.from_bytes(self.trans.readAll(2), "little", signed=True)

        def readI32(self) -> int:
            return int.from_bytes(self.trans.readAll(4), "little", signed=True)

        def readByte(self) -> int:
            return -int.from_bytes(self.trans.readAll(1), "little", signed=True)

    return Swapped


def counting(face: Face, name: str) -> Any:
    """A decorator that leaves a mark before each field and takes it away again."""

    class Marks(face.decorator):  # type: ignore[misc]
        def __init__(self, protocol: Any) -> None:
            """Apache's would run the protocol's."""

        def writeFieldBegin(self, name: str, type: int, id: int) -> None:
            self.trans.write(b"\x99")
            super().writeFieldBegin(name, type, id)

        def readFieldBegin(self) -> Any:
            if self.trans.cstringio_buf.getvalue()[self.trans.cstringio_buf.tell() :][:1] == b"\x99":
                self.trans.readAll(1)
            return super().readFieldBegin()

    return lambda trans: Marks(face.base(name)(trans))


def named(face: Face, name: str) -> Any:
    return lambda trans: face.multiplexed(face.base(name)(trans), "Notes")


WAYS = {"upper": upper, "lower": lower, "swapped": swapped, "counting": counting, "named": named}
CASES = [(way, name) for way in WAYS for name in PLAIN if (way, name) != ("swapped", "TCompactProtocol")]
CASES += [(way, name) for way in ("lower", "named") for name in ACCELERATED]


def message_of(face: Face, make: Any) -> bytes:
    trans = face.memory()
    protocol = make(trans)
    protocol.writeMessageBegin("note", 1, 5)
    face.note(*VALUES).write(protocol)
    protocol.writeMessageEnd()
    data: bytes = trans.getvalue()
    return data


def read_back(face: Face, make: Any, data: bytes) -> Any:
    protocol = make(face.memory(data))
    head = protocol.readMessageBegin()
    note = face.note()
    note.read(protocol)
    protocol.readMessageEnd()
    return head, face.values(note)


@pytest.mark.parametrize(("way", "name"), CASES)
def test_messages_are_written_and_read_as_by_apache(way: str, name: str) -> None:
    theirs, ours = (WAYS[way](face, name) for face in FACES)
    data = message_of(FACES[0], theirs)
    assert message_of(FACES[1], ours) == data
    assert read_back(FACES[1], ours, data) == read_back(FACES[0], theirs, data)


@pytest.mark.parametrize("name", PLAIN)
def test_ones_own_way_is_seen_in_plain_protocols(name: str) -> None:
    face = FACES[1]
    assert b"TEA" in message_of(face, upper(face, name))
    assert b"NOTE" in message_of(face, upper(face, name)) or name == "TCompactProtocol"
    assert message_of(face, counting(face, name)).count(b"\x99") == 5
    data = message_of(face, upper(face, name))
    assert read_back(face, lower(face, name), data)[1] == list(VALUES)


@pytest.mark.parametrize("name", PLAIN)
def test_a_subclass_that_changes_nothing_of_values_stays_native(name: str) -> None:
    face = FACES[1]

    class Named(face.base(name)):  # type: ignore[misc]
        def writeMessageBegin(self, name: str, type: int, seqid: int) -> None:
            super().writeMessageBegin(name + "!", type, seqid)

    for make in (face.base(name), Named, named(face, name)):
        protocol = make(face.memory())
        assert protocol._fast_encode is not None
        assert protocol._fast_decode is not None
    writes, reads = upper(face, name)(face.memory()), lower(face, name)(face.memory())
    assert (writes._fast_encode is None, writes._fast_decode is None) == (True, False)
    assert (reads._fast_encode is None, reads._fast_decode is None) == (False, True)
