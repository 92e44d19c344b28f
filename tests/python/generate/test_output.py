"""Files are made in memory and written all or none, and only where something has changed."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from fastthrift.generate.output import Output, OutputError, unusable

STRUCT = "struct A {1: i32 a}\nservice S {void f()}\n"
AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def entries(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_second_run_writes_nothing(run):
    made = run(STRUCT)
    before = {path: path.stat().st_mtime_ns for path in made.folder.rglob("*.py")}
    for path in before:
        os.utime(path, ns=(1, 1))
    run(STRUCT)
    assert {path.stat().st_mtime_ns for path in before} == {1}


def test_only_what_changed_is_written(run):
    made = run(STRUCT)
    for path in made.folder.rglob("*"):
        os.utime(path, ns=(1, 1))
    run(STRUCT.replace("i32 a", "i32 b"))
    changed = {path.name for path in made.folder.rglob("*") if path.is_file() and path.stat().st_mtime_ns != 1}
    assert changed == {"ttypes.py", "x.thrift"}


def test_a_parents_init_is_made_once_and_left_alone(run):
    files = {"x.thrift": "namespace py a.b.c\n" + STRUCT}
    made = run(files)
    init = made.folder / "gen-py" / "a" / "b" / "__init__.py"
    assert init.read_bytes() == b""
    init.write_text("own = 1\n")
    run(files)
    assert init.read_text() == "own = 1\n"
    assert (made.folder / "gen-py/a/b/c/__init__.py").read_text() == '__all__ = ["ttypes", "constants", "S"]\n'


def test_gen_py_itself_is_no_package_but_a_named_folder_is(run, tmp_path):
    assert "gen-py/__init__.py" not in run(STRUCT).files()
    (tmp_path / "mine").mkdir()
    assert "mine/__init__.py" in run(STRUCT, "-out", "mine", "--gen", "py").files()


@pytest.mark.skipif(sys.platform == "win32", reason="files have no such mode")
def test_only_the_remote_is_executable(run):
    made = run(STRUCT)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in made.folder.rglob("*") if path.is_file()}
    assert {name for name, mode in modes.items() if mode & 0o111} == {"S-remote"}
    umask = os.umask(0)
    os.umask(umask)
    assert modes["S-remote"] == 0o777 & ~umask and modes["ttypes.py"] == 0o666 & ~umask


def test_a_lost_executable_bit_comes_back(run):
    made = run(STRUCT)
    remote = made.folder / "gen-py/x/S-remote"
    remote.chmod(0o644)
    run(STRUCT)
    assert os.access(remote, os.X_OK)


def test_an_error_in_a_later_file_leaves_earlier_output_alone(run):
    files = {"x.thrift": 'include "y.thrift"\nstruct A {1: y.B b}', "y.thrift": "struct B {1: i32 b}"}
    before = run(files, "-r", "--gen", "py").files()
    made = run({"y.thrift": "struct B {1: i32 renamed}", "x.thrift": files["x.thrift"] + "\nstruct A {}"},
               "-r", "--gen", "py", source="x.thrift")  # fmt: skip
    assert made.status == 1
    assert made.files() == before


def test_a_failing_generator_keeps_the_other_ones_files_back(run):
    made = run("struct A {1: i32 __a}", "--gen", "json", "--gen", "py")
    assert (made.status, made.files()) == (1, {})


def test_a_folder_in_the_way_of_a_file_is_an_error_and_nothing_is_written(run, tmp_path):
    (tmp_path / "gen-py/x/ttypes.py").mkdir(parents=True)
    before = entries(tmp_path)
    made = run(STRUCT)
    assert (made.status, made.out) == (1, "")
    assert made.err == f"{os.path.join('.', 'gen-py', 'x', 'ttypes.py')}: Is a directory\n"
    assert entries(tmp_path) == sorted([*before, "x.thrift"])


def test_a_file_in_the_way_of_a_folder_is_an_error_and_nothing_is_written(run, tmp_path):
    (tmp_path / "gen-py").mkdir()
    (tmp_path / "gen-py" / "x").write_text("in the way")
    before = entries(tmp_path)
    made = run(STRUCT)
    assert made.status == 1
    assert "gen-py" in made.err and made.err.count("\n") == 1
    assert entries(tmp_path) == sorted([*before, "x.thrift"])


def test_a_failing_move_leaves_no_temporary_files(run, monkeypatch, tmp_path):
    def full(source: str, target: str) -> None:
        raise OSError(28, "No space left on device", source, None, target)

    monkeypatch.setattr(os, "replace", full)
    made = run(STRUCT)
    assert made.status == 1
    assert made.err.endswith(": No space left on device\n")
    assert entries(tmp_path) == ["x.thrift"]


def test_a_failing_write_leaves_no_temporary_files_and_no_folders(run, monkeypatch, tmp_path):
    wrote = []

    def full(path: str, mode: int) -> None:
        wrote.append(path)
        if len(wrote) == 3:
            raise OSError(28, "No space left on device", path)

    monkeypatch.setattr(os, "chmod", full)
    made = run("namespace py a.b.c\n" + STRUCT)
    assert (made.status, len(wrote)) == (1, 3)
    assert entries(tmp_path) == ["x.thrift"]


@pytest.mark.skipif(AS_ROOT or sys.platform == "win32", reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_an_error(run, tmp_path):
    (tmp_path / "gen-py").mkdir(mode=0o555)
    made = run(STRUCT)
    assert (made.status, made.err) == (1, f"{os.path.join('.', 'gen-py', 'x')}: Permission denied\n")


def test_two_files_that_would_be_one_are_an_error(run):
    made = run(
        {"x.thrift": 'include "a/y.thrift"\ninclude "b/y.thrift"', "a/y.thrift": "struct A {}", "b/y.thrift": "struct B {}"},
        "-r", "--gen", "json",
    )  # fmt: skip
    assert (made.status, made.err) == (1, "y.json: two of the input files would be written here\n")
    assert made.files() == {}


def test_output_gives_the_paths_that_it_wrote(tmp_path):
    output = Output(str(tmp_path / "new"))
    output.add("a/b.py", "é\n")
    output.add_if_absent("a/__init__.py")
    assert sorted(output.write()) == [str(tmp_path / "new/a/__init__.py"), str(tmp_path / "new/a/b.py")]
    assert (tmp_path / "new/a/b.py").read_bytes() == "é\n".encode()
    assert output.write() == []


def test_the_same_file_twice_with_one_content_is_fine(tmp_path):
    output = Output(str(tmp_path))
    output.add("a.py", "x")
    output.add("a.py", "x")
    with pytest.raises(OutputError, match=r"^a.py: two of the input files would be written here$"):
        output.add("a.py", "y")


def test_an_unusable_folder_is_told_from_a_usable_one(tmp_path):
    (tmp_path / "file").write_text("")
    assert unusable(str(tmp_path)) is None
    assert unusable(str(tmp_path / "no")) == f"Output directory {tmp_path}/no is unusable: No such file or directory"
    assert unusable(str(tmp_path / "file")) == f"Output directory {tmp_path}/file exists but is not a directory"
