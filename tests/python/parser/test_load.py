"""Loading files: which file, under which name, once for all, and nothing left behind by a bad one."""

from __future__ import annotations

import pickle
import sys
import threading
from pathlib import Path

import pytest

import fastthrift
from fastthrift.parser import lexer, parser
from fastthrift.parser.exc import (
    ThriftGrammarError,
    ThriftLexerError,
    ThriftModuleNameConflict,
    ThriftParserError,
)


def test_a_path_may_be_a_string_or_a_path(write, tmp_path):
    path = write({"chat.thrift": "struct Message { 1: string text }"})
    assert fastthrift.load(path).__thrift_file__ == str(path)
    assert fastthrift.load("chat.thrift", module_name="chat_thrift").__thrift_file__ == "chat.thrift"


def test_without_a_name_nothing_is_registered_and_with_one_the_whole_tree_is(write):
    path = write(
        {
            "main.thrift": 'include "part.thrift"\nstruct A { 1: part.P p }',
            "part.thrift": 'include "sub/deep.thrift"\nstruct P { 1: deep.D d }',
            "sub/deep.thrift": "struct D { 1: i32 x }",
        }
    )
    before = set(sys.modules)
    assert fastthrift.load(path).__name__ == "main"
    assert {name for name in set(sys.modules) - before if name.endswith("_thrift")} == set()
    module = fastthrift.load(path, module_name="pkg.main_thrift")
    assert module.__name__ == "pkg.main_thrift"
    assert sys.modules["pkg.main_thrift"] is module
    assert sys.modules["pkg.part_thrift"] is module.part
    assert sys.modules["pkg.sub.deep_thrift"] is module.part.deep
    assert module.part.__name__ == "part"
    assert module.part.__thrift_module_name__ == "pkg.part_thrift"
    assert module.part.P.__module__ == "pkg.part_thrift"


def test_objects_of_a_named_tree_pickle(write):
    path = write(
        {
            "main.thrift": 'include "part.thrift"\nstruct A { 1: part.P p, 2: list<part.P> more }',
            "part.thrift": "struct P { 1: i32 x } exception E { 1: string m }",
        }
    )
    module = fastthrift.load(path, module_name="main_thrift")
    value = module.A(module.part.P(3), [module.part.P(4)])
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(value, protocol)) == value
    error = pickle.loads(pickle.dumps(module.part.E("m")))
    assert type(error) is module.part.E and error.m == "m"


