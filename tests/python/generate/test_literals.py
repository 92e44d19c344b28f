"""Random constants and defaults: the generated code has the values that the IDL says, as `load` and thriftpy2 have them."""

from __future__ import annotations

import dataclasses
import itertools
import math
import random
import uuid
from pathlib import Path
from typing import Any

import pytest

import fastthrift

thriftpy2: Any = pytest.importorskip("thriftpy2")

PRELUDE = """
enum Colour { RED = 1, GREEN = 2, BLUE = 7 }
struct Point { 1: i32 x, 2: string label = "here", 3: list<i32> path }
typedef map<string, i64> Counts
"""
TEXTS = [
    "",
    "a",
    "two words",
    "it's",
    'say "so"',
    "tab\t",
    "line\nbreak",
    "back\\slash",
    "é\U0001f600",
    "#{}%s",
    "'''",
    '"""',
]
count = itertools.count()


@dataclasses.dataclass(frozen=True)
class Literal:
    """A value of a type: what it is called in an IDL, how it is written there, and what it is in Python."""

    type: str
    text: str
    value: Any


def quoted(text: str) -> str:
    mark = "'" if "'" not in text else '"'
    for plain, escape in (
        ("\\", "\\\\"),
        ("\n", "\\n"),
        ("\t", "\\t"),
        *([(mark, "\\" + mark)] if mark in text else []),
    ):
        text = text.replace(plain, escape)
    return mark + text + mark


def scalar(rng: random.Random) -> Literal:
    kind = rng.choice(["bool", "i8", "i16", "i32", "i64", "double", "string", "Colour"])
    if kind == "bool":
        value = rng.random() < 0.5
        return Literal(kind, rng.choice(["true", "1"] if value else ["false", "0"]), value)
    if kind == "double":
        number = rng.choice([0.0, 1.5, -2.25, 1e300, -1e-300, 3.0])
        return Literal(kind, repr(number), number)
    if kind == "string":
        text = rng.choice(TEXTS)
        return Literal(kind, quoted(text), text)
    if kind == "Colour":
        name, number = rng.choice([("RED", 1), ("GREEN", 2), ("BLUE", 7)])
        return Literal(kind, rng.choice([f"Colour.{name}", str(number)]), number)
    top = 2 ** (int(kind[1:]) - 1)
    number = rng.choice([0, 1, -1, top - 1, -top, rng.randrange(-top, top)])
    return Literal(kind, rng.choice([str(number), hex(number)] if number >= 0 else [str(number)]), number)


def of_type(rng: random.Random, kind: str) -> Literal:
    while True:
        found = scalar(rng)
        if found.type == kind:
            return found


def literal(rng: random.Random, depth: int) -> Literal:
    kind = rng.choice(["scalar", "list", "set", "map", "struct"]) if depth else "scalar"
    separator = rng.choice([", ", "; ", " "])
    if kind == "scalar":
        return scalar(rng)
    if kind == "list":
        first = literal(rng, depth - 1)
        items = [first] * rng.choice([0, 1, 2, 5])
        return Literal(
            f"list<{first.type}>", f"[{separator.join(each.text for each in items)}]", [each.value for each in items]
        )
    if kind == "set":
        first = scalar(rng)
        items = [first, *(of_type(rng, first.type) for _ in range(2))]
        distinct = {each.value: each for each in items}.values()
        return Literal(
            f"set<{first.type}>",
            f"[{separator.join(each.text for each in distinct)}]",
            {each.value for each in distinct},
        )
    if kind == "map":
        key, value = scalar(rng), literal(rng, depth - 1)
        keys = {each.value: each for each in (key, of_type(rng, key.type))}.values()
        text = separator.join(f"{each.text}: {value.text}" for each in keys)
        return Literal(f"map<{key.type}, {value.type}>", f"{{{text}}}", {each.value: value.value for each in keys})
    parts = {"x": of_type(rng, "i32"), "label": of_type(rng, "string")}
    chosen = dict(rng.sample(sorted(parts.items()), rng.randint(0, 2)))
    text = separator.join(f"'{name}': {each.text}" for name, each in chosen.items())
    values = {"x": None, "label": "here", "path": None, **{name: each.value for name, each in chosen.items()}}
    return Literal("Point", f"{{{text}}}", ("Point", values))


def plain(value: Any) -> Any:
    """Without the classes of any library, and with each number of its own type."""
    if type(value).__name__ == "Point":
        return "Point", {name: plain(getattr(value, name)) for name in ("x", "label", "path")}
    if isinstance(value, (list, tuple)) and not (len(value) == 2 and value[0] == "Point"):
        return [plain(each) for each in value]
    if isinstance(value, tuple):
        return value[0], {name: plain(each) for name, each in value[1].items()}
    if isinstance(value, (set, frozenset)):
        return {"a set", *map(repr, map(plain, value))}
    if isinstance(value, dict):
        return {repr(plain(key)): plain(each) for key, each in value.items()}
    return int(value) if type(value) not in (bool, float, str, bytes, type(None)) else value


