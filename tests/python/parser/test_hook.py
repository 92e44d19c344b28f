"""`import chat_thrift`."""

from __future__ import annotations

import importlib
import pickle
import sys
import types

import pytest

import fastthrift
from fastthrift import hook


@pytest.fixture
def hooked():
    fastthrift.install_import_hook()
    importlib.invalidate_caches()
    yield
    fastthrift.remove_import_hook()


def test_a_file_of_the_current_directory_is_imported(write, hooked):
    write({"chat.thrift": 'include "part.thrift"\nstruct A { 1: part.P p }', "part.thrift": "struct P {}"})
    import chat_thrift

    assert chat_thrift.A(chat_thrift.part.P()).p == chat_thrift.part.P()
    assert chat_thrift.__thrift_file__ == "chat.thrift"
    assert chat_thrift.__name__ == "chat_thrift" and chat_thrift.__spec__.name == "chat_thrift"
    assert sys.modules["part_thrift"] is chat_thrift.part
    assert pickle.loads(pickle.dumps(chat_thrift.A())) == chat_thrift.A()
    from chat_thrift import A

    assert A is chat_thrift.A


def test_sys_path_is_searched_as_well(write, hooked, tmp_path, monkeypatch):
    write({"elsewhere/far.thrift": "struct F {}"})
    monkeypatch.setattr(sys, "path", [*sys.path, 7, str(tmp_path / "elsewhere")])
    import far_thrift

    assert far_thrift.__thrift_file__ == str(tmp_path / "elsewhere" / "far.thrift")


def test_a_file_beside_a_package_is_imported_as_its_module(write, hooked, tmp_path, monkeypatch):
    write({
        "lib/hookpkg/__init__.py": "",
        "lib/hookpkg/api.thrift": 'include "shared.thrift"\nstruct A { 1: shared.S s }',
        "lib/hookpkg/shared.thrift": "struct S {}",
    })  # fmt: skip
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    try:
        import hookpkg.api_thrift as api

        assert api.__name__ == "hookpkg.api_thrift" and api.__package__ == "hookpkg"
        assert api.shared.S.__module__ == "hookpkg.shared_thrift"
        assert sys.modules["hookpkg.shared_thrift"] is api.shared
        assert pickle.loads(pickle.dumps(api.A(api.shared.S()))) == api.A(api.shared.S())
        import hookpkg.shared_thrift

        assert hookpkg.shared_thrift is api.shared
    finally:
        sys.modules.pop("hookpkg", None)


@pytest.mark.parametrize("name", ["nope_thrift", "os.nope_thrift", "_thrift"])
def test_a_missing_file_is_a_missing_module(hooked, name):
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(name)


def test_other_finders_get_their_turn(write, hooked):
    write({"plain_thrift.py": "x = 1"})
    sys.path.insert(0, "")
    try:
        assert importlib.import_module("plain_thrift").x == 1
    finally:
        sys.path.remove("")


def test_a_bad_file_is_imported_once_it_is_mended(write, hooked):
    write({"bad.thrift": "struct {"})
    with pytest.raises(fastthrift.parser.ThriftParserError):
        importlib.import_module("bad_thrift")
    assert "bad_thrift" not in sys.modules
    write({"bad.thrift": "struct A {}"})
    assert importlib.import_module("bad_thrift").A


def test_the_hook_is_installed_once_and_removed_at_once():
    before = list(sys.meta_path)
    fastthrift.install_import_hook()
    fastthrift.install_import_hook()
    assert sys.meta_path == [*before, hook._imp]
    fastthrift.remove_import_hook()
    fastthrift.remove_import_hook()
    assert sys.meta_path == before


def test_load_module_finds_what_import_would_find(write):
    write({"a.thrift": "struct A {}"})
    module = fastthrift.load_module("a_thrift")
    assert sys.modules["a_thrift"] is module
    assert fastthrift.load_module("a_thrift") is module
    with pytest.raises(ImportError, match="thriftpy2 can only load module with '_thrift' suffix"):
        fastthrift.load_module("a")
    # A name that no other test has loaded in this process.
    with pytest.raises(ModuleNotFoundError, match="never_written_thrift"):
        fastthrift.load_module("never_written_thrift")
    sys.modules["taken_thrift"] = types.ModuleType("taken_thrift")
    assert fastthrift.load_module("taken_thrift") is sys.modules["taken_thrift"]


def test_an_importer_of_the_same_kind_is_equal():
    assert hook.ThriftImporter() == hook._imp == hook.ThriftImporter("_thrift")
    assert hook.ThriftImporter("_idl") != hook._imp
    assert hook.ThriftImporter().find_spec("os") is None
