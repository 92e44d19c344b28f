"""Which files there are and what is in each, beside those of Apache's compiler."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from .test_peer import apache_compiler

TUTORIAL = {
    "x.thrift": """\
include "shared.thrift"
namespace py tutorial.calc
const i32 ANSWER = 42
enum Operation {ADD = 1}
struct Work {1: i32 num1 = 0, 2: Operation op}
exception InvalidOperation {1: string why}
service Calculator extends shared.Shared {
  i32 add(1: i32 a, 2: i32 b)
  i32 calculate(1: Work w) throws (1: InvalidOperation ouch)
  oneway void zip()
}
service Other {}
""",
    "shared.thrift": "struct S {1: i32 key}\nservice Shared {S getStruct(1: i32 key)}\n",
}


def files_of(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("flags", [[], ["-r"]])
@pytest.mark.parametrize("options", ["py", "py:slots", "py:dynamic"])
def test_the_files_are_those_of_apaches_compiler(run, tmp_path, flags, options):
    compiler = apache_compiler()
    if compiler is None:
        pytest.skip("Apache's compiler is not installed")
    made = run(TUTORIAL, *flags, "--gen", options)
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    subprocess.run(
        [compiler, *flags, "--gen", options, "-o", "theirs", "x.thrift"], cwd=tmp_path, check=True, timeout=20
    )
    # gen-py/__init__.py would only keep mypy from reading the folder.
    assert files_of(theirs / "gen-py") - files_of(made.folder / "gen-py") == {"__init__.py"}
    assert files_of(made.folder / "gen-py") <= files_of(theirs / "gen-py")


def test_the_names_in_each_module_are_those_of_apaches(run, tmp_path, imported):
    compiler = apache_compiler()
    if compiler is None:
        pytest.skip("Apache's compiler is not installed")
    made = run(TUTORIAL, "-r", "--gen", "py")
    subprocess.run([compiler, "-r", "--gen", "py", "-out", ".", "x.thrift"], cwd=tmp_path, check=True, timeout=20)
    for name in ("ttypes", "constants", "Calculator", "Other"):
        module = imported(made.folder / "gen-py", f"tutorial.calc.{name}")
        text = (tmp_path / "tutorial" / "calc" / f"{name}.py").read_text()
        classes = {line.split("(")[0].split()[1].rstrip(":") for line in text.splitlines() if line.startswith("class ")}
        assert all(isinstance(vars(module)[each], type) for each in classes)
        methods = {line.split("(")[0].split()[1] for line in text.splitlines() if line.startswith("    def ")}
        for method in methods - {"__ne__"}:
            assert any(hasattr(vars(module)[each], method) for each in classes), method


def test_inits_name_the_modules(run, imported):
    made = run(TUTORIAL, "-r", "--gen", "py")
    package = imported(made.folder / "gen-py", "tutorial.calc")
    assert package.__all__ == ["ttypes", "constants", "Calculator", "Other"]
    names: dict[str, object] = {}
    exec("from tutorial.calc import *", names)
    assert {"ttypes", "constants", "Calculator", "Other"} <= set(names)


def test_every_file_says_that_it_is_generated(run):
    made = run(TUTORIAL, "--gen", "py:slots")
    for path in ("ttypes.py", "constants.py", "Calculator.py", "Calculator-remote"):
        assert (
            "# DO NOT EDIT UNLESS YOU ARE SURE THAT YOU KNOW WHAT YOU ARE DOING\n"
            in made[f"gen-py/tutorial/calc/{path}"]
        )


def test_files_of_one_package_are_written_together(generated, imported, tmp_path):
    """Apache's compiler lets the second overwrite the first."""
    module = generated(
        {
            "x.thrift": 'include "y.thrift"\nnamespace py one\nstruct A {1: y.B b = {"b": 2}}\nservice SA extends y.SB {}\n'
            "const y.B CB = {'b': 4}",
            "y.thrift": "namespace py one\nstruct B {1: i32 b}\nservice SB {B get()}\nconst i32 K = 3\n",
        },
        module="one.ttypes",
    )
    assert module.A().b == module.B(2)
    constants = imported(tmp_path / "gen-py", "one.constants")
    assert (constants.K, constants.CB) == (3, module.B(4))
    assert issubclass(imported(tmp_path / "gen-py", "one.SA").Iface, imported(tmp_path / "gen-py", "one.SB").Iface)


def test_one_name_twice_in_a_package_is_an_error(run):
    made = run(
        {
            "x.thrift": 'include "y.thrift"\nnamespace py one\nstruct A {}',
            "y.thrift": "namespace py one\nnamespace java other\nstruct A {}",
        }
    )
    text = '"A" is already defined in y.thrift, which is of the same Python package'
    assert (made.status, made.err) == (1, f"x.thrift:3:8: {text}\n")


def test_a_package_that_python_would_never_find_is_worth_a_warning(run):
    made = run({"gc.thrift": "struct A {}"})
    assert made.status == 0 and "gen-py/gc/ttypes.py" in made.files()
    text = 'the package "gc" cannot be imported, Python has a module of this name; a namespace gives another'
    assert made.out == f"gc.thrift:1:1: warning: {text}\n"
    assert run({"gc.thrift": "namespace py mine.gc\nstruct A {}"}).out == ""
    assert run({"gc.thrift": "struct A {}"}, "-nowarn", "--gen", "py").out == ""


@pytest.mark.parametrize(
    "namespaces, folder",
    [
        ("", "x"),
        ("namespace py a.b", "a/b"),
        ("namespace * all", "all"),
        ("namespace * all\nnamespace py mine", "mine"),
        ("namespace java other", "x"),
        ("namespace py.twisted tw\nnamespace py plain", "plain"),
        ("namespace py one\nnamespace py two", "two"),
    ],
)
def test_the_namespace_for_python_is_the_folder(run, namespaces, folder):
    made = run(f"{namespaces}\nstruct A {{}}", "-nowarn", "--gen", "py")
    assert f"gen-py/{folder}/ttypes.py" in made.files()
