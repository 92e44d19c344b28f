"""Protocols used by hand, in any order of calls: what is written, given and raised is what Apache's give for the same calls."""

from __future__ import annotations

import importlib
import random
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("thrift")

ROOTS = {"ours": "fastthrift.apache", "theirs": "thrift"}
PROTOCOLS = ["TBinaryProtocol.TBinaryProtocol", "TCompactProtocol.TCompactProtocol"]

Call = tuple[str, tuple[Any, ...]]

TYPES = (2, 3, 4, 6, 8, 10, 11, 12, 13, 14, 15, 16)
UUID = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")
WRITES: list[Call] = [
    ("writeMessageBegin", ("m", 1, 0)),
    ("writeMessageBegin", ("é", 2, -1)),
    ("writeMessageBegin", ("x" * 20, 4, 2**31 - 1)),
    ("writeMessageEnd", ()),
    ("writeStructBegin", ("S",)),
    ("writeStructEnd", ()),
    ("writeFieldStop", ()),
    ("writeFieldEnd", ()),
    *[("writeFieldBegin", ("f", ttype, fid)) for ttype in TYPES for fid in (1, 2, 16, -5, 300)],
    ("writeMapBegin", (8, 11, 0)),
    ("writeMapBegin", (8, 11, 2)),
    ("writeMapEnd", ()),
    ("writeListBegin", (8, 3)),
    ("writeListBegin", (2, 15)),
    ("writeListEnd", ()),
    ("writeSetBegin", (11, 14)),
    ("writeSetEnd", ()),
    ("writeBool", (True,)),
    ("writeBool", (False,)),
    ("writeByte", (127,)),
    ("writeByte", (-128,)),
    ("writeByte", (128,)),
    ("writeI16", (300,)),
    ("writeI16", (-(2**15),)),
    ("writeI16", (40000,)),
    ("writeI32", (2**31 - 1,)),
    ("writeI32", (-(2**31),)),
    ("writeI32", (2**31,)),
    ("writeI64", (2**63 - 1,)),
    ("writeI64", (-(2**63),)),
    ("writeI64", (2**63,)),
    ("writeDouble", (1.5,)),
    ("writeDouble", (float("-inf"),)),
    ("writeString", ("é",)),
    ("writeString", ("",)),
    ("writeBinary", (b"\xff\x00",)),
    ("writeBinary", (bytes(300),)),
    ("writeUuid", (UUID,)),
]
READS: list[Call] = [
    *[(f"read{what}{end}", ()) for what in ("Message", "Struct", "Map", "List", "Set") for end in ("Begin", "End")],
    ("readFieldBegin", ()),
    ("readFieldBegin", ()),
    ("readFieldEnd", ()),
    *[(f"read{kind}", ()) for kind in ("Bool", "Byte", "I16", "I32", "I64", "Double", "String", "Binary", "Uuid")],
    *[("skip", (ttype,)) for ttype in (*TYPES, 5, 99)],
]
# How messages, structs, containers and strings begin, in either protocol, whole and cut off.
STARTS = [
    "82210003616464", "8001000100000003616464000000000800", "15021500", "080001000000050b00020000000468c3a97900", "1902",
    "f520", "00", "ff", "18056162636465", "8080808010", "0b", "000000026162", "7fffffff", "80000000", "1b02885602",
    "fe000000010001", "0c00010c00010c00", "1c1c1c1c00000000", "19fc80808008", "1bffffffff0f88",
]  # fmt: skip

# What Apache's raise, and what ours raise in their place besides their own classes.
INSTEAD = {
    "KeyError": "TProtocolException",  # a compact type that there is not
    "UnicodeDecodeError": "TTransportException",  # strings that are skipped may be no text: what comes behind them is read
}


def part(who: str, path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(f"{ROOTS[who]}.{module}"), name)


def outcomes(
    who: str, protocol: str, calls: list[Call], data: bytes | None
) -> tuple[list[Any], Any, BaseException | None]:
    """What each call gives, what was written (or how far was read), and what was raised, which ends it."""
    trans = part(who, "transport.TTransport.TMemoryBuffer")(data)
    prot = part(who, f"protocol.{protocol}")(trans)
    given: list[Any] = []
    raised: BaseException | None = None
    for name, arguments in calls:
        try:
            given.append(repr(getattr(prot, name)(*arguments)))
        except Exception as error:
            raised = error
            break
    return given, trans.getvalue() if data is None else trans._buffer.tell(), raised


def names(error: BaseException | None) -> set[str]:
    return set() if error is None else {each.__name__ for each in type(error).__mro__}


