"""Structs and containers by any ``thrift_spec``, read and written value by value and natively: as Apache's protocols do it."""

from __future__ import annotations

import copy
import importlib
import pickle
import random
from typing import Any

import pytest

pytest.importorskip("thrift")

from fastthrift.transport.failures import lost

ROOTS = {"ours": "fastthrift.apache", "theirs": "thrift"}
PROTOCOLS = {
    "binary": "TBinaryProtocol.TBinaryProtocol",
    "compact": "TCompactProtocol.TCompactProtocol",
    "json": "TJSONProtocol.TJSONProtocol",
}
BOOL, BYTE, DOUBLE, I16, I32, I64, STRING, STRUCT, MAP, SET, LIST = 2, 3, 4, 6, 8, 10, 11, 12, 13, 14, 15
BITS = {BYTE: 8, I16: 16, I32: 32, I64: 64}
SCALARS = (BOOL, BYTE, DOUBLE, I16, I32, I64, STRING)


def part(who: str, path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(f"{ROOTS[who]}.{module}"), name)


def transport(who: str, data: bytes | None = None) -> Any:
    return part(who, "transport.TTransport.TMemoryBuffer")(data)


def protocol(who: str, name: str, trans: Any) -> Any:
    """One that asks Python for each value: a subclass with its own way to do some."""
    base = part(who, f"protocol.{PROTOCOLS[name]}")
    own = type("Plain", (base,), {each: _same(base, each) for each in ("writeI32", "readI32", "writeFieldEnd")})
    return own(trans)


def _same(base: Any, name: str) -> Any:
    return lambda self, *arguments: getattr(base, name)(self, *arguments)


class Shape:
    """A random type: its number, its spec, and values of it."""

    def __init__(self, rng: random.Random, depth: int, hashable: bool = False) -> None:
        self.rng = rng
        self.ttype = rng.choice(SCALARS if not depth or hashable else (*SCALARS, MAP, SET, LIST, STRUCT))
        self.spec: Any = None
        if self.ttype == STRING:
            self.spec = rng.choice(["UTF8", "BINARY", None])
        elif self.ttype in (SET, LIST):
            self.inner = Shape(rng, depth - 1, hashable=self.ttype == SET)
            self.spec = (self.inner.ttype, self.inner.spec, False)
        elif self.ttype == MAP:
            self.key, self.value = Shape(rng, depth - 1, hashable=True), Shape(rng, depth - 1)
            self.spec = (self.key.ttype, self.key.spec, self.value.ttype, self.value.spec, False)
        elif self.ttype == STRUCT:
            self.fields = fields_of(rng, depth - 1)
            self.cls = struct_class(self.fields)
            self.spec = [self.cls, self.cls.thrift_spec]

    def make(self) -> Any:
        rng = self.rng
        if self.ttype == BOOL:
            return rng.random() < 0.5
        if self.ttype == DOUBLE:
            return rng.choice([1.5, -0.25, 1023.75])  # those of which JSON has one spelling
        if self.ttype in BITS:
            top = 2 ** (BITS[self.ttype] - 1)
            return rng.choice([0, 1, -1, top - 1, -top, rng.randrange(-top, top)])
        if self.ttype == STRING:
            if self.spec == "BINARY":
                return bytes(rng.randrange(256) for _ in range(rng.choice([0, 1, 5, 200])))
            return rng.choice(["", "a", "é\U0001f600", 'quo"te\\', "\n\t", "x" * 200])
        if self.ttype == LIST:
            return [self.inner.make() for _ in range(rng.choice([0, 1, 14, 15, 16]))]
        if self.ttype == SET:
            return {self.inner.make()} if rng.random() < 0.8 else set()
        if self.ttype == MAP:
            return {self.key.make(): self.value.make()} if rng.random() < 0.8 else {}
        return filled(self.cls, self.fields)


def fields_of(rng: random.Random, depth: int) -> list[tuple[int, str, Shape]]:
    ids = sorted(rng.sample(range(1, 40), rng.randint(0, 5)))
    return [(fid, f"f{fid}", Shape(rng, depth)) for fid in ids]


def struct_class(fields: list[tuple[int, str, Shape]]) -> Any:
    """As Apache's compiler writes them: a spec with None for ids that there are not, fields as attributes."""
    spec: list[Any] = [None] * (max((fid for fid, _, _ in fields), default=0) + 1)
    for fid, name, shape in fields:
        spec[fid] = (fid, shape.ttype, name, shape.spec, None)

    def __init__(self: Any) -> None:
        for _, name, _ in fields:
            setattr(self, name, None)

    def write(self: Any, oprot: Any) -> None:
        oprot.writeStruct(self, self.thrift_spec)

    def read(self: Any, iprot: Any) -> None:
        iprot.readStruct(self, self.thrift_spec)

    body = {"__init__": __init__, "__module__": __name__, "thrift_spec": tuple(spec), "write": write, "read": read}
    return type("Shaped", (), body)


def filled(cls: Any, fields: list[tuple[int, str, Shape]]) -> Any:
    made = cls()
    for _, name, shape in fields:
        if shape.rng.random() < 0.85:
            setattr(made, name, shape.make())
    return made


