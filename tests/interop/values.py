"""The values that are sent both ways, and what each fixed call has to give."""

from __future__ import annotations

import functools
import uuid
from pathlib import Path
from typing import Any

import fastthrift
from fastthrift.protocol.binary import TBinaryProtocol
from fastthrift.transport import TMemoryBuffer

from . import words

HERE = Path(__file__).parent
idl: Any = fastthrift.load(str(HERE / "interop.thrift"), module_name="interop_thrift")
uuids: Any = fastthrift.load(str(HERE / "uuids.thrift"), module_name="uuids_thrift")

Color, Point, Shape, Tree, Mixed, Everything = idl.Color, idl.Point, idl.Shape, idl.Tree, idl.Mixed, idl.Everything
EVERYTHING = words.of_spec(words.STRUCT, Everything)

INFINITY = float("inf")
TEXTS = ["", "plain", "grüß dich", "日本語", "🌍 𝄞", '"quoted" \\ / slash', "é e\u0301 \u200d \ufeff"]


def _point(x: int, y: int) -> Any:
    return Point(x=x, y=y)


def _grove(depth: int) -> Any:
    return Tree(value=depth, children=[_grove(depth - 1)] if depth else [])


_SHAPE = Shape(group=[Shape(circle=1), Shape(group=[Shape(label="inner"), Shape(corner=_point(1, 2))])])

# Name: the fields of Everything that are set.
CASES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "bool_true": {"a_bool": True},
    "bool_false": {"a_bool": False},
    "integers": {"an_i8": 1, "an_i16": 2, "an_i32": 3, "an_i64": 4},
    "zeros": {"an_i8": 0, "an_i16": 0, "an_i32": 0, "an_i64": 0, "a_double": 0.0, "a_string": "", "a_binary": b""},
    "largest": {"an_i8": 127, "an_i16": 2**15 - 1, "an_i32": 2**31 - 1, "an_i64": 2**63 - 1},
    "smallest": {"an_i8": -128, "an_i16": -(2**15), "an_i32": -(2**31), "an_i64": -(2**63)},
    "i64_beyond_double": {"an_i64": 2**53 + 1, "a_moment": -(2**53) - 1},
    "double": {"a_double": 0.1},
    "double_extremes": {"doubles": [1.7976931348623157e308, 5e-324, 2.2250738585072014e-308, -1e100, 1 / 3]},
    "negative_zero": {"a_double": -0.0},
    "nan": {"a_double": float("nan")},
    "infinities": {"doubles": [INFINITY, -INFINITY]},
    "string": {"a_string": "fastthrift"},
    "unicode": {"strings": TEXTS},
    "control_characters": {"a_string": "\t\n\r\b\f\x01\x1f\x7f"},
    "nul_character": {"a_string": "a\0b"},
    "long_string": {"a_string": "0123456789abcdef" * 4096},
    "binary": {"a_binary": bytes(range(256))},
    "binaries": {"binaries": [b"", b"\0", b"\xff\xfe", b"abc", b"abcd"]},
    "enum": {"a_color": Color.BLUE, "colors": [Color.RED, Color.GREEN, Color.BLUE]},
    "unknown_enum": {"a_color": 7, "colors": [Color.RED, 7], "by_color": {7: "seven"}},
    "bools": {"bools": [True, False, False, True]},
    "numbers": {"i8s": [0, -1, 127], "i16s": [0, -300], "i32s": [0, 70000], "i64s": [0, -(2**40), 2**62 + 1]},
    "empty_containers": {"i32s": [], "strings": [], "i32_set": set(), "by_string": {}, "nested": {}},
    "long_list": {"i32s": list(range(-1000, 1000)), "bools": [True] * 15},
    "rows": {"rows": [[], [1], [1, 2, 3]]},
    "sets": {"i32_set": {-1, 0, 1, 2**31 - 1}, "string_set": {"", "a", "ü"}},
    "struct_set": {"point_set": {_point(1, 2), _point(2, 1)}},
    "points": {"points": [_point(0, 0), _point(-1, 2**31 - 1)]},
    "map_of_string": {"by_string": {"": 0, "a": 1, "grüß": -2}},
    "map_of_i32": {"by_i32": {0: "zero", -1: "minus one", 2**31 - 1: "many"}},
    "map_of_i64": {"by_i64": {5: 0.5, -(2**40): 1.5, 2**62 + 1: 2.5}},
    "map_of_bool": {"by_bool": {True: "yes", False: "no"}},
    "map_of_double": {"by_double": {0.5: 1, -1e100: 2}},
    "map_of_enum": {"by_color": {Color.RED: "red", Color.BLUE: "blue"}},
    "map_of_struct": {"by_point": {_point(1, 2): "a", _point(3, 4): "b"}},
    "nested": {"nested": {"a": [{1: {"x", "y"}, 2: set()}, {}], "b": []}},
    "groves": {"groves": {"north": {"oak": _grove(1)}, "south": {}}},
    "recursion": {"tree": Tree(value=1, children=[_grove(10), _grove(0), _grove(2)])},
    "union": {"shape": Shape(label="round")},
    "unions": {"shape": _SHAPE, "shapes": [Shape(circle=0), Shape(corner=_point(0, 0)), _SHAPE]},
    "requiredness": {"mixed": Mixed(must=1, usual=2, maybe=3, perhaps="four", text="five")},
    "optional_left_out": {"mixed": Mixed(must=0, usual=0, text="")},
    "far_ids": {"a_bool": True, "by_the_way": 1, "far": 300, "last": -32767},
}