def compare(protocol: str, calls: list[Call], data: bytes | None) -> None:
    ours, theirs = (outcomes(who, protocol, calls, data) for who in ROOTS)
    if data is not None and isinstance(ours[2], OverflowError) and len(theirs[0]) >= len(ours[0]):
        return  # a varint with more bits than its type: Apache's compact reader gives it, or goes over it
    where = (calls, data.hex() if data else data, ours, theirs)
    if theirs[2] is None:
        assert ours == theirs, where
        return
    if type(theirs[2]).__name__ == "UnicodeDecodeError" and calls[len(theirs[0])][0] == "skip":
        return  # ours goes over it
    raised = names(ours[2])
    kind = type(theirs[2]).__name__
    assert kind in raised or INSTEAD.get(kind) in raised, where
    assert ours[0] == theirs[0], where
    if kind in ("TProtocolException", "TTransportException"):
        assert getattr(ours[2], "type", None) in (getattr(theirs[2], "type", None), 1), where


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_calls_in_any_order_write_what_apaches_write(protocol: str) -> None:
    for seed in range(1500):
        rng = random.Random(seed)
        compare(protocol, [rng.choice(WRITES) for _ in range(rng.randint(1, 7))], None)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_calls_in_any_order_read_what_apaches_read(protocol: str) -> None:
    for seed in range(1500):
        rng = random.Random(seed)
        calls = [rng.choice(READS) for _ in range(rng.randint(1, 6))]
        if "Binary" in protocol:
            # The head of a message is read at once, so how far a bad one is read differs.
            calls = [each for each in calls if each[0] != "readMessageBegin"]
        elif rng.random() < 0.6:
            calls.insert(0, ("readStructBegin", ()))
        rest = bytes(rng.choice([0, 1, 2, 8, 11, 12, 15, 24, 0x18, 0xFF, 0x80]) for _ in range(rng.randint(0, 20)))
        compare(protocol, calls, bytes.fromhex(rng.choice(STARTS)) + rest)


def well_formed(rng: random.Random, depth: int = 3) -> Iterator[Call]:
    """A struct by hand, with any fields in any order."""
    yield "writeStructBegin", ("S",)
    for fid in rng.sample([1, 2, 3, 14, 15, 16, 17, 30, 31, 47, 300, 32767], rng.randint(0, 6)):
        ttype = rng.choice(TYPES)
        yield "writeFieldBegin", ("f", ttype, fid)
        yield from a_value(rng, ttype, depth)
        yield "writeFieldEnd", ()
    yield "writeFieldStop", ()
    yield "writeStructEnd", ()


def a_value(rng: random.Random, ttype: int, depth: int) -> Iterator[Call]:
    if ttype == 12:
        yield from (
            well_formed(rng, depth - 1)
            if depth
            else iter([("writeStructBegin", ("E",)), ("writeFieldStop", ()), ("writeStructEnd", ())])
        )
    elif ttype == 13:
        key, value, size = rng.choice(TYPES[:7]), rng.choice(TYPES if depth else TYPES[:7]), rng.choice([0, 1, 3])
        yield "writeMapBegin", (key, value, size)
        for _ in range(size):
            yield from a_value(rng, key, depth - 1)
            yield from a_value(rng, value, depth - 1)
        yield "writeMapEnd", ()
    elif ttype in (14, 15):
        what = "Set" if ttype == 14 else "List"
        element, size = rng.choice(TYPES if depth else TYPES[:7]), rng.choice([0, 1, 14, 15, 16])
        yield f"write{what}Begin", (element, size if depth > 1 else min(size, 2))
        for _ in range(size if depth > 1 else min(size, 2)):
            yield from a_value(rng, element, depth - 1)
        yield f"write{what}End", ()
    else:
        yield rng.choice([each for each in WRITES if each[0] == VALUE_WRITER[ttype] and fits(each[1][0])])


VALUE_WRITER = {
    2: "writeBool", 3: "writeByte", 4: "writeDouble", 6: "writeI16", 8: "writeI32", 10: "writeI64", 11: "writeString",
    16: "writeUuid",
}  # fmt: skip


def fits(value: Any) -> bool:
    return not isinstance(value, int) or value not in (128, 40000, 2**31, 2**63)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_structs_by_hand_are_apaches_and_either_skips_the_others(protocol: str) -> None:
    for seed in range(120):
        calls: list[Call] = [
            ("writeMessageBegin", ("call", 1, seed)),
            *well_formed(random.Random(seed)),
            ("writeMessageEnd", ()),
        ]
        written = {who: outcomes(who, protocol, calls, None) for who in ROOTS}
        assert written["ours"] == written["theirs"], calls
        assert written["ours"][2] is None
        data = written["ours"][1]
        reading: list[Call] = [("readMessageBegin", ()), ("skip", (12,)), ("readMessageEnd", ())]
        for who in ROOTS:
            assert outcomes(who, protocol, reading, data) == ([f"('call', 1, {seed})", "None", "None"], len(data), None)
        # What is cut off anywhere is refused by both, never read as something shorter.
        for end in random.Random(seed).sample(range(len(data)), min(len(data), 8)):
            for who in ROOTS:
                assert outcomes(who, protocol, reading, data[:end])[2] is not None, (who, data[:end].hex())


