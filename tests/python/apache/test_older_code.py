"""Code that Apache's compiler wrote before 0.11: a struct's class and spec stand in a tuple, not in a list (PyHive's is such)."""

from __future__ import annotations

from typing import Any

import pytest

from fastthrift.apache.protocol import fastbinary
from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocol, TBinaryProtocolAccelerated
from fastthrift.apache.protocol.TCompactProtocol import TCompactProtocol, TCompactProtocolAccelerated
from fastthrift.apache.protocol.TJSONProtocol import TJSONProtocol
from fastthrift.apache.Thrift import TType
from fastthrift.apache.transport import TTransport


class Old:
    """What its compiler wrote into each class; the slow path is left out on purpose."""

    thrift_spec: tuple[Any, ...] = ()

    def __init__(self, **fields: Any) -> None:
        for item in self.thrift_spec:
            if item is not None:
                setattr(self, item[2], fields.get(item[2], item[4]))

    def read(self, iprot: Any) -> None:
        if iprot._fast_decode is None or not isinstance(iprot.trans, TTransport.CReadableTransport):
            raise AssertionError("not accelerated")
        iprot._fast_decode(self, iprot, (self.__class__, self.thrift_spec))

    def write(self, oprot: Any) -> None:
        if oprot._fast_encode is None:
            raise AssertionError("not accelerated")
        oprot.trans.write(oprot._fast_encode(self, (self.__class__, self.thrift_spec)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, self.__class__) and self.__dict__ == other.__dict__


class Status(Old):
    thrift_spec = (None, (1, TType.I32, "code", None, 7), (2, TType.LIST, "infos", (TType.STRING, "UTF8", False), None))


class Answer(Old):
    thrift_spec = (
        (0, TType.STRUCT, "status", (Status, Status.thrift_spec), None),
        (1, TType.LIST, "all", (TType.STRUCT, (Status, Status.thrift_spec), False), None),
        (2, TType.MAP, "by_name", (TType.STRING, "UTF8", TType.STRUCT, (Status, Status.thrift_spec), False), None),
    )


def answer() -> Answer:
    first, second = Status(infos=["é"]), Status(code=-1)
    return Answer(status=first, all=[first, second], by_name={"k": second})


def as_newer(spec: tuple[Any, ...]) -> Any:
    """The same spec with lists, as code of today has it."""
    return [spec[0], newer(spec[1])] if isinstance(spec[0], type) else newer(spec)


def newer(spec: tuple[Any, ...]) -> Any:
    return tuple(as_newer(item) if isinstance(item, tuple) and item else item for item in spec)


PROTOCOLS = [
    TBinaryProtocol, TBinaryProtocolAccelerated, TCompactProtocol, TCompactProtocolAccelerated, TJSONProtocol,
]  # fmt: skip


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_structs_are_written_and_read(protocol: Any) -> None:
    out = TTransport.TMemoryBuffer()
    answer().write(protocol(out))
    found = Answer()
    found.read(protocol(TTransport.TMemoryBuffer(out.getvalue())))
    assert found == answer()
    assert type(found.by_name["k"]) is Status and type(found.all[0]) is Status  # type: ignore[attr-defined]


@pytest.mark.parametrize("encode", [fastbinary.encode_binary, fastbinary.encode_compact])
def test_tuples_and_lists_make_the_same_bytes(encode: Any) -> None:
    spec = as_newer((Answer, Answer.thrift_spec))
    assert type(spec) is list and type(spec[1][0][3]) is list and type(spec[1][1][3][1]) is list
    assert encode(answer(), (Answer, Answer.thrift_spec)) == encode(answer(), spec)


def test_bytes_are_those_of_the_specification() -> None:
    out = TTransport.TMemoryBuffer()
    Answer(status=Status(code=1, infos=["a"])).write(TBinaryProtocol(out))
    assert out.getvalue() == bytes.fromhex("0c0000080001000000010f00020b0000000100000001610000")


def test_a_class_whose_tuple_has_no_fields_is_written_by_its_own_method() -> None:
    class Bare:
        thrift_spec = ()

        def __init__(self, n: int = 0) -> None:
            self.n = n

        def write(self, oprot: Any) -> None:
            oprot.writeStructBegin("Bare")
            oprot.writeFieldBegin("n", TType.I32, -3)
            oprot.writeI32(self.n)
            oprot.writeFieldEnd()
            oprot.writeFieldStop()
            oprot.writeStructEnd()

    class Holds(Old):
        thrift_spec = (None, (1, TType.STRUCT, "bare", (Bare, Bare.thrift_spec), None))

        def write(self, oprot: Any) -> None:
            if oprot._fast_encode is not None:
                oprot.trans.write(oprot._fast_encode(self, (self.__class__, self.thrift_spec)))
                return
            oprot.writeFieldBegin("bare", TType.STRUCT, 1)
            self.bare.write(oprot)  # type: ignore[attr-defined]
            oprot.writeFieldEnd()
            oprot.writeFieldStop()

    out = TTransport.TMemoryBuffer()
    Holds(bare=Bare(9)).write(TBinaryProtocol(out))
    assert out.getvalue() == bytes.fromhex("0c000108fffd000000090000")


@pytest.mark.parametrize("protocol", [TBinaryProtocolAccelerated, TCompactProtocolAccelerated])
@pytest.mark.parametrize("renew", [lambda spec: spec, newer], ids=["tuples", "lists"])
def test_what_is_no_struct_is_refused_and_not_written_as_an_empty_one(protocol: Any, renew: Any) -> None:
    class Holder(Old):
        thrift_spec = renew(Answer.thrift_spec)

    class Alike:
        code = 3

    for value in ({"code": 1}, "text", 5, object()):
        with pytest.raises(TypeError, match=r"Field 'status\(0\)' of 'Holder' needs type 'STRUCT'"):
            Holder(status=value).write(protocol(TTransport.TMemoryBuffer()))
        with pytest.raises(TypeError, match=r"Field 'all\(1\)' of 'Holder' needs type 'LIST"):
            Holder(all=[value]).write(protocol(TTransport.TMemoryBuffer()))
    out = TTransport.TMemoryBuffer()
    Holder(status=Alike()).write(protocol(out))
    found = Answer()
    found.read(protocol(TTransport.TMemoryBuffer(out.getvalue())))
    assert found.status.code == 3  # type: ignore[attr-defined]
