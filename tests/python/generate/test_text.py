"""Names, docs, annotations, literals and paths of an IDL are data: none of them becomes code, and none is lost."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from fastthrift.generate.text import comment, docstring, quoted

NASTY = [
    '"""', "'''", '""', "\\", '\\"""', 'a"""b', 'ends with "', 'ends with \\', '"""\nimport os\n"""', "{0} %s {x}", "# x",
    "\\N{BULLET}", "\\x41", "\t", "a\r\nb", "\x00\x07\x1b", "\u2028\u2029\x85", "\u202e\u2066", "é\u65e5\U0001f600",
    "$(touch x)", "`touch x`", '" + __import__("os").getcwd() + "',
]  # fmt: skip


@pytest.mark.parametrize("text", NASTY)
def test_a_docstring_says_what_the_doc_says(text):
    source = "\n".join(["class A:", *docstring(text, 1), "    pass"])
    tree = ast.parse(source)
    assert [type(each).__name__ for each in tree.body] == ["ClassDef"]
    (cls,) = tree.body
    assert isinstance(cls, ast.ClassDef) and len(cls.body) <= 2
    if text.strip():
        said = ast.get_docstring(cls, clean=False)
        assert said is not None
        assert "".join(said.split()) == "".join(text.strip("\n").split())


@pytest.mark.parametrize("text", NASTY)
def test_a_described_name_keeps_its_doc(text):
    lines = docstring("title", 1, ("Attributes", [("name", text), ("other", "")]))
    tree = ast.parse("\n".join(["class A:", *lines]))
    said = ast.get_docstring(tree.body[0])  # type: ignore[arg-type]
    assert said is not None
    assert said.startswith("title\n\nAttributes:\n - name") and said.endswith("\n - other")


@pytest.mark.parametrize("text", NASTY)
def test_a_string_literal_is_the_text(text):
    assert ast.literal_eval(quoted(text)) == text


@pytest.mark.parametrize("text", NASTY)
def test_a_comment_is_one_line(text):
    assert len(comment(text).splitlines()) <= 1
    assert ast.parse(f"# {comment(text)}\n").body == []


def test_an_empty_doc_is_no_docstring():
    assert docstring("", 1) == docstring(" \n ", 1) == []


def test_nothing_of_an_idl_runs_when_its_code_is_imported(generated, imported, tmp_path):
    evil = '\\"\\"\\"; open(\\"pwned\\", \\"w\\"); \\"\\"\\"'
    idl = f'''
/** """; open("pwned", "w"); """ */
namespace py safe (x = "{evil}")
/** \\""" open('pwned', 'w') */
enum E {{
  /** """
  open("pwned", "w")
  """ */
  A = 1 (y = "{evil}")
}} (z = "{evil}")
/** """
open("pwned", "w") \\ */
struct S {{
  /** """
  open("pwned", "w") */
  1: string s = "{evil}" (cpp.template = "'+open('pwned','w')+'")
  2: map<string, string> m = {{"{evil}": "\\n{evil}"}}
  3: binary b = "{evil}"
}}
/** x
open("pwned", "w")
*/
const string C = "'+open('pwned','w')+'\\n{evil}"
const map<string, list<string>> D = {{"{evil}": ["'", "\\""]}}
/** """ + open("pwned", "w") + """ */
service V {{
  /** """
  open("pwned", "w")
  """ */
  string f(
    /** """; open("pwned", "w") */
    1: string a = "{evil}")
}}
'''
    constants = generated(idl, "--gen", "py", module="safe.constants")
    service = imported(tmp_path / "gen-py", "safe.V")
    text = '"""; open("pwned", "w"); """'
    assert constants.C == "'+open('pwned','w')+'\n" + text
    assert constants.D == {text: ["'", '"']}
    assert constants.S().s == text and constants.S().m == {text: "\n" + text} and constants.S().b == text.encode()
    assert "open" in service.Iface.f.__doc__
    assert not list(Path(tmp_path).rglob("pwned"))


def test_nothing_of_an_idl_runs_in_stubs_and_json(run):
    doc = '/** """; import os; """ */'
    made = run(f'{doc} struct S {{{doc} 1: string s = "\\""}}', "--gen", "pyi", "--gen", "json")
    assert made.status == 0
    tree = ast.parse(made["gen-pyi/x_thrift.pyi"])
    imported = [name.name for each in ast.walk(tree) if isinstance(each, ast.Import) for name in each.names]
    assert "os" not in imported


PATHS = [
    ("namespace py a..b\n", 1),
    ("namespace py ../a\n", 1),
    ("namespace py /a\n", 1),
    ('namespace py "../a"\n', 1),
    ("namespace py .a\n", 1),
    ("namespace * a.b.c\n", 0),
    ("namespace py a.class.None\n", 0),
]


@pytest.mark.parametrize("header, status", PATHS)
def test_a_namespace_never_leaves_the_folder(run, tmp_path, header, status):
    made = run(header + "struct A {}", "--gen", "py")
    assert made.status == status
    assert all(path.startswith("gen-py/a/") for path in made.files() if path.count("/") > 1)


@pytest.mark.parametrize(
    "file, package",
    [
        ("my-service.thrift", "my_service"),
        ("1st.thrift", "_1st"),
        ("a b.thrift", "a_b"),
        ("import.thrift", "import_"),
        ("a.b.thrift", "a_b"),
        ("...thrift", "___thrift"),
        (".thrift", "_thrift"),
        ("é.thrift", "_"),
        ("x;import os.thrift", "x_import_os"),
    ],
)
def test_a_file_of_any_name_becomes_a_package_that_can_be_imported(run, imported, file, package):
    made = run({file: "struct A {1: i32 a}\nservice S {}"}, "--gen", "py", source=f"./{file}")
    assert (made.status, made.err) == (0, "")
    assert imported(made.folder / "gen-py", f"{package}.ttypes").A(5).a == 5


def test_keywords_of_a_namespace_are_escaped_for_everybody(run, imported):
    made = run(
        {
            "x.thrift": 'include "y.thrift"\nnamespace py a.x\nstruct A {1: y.B b}\nservice S extends y.T {}',
            "y.thrift": "namespace py from.class\nstruct B {1: i32 b}\nservice T {i32 t()}",
        },
        "-r", "--gen", "py",
    )  # fmt: skip
    assert imported(made.folder / "gen-py", "a.x.ttypes").A(imported(made.folder, "from_.class_.ttypes").B(3)).b.b == 3
    assert imported(made.folder, "a.x.S").Client.t