@pytest.mark.parametrize("protocol", ["TJSONProtocol.TJSONProtocol", "TJSONProtocol.TSimpleJSONProtocol"])
def test_json_by_hand_is_apaches(protocol: str) -> None:
    for seed in range(150):
        calls: list[Call] = [
            ("writeMessageBegin", ('ca"ll\\é', 1, seed)),
            # Apache's write infinities bare, which is no JSON.
            *[
                (name, (0.5,)) if name == "writeDouble" else (name, args)
                for name, args in well_formed(random.Random(seed))
            ],
            ("writeMessageEnd", ()),
        ]
        written = {who: outcomes(who, protocol, calls, None) for who in ROOTS}
        assert written["ours"] == written["theirs"], calls
        if "Simple" in protocol:
            continue  # nobody reads it
        data = written["ours"][1]
        reading: list[Call] = [("readMessageBegin", ()), ("skip", (12,)), ("readMessageEnd", ())]
        for who in ROOTS:
            given, _, raised = outcomes(who, protocol, reading, data)
            assert raised is None, (who, raised)
            assert given[0] == repr(('ca"ll\\é', 1, seed)), who


@pytest.mark.parametrize(
    ("call", "bits"), [(("writeByte", (128,)), 8), (("writeI16", (2**15,)), 16), (("writeI32", (2**31,)), 32), (("writeI64", (-(2**63) - 1,)), 64)]
)  # fmt: skip
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_number_that_does_not_fit_is_refused_and_nothing_of_it_written(protocol: str, call: Call, bits: int) -> None:
    before: list[Call] = [
        ("writeStructBegin", ("S",)),
        ("writeFieldBegin", ("f", {8: 3, 16: 6, 32: 8, 64: 10}[bits], 1)),
    ]
    _, start, _ = outcomes("ours", protocol, before, None)
    for who in ROOTS:
        _, written, raised = outcomes(who, protocol, [*before, call], None)
        assert written == start
        assert names(raised) & {"TProtocolException", "error"}, who
    ours = outcomes("ours", protocol, [*before, call], None)[2]
    assert {"TProtocolException", "OverflowError", "error"} <= names(ours)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_protocol_is_usable_after_an_error(protocol: str) -> None:
    """As long as the caller begins with what is allowed where the error left it."""
    for who in ROOTS:
        trans = part(who, "transport.TTransport.TMemoryBuffer")()
        prot = part(who, f"protocol.{protocol}")(trans)
        prot.writeStructBegin("S")
        prot.writeFieldBegin("f", 8, 1)
        with pytest.raises(Exception):  # noqa: B017 - either's
            prot.writeI32(2**40)
        prot.writeI32(7)
        prot.writeFieldEnd()
        prot.writeFieldStop()
        prot.writeStructEnd()
        assert trans.getvalue().hex() == ("0800010000000700" if "Binary" in protocol else "150e00")


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("changed", ["writeI32", "readI32", "skip", "writeFieldBegin"])
def test_a_subclass_with_its_own_ways_is_asked_for_each_value(protocol: str, changed: str) -> None:
    base = part("ours", f"protocol.{protocol}")
    asked: list[Any] = []

    def own(self: Any, *arguments: Any) -> Any:
        asked.append(arguments)
        return getattr(base, changed)(self, *arguments)

    kind = type("Own", (base,), {changed: own})
    spec = (None, (1, 8, "n", None, None))
    holder: Any = type("S", (), {"thrift_spec": spec, "n": 5})()
    trans = part("ours", "transport.TTransport.TMemoryBuffer")()
    kind(trans).writeStruct(holder, spec)
    assert trans.getvalue().hex() == ("0800010000000500" if "Binary" in protocol else "150a00")
    found: Any = type("S", (), {"thrift_spec": spec, "n": None})()
    reader = kind(part("ours", "transport.TTransport.TMemoryBuffer")(trans.getvalue() * 2))
    reader.readStruct(found, spec)
    assert found.n == 5
    reader.skip(12)
    assert asked, changed
    is_write = changed.startswith("write")
    prot = kind(part("ours", "transport.TTransport.TMemoryBuffer")())
    assert (prot._fast_encode is None, prot._fast_decode is None) == (is_write, not is_write)
