"""IDL from strings and file objects."""

from __future__ import annotations

import io
import pickle
import sys

import pytest

import fastthrift
from fastthrift.parser import parser
from fastthrift.parser.exc import ThriftGrammarError, ThriftParserError


def test_a_string_becomes_a_module():
    module = fastthrift.loads("struct A { 1: i32 x = 3 }")
    assert repr(module.A()) == "A(x=3)"
    assert module.__thrift_file__ is None
    assert fastthrift.loads(b"struct A {}").A != module.A


def test_a_name_registers_the_module_and_its_includes():
    module = fastthrift.loads(
        'include "part.thrift"\nstruct A { 1: part.P p }', "pkg.main_thrift", {"part.thrift": "struct P {}"}
    )
    assert sys.modules["pkg.main_thrift"] is module
    assert sys.modules["pkg.part_thrift"] is module.part
    assert module.A.__module__ == "pkg.main_thrift" and module.part.P.__module__ == "pkg.part_thrift"


def test_objects_from_strings_pickle():
    module = fastthrift.loads('include "p.thrift"\nstruct A { 1: p.P p }', "text_thrift", {"p.thrift": b"struct P {}"})
    value = module.A(module.p.P())
    assert pickle.loads(pickle.dumps(value)) == value


def test_includes_come_from_the_mapping_relative_to_each_other_or_as_written():
    texts = {
        "a/b.thrift": 'include "c.thrift"\ninclude "d.thrift"\nstruct B { 1: c.C c, 2: d.D d }',
        "a/c.thrift": 'include "../d.thrift"\nstruct C { 1: d.D d }',
        "d.thrift": "struct D {}",
        "c.thrift": "struct Wrong {}",
    }
    module = fastthrift.loads('include "a/b.thrift"\nstruct A { 1: b.B b }', includes=texts)
    assert module.b.c.C.thrift_spec[1][2] is module.b.d.D
    assert module.b.B.thrift_spec[2][2] is module.b.d.D


def test_includes_come_from_directories_where_they_are_given(write, tmp_path):
    write({"inc/disk.thrift": 'include "near.thrift"\nstruct D { 1: near.N n }', "inc/near.thrift": "struct N {}"})
    module = fastthrift.loads('include "disk.thrift"', include_dirs=[tmp_path / "inc"])
    assert module.disk.D.thrift_spec[1][2] is module.disk.near.N
    again = fastthrift.loads('include "disk.thrift"', include_dirs=[tmp_path / "inc"])
    assert again is not module and again.disk is module.disk
    mapped = fastthrift.loads('include "disk.thrift"', includes={"disk.thrift": "struct E {}"}, include_dirs=["inc"])
    assert hasattr(mapped.disk, "E")


def test_no_file_is_read_without_directories(write):
    write({"disk.thrift": "struct D {}"})
    with pytest.raises(ThriftParserError, match="Couldn't include thrift disk.thrift in any directories provided"):
        fastthrift.loads('include "disk.thrift"')


@pytest.mark.parametrize(
    ("text", "includes", "message"),
    [
        ("struct A {", {}, "Grammar error at EOF"),
        ('include "a.thrift"', {"a.thrift": 'include "a.thrift"'}, "Dead including on a.thrift"),
        ('include "a.thrift"', {"a.thrift": "struct ;"}, "Grammar error ';' at line 1 of the file 'a.thrift'"),
        ('include "a.txt"', {"a.txt": ""}, "Path should end with .thrift"),
        ("struct A { 1: Nope n }", {}, "No type found: 'Nope', at line 1"),
    ],
)
def test_errors_in_strings_are_the_errors_of_files(text, includes, message):
    before = set(sys.modules)
    with pytest.raises(ThriftParserError) as raised:
        fastthrift.loads(text, "x_thrift", includes)
    assert str(raised.value).startswith(message)
    assert set(sys.modules) == before and parser._thrift_cache == {}


def test_each_string_is_a_module_of_its_own_and_takes_the_name():
    first = fastthrift.loads("struct A {}", "x_thrift")
    second = fastthrift.loads("struct A {}", "x_thrift")
    assert first is not second and sys.modules["x_thrift"] is second


def test_a_text_is_decoded_or_encoded_as_it_comes():
    text = 'const string A = "\u00e9\u20ac"'
    assert fastthrift.loads(text).A == fastthrift.loads(text.encode()).A == "\u00e9\u20ac"
    with pytest.raises(ThriftParserError):
        fastthrift.loads('const string A = "\udc80"')
    with pytest.raises(ThriftParserError, match="larger than"):
        fastthrift.loads(" " * (16 * 1024 * 1024 + 1))


def test_a_file_object_is_loaded_and_registered():
    source = io.StringIO("struct A {}")
    module = fastthrift.load_fp(source, "pkg.fp_thrift")
    assert sys.modules["pkg.fp_thrift"] is module
    assert module.__thrift_file__ is None and module.A.__module__ == "pkg.fp_thrift"
    assert not source.closed
    assert fastthrift.load_fp(io.StringIO("struct A {}"), "pkg.fp_thrift") is module
    assert hasattr(fastthrift.load_fp(io.BytesIO(b"struct B {}"), "pkg.fp_thrift"), "B")


@pytest.mark.parametrize(
    ("source", "name", "error", "text"),
    [
        (io.StringIO(""), "x", ThriftParserError, "thriftpy2 can only generate module with '_thrift' suffix"),
        (io.StringIO(""), None, ThriftParserError, "thriftpy2 can only generate module with '_thrift' suffix"),
        (3, "x_thrift", ThriftParserError, "Expected `source` to be a file-like object with a method named 'read'"),
        (io.StringIO('include "a.thrift"'), "x_thrift", ThriftParserError,
         "Unexpected include statement while loading from file like object."),
        (io.StringIO("struct"), "x_thrift", ThriftGrammarError, "Grammar error at EOF of the file 'None'"),
    ],
)  # fmt: skip
def test_a_file_object_that_cannot_be_loaded_is_refused(source, name, error, text, monkeypatch):
    monkeypatch.delitem(sys.modules, "x_thrift", raising=False)  # of another test
    with pytest.raises(error) as raised:
        fastthrift.load_fp(source, name)
    assert str(raised.value).startswith(text)
    assert "x_thrift" not in sys.modules