@pytest.mark.parametrize("seed", range(6))
def test_random_constants_have_the_values_of_their_text(
    generated: Any, imported: Any, tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    found = [literal(rng, 3) for _ in range(60)]
    idl = PRELUDE + "".join(f"const {each.type} C{n} = {each.text}\n" for n, each in enumerate(found))
    generated(idl)
    constants = imported(tmp_path / "gen-py", "x.constants")
    path = tmp_path / f"constants{next(count)}.thrift"
    path.write_text(idl, "utf-8")
    loaded = fastthrift.load(str(path), module_name=f"ours{path.stem}_thrift")
    theirs = thriftpy2.load(str(path), module_name=f"theirs{path.stem}_thrift")
    for number, each in enumerate(found):
        expected = plain(each.value)
        for module in (constants, loaded):
            assert plain(getattr(module, f"C{number}")) == expected, (module.__name__, each.type, each.text)
        if isinstance(each.value, (int, float, str)):  # thriftpy2 leaves what is in containers as it is written
            assert plain(getattr(theirs, f"C{number}")) == expected, (each.type, each.text)


@pytest.mark.parametrize("seed", range(4))
def test_random_defaults_are_those_of_every_new_object(generated: Any, seed: int) -> None:
    rng = random.Random(100 + seed)
    found = [literal(rng, 2) for _ in range(25)]
    fields = "".join(f"  {n + 1}: {each.type} f{n} = {each.text}\n" for n, each in enumerate(found))
    types = generated(PRELUDE + f"struct Defaults {{\n{fields}}}\n")
    first, second = types.Defaults(), types.Defaults()
    for number, each in enumerate(found):
        value = getattr(first, f"f{number}")
        assert plain(value) == plain(each.value), (each.type, each.text)
        if isinstance(value, list):
            value.append(None)
            assert plain(getattr(second, f"f{number}")) == plain(each.value)  # not shared
            assert plain(getattr(types.Defaults(), f"f{number}")) == plain(each.value)


KEYS = [
    ("map<list<i32>, i32>", "{[1, 2]: 3, []: 4}", {(1, 2): 3, (): 4}),
    ("map<set<i32>, string>", "{[1]: 'a'}", {frozenset({1}): "a"}),
    ("set<list<string>>", "[['a'], ['b', 'c']]", {("a",), ("b", "c")}),
    ("set<set<i8>>", "[[1], [2]]", {frozenset({1}), frozenset({2})}),
    ("map<list<list<i32>>, i32>", "{[[1], []]: 3}", {((1,), ()): 3}),
    ("list<map<i32, list<i32>>>", "[{1: [2]}]", [{1: [2]}]),
]


@pytest.mark.parametrize(("kind", "text", "value"), KEYS)
def test_what_is_a_key_or_in_a_set_is_hashable(
    generated: Any, imported: Any, tmp_path: Path, kind: str, text: str, value: Any
) -> None:
    generated(f"const {kind} C = {text}")
    assert imported(tmp_path / "gen-py", "x.constants").C == value


def test_a_map_that_is_a_key_is_a_frozen_dict(generated: Any, imported: Any, tmp_path: Path) -> None:
    generated("const map<map<i32, i32>, string> C = {{1: 2}: 'a'}\nconst set<map<string, list<i32>>> D = [{'k': [1]}]")
    constants = imported(tmp_path / "gen-py", "x.constants")
    ((key, text),) = constants.C.items()
    assert (type(key).__name__, dict(key), text) == ("TFrozenDict", {1: 2}, "a")
    ((inner),) = constants.D
    assert (type(inner).__name__, dict(inner)) == ("TFrozenDict", {"k": (1,)})


UUID = "00112233-4455-6677-8899-aabbccddeeff"


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("uuid", f"'{UUID}'", uuid.UUID(UUID)),
        ("list<uuid>", f"['{UUID}', '{UUID.upper()}']", [uuid.UUID(UUID)] * 2),
        ("map<uuid, i32>", f"{{'{UUID}': 1}}", {uuid.UUID(UUID): 1}),
        ("double", "5", 5.0),
        ("double", "-0.0", -0.0),
        ("double", "1e-320", 1e-320),
        ("list<double>", "[1, 2.5]", [1.0, 2.5]),
        ("bool", "1", True),
        ("map<bool, bool>", "{true: 0, 0: 1}", {True: False, False: True}),
        ("string", "'\\'\\\"\\\\'", "'\"\\"),
        ("i64", "-9223372036854775808", -(2**63)),
        ("i64", "0x7FFFFFFFFFFFFFFF", 2**63 - 1),
    ],
)
def test_a_literal_is_of_its_declared_type(
    generated: Any, imported: Any, tmp_path: Path, kind: str, text: str, value: Any
) -> None:
    generated(f"const {kind} C = {text}", "-r", "--gen", "py", "--allow-64bit-consts")
    found = imported(tmp_path / "gen-py", "x.constants").C
    assert found == value
    assert repr(found) == repr(value)
    if isinstance(value, float):
        assert math.copysign(1, found) == math.copysign(1, value)


@pytest.mark.parametrize("length", [1, 12, 40, 400])
def test_a_long_literal_is_written_on_lines_of_its_own(run: Any, imported: Any, length: int) -> None:
    names = [f"value number {n}" for n in range(length)]
    made = run("const list<string> NAMES = [" + ", ".join(f"'{name}'" for name in names) + "]", "--gen", "py")
    assert made.status == 0
    text = made["gen-py/x/constants.py"]
    assert max(map(len, text.splitlines())) <= 110
    assert imported(made.folder / "gen-py", "x.constants").NAMES == names
