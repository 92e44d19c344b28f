"""Real IDL files mean the same: every module loaded by both has the same definitions, specs, defaults and metadata."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import thriftpy2
from thriftpy2.parser import parser as their_parser

import describe
import fastthrift

from . import idls
from .pair import Pair

SHARED = Path(__file__).resolve().parents[3] / "shared" / "idl"
FILES = sorted(SHARED.rglob("*.thrift")) if SHARED.exists() else []


# What thriftpy2 leaves wrong in these files: integers in a list of doubles, a typedef of a later type.
REPAIRED = {
    "thrift/test/DoubleConstantsTest.thrift": {"DOUBLE_LIST_TEST"},
    "thriftrw-go/gen/internal/tests/thrift/structs.thrift": {"List"},
}

# Where thriftpy2 has something else that is seen by `describe` as well.
DIFFERENT = {
    "impyla/impala/thrift/ExecStats.thrift": "thriftpy2 takes what it does not find in an include for the include itself",
    "impyla/impala/thrift/RuntimeProfile.thrift": "the same",
    "thrift/test/DoubleConstantsTest.thrift": "thriftpy2 leaves integers in a list<double>",
    "thriftrw-go/gen/internal/tests/thrift/structs.thrift": "thriftpy2 leaves dicts in a list of structs",
}


def names(value: Any) -> Any:
    """A thrift_spec, default or constant with classes and objects by name, so that both libraries' compare equal."""
    if isinstance(value, type):
        return f"<{value.__name__}>"
    if isinstance(value, ModuleType):
        return f"<module {value.__name__}>"
    if hasattr(value, "thrift_spec"):
        return (type(value).__name__, names(value.__dict__))
    if isinstance(value, dict):
        return {names(k): names(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, *(names(v) for v in value)]
    if isinstance(value, set):
        return {"set": sorted(map(repr, (names(v) for v in value)))}
    return value


def described(module: ModuleType) -> dict[str, Any]:
    """What a program can see of a loaded file."""
    found: dict[str, Any] = {}
    for name, value in vars(module).items():
        if name.startswith("__"):
            continue
        if isinstance(value, type):
            found[name] = described_class(value)
        elif not isinstance(value, ModuleType):
            found[name] = names(value)
    meta = getattr(module, "__thrift_meta__", {})
    found["__thrift_meta__"] = {
        kind: [names(v) for v in meta[kind]] for kind in sorted(meta) if kind != "consts" and meta[kind]
    }
    found["__thrift_namespaces__"] = module.__thrift_namespaces__
    return found


def described_class(cls: type[Any]) -> dict[str, Any]:
    shown = {
        attribute: names(getattr(cls, attribute))
        for attribute in (
            "thrift_spec", "default_spec", "_ttype", "_VALUES_TO_NAMES", "_NAMES_TO_VALUES", "thrift_services",
            "__thrift_annotations__", "__thrift_lineno__",
        )
        if hasattr(cls, attribute)
    }  # fmt: skip
    for method in getattr(cls, "thrift_services", ()):
        for part in (f"{method}_args", f"{method}_result"):
            inner = getattr(cls, part)
            shown[part] = (names(inner.thrift_spec), names(inner.default_spec), getattr(inner, "oneway", None))
    return shown


def unresolved(value: Any) -> bool:
    """Whether a description holds what thriftpy2 left open: see the rows on forward references in docs/compatibility.md."""
    text = repr(value)
    return (
        "UNKNOWN_CONST" in text
        or "<module " in text
        or any(f", -{n}, " in text or f", -{n}]" in text for n in range(3, 60))
    )


@pytest.mark.skipif(not FILES, reason="the real IDL files are not beside the repository")
@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SHARED)))
def test_real_file_means_the_same(path: Path) -> None:
    folders = [str(path.parent), *map(str, list(path.parents)[: len(path.relative_to(SHARED).parts)])]
    their_parser._thrift_cache.clear()
    try:
        their_module = thriftpy2.load(str(path), include_dirs=folders)
    except Exception as error:
        pytest.skip(f"thriftpy2 does not load it: {type(error).__name__}: {str(error)[:80]}")
    our_module = fastthrift.load(str(path), include_dirs=folders)
    theirs, ours = described(their_module), described(our_module)
    assert list(ours) == list(theirs)
    for name, value in theirs.items():
        if name in REPAIRED.get(path.relative_to(SHARED).as_posix(), ()):
            assert ours[name] != value, name
        elif not unresolved(value):
            assert ours[name] == value, name
    if path.relative_to(SHARED).as_posix() not in DIFFERENT:
        for kind in ("structs", "unions", "exceptions"):
            shown = [list(map(str, cls.thrift_spec.items())) for cls in our_module.__thrift_meta__.get(kind, ())]
            meta = getattr(their_module, "__thrift_meta__", {})
            assert shown == [list(map(str, cls.thrift_spec.items())) for cls in meta.get(kind, ())]
        assert describe.module(our_module) == describe.module(their_module)


