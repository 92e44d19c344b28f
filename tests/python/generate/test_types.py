"""mypy --strict over the code of one IDL that has everything, and over a program that uses it."""

from __future__ import annotations

import site
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import PACKAGE
from .test_names import BUILTINS

CACHE = Path(__file__).resolve().parents[3] / "build" / "mypy"  # of the library's and fastthrift's own types

EVERYTHING = """\
include "base.thrift"
namespace py app.everything
enum Color {RED = 1, BLUE = 5}
typedef list<Color> Colors
struct All {
  1: bool a, 2: i8 b, 3: i16 c, 4: i32 d, 5: i64 e, 6: double f, 7: string g, 8: binary h, 9: uuid i
  10: required string name, 11: optional i32 count = 3, 12: required i32 number = 4
  13: list<base.Point> points, 14: set<string> tags = ["a"], 15: map<string, list<base.Point>> by_name = {}
  16: Color color = Color.RED, 17: Colors colors, 18: base.Point origin = {"x": 1}
  19: map<list<i32>, set<list<string>>> odd, 20: set<map<i32, i32>> sets
  21: list<i32> (python.immutable = "") frozen = [1, 2]
  -5: i32 implicit
}
union Either {1: i32 left, 2: string right}
struct Key {1: i32 a, 2: string b} (python.immutable = "")
struct Keyed {1: map<Key, string> names, 2: set<Key> keys}
exception Wrong {1: string message, 2: i32 code, 3: All all}
exception Odd {2: i32 message, 1: list<string> args} (python.immutable = "false")
const All ALL = {"name": "x", "number": 1, "points": [{"x": 1}], "odd": {[1]: [["a"]]}, "sets": [{1: 2}]}
const map<Key, list<double>> KEYS = {{"a": 1, "b": "c"}: [1, 2.5]}
const i32 BLUE = Color.BLUE
const binary RAW = "x"
service Everything extends base.Base {
  All all(1: All all, 2: Color color) throws (1: Wrong wrong, 2: Odd odd)
  void nothing()
  oneway void go(1: list<Color> colors)
  map<string, base.Point> points(i32 a, list<base.Point> b)
  Color color()
}
"""
BASE = "struct Point {1: i32 x, 2: i32 y = 7}\nservice Base {Point get(1: string name)}\n"

PROGRAM = """\
from __future__ import annotations

from app.everything import Everything, constants
from app.everything.ttypes import All, Color, Key, Wrong
from base.ttypes import Point
from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocol
from fastthrift.apache.transport.TTransport import TMemoryBuffer


class Handler(Everything.Iface):
    def all(self, all: All, color: COLOR) -> All:
        raise Wrong("no", code=1)

    def points(self, a: int, b: list[Point]) -> dict[str, Point]:
        return {"x": Point(a, 2)}


def run(client: Everything.Client) -> None:
    found = client.points(1, [Point()])
    reveal_type(found)
    reveal_type(client.all(constants.ALL, Color.RED).points)
    reveal_type(client.get("x"))
    reveal_type(client.color())
    reveal_type(All(name="x").tags)
    reveal_type(constants.KEYS[Key(1, "c")])


run(Everything.Client(TBinaryProtocol(TMemoryBuffer())))
Everything.Processor(Handler())
All(name=5)
"""
REVEALED = [
    'program.py:20: note: Revealed type is "dict[str, base.ttypes.Point]"',
    'program.py:21: note: Revealed type is "list[base.ttypes.Point] | None"',
    'program.py:22: note: Revealed type is "base.ttypes.Point"',
    'program.py:23: note: Revealed type is "COLOR"',
    'program.py:24: note: Revealed type is "set[str]"',
    'program.py:25: note: Revealed type is "list[float]"',
    'program.py:30: error: Argument "name" to "All" has incompatible type "int"; expected "str"  [arg-type]',
]


def renamed(text: str) -> str:
    """For the same with the option `enum`, in packages of other names."""
    return (
        text.replace("base.", "enum_base.")
        .replace("app.", "enum_app.")
        .replace('"x.', '"enum_x.')
        .replace(" x.", " enum_x.")
    )


def mypy(folder: Path) -> list[str]:
    # mypy finds an installed package itself, and refuses to be told.
    environment = {"PATH": ""} if PACKAGE in site.getsitepackages() else {"PATH": "", "MYPYPATH": PACKAGE}
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--python-version", "3.10", "--cache-dir", str(CACHE), "."],
        cwd=folder, capture_output=True, text=True, timeout=55, env=environment,
    )  # fmt: skip
    return (done.stdout + done.stderr).replace("builtins.", "").splitlines()


def test_generated_code_and_stubs_pass_mypy_strict(run):
    pytest.importorskip("mypy")
    files = {
        "app.thrift": EVERYTHING,
        "base.thrift": BASE,
        "x.thrift": BUILTINS,
        "y.thrift": 'include "x.thrift"\nservice Y extends x.object {i32 more()}\n',
    }
    for source in ("app.thrift", "y.thrift"):
        made = run(files, "-r", "-nowarn", "--gen", "py", "--gen", "pyi", source=source)
        assert made.status == 0, made.err
        enums = {f"enum_{name}": renamed(text) for name, text in files.items()}
        made = run(enums, "-r", "-nowarn", "--gen", "py:enum,type_hints", source=f"enum_{source}")
        assert made.status == 0, made.err
    nested = {"top.thrift": 'include "sub/low.thrift"\nstruct A {1: low.B b}', "sub/low.thrift": "struct B {}"}
    assert run(nested, "-r", "--gen", "pyi").status == 0
    folder = made.folder / "gen-py"
    for stub in (made.folder / "gen-pyi").iterdir():
        stub.rename(folder / stub.name)
    (folder / "plain_program.py").write_text(PROGRAM.replace("COLOR", "int"))
    (folder / "enum_program.py").write_text(renamed(PROGRAM).replace("COLOR", "Color"))
    expected = [f"enum_{renamed(line)}".replace("COLOR", "enum_app.everything.ttypes.Color") for line in REVEALED]
    expected += [f"plain_{line}".replace("COLOR", "int") for line in REVEALED]
    assert sorted(mypy(folder)) == sorted(expected)