def test_the_same_file_and_name_is_the_same_module(write, tmp_path):
    path = write({"a.thrift": "struct A {}"})
    module = fastthrift.load(path)
    assert fastthrift.load(str(path)) is module
    assert fastthrift.load("a.thrift") is module
    assert fastthrift.load(tmp_path / "x" / ".." / "a.thrift") is module
    named = fastthrift.load(path, module_name="a_thrift")
    assert named is not module
    assert fastthrift.load(path, module_name="a_thrift") is named
    assert fastthrift.parser.parse(path, enable_cache=False) is not module
    parser._thrift_cache.clear()
    assert fastthrift.load(path) is not module


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_of_another_name_is_a_module_of_that_name(write, tmp_path):
    path = write({"store/0abc.thrift": "struct A {}"})
    for name in ("first.thrift", "second.thrift", "sub/first.thrift"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(path)
    first, second = fastthrift.load("first.thrift"), fastthrift.load("second.thrift")
    assert (first.__name__, second.__name__, fastthrift.load(path).__name__) == ("first", "second", "0abc")
    assert (first.A.__module__, second.A.__module__) == ("first", "second")
    assert (first.__thrift_file__, second.__thrift_file__) == ("first.thrift", "second.thrift")
    assert fastthrift.load(tmp_path / "second.thrift") is second
    assert fastthrift.load("sub/first.thrift") is first


def test_a_name_gives_the_file_that_was_asked_for(write, tmp_path):
    write({"x/a.thrift": "struct X {}", "y/a.thrift": "struct Y {}"})
    first = fastthrift.load("x/a.thrift", module_name="a_thrift")
    second = fastthrift.load("y/a.thrift", module_name="a_thrift")
    assert hasattr(first, "X") and hasattr(second, "Y")
    assert sys.modules["a_thrift"] is second


def test_two_roots_do_not_mix_up_their_includes(write):
    write(
        {
            "x/main.thrift": 'include "t.thrift"\nstruct A { 1: t.X x }',
            "x/t.thrift": "struct X {}",
            "y/main.thrift": 'include "t.thrift"\nstruct A { 1: t.Y y }',
            "y/t.thrift": "struct Y {}",
        }
    )
    first, second = fastthrift.load("x/main.thrift"), fastthrift.load("y/main.thrift")
    assert first.A.thrift_spec[1][2] is first.t.X
    assert second.A.thrift_spec[1][2] is second.t.Y


def test_one_file_is_one_module_however_it_is_included(write):
    path = write(
        {
            "main.thrift": """
                include "shared.thrift"
                include "sub/part.thrift"
                include "./shared.thrift"
                struct A { 1: shared.S a, 2: part.P b }
            """,
            "sub/part.thrift": 'include "../shared.thrift"\nstruct P { 1: shared.S s }',
            "shared.thrift": "struct S {}",
        }
    )
    module = fastthrift.load(path, module_name="main_thrift")
    assert module.part.shared is module.shared
    assert module.part.P.thrift_spec[1][2] is module.shared.S
    assert module.__thrift_meta__["includes"] == [module.shared, module.part]
    assert sys.modules["shared_thrift"] is module.shared
    assert sys.modules["sub....shared_thrift"] is module.shared
    other = fastthrift.load(path)
    assert other.shared is module.shared, "includes are shared by the roots of one package"


def test_includes_are_searched_beside_the_file_then_in_the_directories(write, tmp_path):
    write(
        {
            "main.thrift": 'include "t.thrift"',
            "one/t.thrift": "const i32 N = 1",
            "two/t.thrift": "const i32 N = 2",
            "here/main.thrift": 'include "t.thrift"',
            "here/t.thrift": "const i32 N = 3",
        }
    )

    def n(path, **options):
        parser._thrift_cache.clear()
        return fastthrift.load(path, **options).t.N

    assert n("main.thrift", include_dirs=["one", "two"]) == 1
    assert n("main.thrift", include_dirs=["two", "one"]) == 2
    assert n("main.thrift", include_dirs=[tmp_path / "nowhere", tmp_path / "two"]) == 2
    assert n("main.thrift", include_dir="one") == 1
    assert n("main.thrift", include_dirs=["two"], include_dir="one") == 2
    assert n("main.thrift", include_dirs="one") == 1
    assert n("here/main.thrift", include_dirs=["one"]) == 3
    write({"t.thrift": "const i32 N = 4"})
    assert n("one/../main.thrift", include_dirs=["two"]) == 4
    absolute = tmp_path / "one" / "t.thrift"
    write({"absolute.thrift": f'include "{absolute}"'})
    assert n("absolute.thrift", include_dirs=[]) == 1


def test_the_current_directory_is_searched_unless_directories_are_given(write):
    write({"deep/main.thrift": 'include "t.thrift"', "t.thrift": "const i32 N = 1"})
    assert fastthrift.load("deep/main.thrift").t.N == 1
    parser._thrift_cache.clear()
    with pytest.raises(ThriftParserError, match="Couldn't include thrift t.thrift in any directories provided"):
        fastthrift.load("deep/main.thrift", include_dirs=["deep"])


@pytest.mark.parametrize(
    ("files", "error", "text"),
    [
        ({"a.thrift": 'include "zz.thrift"'}, ThriftParserError,
         "Couldn't include thrift zz.thrift in any directories provided (a.thrift:1:1)"),
        ({"a.thrift": '\n include "zz.txt"', "zz.txt": ""}, ThriftParserError,
         "Path should end with .thrift (a.thrift:2:2)"),
        ({"a.thrift": 'include "b.thrift"', "b.thrift": 'include "a.thrift"'}, ThriftParserError,
         "Dead including on a.thrift (b.thrift:1:1)"),
        ({"a.thrift": 'include "a.thrift"'}, ThriftParserError, "Dead including on a.thrift (a.thrift:1:1)"),
        ({"a.thrift": 'include "x/t.thrift"\ninclude "y/t.thrift"', "x/t.thrift": "", "y/t.thrift": ""},
         ThriftGrammarError, "'t' type is already defined in 'includes'"),
        ({"a.thrift": "struct A { 1: Nope a }"}, ThriftParserError, "No type found: 'Nope', at line 1"),
        ({"a.thrift": "struct A {"}, ThriftGrammarError, "Grammar error at EOF of the file 'a.thrift'"),
        ({"a.thrift": "const i32 A = ?"}, ThriftLexerError, "Illegal character '?' at line 1"),
        ({"a.thrift": 'include "b.thrift"', "b.thrift": "\nstruct ;"}, ThriftGrammarError,
         "Grammar error ';' at line 2 of the file 'b.thrift'"),
    ],
)  # fmt: skip
def test_an_error_has_thriftpy2s_text_first_and_then_the_place(write, files, error, text):
    write(files)
    with pytest.raises(error) as raised:
        fastthrift.load("a.thrift")
    assert str(raised.value).startswith(text)
    assert raised.value.filename == ("b.thrift" if "b.thrift" in files else "a.thrift")
    assert raised.value.lineno >= 1 and raised.value.column >= 1
    assert isinstance(raised.value, ThriftParserError)
    assert str(raised.value).endswith(f"({raised.value.filename}:{raised.value.lineno}:{raised.value.column})")


def test_under_thriftpy2s_defaults_the_text_is_the_text_alone(write, monkeypatch):
    write({"a.thrift": "struct A {\n 1: Nope a }"})
    monkeypatch.setattr(fastthrift.defaults.current, "places_in_messages", False)
    with pytest.raises(ThriftParserError) as raised:
        fastthrift.load("a.thrift")
    assert str(raised.value) == "No type found: 'Nope', at line 2"
    assert (raised.value.filename, raised.value.lineno, raised.value.column) == ("a.thrift", 2, 5)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("a.txt",), "Path should end with .thrift"),
        (("a.thrift", "a"), "thriftpy2 can only generate module with '_thrift' suffix"),
        (("ftp://x/a.thrift",), "thriftpy2 does not support generating module with path in protocol 'ftp'"),
    ],
)
def test_what_cannot_be_loaded_is_refused(write, arguments, text):
    write({"a.thrift": "", "a.txt": ""})
    with pytest.raises(ThriftParserError) as raised:
        fastthrift.load(*arguments)
    assert str(raised.value) == text


