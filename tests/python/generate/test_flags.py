"""The command line: Apache's flags, their meanings, its exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastthrift import __version__
from fastthrift.generate import flags
from fastthrift.generate.command import main
from fastthrift.generate.options import LANGUAGES

from .conftest import Run, python

STRUCT = "struct A {1: i32 a}\n"


def paths(run: Run) -> list[str]:
    return list(run.files())


PACKAGE_FILES = ["__init__.py", "constants.py", "ttypes.py"]


@pytest.mark.parametrize("flag", ["-gen", "--gen"])
def test_one_dash_and_two_are_equal(run, flag):
    made = run(STRUCT, flag, "py")
    assert (made.status, made.out, made.err) == (0, "", "")
    assert paths(made) == [f"gen-py/x/{name}" for name in PACKAGE_FILES]


@pytest.mark.parametrize("flag", ["-r", "--r", "-recurse", "--recurse"])
def test_recursion_generates_includes_too(run, flag):
    files = {"x.thrift": 'include "y.thrift"\nstruct A {1: y.B b}', "y.thrift": "struct B {}"}
    assert [each for each in paths(run(files, "--gen", "py")) if "ttypes" in each] == ["gen-py/x/ttypes.py"]
    made = run(files, flag, "--gen", "py")
    assert [each for each in paths(made) if "ttypes" in each] == ["gen-py/x/ttypes.py", "gen-py/y/ttypes.py"]


def test_o_is_for_the_folder_of_gen_py(run, tmp_path):
    (tmp_path / "here").mkdir()
    made = run(STRUCT, "-o", "here", "--gen", "py")
    assert paths(made) == [f"here/gen-py/x/{name}" for name in PACKAGE_FILES]


@pytest.mark.parametrize("flag", ["-out", "--out"])
def test_out_is_the_folder_itself_which_becomes_a_package(run, tmp_path, flag):
    (tmp_path / "here").mkdir()
    made = run(STRUCT, flag, "here", "--gen", "py")
    assert paths(made) == ["here/__init__.py", *(f"here/x/{name}" for name in PACKAGE_FILES)]


def test_each_gen_is_done(run):
    made = run(STRUCT, "--gen", "py", "--gen", "json", "--gen", "pyi")
    assert {"gen-py/x/ttypes.py", "gen-json/x.json", "gen-pyi/x_thrift.pyi"} <= set(paths(made))


def test_include_folders_are_searched_in_order_after_the_files_own(run):
    files = {
        "src/x.thrift": 'include "y.thrift"\ninclude "z.thrift"\nstruct A {1: y.B b, 2: z.C c}',
        "src/y.thrift": "struct B {1: i32 own}",
        "one/y.thrift": "struct B {1: i32 one}",
        "one/z.thrift": "struct C {1: i32 one}",
        "two/z.thrift": "struct C {1: i32 two}",
    }
    made = run(files, "-I", "one", "-I", "two", "-r", "--gen", "py")
    assert made.status == 0
    assert '"own"' in made["gen-py/y/ttypes.py"] and '"one"' in made["gen-py/z/ttypes.py"]


def test_an_absolute_include_stands_for_itself(run, tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "y.thrift").write_text("struct B {}")
    made = run(f'include "{tmp_path}/far/y.thrift"\nstruct A {{1: y.B b}}', "-r", "--gen", "py")
    assert made.status == 0 and "gen-py/y/ttypes.py" in paths(made)


def test_a_quoted_argument_is_split_at_its_blanks(run):
    assert run(STRUCT, "-r -strict --gen", "py").status == 0


def test_a_value_may_stand_behind_an_equals_sign(run):
    assert run(STRUCT, "--gen=py:enum,type_hints").status == 0


def test_paths_may_have_blanks(run, tmp_path):
    (tmp_path / "my folder").mkdir()
    made = run({"my idl.thrift": "namespace py mine\n" + STRUCT}, "-o", "my folder", "--gen", "py")
    assert "my folder/gen-py/mine/ttypes.py" in paths(made)


WARNS = "struct A {i32 a}"
WARNING = (
    "x.thrift:1:15: warning: No field key specified for a, "
    "resulting protocol may have conflicts or not be backwards compatible!\n"
)


def test_warnings_go_to_stdout_once_each(run):
    made = run(WARNS)
    assert (made.status, made.out, made.err) == (0, WARNING, "")


@pytest.mark.parametrize("flag", ["-nowarn", "--nowarn"])
def test_nowarn_says_nothing(run, flag):
    assert run(WARNS, flag, "--gen", "py").out == ""


def test_strict_makes_errors_of_implicit_ids(run):
    made = run(WARNS, "-strict", "--gen", "py")
    problem = "Implicit field keys are deprecated and not allowed with -strict"
    assert (made.status, made.err) == (1, f"x.thrift:1:15: {problem}\n")
    assert paths(made) == []


def test_a_missing_include_is_a_warning_and_strictly_an_error(run):
    text = 'include "nope.thrift"\nstruct A {}'
    made = run(text)
    assert (made.status, made.out) == (0, "x.thrift:1:1: warning: Could not find include file nope.thrift\n")
    made = run(text, "-strict", "--gen", "py")
    assert (made.status, made.err) == (1, "x.thrift:1:1: Could not find include file nope.thrift\n")


def test_negative_ids_are_kept_on_request(run):
    text = "struct A {-5: i32 a, i32 b}"
    made = run(text, "--allow-neg-keys", "--gen", "py")
    assert '(-5, TType.I32, "a"' in made["gen-py/x/ttypes.py"]
    assert '(-6, TType.I32, "b"' in made["gen-py/x/ttypes.py"]
    assert "differs from what would be auto-assigned by thrift (-1)" in made.out
    made = run(text)
    assert '(-1, TType.I32, "a"' in made["gen-py/x/ttypes.py"]
    assert "Nonpositive value (-5) not allowed as a field key." in made.out


def test_constants_of_64_bits_are_not_worth_a_warning_on_request(run):
    text = "const i64 A = 5000000000"
    assert run(text).out == 'x.thrift:1:15: warning: 64-bit constant "5000000000" may not work in all languages.\n'
    assert run(text, "--allow-64bit-consts", "--gen", "py").out == ""


def test_verbose_says_what_is_read_and_written(run):
    made = run(STRUCT, "-v", "--gen", "py")
    assert made.out.startswith("read x.thrift\nwrote ./gen-py/x/__init__.py\n".replace("/", __import__("os").sep))
    assert "wrote" not in run(STRUCT, "-v", "--gen", "py").out  # nothing has changed


# arguments, exit status, what stderr begins with
WRONG = [
    ([], 1, "fastthrift: Missing input file\n"),
    (["x.thrift"], 1, "fastthrift: No output language(s) specified\n"),
    (["--gen", "py"], 1, "fastthrift: Missing input file\n"),
    (["--gen"], 1, "fastthrift: Missing STR behind --gen\n"),
    (["--nope", "x.thrift"], 1, "fastthrift: Unrecognized option: --nope\n"),
    (["--gen", "py", "x.thrift", "y.thrift"], 1, "fastthrift: There is one input file, the last argument; x.thrift"),
    (["--gen", "py", "x.thrift", "-r"], 1, "fastthrift: There is one input file, the last argument; x.thrift"),
    (["--gen", "py", "-o", "nope", "x.thrift"], 255, "fastthrift: Output directory nope is unusable: No such file"),
    (["--gen", "py", "-o", "x.thrift", "x.thrift"], 255, "fastthrift: Output directory x.thrift exists but is not a"),
    (["--gen", "go", "x.thrift"], 3, 'fastthrift: Unable to get a generator for "go".\n'),
    (["--gen", "py:bogus", "x.thrift"], 1, "fastthrift: unknown option py:bogus\n"),
    (["--gen", "json:x", "x.thrift"], 1, "fastthrift: unknown option json:x\n"),
    (["--gen", "py", "nope.thrift"], 1, "nope.thrift: Could not open input file: No such file or directory\n"),
    (["--gen", "py", "."], 1, ".: Could not open input file: Is a directory\n"),
    (["--audit", "old.thrift", "x.thrift"], 1, "fastthrift: --audit is not offered\n"),
]


@pytest.mark.parametrize("arguments, status, problem", WRONG, ids=lambda value: str(value))
def test_a_wrong_command_line_is_an_error_with_apaches_status(
    arguments, status, problem, tmp_path: Path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.thrift").write_text(STRUCT)
    assert main(arguments) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(problem)
    assert [path.name for path in tmp_path.iterdir()] == ["x.thrift"]


@pytest.mark.parametrize("arguments", [["-help"], ["--help"], ["--gen", "py", "--help"], ["-help", "x.thrift"]])
def test_help_teaches_and_leaves_with_1_as_apaches(arguments, capsys):
    assert main(arguments) == 1
    out, err = capsys.readouterr()
    assert out == ""
    for flag in flags.FLAGS:
        assert flag.refusal or f"-{flag.names[-1]}" in err
    for language, (_, options) in LANGUAGES.items():
        assert f"\n  {language} " in err
        assert all(f"\n    {option.name}" in err for option in options)
    assert "gen-py/tutorial/" in err
    assert max(len(line) for line in err.split("\n")) <= 120


@pytest.mark.parametrize("arguments", [["-version"], ["--version"], ["-r", "--version"]])
def test_the_version_is_printed(arguments, capsys):
    assert main(arguments) == 0
    assert capsys.readouterr().out == f"Thrift version {__version__} (fastthrift)\n"


def test_python_m_fastthrift_is_the_command(tmp_path):
    (tmp_path / "x.thrift").write_text("struct A {1: Nope a}")
    made = python("-m", "fastthrift", "--gen", "py", "x.thrift", cwd=tmp_path)
    assert (made.returncode, made.stdout) == (1, "")
    assert made.stderr == 'x.thrift:1:14: Type "Nope" not defined\n'
