"""``--gen py:...``: what each option does to the code, and which are refused."""

from __future__ import annotations

import enum

import pytest

from fastthrift.generate.options import PY_OPTIONS, UsageError, parsed

IDL = """\
enum Color {RED = 1, BLUE = 5}
struct A {1: optional Color color = Color.BLUE, 2: list<Color> more, 3: string name, 4: binary raw}
const Color FAVOURITE = Color.RED
const i32 NUMBER = Color.BLUE
service S {Color get(1: Color c)}
"""
ALL_ACCEPTED = [
    "py", "py:slots", "py:enum", "py:enum,type_hints", "py:dynamic", "py:dynamic,dynbase=B,dynfrozen=F,dynexc=E,"
    "dynfrozenexc=G,dynimport=import x", "py:package_prefix=top.", "py:package_prefix=top.more", "py:coding=utf-8",
    "py:no_utf8strings", "py:utf8strings", "py:new_style", "py:old_style", "py:slots,enum,no_utf8strings,coding=UTF8",
]  # fmt: skip


@pytest.mark.parametrize("gen", ALL_ACCEPTED)
def test_the_code_of_each_option_imports_and_runs(generated, gen):
    from fastthrift.apache.TSerialization import deserialize, serialize

    module = generated(IDL, "--gen", gen)
    value = module.A(more=[1, 5], name="é", raw=b"\xff")
    assert value.color == 5
    back = deserialize(module.A(), serialize(value))
    assert back == value
    assert (back.more, back.name, back.raw) == ([1, 5], "é", b"\xff")


def test_every_option_is_in_the_tables_of_this_file():
    refused = {"twisted", "tornado", "zope.interface"}
    tried = {part.partition("=")[0] for gen in ALL_ACCEPTED for part in gen.partition(":")[2].split(",")}
    assert {option.name for option in PY_OPTIONS} == (tried | refused) - {""}


@pytest.mark.parametrize(
    "gen, text",
    [
        ("py:bogus", "unknown option py:bogus"),
        ("py:slots,Enum", "unknown option py:Enum"),
        ("py:type_hints", "the type_hints py option requires the enum py option"),
        ("py:twisted", "py:twisted: code for Twisted is not offered; fastthrift.contrib.aio serves asyncio"),
        ("py:tornado", "py:tornado: code for Tornado is not offered; fastthrift.contrib.aio serves asyncio"),
        ("py:zope.interface", "py:zope.interface: interfaces of zope are not offered; Iface is an ordinary class"),
        ("py:package_prefix", "option py:package_prefix needs a value: package_prefix=..."),
        ("py:package_prefix=a;import os", "package_prefix=a;import os: that is no name of a package"),
        ("py:package_prefix=.a", "package_prefix=.a: that is no name of a package"),
        ("py:coding=latin-1", "coding=latin-1: generated code is written in utf-8"),
        ("py:coding=no\nsuch", "coding=no\nsuch: generated code is written in utf-8"),
    ],
)
def test_a_wrong_option_is_an_error(run, gen, text):
    made = run(IDL, "--gen", gen)
    assert made.status == 1
    assert made.err.startswith(f"fastthrift: {text}\n")
    assert made.files() == {}


def test_another_language_has_status_3():
    with pytest.raises(UsageError) as caught:
        parsed("cpp:templates")
    assert (str(caught.value), caught.value.status) == ('Unable to get a generator for "cpp".', 3)


@pytest.mark.parametrize(
    "name, text",
    [
        ("utf8strings", "the utf8strings py option is not needed: generated code always does so"),
        ("new_style", "the new_style py option is not needed: generated code always does so"),
        ("old_style", "the old_style py option means nothing in Python 3"),
    ],
)
def test_options_of_other_times_are_worth_a_warning(run, name, text):
    made = run(IDL, "--gen", f"py:{name}")
    assert (made.status, made.out, made.err) == (0, f"fastthrift: warning: {text}\n", "")


def test_enums_are_numbers_without_the_option(generated):
    module = generated(IDL)
    assert type(module.Color.RED) is int
    assert module.Color._VALUES_TO_NAMES == {1: "RED", 5: "BLUE"}
    assert module.Color._NAMES_TO_VALUES == {"RED": 1, "BLUE": 5}
    assert type(module.A().color) is int


def test_enum_makes_them_members_also_when_read(generated):
    from fastthrift.apache.TSerialization import deserialize, serialize

    module = generated(IDL, "--gen", "py:enum")
    assert issubclass(module.Color, enum.IntEnum)
    assert module.A().color is module.Color.BLUE
    assert not hasattr(module.Color, "_VALUES_TO_NAMES")
    back = deserialize(module.A(), serialize(module.A(color=1, more=[5, 1])))
    assert back.color is module.Color.RED
    assert [type(each) for each in back.more] == [module.Color, module.Color]


def test_enum_refuses_a_number_without_a_name(generated):
    from fastthrift.apache.TSerialization import deserialize, serialize

    module = generated(IDL, "--gen", "py:enum")
    with pytest.raises(ValueError):
        deserialize(module.A(), serialize(module.A(color=77)))


def test_constants_of_enums_follow_the_option(generated):
    constants = generated(IDL, "--gen", "py:enum", module="x.constants")
    assert isinstance(constants.FAVOURITE, enum.IntEnum) and constants.FAVOURITE == 1
    assert type(constants.NUMBER) is int and constants.NUMBER == 5


def test_no_utf8strings_changes_the_specs_of_strings_only(generated):
    with_utf8 = generated(IDL).A.thrift_spec
    assert (with_utf8[3][3], with_utf8[4][3]) == ("UTF8", "BINARY")


def test_no_utf8strings(generated):
    spec = generated(IDL, "--gen", "py:no_utf8strings").A.thrift_spec
    assert (spec[3][3], spec[4][3]) == (None, "BINARY")


def test_coding_is_the_first_line(run):
    made = run(IDL, "--gen", "py:coding=utf-8")
    for path in ("ttypes", "constants", "S"):
        assert made[f"gen-py/x/{path}.py"].startswith("# -*- coding: utf-8 -*-\n#\n")


def test_the_option_string_is_in_the_header(run):
    assert "\n#  options string: py:enum,slots\n" in run(IDL, "--gen", "py:enum,slots")["gen-py/x/ttypes.py"]


def test_the_prefix_is_for_includes_that_name_their_package(run):
    files = {
        "x.thrift": 'include "y.thrift"\ninclude "z.thrift"\nstruct A {1: y.B b, 2: z.C c}\nservice S extends y.T {}',
        "y.thrift": "namespace py far.y\nstruct B {}\nservice T {}",
        "z.thrift": "struct C {}",
    }
    made = run(files, "--gen", "py:package_prefix=top.")
    assert "import top.far.y.ttypes as _top_far_y_ttypes\n" in made["gen-py/x/ttypes.py"]
    assert "import z.ttypes as _z_ttypes\n" in made["gen-py/x/ttypes.py"]
    assert "import top.far.y.T as _top_far_y_T\n" in made["gen-py/x/S.py"]
    assert sorted(path.name for path in (made.folder / "gen-py").iterdir()) == ["x"]
