"""The bases of code generated with ``py:dynamic``, the closing of circles in specs, and decorators: what Apache's do."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

pytest.importorskip("thrift")

ROOTS = {"ours": "fastthrift.apache", "theirs": "thrift"}
PROTOCOLS = ["TBinaryProtocol.TBinaryProtocol", "TBinaryProtocol.TBinaryProtocolAccelerated",
             "TCompactProtocol.TCompactProtocol", "TCompactProtocol.TCompactProtocolAccelerated"]  # fmt: skip
I32, STRING, STRUCT, MAP, SET, LIST = 8, 11, 12, 13, 14, 15


def part(who: str, path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(f"{ROOTS[who]}.{module}"), name)


def memory(who: str, data: bytes | None = None) -> Any:
    return part(who, "transport.TTransport.TMemoryBuffer")(data)


def structs(who: str, base: str = "TBase") -> Any:
    """Node {1: i32 n, 2: string text, 3: Node next, 4: list<Node> more, 5: map<string, Node> named, 6: set<i32> ids}."""
    cls: Any

    def init(
        self: Any,
        n: Any = None,
        text: Any = None,
        next: Any = None,
        more: Any = None,
        named: Any = None,
        ids: Any = None,
    ) -> None:
        for name, value in (("n", n), ("text", text), ("next", next), ("more", more), ("named", named), ("ids", ids)):
            setattr(self, name, value)

    names = ("n", "text", "next", "more", "named", "ids")
    is_immutable = "Frozen" in base
    body = {"__slots__": names, "__init__": init, "__module__": __name__}
    cls = type("Node", (part(who, f"protocol.TBase.{base}"),), body)
    cls.thrift_spec = (
        None,
        (1, I32, "n", None, None),
        (2, STRING, "text", "UTF8", None),
        (3, STRUCT, "next", [cls, None], None),
        (4, LIST, "more", (STRUCT, [cls, None], is_immutable), None),
        (5, MAP, "named", (STRING, "UTF8", STRUCT, [cls, None], is_immutable), None),
        (6, SET, "ids", (I32, None, is_immutable), None),
    )
    part(who, "TRecursive.fix_spec")([cls])
    return cls


def tree(cls: Any) -> Any:
    leaf = cls(n=-1, text="é")
    return cls(n=7, text="", next=cls(next=leaf), more=[leaf, cls()], named={"k": leaf}, ids={3})


def test_circles_are_closed_wherever_the_class_stands() -> None:
    for who in ROOTS:
        cls = structs(who)
        spec = cls.thrift_spec
        assert spec[3][3][1] is spec
        assert spec[4][3][1][1] is spec
        assert spec[5][3][3][1] is spec
        part(who, "TRecursive.fix_spec")([cls])  # again changes nothing
        assert spec[3][3] == [cls, spec]


@pytest.mark.parametrize(
    "args",
    [
        (LIST, (LIST, (STRUCT, None, False), False)),
        (MAP, (STRUCT, None, LIST, (STRUCT, None, False), False)),
        (SET, (MAP, (I32, None, SET, (STRUCT, None, True), True), True)),
        (MAP, (I32, None, I32, None, False)),
        (LIST, (I32, None, False)),
    ],
)
def test_circles_are_closed_at_any_depth_of_containers(args: Any) -> None:
    found = {}
    for who in ROOTS:
        cls = type("Deep", (), {})

        def with_class(spec: Any, cls: Any = cls) -> Any:
            if not isinstance(spec, tuple):
                return spec
            made = [with_class(each) for each in spec]
            for at, each in enumerate(made[:-1]):
                if each == STRUCT and made[at + 1] is None:
                    made[at + 1] = [cls, None]
            return tuple(made)

        ttype, inner = args
        cls.thrift_spec = (None, (1, ttype, "x", with_class(inner), None))  # type: ignore[attr-defined]
        part(who, "TRecursive.fix_spec")([cls])
        found[who] = str(cls.thrift_spec).count("...")  # type: ignore[attr-defined]
        holes = str(cls.thrift_spec).count("Deep'>, None]")  # type: ignore[attr-defined]
        assert holes == 0
    assert found["ours"] == found["theirs"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("base", ["TBase", "TExceptionBase", "TFrozenBase", "TFrozenExceptionBase"])
def test_structs_read_and_write_themselves_as_apaches(base: str, protocol: str) -> None:
    if base == "TFrozenBase":
        made = {who: structs(who, base)(n=7, text="é", ids=frozenset({3})) for who in ROOTS}
    else:
        made = {who: tree(structs(who, base)) for who in ROOTS}
    written = {}
    for who, value in made.items():
        trans = memory(who)
        value.write(part(who, f"protocol.{protocol}")(trans))
        written[who] = trans.getvalue()
    assert written["ours"] == written["theirs"]
    shown = {}
    for who, value in made.items():
        cls = type(value)
        source = part(who, f"protocol.{protocol}")(memory(who, written["theirs"]))
        if "Frozen" in base:
            again = cls.read(source)
        else:
            again = cls()
            assert again.read(source) is None
        shown[who] = repr(again)
        assert again.n == 7
    assert shown["ours"] == shown["theirs"]


@pytest.mark.parametrize("base", ["TBase", "TExceptionBase", "TFrozenBase", "TFrozenExceptionBase"])
def test_equality_hash_and_repr_are_apaches(base: str) -> None:
    found = {}
    for who in ROOTS:
        cls = structs(who, base)
        first, same, other = cls(n=1, text="a"), cls(n=1, text="a"), cls(n=2)
        other_class = structs(who, base)(n=1, text="a")
        hashes: Any
        try:
            hashes = hash(first) == hash(same)
        except TypeError:
            hashes = "none"
        found[who] = (
            repr(first),
            first == same,
            first != same,
            first == other,
            first == other_class,
            first == 5,
            hashes,
        )
    assert found["ours"] == found["theirs"]


@pytest.mark.parametrize("base", ["TFrozenBase", "TFrozenExceptionBase"])
def test_frozen_structs_have_no_items_to_set(base: str) -> None:
    for who in ROOTS:
        value = structs(who, base)(n=1)
        with pytest.raises(TypeError, match="Can't modify frozen struct"):
            value["n"] = 2
        with pytest.raises(TypeError, match="Can't modify frozen struct"):
            del value["n"]
        assert {value: "key"}[structs_equal(value)] == "key"


def structs_equal(value: Any) -> Any:
    return type(value)(n=value.n)


def test_exceptions_are_raised_and_caught() -> None:
    for who in ROOTS:
        for base in ("TExceptionBase", "TFrozenExceptionBase"):
            error = structs(who, base)(n=3)
            with pytest.raises(part(who, "protocol.TBase.TExceptionBase")) as caught:
                raise error
            assert caught.value is error


class Noting:
    """A decorator that notes what passes through it."""

    def __init__(self, protocol: Any, log: list[Any]) -> None:
        self.log = log

    def writeMessageBegin(self, name: str, type: int, seqid: int) -> None:
        self.log.append((name, type, seqid))
        super().writeMessageBegin(name, type, seqid)  # type: ignore[misc]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_decorator_is_of_both_classes_and_sees_calls(protocol: str) -> None:
    written = {}
    for who in ROOTS:
        decorator = type("Decorator", (Noting, part(who, "protocol.TProtocolDecorator.TProtocolDecorator")), {})
        wrapped = part(who, f"protocol.{protocol}")(memory(who))
        log: list[Any] = []
        decorated: Any = decorator(wrapped, log)
        assert isinstance(decorated, type(wrapped)) and isinstance(decorated, decorator)
        assert decorated.trans is wrapped.trans
        decorated.writeMessageBegin("m", 1, 5)
        tree(structs(who)).write(decorated)
        decorated.writeMessageEnd()
        assert log == [("m", 1, 5)]
        written[who] = wrapped.trans.getvalue()
    assert written["ours"] == written["theirs"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(("message_type", "name"), [(1, "Service:m"), (4, "Service:m"), (2, "m"), (3, "m")])
def test_a_multiplexed_protocol_names_the_service_in_calls_alone(protocol: str, message_type: int, name: str) -> None:
    for who in ROOTS:
        wrapped = part(who, f"protocol.{protocol}")(memory(who))
        multiplexed = part(who, "protocol.TMultiplexedProtocol.TMultiplexedProtocol")(wrapped, "Service")
        multiplexed.writeMessageBegin("m", message_type, 9)
        multiplexed.writeMessageEnd()
        reading = part(who, f"protocol.{protocol}")(memory(who, wrapped.trans.getvalue()))
        assert reading.readMessageBegin() == (name, message_type, 9), who


def test_a_decorated_protocol_cannot_be_decorated_by_the_same_class() -> None:
    for who in ROOTS:
        multiplexed = part(who, "protocol.TMultiplexedProtocol.TMultiplexedProtocol")
        once = multiplexed(part(who, "protocol.TBinaryProtocol.TBinaryProtocol")(memory(who)), "Inner")
        with pytest.raises(TypeError, match="consistent method resolution"):
            multiplexed(once, "Outer")