@pytest.mark.parametrize("name", [*idls.ALL, "service"])
def test_own_idl_means_the_same(name: str) -> None:
    pair = Pair.of(idls.ALL.get(name, idls.SERVICE))
    theirs, ours = described(pair.theirs), described(pair.ours)
    for kind in theirs:
        assert ours[kind] == theirs[kind], kind
    assert list(ours) == list(theirs)


# Files that both refuse: thriftpy2's class, and its text comes first in ours.
REFUSED = {
    "unknown type": "struct A { 1: Nope a }",
    "unknown constant": "const i32 A = NOPE",
    "duplicate id": "struct A { 1: i32 a, 1: i32 b }",
    "duplicate name": "struct A { 1: i32 a, 2: i32 a }",
    "duplicate struct": "struct A {} struct A {}",
    "duplicate service": "service A {} service A {}",
    "duplicate exception": "exception A {} exception A {}",
    "duplicate enum": "enum A { X } enum A { Y }",
    "duplicate function": "service S { void a(), void a() }",
    "constant of the wrong type": 'const i32 A = "text"',
    "default of the wrong type": 'struct A { 1: i32 a = "text" }',
    "string for a bool": 'const bool A = "true"',
    "number for a string": "const string A = 5",
    "list for a map": "const map<i32, i32> A = [1]",
    "value that the enum lacks": "enum E { A = 1 } const E X = 7",
    "name that the enum lacks": "enum E { A = 1 } const E X = E.B",
    "field that the struct lacks": 'struct S { 1: i32 a } const S X = {"q": 1}',
    "required field left out": "struct S { 1: required i32 a } const S X = {}",
    "service to extend is not there": "service A extends B {}",
    "struct to extend": "struct B {} service A extends B {}",
    "include that is not there": 'include "nope_nope.thrift"',
    "end of the file": "struct A { 1: i32 a",
    "not a definition": "hello",
    "bad token": "struct A { 1: i32 a } }",
    "illegal character": "struct A { 1: i32 a @ }",
    "numeric annotation": "struct A { 1: i32 a } (a = 5)",
    "number as a name": "struct 5 {}",
}


@pytest.mark.parametrize("claim", REFUSED)
def test_both_refuse_the_file_with_the_same_class_and_text(claim: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.thrift"
    path.write_text(REFUSED[claim])
    with pytest.raises(Exception) as theirs:
        thriftpy2.load(str(path))
    with pytest.raises(Exception) as ours:
        fastthrift.load(str(path))
    assert type(ours.value).__name__ == type(theirs.value).__name__
    assert str(ours.value).startswith(str(theirs.value).rstrip())


LINES = """// a comment
namespace py lines
/** What
 * it is. */
struct Line { # another one
  1: i32 a, // until here
  2: string b = 'x'
}
const i32 LAST = 5"""
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "latin-1"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=repr)
def test_lines_may_end_as_in_any_text_file(end: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "lines.thrift"
    path.write_bytes(LINES.replace("\n", end).encode(encoding))
    theirs, ours = (package.load(str(path), encoding=encoding) for package in (thriftpy2, fastthrift))
    assert described(ours) == described(theirs)
    assert ours.LAST == 5
    for attribute in ("__thrift_lineno__", "__thrift_field_linenos__"):
        assert getattr(ours.Line, attribute) == getattr(theirs.Line, attribute)
    assert ours.Line.__doc__ == "What\nit is."


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=repr)
def test_an_error_is_in_the_line_that_an_editor_shows(end: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.thrift"
    path.write_bytes(f"// one{end}// two{end}struct A {{{end}  1: Nope a{end}}}{end}".encode())
    for package in (thriftpy2, fastthrift):
        with pytest.raises(package.parser.ThriftParserError, match="No type found: 'Nope', at line 4"):
            package.load(str(path))