def test_a_missing_file_is_a_file_not_found_error():
    with pytest.raises(FileNotFoundError):
        fastthrift.load("nope.thrift")


def test_a_bad_file_leaves_nothing_behind(write):
    write({"bad.thrift": 'include "good.thrift"\nstruct A { 1: Nope a }', "good.thrift": "struct G {}"})
    before = set(sys.modules)
    for _ in range(2):
        with pytest.raises(ThriftParserError, match="No type found"):
            fastthrift.load("bad.thrift", module_name="bad_thrift")
    assert set(sys.modules) == before
    assert parser._thrift_cache == {}
    write({"bad.thrift": 'include "good.thrift"\nstruct A { 1: good.G a }'})
    assert fastthrift.load("bad.thrift", module_name="bad_thrift").A().a is None


def test_a_module_name_is_one_file(write):
    write(
        {
            "x/main.thrift": 'include "t.thrift"',
            "x/t.thrift": "",
            "y/main.thrift": 'include "t.thrift"',
            "y/t.thrift": "",
        }
    )
    first = fastthrift.load("x/main.thrift", module_name="main_thrift")
    with pytest.raises(ThriftModuleNameConflict) as raised:
        fastthrift.load("y/main.thrift", module_name="main_thrift")
    assert str(raised.value) == 'Module name conflict between "x/t.thrift" and "y/t.thrift"'
    assert sys.modules["main_thrift"] is first and sys.modules["t_thrift"] is first.t


def test_an_include_cannot_take_the_name_of_its_root(write):
    write({"foo.bar.thrift": 'include "foo/bar.thrift"', "foo/bar.thrift": ""})
    with pytest.raises(ThriftModuleNameConflict, match='conflict between "foo.bar.thrift" and "foo/bar.thrift"'):
        fastthrift.load("foo.bar.thrift", module_name="foo.bar_thrift")
    module = fastthrift.load("foo.bar.thrift")
    assert module.bar.__thrift_module_name__ == "foo.bar_thrift"


def test_a_name_with_dots_is_looked_up_whole(write):
    path = write({"main.thrift": 'include "a.b.thrift"\nstruct S { 1: a.b.T t }', "a.b.thrift": "struct T {}"})
    module = fastthrift.load(path)
    assert module.S.thrift_spec[1][2] is getattr(module, "a.b").T


def test_256_files_may_include_each_other_and_not_one_more(write):
    write({f"f{i}.thrift": f'include "f{i + 1}.thrift"' for i in range(256)})
    write({"f256.thrift": "const i32 N = 1"})
    assert fastthrift.load("f1.thrift").f2.f3.__thrift_module_name__ == "f3_thrift"
    with pytest.raises(ThriftParserError, match="256 files"):
        parser._thrift_cache.clear()
        fastthrift.load("f0.thrift")


