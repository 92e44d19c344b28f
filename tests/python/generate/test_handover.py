"""The command `thrift`: the same program, and for languages that are not offered another `thrift` behind it on the path."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fastthrift.generate.handover import MARK, other_compiler

from .conftest import environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the scripts are for a UNIX shell")

OURS = f"#!{sys.executable}\nimport sys\nfrom fastthrift.generate.command import thrift_main\nsys.exit(thrift_main())\n"
OTHER = '#!/bin/sh\nprintf "%s|" "$@"\nexit 42\n'


def script(folder: Path, text: str, mode: int = 0o755) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "thrift"
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.fixture
def thrift(tmp_path: Path):
    """Runs our `thrift` with some folders on the path."""
    ours = script(tmp_path / "ours", OURS)
    (tmp_path / "x.thrift").write_text("struct A {}")

    def run(path: list[Path], *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(ours), *arguments],
            cwd=tmp_path, capture_output=True, text=True, timeout=30,
            env=environment(PATH=os.pathsep.join(map(str, path)), **more),
        )  # fmt: skip

    return run


def test_our_languages_are_ours(thrift, tmp_path):
    other = script(tmp_path / "other", OTHER)
    done = thrift([tmp_path / "ours", other.parent], "-r", "--gen", "py", "x.thrift")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "gen-py/x/ttypes.py").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--gen", "go", "x.thrift"],
        ["-r", "-I", "a b", "--gen", "go:x=1,y", "x.thrift"],
        ["--gen", "py", "--gen", "cpp", "x.thrift"],
        ["--audit", "old.thrift", "x.thrift"],
        ["--gen", "$(touch pwned); cpp", "a;b.thrift"],
    ],
)
def test_others_go_to_the_other_compiler_with_all_arguments_as_they_are(thrift, tmp_path, arguments):
    other = script(tmp_path / "other", OTHER)
    done = thrift([tmp_path / "ours", other.parent], *arguments)
    assert (done.returncode, done.stdout) == (42, "".join(f"{each}|" for each in arguments))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "ours", "x.thrift"]


def test_without_another_one_it_says_what_there_is(thrift, tmp_path):
    done = thrift([tmp_path / "ours"], "--gen", "go", "x.thrift")
    assert done.returncode == 3
    assert done.stderr == (
        'thrift: Unable to get a generator for "go".\nthrift: the languages are py, pyi, json; see thrift --help\n'
    )


def test_one_in_front_of_ours_is_not_asked(thrift, tmp_path):
    other = script(tmp_path / "other", OTHER)
    assert thrift([other.parent, tmp_path / "ours"], "--gen", "go", "x.thrift").returncode == 3


def test_one_that_cannot_be_run_is_passed_by(thrift, tmp_path):
    script(tmp_path / "no", OTHER, mode=0o644)
    (tmp_path / "folder" / "thrift").mkdir(parents=True)
    other = script(tmp_path / "other", OTHER)
    path = [tmp_path / "ours", tmp_path / "no", tmp_path / "folder", tmp_path / "gone", other.parent]
    assert thrift(path, "--gen", "go", "x.thrift").returncode == 42


def test_two_of_ours_do_not_call_each_other_for_ever(thrift, tmp_path):
    second = script(tmp_path / "second", OURS)
    path = [tmp_path / "ours", second.parent, tmp_path / "ours"]
    assert thrift(path, "--gen", "go", "x.thrift").returncode == 3


def test_wrong_flags_are_ours_to_refuse(thrift, tmp_path):
    other = script(tmp_path / "other", OTHER)
    done = thrift([tmp_path / "ours", other.parent], "--gen", "py:bogus", "x.thrift")
    assert (done.returncode, done.stderr.split("\n")[0]) == (1, "thrift: unknown option py:bogus")


def test_a_link_to_ours_is_ours(tmp_path, monkeypatch):
    ours = script(tmp_path / "ours", OURS)
    (tmp_path / "link").symlink_to(tmp_path / "ours")
    monkeypatch.delenv(MARK, raising=False)
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "link"), str(tmp_path / "ours")]))
    assert other_compiler(str(ours)) is None


def test_called_by_its_path_it_finds_the_first_other_one(tmp_path, monkeypatch):
    ours, other = script(tmp_path / "ours", OURS), script(tmp_path / "other", OTHER)
    monkeypatch.delenv(MARK, raising=False)
    monkeypatch.setenv("PATH", str(other.parent))
    assert other_compiler(str(ours)) == str(other)
    monkeypatch.setenv(MARK, "1")
    assert other_compiler(str(ours)) is None