def shown(value: Any) -> Any:
    if hasattr(value, "thrift_spec"):
        return {name: shown(each) for name, each in vars(value).items()}
    if isinstance(value, (list, tuple)):
        return [shown(each) for each in value]
    if isinstance(value, dict):
        return {key: shown(each) for key, each in value.items()}
    return repr(value)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_random_structs_are_apaches_bytes_and_values(name: str) -> None:
    for seed in range(120):
        fields = fields_of(random.Random(seed), 3)
        cls = struct_class(fields)
        value = filled(cls, fields)
        written = {}
        for who in ROOTS:
            trans = transport(who)
            protocol(who, name, trans).writeStruct(value, cls.thrift_spec)
            written[who] = trans.getvalue()
        assert written["ours"] == written["theirs"], shown(value)
        for who in ROOTS:
            found, trans = cls(), transport(who, written["theirs"])
            protocol(who, name, trans).readStruct(found, cls.thrift_spec)
            assert shown(found) == shown(value)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_struct_of_another_schema_is_read_as_apaches_read_it(name: str) -> None:
    """Ids that the reader does not have, or has with another type, are skipped."""
    for seed in range(80):
        rng = random.Random(seed)
        fields = fields_of(rng, 2)
        others = fields_of(rng, 2)
        cls, other = struct_class(fields), struct_class(others)
        trans = transport("theirs")
        protocol("theirs", name, trans).writeStruct(filled(cls, fields), cls.thrift_spec)
        read = {}
        for who in ROOTS:
            found, source = other(), transport(who, trans.getvalue())
            try:
                protocol(who, name, source).readStruct(found, other.thrift_spec)
                read[who] = shown(found)
            except Exception as error:
                read[who] = error
        if isinstance(read["theirs"], UnicodeDecodeError) or (name == "json" and isinstance(read["theirs"], Exception)):
            continue  # ours goes over strings that are no text, and over numbers that are none
        if isinstance(read["theirs"], Exception):  # containers of other elements: what follows is anything
            read = {who: (type(each).__name__, str(each)) for who, each in read.items()}
        assert read["ours"] == read["theirs"], seed


FROZEN_SPEC = (
    None,
    (1, LIST, "numbers", (I32, None, True), None),
    (2, SET, "names", (STRING, "UTF8", True), None),
    (3, MAP, "by_name", (STRING, "UTF8", LIST, (I32, None, True), True), None),
)


class Frozen:
    thrift_spec = FROZEN_SPEC

    def __init__(self, numbers: Any = None, names: Any = None, by_name: Any = None) -> None:
        self.numbers, self.names, self.by_name = numbers, names, by_name


@pytest.mark.parametrize("name", PROTOCOLS)
def test_immutable_containers_are_tuples_frozensets_and_hashable_dicts(name: str) -> None:
    written = {}
    for who in ROOTS:
        trans = transport(who)
        protocol(who, name, trans).writeStruct(Frozen([1, 2], {"a"}, {"k": [3]}), FROZEN_SPEC)
        written[who] = trans.getvalue()
    assert written["ours"] == written["theirs"]
    for who in ROOTS:
        made = protocol(who, name, transport(who, written["ours"])).readStruct(Frozen, FROZEN_SPEC, True)
        assert (made.numbers, made.names, made.by_name) == ((1, 2), frozenset({"a"}), {"k": (3,)})
        assert type(made.by_name).__name__ == "TFrozenDict"
        assert hash(made.by_name) == hash(type(made.by_name)({"k": (3,)}))
        with pytest.raises(TypeError):
            made.by_name["z"] = ()


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize(
    ("ttype", "spec"), [(5, None), (7, None), (9, None), (17, None), (99, None), (-3, None), (0, None)]
)
def test_a_type_that_there_is_not_is_refused_in_both_directions(name: str, ttype: int, spec: Any) -> None:
    for who in ROOTS:
        for call in ("writeFieldByTType", "readFieldByTType"):
            prot = protocol(who, name, transport(who, b"\x00" * 16))
            arguments = (ttype, 1, spec) if call.startswith("write") else (ttype, spec)
            with pytest.raises(Exception) as caught:  # noqa: B017 - either's
                getattr(prot, call)(*arguments)
            kind = part(who, "protocol.TProtocol.TProtocolException")
            if who == "ours":
                assert isinstance(caught.value, kind) and caught.value.type == kind.INVALID_DATA
                assert str(caught.value.message) == f"Invalid type {ttype}"


class Chain:
    def __init__(self, next_: Any = None) -> None:
        self.next = next_

    def write(self, oprot: Any) -> None:
        oprot.writeStruct(self, self.thrift_spec)

    def read(self, iprot: Any) -> None:
        iprot.readStruct(self, self.thrift_spec)

    thrift_spec: Any = None


Chain.thrift_spec = (None, (1, STRUCT, "next", [Chain, None], None))
Chain.thrift_spec[1][3][1] = Chain.thrift_spec