def test_a_file_beyond_16_mib_is_refused(write):
    write({"big.thrift": " " * (16 * 1024 * 1024 + 1), "fits.thrift": " " * (16 * 1024 * 1024 - 20) + "struct A {}"})
    with pytest.raises(ThriftParserError, match="larger than"):
        fastthrift.load("big.thrift")
    assert fastthrift.load("fits.thrift").A


def test_the_encoding_is_that_of_the_root_alone(write):
    write(
        {
            "latin.thrift": 'include "utf.thrift"\nconst string A = "\u00e9"'.encode("latin-1"),
            "utf.thrift": 'const string B = "\u00e9"',
        }
    )
    module = fastthrift.load("latin.thrift", encoding="latin-1")
    assert (module.A, module.utf.B) == ("\u00e9", "\u00e9")
    with pytest.raises(ThriftParserError):
        fastthrift.load("latin.thrift", module_name="x_thrift")
    with pytest.raises(ThriftParserError) as raised:
        fastthrift.load("utf.thrift", encoding="ascii")
    assert isinstance(raised.value, UnicodeDecodeError)
    with pytest.raises(LookupError):
        fastthrift.load("utf.thrift", encoding="no-such-encoding", module_name="y_thrift")


def test_a_program_may_put_its_own_open_into_the_parser(write, monkeypatch):
    write({"a.thrift": 'include "b.thrift"', "b.thrift": ""})
    opened = []

    def open_file(path, **options):
        opened.append((path, options))
        return open(path, **options)

    monkeypatch.setattr(parser, "open", open_file, raising=False)
    fastthrift.load("a.thrift", encoding="latin-1")
    assert opened == [("a.thrift", {"encoding": "latin-1"}), ("b.thrift", {"encoding": "utf-8"})]


def test_a_file_url_is_a_file(write, tmp_path):
    write({"a.thrift": 'include "b.thrift"', "b.thrift": "const i32 N = 1"})
    module = fastthrift.load((tmp_path / "a.thrift").as_uri(), include_dirs=[])
    assert module.b.N == 1
    assert module.__thrift_file__ == (tmp_path / "a.thrift").as_uri()


def test_reserved_words_are_refused_where_the_defaults_or_the_program_say_so(write, monkeypatch):
    write({"a.thrift": "struct next {}"})
    fastthrift.load("a.thrift")
    monkeypatch.setattr(fastthrift.defaults.current, "refuse_reserved_words", True)
    parser._thrift_cache.clear()
    with pytest.raises(ThriftLexerError, match="Cannot use reserved language keyword: 'next' at line 1"):
        fastthrift.load("a.thrift")
    monkeypatch.setattr(lexer, "thrift_reserved_keywords", [])
    fastthrift.load("a.thrift")
    monkeypatch.setattr(fastthrift.defaults.current, "refuse_reserved_words", False)
    monkeypatch.setattr(lexer, "thrift_reserved_keywords", ("next",))
    parser._thrift_cache.clear()
    with pytest.raises(ThriftLexerError, match="Cannot use reserved language keyword"):
        fastthrift.load("a.thrift")


def test_threads_get_one_module(write):
    path = write({"a.thrift": 'include "b.thrift"\nstruct A { 1: b.B b }', "b.thrift": "struct B {}"})
    start, modules = threading.Barrier(8), []

    def load():
        start.wait(10)
        modules.append(fastthrift.load(path, module_name="a_thrift"))

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(modules) == 8 and len(set(map(id, modules))) == 1


def test_the_misspelt_error_is_still_there():
    with pytest.warns(DeprecationWarning, match="'ThriftGrammerError' is a typo of 'ThriftGrammarError'"):
        from fastthrift.parser.exc import ThriftGrammerError
    assert ThriftGrammerError is ThriftGrammarError


def test_the_collector_stays_as_it_was(write):
    import gc

    text = "".join(f"struct S{i} {{ 1: i32 a }} " for i in range(300))
    for is_on in (False, True):
        (gc.enable if is_on else gc.disable)()
        try:
            fastthrift.load(write({f"many{is_on}.thrift": text}))
            assert gc.isenabled() is is_on
        finally:
            gc.enable()


def test_importing_the_package_imports_nothing_heavy():
    import subprocess

    code = (
        "import sys; before = set(sys.modules); import fastthrift; "
        "print(*sorted({'asyncio', 'ssl', 'http', 'socket', 'typing', 're', 'dataclasses', 'inspect', 'urllib', 'uuid'} "
        "& (set(sys.modules) - before)))"
    )
    root = Path(fastthrift.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {str(root)!r}); {code}"],
        capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert (done.stdout.strip(), done.returncode) == ("", 0), done.stderr
