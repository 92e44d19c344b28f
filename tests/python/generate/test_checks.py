"""What the command line refuses: the texts are those of Apache's compiler, the places are better."""

from __future__ import annotations

import pytest

from fastthrift.generate import json_schema

E = "exception X {1: string m}\n"

# name, IDL, line and column, text
REFUSED = [
    ("constant twice", "const i32 A = 1\nconst i32 A = 2", "2:11", "Enum A is already defined!"),
    ("struct twice", "struct A {}\nstruct A {}", "2:8", 'Type "A" is already defined.'),
    ("struct and service", "struct A {}\nservice A {}", "2:9", 'Type "A" is already defined.'),
    ("enum and union", "enum A {X}\nunion A {}", "2:7", 'Type "A" is already defined.'),
    ("typedef twice", "typedef i32 A\ntypedef i32 A", "2:13", 'Type "A" is already defined.'),
    ("enum member twice", "enum A {X, X}", "1:12", "Enum A.X is already defined!"),
    ("field id twice", "struct A {1: i32 a, 1: i32 b}", "1:28", '"1: b" - field identifier/name has already been used'),
    ("field twice", "struct A {1: i32 a, 2: i32 a}", "1:28", '"2: a" - field identifier/name has already been used'),
    ("argument id twice", "service S {void f(1: i32 a, 1: i32 b)}", "1:36", '"1: b" - field identifier/name has al'),
    ("function twice", "service S {void f(), void f()}", "1:27", "Function f is already defined"),
    (
        "function of the parent", "service S {void f()}\nservice T extends S {void f()}", "2:27",
        "Function f is already defined in service T",
    ),
    (
        "function of the grandparent", "service R {void f()}\nservice S extends R {}\nservice T extends S {void f()}",
        "3:27", "Function f is already defined in service T",
    ),
    ("oneway that throws", E + "service S {oneway void f() throws (1: X x)}", "2:24", "Oneway methods can't throw"),
    ("throws of a struct", "struct A {}\nservice S {void f() throws (1: A a)}", "2:32", "Throws clause may not contain"),
    ("throws of a number", "service S {void f() throws (1: i32 a)}", "1:32", "Throws clause may not contain non-exc"),
    ("throws before its exception", f"service S {{void f() throws (1: X x)}}\n{E}", "1:32", 'Type "X" not defined'),
    ("extends a later service", "service S extends T {}\nservice T {}", "1:19", 'Service "T" has not been defined.'),
    ("extends itself", "service S extends S {}", "1:19", 'Service "S" has not been defined.'),
    ("extends a struct", "struct S {}\nservice T extends S {}", "2:19", 'Service "S" has not been defined.'),
    ("unknown type", "struct A {1: list<map<i32, Foo>> a}", "1:28", 'Type "Foo" not defined'),
    ("a service as a type", "service S {}\nstruct A {1: S s}", "2:14", 'Type "S" not defined'),
    ("type of a constant comes later", "const A a = {}\nstruct A {}", "1:7", 'Type "A" not defined'),
    ("type of a default comes later", "struct A {1: B b = {}}\nstruct B {}", "1:14", 'Type "B" not defined'),
    ("element comes later", "const list<A> a = [{}]\nstruct A {}", "1:20", 'Type "A" not defined'),
    ("default of its own type", "struct A {1: optional A a = {}}", "1:23", 'Type "A" not defined'),
    ("typedefs in a circle", "typedef A B\ntypedef B A", "2:9", 'Type "B" not defined'),
    ("separator behind a struct", "struct A {};", "1:12", "syntax error (last token was ';')"),
    ("header behind a definition", "struct A {}\nnamespace py a", "2:1", "syntax error (last token was 'namespace')"),
    ("annotation of a constant", "const i32 A = 1 (a = 'b')", "1:17", "syntax error (last token was '(')"),
    ("a dot in a name", "struct A.B {}", "1:8", "Identifier A.B can't have a dot."),
    ("too big", "const i64 A = 99999999999999999999", "1:15", 'This integer is too big: "99999999999999999999"'),
    ("field id too big", "struct A {32768: i32 a}", "1:22", "Field key (32768) exceeds allowed range (-32768..32767)."),
    ("field id too small", "struct A {-32769: i32 a}", "1:23", "Field key (-32769) exceeds allowed range (-32768..3"),
    ("enum of 64 bits", "enum E {A = 5000000000}", "1:13", "64-bit value supplied for enum A will be truncated."),
    ("enum runs over", "enum E {A = 2147483647, B}", "1:25", "enum value overflow at enum B"),
    ("text for a number", 'const i32 A = "x"', "1:15", 'type error: const "A" was declared as i32'),
    ("number for a text", "const string A = 1", "1:18", 'type error: const "A" was declared as string'),
    ("number for a binary", "const binary A = 1", "1:18", 'type error: const "A" was declared as string'),
    ("double for a number", "const i32 A = 1.5", "1:15", 'type error: const "A" was declared as i32'),
    ("text for a double", 'const double A = "1"', "1:18", 'type error: const "A" was declared as double'),
    ("text for a bool", 'const bool A = "x"', "1:16", 'type error: const "A" was declared as bool'),
    ("text for an enum", 'enum E {A}\nconst E x = "A"', "2:13", 'type error: const "x" was declared as enum'),
    ("element of a list", 'const list<i32> A = ["a"]', "1:22", 'type error: const "A<elem>" was declared as i32'),
    ("key of a map", 'const map<i32, i32> A = {"a": 1}', "1:26", 'type error: const "A<key>" was declared as i32'),
    ("value of a map", 'const map<i32, i32> A = {1: "a"}', "1:29", 'type error: const "A<val>" was declared as i32'),
    ("number for a list", "const list<i32> A = 3", "1:21", 'type error: const "A" was declared as list'),
    ("list for a struct", "struct S {}\nconst S A = [1]", "2:13", 'type error: const "A" was declared as struct/xception'),
    ("no such field", 'struct S {1: i32 a}\nconst S x = {"b": 1}', "2:14", 'No field named "b" was found in struct of'),
    ("field of a wrong type", 'struct S {1: i32 a}\nconst S x = {"a": "b"}', "2:19", 'type error: const "x.a" was de'),
    ("default of a wrong type", 'struct S {1: i32 a = "b"}', "1:22", 'type error: const "a" was declared as i32'),
    ("number without a name", "enum E {A = 1}\nconst E x = 7", "2:13", "Couldn't find a named value in enum E for value 7"),
    ("bare name of an enum", "enum E {A}\nconst E x = A", "2:13", "error: identifier A is unqualified!"),
    (
        "unknown name of an enum", "enum E {A}\nconst E x = E.B", "2:13",
        "type error: const x was declared as type E which is an enum, but E.B is not a valid value for that enum",
    ),
    ("unknown constant", "const i32 x = B", "1:15", 'No enum value or constant found named "B"!'),
    ("a later constant", "const i32 x = B\nconst i32 B = 1", "1:15", 'No enum value or constant found named "B"!'),
    ("itself", "const i32 x = x", "1:15", 'No enum value or constant found named "x"!'),
    ("constant of another type", "const i32 a = 1\nconst list<i32> b = a", "2:21", 'type error: const "b" was declared'),
    ("no uuid", 'const uuid A = "zz"', "1:16", "invalid uuid zz"),
    ("two defaults", "union U {1: i32 a = 1, 2: i32 b = 2}", "1:35", "Field b provides another default value for union U"),
    ("unclosed comment", "struct A {} /* ", "1:13", "Illegal character '/' at line 1: the comment is never closed"),
    ("unclosed text", 'const string A = "a', "1:18", "Illegal character '\"' at line 1: the string is not closed"),
    ("escape", 'const string A = "\\x41"', "1:19", "Unexpected escaping character: x"),
    ("odd character", "struct A {1: i32 a $}", "1:20", "Illegal character '$' at line 1"),
    ("mangled name", "struct A {1: i32 __a}", "1:18", 'Name "__a" begins with two underscores, which Python keeps'),
    ("one name in Python", "struct A {1: i32 class, 2: i32 class_}", "1:32", 'Fields "class" and "class_" have one name'),
    ("types of one name in Python", "struct None {}\nstruct None_ {}", "2:8", '"None_" and "None" have one name in'),
    ("exception called success", E + "service S {i32 f() throws (1: X success)}", "2:33", 'An exception cannot be named'),
    ("service called ttypes", "service ttypes {}", "1:9", "Service \"ttypes\" would take the place of the package's ttypes.py"),
]  # fmt: skip