def value_of(case: str) -> Any:
    return Everything(**CASES[case])


def write_cases(path: Path) -> None:
    """The file that peers read their values from: name and the binary form in hexadecimal digits."""
    lines = []
    for name in CASES:
        memory = TMemoryBuffer()
        TBinaryProtocol(memory).write_struct(value_of(name))
        lines.append(f"{name} {memory.getvalue().hex()}\n")
    path.write_text("".join(lines))


UUID = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")

ARGUMENTS = [
    True, -8, -1600, -320000, -(2**53) - 1, 2.5, "grüß 🌍", b"\0\xff\x80", Color.BLUE, [1, -1], {"a": 1, "b": -2},
    _point(3, 4),
]  # fmt: skip
ARGUMENT_TYPES = list(words.of_spec(words.STRUCT, idl.Peer.arguments_args).fields().values())

_BRANCHES = Tree(value=1, children=[Tree(value=2), Tree(value=3)])
WIDE = idl.Wide(
    first=1, a_bool=True, an_i8=2, an_i16=3, an_i32=4, an_i64=5, a_double=6.0, a_string="seven", a_binary=b"\x08",
    bools=[True, False], strings={"a", "b"}, lists={"c": [1, 2]}, tree=_BRANCHES, trees=[_BRANCHES, _BRANCHES],
    points={1: _point(2, 3)}, nothing={}, last="end",
)  # fmt: skip

# Step of a client: what it has to print. The names are those of the peers' programs.
STEPS: dict[str, Any] = {
    "ping": True,
    "arguments": [
        True, -8, -1600, -320000, -(2**53) - 1, "4004000000000000", "grüß 🌍", "00ff80", 40000000, [1, -1],
        [["a", 1], ["b", -2]], {"x": 3, "y": 4},
    ],
    "half": "4004000000000000",
    "reversed": "10ff00",
    "divide": 3,
    "refused": {"Refused": {"code": 1, "reason": "division by zero: ÷0"}},
    "broken": {"Broken": {"detail": "less than nothing", "places": [{"x": 7, "y": -2}]}},
    "fail": "TApplicationException",
    "after_fail": True,
    "unheard_of": {"TApplicationException": 1},
    "after_unheard_of": True,
    "note": True,
    "note_again": True,
    "notes": ["one", "two"],
    "narrow": {"first": 1, "last": "end"},
}  # fmt: skip
MULTIPLEXED_STEPS: dict[str, Any] = {"twice": 42, "nobody": {"TApplicationException": 1}, "after_nobody": True}
UUID_STEPS: dict[str, Any] = {"describe_uuid": str(UUID), "echo_uuid": str(UUID)}


def canonical_step(name: str, description: Any) -> Any:
    """What is compared of a step's answer."""
    if name == "arguments" and isinstance(description, list) and len(description) == len(ARGUMENT_TYPES):
        return [words.canonical(*pair) for pair in zip(ARGUMENT_TYPES, description)]
    if ":" in name:
        return words.canonical(EVERYTHING, description)
    if name == "fail" and isinstance(description, dict) and "TApplicationException" in description:
        return "TApplicationException"  # of INTERNAL_ERROR or UNKNOWN: the specification does not say
    return description


def expected(name: str) -> Any:
    """What a step has to give, in its canonical form."""
    if ":" in name:
        return _expected_of(name.partition(":")[2])
    return {**STEPS, **MULTIPLEXED_STEPS, **UUID_STEPS}[name]


@functools.cache
def _expected_of(case: str) -> Any:
    return words.canonical(EVERYTHING, words.described(EVERYTHING, value_of(case)))
