"""Constants that are other constants: what they are for a type that is not quite the same, and which types are too far away."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .test_peer import apache_compiler

PRELUDE = """
enum E { ONE = 1, TWO = 2 }
struct P { 1: i32 x }
struct Q { 1: i32 x }
const bool yes = true
const bool no = false
const i8 tiny = 1
const i16 small = -2
const i32 number = 3
const i64 big = 4294967296
const i32 zero = 0
const double half = 1.5
const string text = "5"
const binary bytes = "b"
const E two = E.TWO
const P point = {"x": 1}
const list<i32> rows = [1, 2]
const set<i32> few = [1]
const list<E> members = [E.ONE]
const list<string> words = ["a"]
const map<i32, i32> counts = {1: 2}
const map<string, i32> named = {"a": 2}
"""

# declared type, constant, value: as Apache's compiler has it too
SCALARS: list[tuple[str, str, Any]] = [
    ("bool", "yes", True), ("bool", "no", False), ("bool", "tiny", True), ("bool", "zero", False),
    ("bool", "small", False), ("bool", "number", True),
    ("i8", "tiny", 1), ("i8", "number", 3), ("i8", "yes", 1),
    ("i16", "small", -2), ("i16", "tiny", 1), ("i16", "no", 0),
    ("i32", "number", 3), ("i32", "tiny", 1), ("i32", "big", 4294967296), ("i32", "yes", 1),
    ("i64", "big", 4294967296), ("i64", "small", -2), ("i64", "no", 0),
    ("double", "half", 1.5), ("double", "number", 3.0), ("double", "small", -2.0), ("double", "yes", 1.0),
    ("string", "text", "5"), ("string", "bytes", "b"),
    ("binary", "bytes", b"b"), ("binary", "text", b"5"),
]  # fmt: skip

# as above; Apache's compiler refuses these, or writes an empty container
OURS: list[tuple[str, str, Any]] = [
    ("bool", "two", True), ("i8", "two", 2), ("i16", "two", 2), ("i32", "two", 2), ("i64", "two", 2),
    ("double", "two", 2.0),
    ("list<i32>", "rows", [1, 2]), ("list<double>", "rows", [1.0, 2.0]), ("set<i32>", "rows", {1, 2}),
    ("list<bool>", "rows", [True, True]), ("list<i64>", "few", [1]), ("set<i32>", "few", {1}),
    ("list<i32>", "members", [1]), ("list<double>", "members", [1.0]), ("list<binary>", "words", [b"a"]),
    ("map<i32, i32>", "counts", {1: 2}), ("map<double, bool>", "counts", {1.0: True}),
    ("map<binary, i64>", "named", {b"a": 2}),
]  # fmt: skip

# declared type, constant
REFUSED = [
    ("i32", "half"), ("i32", "text"), ("i32", "bytes"), ("i32", "point"), ("i32", "rows"), ("i32", "counts"),
    ("bool", "half"), ("bool", "text"), ("double", "text"), ("string", "number"), ("string", "yes"),
    ("binary", "number"), ("string", "half"), ("string", "two"), ("E", "two"), ("E", "number"), ("E", "text"), ("E", "rows"),
    ("P", "number"), ("P", "text"), ("Q", "point"), ("P", "rows"),
    ("list<i32>", "number"), ("list<i32>", "text"), ("list<i32>", "counts"), ("list<i32>", "words"), ("list<P>", "rows"),
    ("set<i32>", "counts"), ("map<i32, i32>", "rows"), ("map<i32, i32>", "few"), ("map<i32, i32>", "named"),
    ("map<i32, i32>", "point"), ("list<list<i32>>", "rows"),
]  # fmt: skip


def constants(rows: list[tuple[str, str, Any]]) -> str:
    return PRELUDE + "".join(f"const {type} made{i} = {name}\n" for i, (type, name, _) in enumerate(rows))


def test_a_constant_is_of_its_declared_type(generated: Any) -> None:
    rows = SCALARS + OURS
    made = generated(constants(rows), module="x.constants")
    for i, (type, name, value) in enumerate(rows):
        found = getattr(made, f"made{i}")
        assert (found, repr(found)) == (value, repr(value)), f"{name} as {type}"


def test_a_struct_stays_the_constant_that_it_is(generated: Any) -> None:
    made = generated(PRELUDE + "const P other = point\nconst list<P> points = [point, other]\n", module="x.constants")
    assert (made.other.x, type(made.other).__name__) == (1, "P")
    assert made.other == made.point
    assert made.points == [made.point, made.point]


def test_numbers_and_texts_are_as_apaches(tmp_path: Path) -> None:
    compiler = apache_compiler()
    if compiler is None:
        pytest.skip("Apache's compiler is not installed")
    (tmp_path / "x.thrift").write_text(constants(SCALARS))
    subprocess.run(
        [compiler, "--gen", "py", "-out", ".", "x.thrift"], cwd=tmp_path, timeout=20, check=True, capture_output=True
    )
    written = (tmp_path / "x" / "constants.py").read_text()
    for i, (type, name, value) in enumerate(SCALARS):
        found = re.search(rf"^made{i} = (.*)$", written, re.MULTILINE)
        assert found is not None
        assert eval(found[1]) == value, f"{name} as {type}"


@pytest.mark.parametrize(("type", "name"), REFUSED)
def test_a_constant_of_a_type_that_is_too_far_away(run: Any, type: str, name: str) -> None:
    made = run(PRELUDE + f"const {type} made = {name}\n")
    assert made.status == 1
    line = PRELUDE.count("\n") + 1
    column = len(f"const {type} made = ") + 1
    place, _, error = made.err.partition(": ")
    assert place == f"x.thrift:{line}:{column}"
    assert error.startswith(("type error: const ", f"error: identifier {name} is unqualified!")), made.err
    assert made.files() == {}


def test_a_default_may_be_a_constant_of_another_type(generated: Any) -> None:
    made = generated(
        PRELUDE
        + "struct S { 1: double a = number, 2: set<i32> b = rows, 3: binary c = text, 4: bool d = two, 5: P e = point }"
    )
    one, other = made.S(), made.S()
    assert (one.a, one.b, one.c, one.d, one.e) == (3.0, {1, 2}, b"5", True, made.P(1))
    assert one.b is not other.b
