"""``--gen pyi`` against the modules that ``load`` makes: what the stub declares is there, and the other way round."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import fastthrift
from fastthrift.parser import parser

from .test_peer import CORPUS
from .test_types import BASE, EVERYTHING

# No exception that `load` makes can be made without its args.
IDL = EVERYTHING.replace("list<string> args", "list<string> more")


def declared(stub: str) -> dict[str, set[str]]:
    """Names of the stub -> names inside of each, where it is a class."""
    found: dict[str, set[str]] = {}
    for node in ast.parse(stub).body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = _members(node)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = set()
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = set()
    return found


def _members(node: ast.ClassDef) -> set[str]:
    members = {each.name for each in node.body if isinstance(each, (ast.ClassDef, ast.FunctionDef))}
    return members | {
        each.target.id for each in node.body if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    }


def check(stub: str, module: object) -> None:
    names = {name for name in vars(module) if not name.startswith("__")}
    found = declared(stub)
    assert {name for name in found if not name.startswith("_")} == names
    for name, members in found.items():
        thing = getattr(module, name, None)
        for member in members:
            assert hasattr(thing, member) or hasattr(thing(), member), f"{name}.{member}"
        if not isinstance(thing, type):
            continue
        for field in getattr(thing, "thrift_spec", {}).values():
            assert field[1] in members
        for function in getattr(thing, "thrift_services", []):
            if f"{function}_args" in vars(thing):  # else it is a parent's
                assert {f"{function}_args", f"{function}_result"} <= members


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch):
    monkeypatch.setattr(parser, "_thrift_cache", {})


def test_the_stub_has_what_the_module_has(run):
    made = run({"x.thrift": IDL, "base.thrift": BASE}, "-r", "--gen", "pyi")
    assert sorted(made.files()) == ["gen-pyi/base_thrift.pyi", "gen-pyi/x_thrift.pyi"]
    module = fastthrift.load(str(made.folder / "x.thrift"), module_name="x_thrift")
    check(made["gen-pyi/x_thrift.pyi"], module)
    check(made["gen-pyi/base_thrift.pyi"], module.base)


def test_types_are_those_of_the_loaded_module(run):
    made = run({"x.thrift": IDL, "base.thrift": BASE}, "--gen", "pyi")["gen-pyi/x_thrift.pyi"]
    for line in [
        "    name: str",
        "    count: int",
        "    g: Optional[str]",
        "    h: Optional[bytes]",
        "    i: Optional[UUID]",
        "    points: Optional[list[base_thrift.Point]]",
        "    tags: Collection[str]",
        "    color: int",
        "    by_name: dict[str, list[base_thrift.Point]]",
        "BLUE: int",
        "RAW: str",
        "base = base_thrift",
        "class Wrong(TException):",
        "class All(TPayload):",
        "class Everything(base_thrift.Base):",
        "    thrift_services: ClassVar[list[str]]",
    ]:
        assert f"\n{line}\n" in made, line
    assert "count: int = 3," in made and "name: str = ..." in made


def test_includes_of_other_folders_have_their_modules_names(run):
    made = run(
        {"x.thrift": 'include "sub/y.thrift"\nstruct A {1: y.B b}', "sub/y.thrift": "struct B {}"}, "-r", "--gen", "pyi"
    )
    assert sorted(made.files()) == [
        "gen-pyi/sub/__init__.pyi",
        "gen-pyi/sub/y_thrift.pyi",
        "gen-pyi/x_thrift.pyi",
    ]
    assert "import sub.y_thrift\n" in made["gen-pyi/x_thrift.pyi"]
    assert "b: Optional[sub.y_thrift.B]" in made["gen-pyi/x_thrift.pyi"]
    module = fastthrift.load(str(made.folder / "x.thrift"), module_name="x_thrift")
    assert module.y.B.__module__ == "sub.y_thrift"


def test_names_that_no_stub_can_say_are_left_out(run):
    made = run("struct A {1: i32 class, 2: i32 a}\nenum E {None, B}\nstruct lambda {}", "--gen", "pyi")
    stub = made["gen-pyi/x_thrift.pyi"]
    assert declared(stub) == {
        "A": {"a", "__init__", "thrift_spec", "default_spec"},
        "E": {"B", "_VALUES_TO_NAMES", "_NAMES_TO_VALUES"},
    }
    assert "def __init__(self, a: Optional[int] = None, **kwargs: Any) -> None: ..." in stub


@pytest.mark.parametrize("name", ["..x", "a b", "1x", "a as b;import os", 'a"""b', "class", "x-y"])
def test_no_stub_imports_files_whose_names_no_import_can_say(run, name):
    quote = "'" if '"' in name else '"'
    made = run(
        {"x.thrift": f"include {quote}{name}.thrift{quote}\nstruct A {{}}", f"{name}.thrift": ""}, "--gen", "pyi"
    )
    imported = [each for each in ast.walk(ast.parse(made["gen-pyi/x_thrift.pyi"])) if isinstance(each, ast.Import)]
    assert [each.names[0].name for each in imported] == (["class_thrift"] if name == "class" else [])


def test_types_of_files_that_cannot_be_imported_are_any(run):
    made = run(
        {"x.thrift": 'include "a b/y.thrift"\nstruct A {1: y.B b}', "a b/y.thrift": "struct B {}"}, "--gen", "pyi"
    )
    assert "import y_thrift\n" in made["gen-pyi/x_thrift.pyi"]  # `load` takes the file's name alone there
    made = run({"x.thrift": 'include "1/y-z.v2.thrift"\nstruct A {1: i32 a}', "1/y-z.v2.thrift": ""}, "--gen", "pyi")
    assert "y-z" not in made["gen-pyi/x_thrift.pyi"]


def test_an_exception_called_success_is_not_declared_twice(run):
    made = run("exception E {} service S {i32 f() throws (1: E success)}", "--gen", "pyi")
    assert declared(made["gen-pyi/x_thrift.pyi"])["S"] >= {"f_result"}


def test_real_files(run, tmp_path):
    if not CORPUS.is_dir():
        pytest.skip("the IDL files of ../shared/idl are not here")
    from fastthrift.generate.command import main

    for name in ("parquet-format/src/main/thrift/parquet", "happybase/happybase/Hbase", "thrift/test/v0.16/ThriftTest"):
        path = CORPUS / f"{name}.thrift"
        assert main(["-nowarn", "--gen", "pyi", "-out", str(tmp_path), str(path)]) == 0
        module_name = f"{Path(name).name}_thrift"
        check((tmp_path / f"{module_name}.pyi").read_text("utf-8"), fastthrift.load(str(path), module_name=module_name))