def chain(length: int) -> Chain:
    made = Chain()
    for _ in range(length - 1):
        made = Chain(made)
    return made


@pytest.mark.parametrize("name", ["binary", "compact"])
@pytest.mark.parametrize(("length", "fits"), [(1, True), (63, True), (64, True), (65, False), (2000, False)])
def test_sixty_four_structs_may_be_inside_each_other(name: str, length: int, fits: bool) -> None:
    exception = part("ours", "protocol.TProtocol.TProtocolException")
    prot = protocol("ours", name, transport("ours"))
    if fits:
        prot.writeStruct(chain(length), Chain.thrift_spec)
        data = prot.trans.getvalue()
        found = Chain()
        protocol("ours", name, transport("ours", data)).readStruct(found, Chain.thrift_spec)
        depth = 0
        while found is not None:
            depth, found = depth + 1, found.next
        assert depth == length
        return
    with pytest.raises(exception) as caught:
        prot.writeStruct(chain(length), Chain.thrift_spec)
    assert (caught.value.type, str(caught.value)) == (exception.DEPTH_LIMIT, "Maximum recursion depth exceeded")
    assert prot._recursion_depth == 0  # the protocol is as it was
    start = {"binary": b"\x0c\x00\x01", "compact": b"\x1c"}[name]
    for call in (lambda each: each.readStruct(Chain(), Chain.thrift_spec), lambda each: each.skip(STRUCT)):
        reading = protocol("ours", name, transport("ours", start * length + bytes(length)))
        with pytest.raises(exception) as caught:
            call(reading)
        assert caught.value.type == exception.DEPTH_LIMIT
        assert reading._recursion_depth == 0


@pytest.mark.parametrize(
    ("bits", "number", "fits"),
    [
        (bits, number, -(1 << (bits - 1)) <= number < 1 << (bits - 1))
        for bits in (8, 16, 32, 64)
        for number in (0, (1 << (bits - 1)) - 1, 1 << (bits - 1), -(1 << (bits - 1)), -(1 << (bits - 1)) - 1)
    ],
)
def test_integer_limits_are_those_of_the_types(bits: int, number: int, fits: bool) -> None:
    check = part("ours", "protocol.TProtocol.checkIntegerLimits")
    if fits:
        check(number, bits)
        part("theirs", "protocol.TProtocol.checkIntegerLimits")(number, bits)
        return
    for who in ROOTS:
        with pytest.raises(part(who, "protocol.TProtocol.TProtocolException")) as caught:
            part(who, "protocol.TProtocol.checkIntegerLimits")(number, bits)
        assert str(caught.value) == str(caught.value.message)
    with pytest.raises(
        OverflowError, match=f"i{bits} requires -{1 << (bits - 1)} <= number <= {(1 << (bits - 1)) - 1}"
    ):
        check(number, bits)


# Apache's own lose their text where they are pickled: str() of them is "None".
EXCEPTIONS: list[tuple[str, Any]] = [
    ("TProtocolException", (4, "no version")),
    ("TProtocolSizeError", (6, "long")),
    ("TProtocolTypeError", (1, "no int")),
    ("TProtocolRangeError", (1, "i8 requires")),
    ("TProtocolDataError", (1, "surrogates")),
    ("TProtocolTextError", ("utf-8", b"\xff", 0, 1, "invalid start byte")),
]


@pytest.mark.parametrize(("name", "arguments"), EXCEPTIONS)
def test_exceptions_are_at_home_in_tprotocol_whatever_file_has_them(name: str, arguments: Any) -> None:
    kind = part("ours", f"protocol.TProtocol.{name}")
    assert (kind.__module__, kind.__qualname__) == ("fastthrift.apache.protocol.TProtocol", name)
    error = kind(*arguments)
    assert isinstance(error, part("ours", "protocol.TProtocol.TProtocolException"))
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.type, again.message) == (kind, str(error), error.type, error.message)


@pytest.mark.parametrize(
    ("path", "arguments"),
    [
        ("Thrift.TApplicationException", (1, "no method")),
        ("transport.TTransport.TTransportException", (1, "not open")),
        ("transport.TTransport.TTransportEOF", ()),
        ("transport.TTransport.TTransportTimeout", (3, "late")),
    ],
)
def test_exceptions_of_a_type_and_a_message_pickle_whole(path: str, arguments: Any) -> None:
    error = part("ours", path)(*arguments)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
    assert str(copy.copy(error)) == str(error)


@pytest.mark.parametrize("shared", [ConnectionRefusedError, ConnectionResetError, BrokenPipeError, PermissionError])
def test_a_failure_of_the_system_pickles_as_both_of_its_classes(shared: type[OSError]) -> None:
    kind = part("ours", "transport.TTransport.TTransportException")

    @importlib.import_module("fastthrift.apache.failures").raises_apaches
    def fail() -> None:
        raise lost(shared(111, "refused"), "TSocket: refused while reading")

    with pytest.raises(kind) as caught:
        fail()
    again = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(again, shared) and isinstance(again, kind)
    assert (again.type, again.message, again.errno) == (caught.value.type, "TSocket: refused while reading", 111)