@pytest.mark.parametrize("idl, place, text", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_it_is_refused_with_its_place_and_nothing_is_written(run, idl, place, text):
    made = run(idl)
    assert made.status == 1
    assert made.err.startswith(f"x.thrift:{place}: {text}")
    assert made.err.count("\n") == 1
    assert made.files() == {}


ACCEPTED = [
    "",
    "// only a comment",
    "struct A {1: B b}\nstruct B {1: A a}",
    "typedef list<A> L\nstruct A {1: L l}",
    "struct A {1: list<A> a = [], 2: map<string, list<A>> b = {'x': []}}",
    "const list<A> a = []\nstruct A {}",
    "service S {void f(1: list<A> a = [])}\nstruct A {}",
    "service S {A f(1: A a)}\nstruct A {}",
    "const bool A = true\nconst i32 B = true\nconst double C = 1\nconst bool D = -1",
    "const i8 A = 1000",
    "const map<i32, i32> A = []\nconst list<i32> B = {}",
    "enum E {A = 1, B = 1}\nconst E a = E.A\nconst E b = 1\nconst i32 c = E.B\nconst E d = F.A",
    "const i32 a = 1\nconst i64 b = a\nconst double c = a\nconst list<i32> d = [a]",
    "const set<i32> a = [1]\nconst set<i32> b = a",
    'struct S {1: i32 a}\nconst S a = {"a": 1}\nconst S b = a',
    "struct A {1: i32 list, 2: i32 class, 3: i32 self, 4: i32 async, 5: i32 uuid}",
    "service S {async void f()}",
    "struct A {32767: i32 a}",
    'const uuid A = "{00112233-4455-6677-8899-AABBCCDDEEFF}"',
    "exception X {1: X cause}\nstruct A {1: X x}\nservice S {X f(1: X x) throws (1: X e)}",
    "namespace py a\nnamespace py b",
    "\ufeffstruct A {}",
]


@pytest.mark.parametrize("idl", ACCEPTED)
def test_it_is_accepted_and_imports(generated, idl):
    generated(idl, module="b.ttypes" if "namespace" in idl else "x.ttypes")


# IDL, place, warning
WARNED = [
    ("struct A {0: i32 a}", "1:18", "Nonpositive value (0) not allowed as a field key."),
    ("struct A {i32 a}", "1:15", "No field key specified for a, resulting protocol may have conflicts or not be backw"),
    ("union U {1: required i32 a}", "1:26", "Union U field a: union members must be optional, ignoring specified req"),
    ("service S {void f(1: optional i32 a)}", "1:35", "optional keyword is ignored in argument lists."),
    ("service S {oneway i32 f()}", "1:23", "Oneway methods should return void."),
    ("struct A {1: list<byte> a}", "1:14", 'Consider using the more efficient "binary" type instead of "list<byte>".'),
    ("namespace nope a", "1:1", "No generator named 'nope' could be found!"),
    ("namespace py.foo a", "1:1", "py generator does not accept 'foo' as sub-namespace!"),
    ("namespace smalltalk a", "1:1", "'smalltalk' namespace is deprecated. Use 'st' instead"),
]


@pytest.mark.parametrize("idl, place, text", WARNED)
def test_it_is_worth_a_warning(run, idl, place, text):
    made = run(idl)
    assert (made.status, made.err) == (0, "")
    assert made.out.startswith(f"x.thrift:{place}: warning: {text}")


INCLUDED = {
    "y.thrift": "namespace py far.y\nstruct B {1: i32 b}\nenum E {A = 4}\nconst i32 K = 3\nservice T {void t()}\n" + E,
    "z.thrift": 'include "y.thrift"\nstruct C {1: y.B b}',
}


@pytest.mark.parametrize(
    "text, error",
    [
        ("struct A {1: y.B b, 2: z.C c}\nconst y.E e = y.E.A\nconst i32 k = y.K\nservice S extends y.T {}", ""),
        ("struct A {1: y.Nope b}", '3:14: Type "y.Nope" not defined'),
        ("struct A {1: z.y.B b}", '3:14: Type "z.y.B" not defined'),
        ("struct A {1: B b}", '3:14: Type "B" not defined'),
        ("struct A {1: y.T t}", '3:14: Type "y.T" not defined'),
        ("const i32 k = y.NOPE", '3:15: No enum value or constant found named "y.NOPE"!'),
        ("service S extends T {}", '3:19: Service "T" has not been defined.'),
        ("service S extends y.T {void t()}", "3:29: Function t is already defined in service S"),
    ],
)
def test_names_of_includes_are_reached_by_their_prefix(run, text, error):
    made = run({"x.thrift": f'include "y.thrift"\ninclude "z.thrift"\n{text}', **INCLUDED}, "-r", "--gen", "py")
    assert made.err == (f"x.thrift:{error}\n" if error else "")


def test_an_error_in_an_include_has_the_includes_place(run):
    made = run({"x.thrift": 'include "sub/y.thrift"', "sub/y.thrift": "struct A {1: Nope n}"})
    assert (made.status, made.err) == (1, 'sub/y.thrift:1:14: Type "Nope" not defined\n')


def test_includes_in_a_circle_are_an_error(run):
    made = run({"x.thrift": 'include "y.thrift"', "y.thrift": 'include "x.thrift"'})
    assert (made.status, made.err) == (1, 'y.thrift:1:1: Recursion detected, file: "x.thrift"\n')


def test_a_diamond_is_none(run):
    made = run(
        {
            "x.thrift": 'include "a.thrift"\ninclude "b.thrift"\nstruct X {1: a.A a, 2: b.B b}',
            "a.thrift": 'include "d.thrift"\nstruct A {1: d.D d}',
            "b.thrift": 'include "d.thrift"\nstruct B {1: d.D d}',
            "d.thrift": "struct D {}",
        },
        "-r", "--gen", "py",
    )  # fmt: skip
    assert (made.status, made.err) == (0, "")


def test_a_typedef_of_a_missing_include_is_an_error_only_where_it_is_used(run):
    text = 'include "gone.thrift"\ntypedef gone.T T\n'
    assert run(text + "struct A {}").status == 0
    made = run(text + "struct A {1: T t}")
    assert (made.status, made.err) == (1, 'x.thrift:2:9: Type "gone.T" not defined\n')


@pytest.mark.parametrize(
    "text",
    [
        "const i32 " + "a" * 2000 + " = 1",
        "struct A {1: " + "list<" * 300 + "i32" + ">" * 300 + " a}",
        "const list<i32> a = " + "[" * 300 + "]" * 300,
        "\x00",
        "struct \xff {}",
        "typedef A0 A\n" + "\n".join(f"typedef A{i + 1} A{i}" for i in range(400)) + "\ntypedef i32 A400",
    ],
    ids=lambda text: repr(text[:12]),
)
def test_hostile_files_are_errors_with_a_place(run, text):
    made = run(text)
    assert made.status == 1
    assert made.err.startswith("x.thrift:")


def test_deep_but_allowed_nesting_works(generated):
    deep = "list<" * 60 + "i32" + ">" * 60
    module = generated(f"struct A {{1: {deep} a}}\nconst {deep} C = {'[' * 60}{']' * 60}", module="x.constants")
    assert repr(module.C) == "[" * 60 + "]" * 60


def test_constants_that_double_at_each_step_stay_names(run):
    lines = ["const list<i32> A0 = [1]"] + [
        f"const {'list<' * (i + 1)}i32{'>' * (i + 1)} A{i} = [A{i - 1}, A{i - 1}]" for i in range(1, 40)
    ]
    made = run("\n".join(lines))
    assert made.status == 0
    assert "A39: " in made["gen-py/x/constants.py"]
    assert len(made["gen-py/x/constants.py"]) < 20_000


def test_defaults_that_double_at_each_step_are_refused(run):
    lines = ["const list<i32> A0 = [1]"] + [
        f"const {'list<' * (i + 1)}i32{'>' * (i + 1)} A{i} = [A{i - 1}, A{i - 1}]" for i in range(1, 30)
    ]
    made = run("\n".join(lines) + f"\nstruct S {{1: {'list<' * 30}i32{'>' * 30} a = A29}}")
    assert made.status == 1
    assert "more than 250000 values in a module" in made.err


def test_constants_that_double_are_refused_where_they_are_written_out(run, monkeypatch):
    monkeypatch.setattr(json_schema, "MAX_VALUES", 10_000)
    lines = ["const list<i32> A0 = [1]"] + [
        f"const {'list<' * (i + 1)}i32{'>' * (i + 1)} A{i} = [A{i - 1}, A{i - 1}]" for i in range(1, 40)
    ]
    made = run("\n".join(lines), "--gen", "json")
    assert made.status == 1 and not (made.folder / "gen-json").exists()
    assert "more than 10000 values in constants and defaults" in made.err


def big(count: int) -> list[tuple[str, str]]:
    """IDLs whose work must not grow with the square of their size, or with their depth."""
    return [
        ("warnings", "struct A {" + " ".join(f"i32 f{i}" for i in range(count)) + "}"),
        ("constants", "\n".join(f"const i32 A{i} = {f'A{i - 1}' if i else 1}" for i in range(count)) + f"\nstruct S {{1: i32 a = A{count - 1}}}"),
        ("parents", "service S0 {}\n" + "\n".join(f"service S{i} extends S{i - 1} {{}}" for i in range(1, count // 40))),
        ("fields of a value", "struct A {" + " ".join(f"{i + 1}: i32 f{i}" for i in range(count)) + "}\nconst A C = {"
         + ", ".join(f'"f{i}": {i}' for i in range(count)) + "}"),
        ("enum", "enum E {" + " ".join(f"A{i}" for i in range(count)) + "}"),
        ("list", "const list<i32> A = [" + ", ".join("1" for _ in range(count)) + "]"),
    ]  # fmt: skip


@pytest.mark.parametrize("idl", [idl for _, idl in big(8000)], ids=[name for name, _ in big(1)])
def test_big_files_take_no_square_of_time(run, idl):
    made = run(idl, "-nowarn", "--gen", "json", "--gen", "pyi", "--gen", "py")
    assert (made.status, made.err) == (0, "")


def test_diamonds_upon_diamonds_are_walked_once(run):
    files = {}
    for i in range(30):
        for side in "ab":
            files[f"{side}{i}.thrift"] = f'include "a{i + 1}.thrift"\ninclude "b{i + 1}.thrift"\nstruct S {{}}'
    files["a30.thrift"] = files["b30.thrift"] = "struct S {}"
    made = run(files, "-r", "--gen", "py", source="a0.thrift")
    assert (made.status, made.err) == (0, "")
