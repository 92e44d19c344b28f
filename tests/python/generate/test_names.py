"""Names that mean something else in Python: keywords, builtins, the generated code's own."""

from __future__ import annotations

import keyword

import pytest

from fastthrift.apache.TSerialization import deserialize, serialize
from fastthrift.generate.names import KEYWORDS, escaped

# Words that are keywords of Python and not of Thrift.
WORDS = sorted(KEYWORDS - {"True", "False", "None"})


def test_every_keyword_of_this_python_is_escaped():
    assert set(keyword.kwlist) - {"__peg_parser__"} <= KEYWORDS  # a joke of Python 3.9
    assert escaped("class") == "class_" and escaped("classy") == "classy"


def test_soft_keywords_are_names():
    assert {"match", "case", "type", "_"}.isdisjoint(KEYWORDS)


def test_keywords_as_fields(generated):
    fields = "\n".join(f"{i + 1}: i32 {word}" for i, word in enumerate(WORDS))
    cls = generated(f"struct A {{\n{fields}\n}}").A
    value = cls(**{f"{word}_": i for i, word in enumerate(WORDS)})
    assert [item[2] for item in cls.thrift_spec if item] == WORDS  # the wire's names stay
    assert value.class_ == WORDS.index("class")
    assert deserialize(cls(), serialize(value)) == value


def test_keywords_as_types_constants_functions_and_members(generated, imported, tmp_path):
    module = generated(
        "enum in {None, True1, lambda}\nstruct with {1: in in, 2: optional with with}\nconst i32 class = 3\n"
        "service del {with import(1: with from, 2: i32 self), oneway void yield()}",
        module="x.del_",
    )
    constants = imported(tmp_path / "gen-py", "x.constants")
    assert constants.class_ == 3
    assert constants.in_.None_ == 0 and constants.in_.lambda_ == 2
    assert constants.in_._NAMES_TO_VALUES == {"None": 0, "True1": 1, "lambda": 2}
    assert module.Client.import_ and module.Client.send_import and module.Iface.yield_
    assert module.Processor._methods["import"][0] == "import_"
    value = constants.with_(1, constants.with_(2))
    assert deserialize(constants.with_(), serialize(value)) == value


BUILTINS = """\
enum int {int = 1, str = 2, ValueError}
struct str {1: str str, 2: list<str> list, 3: map<string, i32> dict, 4: set<i64> set, 5: bool bool1, 6: double float}
struct Optional {1: Optional Optional, 2: i32 ClassVar, 3: bool TYPE_CHECKING, 4: string builtins, 5: uuid UUID}
struct TStruct {1: TStruct TStruct, 2: i32 ThriftSpec, 3: string TType}
struct bytes {1: list<binary> bytes, 2: double tuple = 3, 3: double inf = 1e999}
exception Exception {1: string message, 2: i32 type}
struct Color {1: Color Color, 2: Date Date}
struct Date {1: i32 Color = 3}
union UUID {1: i32 fix_spec}
struct Iface {}
struct Client {1: i32 a}
struct Processor {1: Client Client}
struct f_args {1: i32 wrong}
const str STR = {"dict": {"a": 1}}
const map<string, Client> float = {"x": {"a": 1}}
const double NUMBER = 1e999
service object {
  Client f(1: Client Client, 2: f_args f_args, 3: i32 success, 4: i32 int) throws (1: Exception Exception)
  list<str> str(1: map<string, list<string>> dict)
  Processor process(1: Processor Processor)
  f_args send_f(1: i32 _call)
  void _call()
}
"""


@pytest.mark.parametrize("options", ["py", "py:enum"])
def test_builtins_and_the_codes_own_names_are_harmless(generated, imported, tmp_path, options):
    module = generated(BUILTINS, "--gen", options, module="x.object")
    types, constants = (imported(tmp_path / "gen-py", name) for name in ("x.ttypes", "x.constants"))
    assert constants.NUMBER == float("inf") and types.bytes().inf == float("inf")
    assert constants.float["x"] == types.Client(1)
    assert constants.STR.dict == {"a": 1}
    arguments = module.f_args(types.Client(4), types.f_args(5), 6, 7)
    back = deserialize(module.f_args(), serialize(arguments))
    assert (back.Client, back.f_args, back.success, back.int) == (types.Client(4), types.f_args(5), 6, 7)
    assert module.f_args is not types.f_args


def test_fields_called_as_methods_keep_their_values(generated):
    cls = generated("struct Outer {1: Inner inner}\nstruct Inner {1: i32 read, 2: i32 write, 3: i32 validate}").Inner
    value = cls(1, 2, 3)
    assert (value.read, value.write, value.validate) == (1, 2, 3)


def test_an_exceptions_args_are_its_own(generated):
    cls = generated("exception X {2: string args, 1: string message}").X
    value = cls("abc", "m")
    assert (value.args_, value.message) == ("abc", "m")
    assert cls().args_ is None


def test_an_int_enum_has_names_that_enum_reserves(generated):
    module = generated("enum E {mro, _x_, name, value, real, None, _VALUES_TO_NAMES}", "--gen", "py:enum")
    names = ["mro_", "_x__", "name", "value", "real", "None_", "_VALUES_TO_NAMES"]
    assert [each.name for each in module.E] == names
    assert [each.value for each in module.E] == [0, 1, 2, 3, 4, 5, 6]
