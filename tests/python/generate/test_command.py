"""The console scripts of the package are the commands."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fastthrift.generate import command

from .conftest import environment

PROJECT = (Path(__file__).resolve().parents[3] / "pyproject.toml").read_text("utf-8")


@pytest.mark.parametrize("script, function", [("fastthrift", command.main), ("thrift", command.thrift_main)])
def test_the_scripts_are_these_functions(script, function):
    scripts = PROJECT.partition("[project.scripts]\n")[2].partition("\n\n")[0]
    (target,) = re.findall(rf'^{script} = "(.*)"$', scripts, re.MULTILINE)
    module, _, name = target.partition(":")
    assert getattr(importlib.import_module(module), name) is function


def test_arguments_are_those_of_the_process_unless_given(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["fastthrift", "--version"])
    assert command.main() == 0
    monkeypatch.setattr("sys.argv", ["thrift", "--version"])
    assert command.thrift_main() == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == second and first.endswith("(fastthrift)")


def test_messages_begin_with_the_name_that_was_called(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["thrift", "x.thrift"])
    assert command.thrift_main() == 1
    assert capsys.readouterr().err == (
        "thrift: No output language(s) specified\nUsage: thrift [options] file; see thrift --help\n"
    )


def test_an_error_of_the_program_itself_is_not_hidden(monkeypatch, tmp_path):
    """Only what is wrong with the IDL, the command line or the output becomes a message."""
    (tmp_path / "x.thrift").write_text("struct A {}")
    monkeypatch.chdir(tmp_path)

    def broken(*arguments: object) -> None:
        raise KeyError("broken")

    monkeypatch.setattr(command, "add_python", broken)
    with pytest.raises(KeyError):
        command.main(["--gen", "py", "x.thrift"])


def test_paths_of_any_characters_are_printed_to_any_terminal(tmp_path):
    for text, status in (("struct A {i32 a}", 0), ("struct A {1: Nope a}", 1)):
        (tmp_path / "é.thrift").write_text(text)
        done = subprocess.run(
            [sys.executable, "-m", "fastthrift", "--gen", "py", "é.thrift"],
            cwd=tmp_path, env=environment(PYTHONIOENCODING="ascii"), capture_output=True, timeout=30,
        )  # fmt: skip
        assert done.returncode == status
        assert (done.stdout + done.stderr).startswith(b"\\xe9.thrift:1:")


def test_ctrl_c_ends_it_quietly(monkeypatch, tmp_path, capsys):
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.thrift").write_text("struct A {}")
    monkeypatch.setattr(command, "add_python", interrupted)
    assert command.main(["--gen", "py", "x.thrift"]) == 130
    assert capsys.readouterr() == ("", "")
    assert [path.name for path in tmp_path.iterdir()] == ["x.thrift"]
