"""Enums, structs, unions, exceptions and constants of generated code, as their users see them."""

from __future__ import annotations

import copy
import inspect
import pickle
import uuid

import pytest

from fastthrift.apache.protocol.TProtocol import TProtocolException
from fastthrift.apache.Thrift import TException, TFrozenDict, TType
from fastthrift.apache.TSerialization import deserialize, serialize

IDL = """\
/** A colour. */
enum Color {
  /** like blood */
  RED = 1
  BLUE = 5, NAVY = 5
}
/** A person. */
struct Person {
  /** in full */
  2: string name = "nobody"
  1: required i32 id
  5: optional list<string> tags = ["a"]
  6: Color color = Color.BLUE
  8: map<i32, Person> friends
  9: Address address = {"city": "Roma"}
}
struct Address {1: string city, 2: i32 number = 7}
union Either {1: i32 left, 2: string right}
exception Failed {1: string message, 2: i32 code = 4}
exception Loose {1: string why} (python.immutable = "false")
struct Key {1: i32 a, 2: list<i32> (python.immutable = "") b} (python.immutable = "")
struct Empty {}
struct Implicit {i32 first, string second}
"""
# Defaults need their struct's definition in front.
ORDERED = IDL.replace("struct Address {1: string city, 2: i32 number = 7}\n", "").replace(
    "/** A person. */", "struct Address {1: string city, 2: i32 number = 7}\n/** A person. */"
)


@pytest.fixture
def types(generated):
    return generated(ORDERED)


def test_the_constructor_takes_fields_in_the_order_of_declaration(types):
    person = types.Person("Ada", 3)
    assert (person.name, person.id) == ("Ada", 3)
    assert types.Person(id=3, name="Ada") == person
    with pytest.raises(TypeError):
        types.Person(nope=1)


def test_defaults(types):
    person = types.Person()
    assert (person.name, person.id, person.tags, person.color, person.friends) == ("nobody", None, ["a"], 5, None)
    assert person.address == types.Address("Roma", 7)


def test_mutable_defaults_are_of_each_instance(types):
    one, other = types.Person(), types.Person()
    one.tags.append("b")
    one.address.city = "Milano"
    assert (other.tags, other.address.city) == (["a"], "Roma")
    assert types.Person().tags == ["a"]


def test_specs_are_apaches_tuples(types):
    assert types.Address.thrift_spec == (
        None, (1, TType.STRING, "city", "UTF8", None), (2, TType.I32, "number", None, 7),
    )  # fmt: skip
    spec = types.Person.thrift_spec
    assert [item and item[0] for item in spec] == [None, 1, 2, None, None, 5, 6, None, 8, 9]
    assert spec[8][:4] == (8, TType.MAP, "friends", (TType.I32, None, TType.STRUCT, [types.Person, spec], False))
    assert spec[9][3] == [types.Address, types.Address.thrift_spec]
    assert types.Empty.thrift_spec == ()
    assert (
        types.Implicit.thrift_spec
        == (None, (-2, TType.STRING, "second", "UTF8", None), (-1, TType.I32, "first", None, None))[1:]
    )


def test_repr_names_fields_in_the_order_of_declaration(types):
    assert repr(types.Address("x")) == "Address(city='x', number=7)"
    assert repr(types.Empty()) == "Empty()"


def test_equality_is_by_value_and_class(types):
    assert types.Address("x") == types.Address("x")
    assert types.Address("x") != types.Address("y")
    assert types.Empty() != types.Address()
    assert types.Empty() == types.Empty()


def test_docs_are_docstrings(types):
    # Python 3.13 takes the indentation away itself.
    assert inspect.getdoc(types.Person) == (
        "A person.\n\nAttributes:\n - name: in full\n - id\n - tags\n - color\n - friends\n - address"
    )
    assert inspect.getdoc(types.Color) == "A colour.\n\nValues:\n - RED: like blood"


def test_annotations_are_evaluated_by_get_type_hints(types):
    from typing import ClassVar, Optional, get_type_hints

    hints = get_type_hints(types.Person)
    assert hints["id"] is int and hints["tags"] == list[str]
    assert hints["friends"] == Optional[dict[int, types.Person]]
    assert get_type_hints(types.Key)["b"] == Optional[tuple[int, ...]]
    assert hints["thrift_spec"] == ClassVar[tuple[object, ...]] or "ClassVar" in str(hints["thrift_spec"])


def test_a_required_field_must_be_set_to_be_written(types):
    with pytest.raises(TProtocolException, match="Required field id is unset!"):
        types.Person().validate()
    with pytest.raises(TProtocolException, match="Required field id is unset!"):
        serialize(types.Person())
    types.Person(id=1).validate()


def test_values_come_back(types):
    person = types.Person("é", 1, ["x"], 1, {3: types.Person(id=2)}, types.Address("c"))
    assert deserialize(types.Person(), serialize(person)) == person
    implicit = types.Implicit(4, "x")
    assert deserialize(types.Implicit(), serialize(implicit)) == implicit


def test_enums_are_classes_of_numbers(types):
    assert (types.Color.RED, types.Color.BLUE, types.Color.NAVY) == (1, 5, 5)
    assert types.Color._VALUES_TO_NAMES == {1: "RED", 5: "NAVY"}
    assert types.Color._NAMES_TO_VALUES == {"RED": 1, "BLUE": 5, "NAVY": 5}


def test_exceptions_can_be_raised_and_have_their_fields(types):
    with pytest.raises(TException) as caught:
        raise types.Failed("no")
    assert (caught.value.message, caught.value.code) == ("no", 4)
    assert str(caught.value) == "Failed(message='no', code=4)"


def test_exceptions_are_immutable_unless_they_say_otherwise(types):
    with pytest.raises(TypeError):
        types.Failed("no").message = "yes"
    loose = types.Loose("a")
    loose.why = "b"
    assert loose.why == "b"


def test_immutable_structs_are_keys(types):
    assert {types.Key(1, (2,)): "x"}[types.Key(1, (2,))] == "x"
    with pytest.raises(TypeError):
        types.Key(1).a = 2


def test_copies_and_pickles(types):
    person = types.Person("a", 1, friends={2: types.Person(id=2)})
    for other in (copy.copy(person), copy.deepcopy(person), pickle.loads(pickle.dumps(person))):
        assert other == person and other is not person
    assert copy.deepcopy(person).friends[2] is not person.friends[2]


CONSTANTS = """\
enum Color {RED = 1, BLUE = 5}
struct P {1: i32 x, 2: list<i32> l = [9]}
struct K {1: i32 x} (python.immutable = "")
const bool B1 = true
const bool B2 = -1
const i8 I8 = 1000
const i64 I64 = 0x7fffffffffffffff
const double D1 = 3
const double D2 = 0.1
const double D3 = -1e999
const string TEXT = 'it\\'s "quoted"\\n'
const binary RAW = "h\u00e9"
const uuid ID = "{00112233-4455-6677-8899-AABBCCDDEEFF}"
const Color COLOR = Color.BLUE
const i32 NUMBER = Color.BLUE
const list<i32> LIST = [1, NUMBER, I8]
const set<string> SET = ["a", "a"]
const set<string> NONE = []
const map<string, list<P>> MAP = {"a": [{"x": 1}], "b": []}
const map<K, i32> KEYS = {{"x": 1}: 2}
const map<list<i32>, set<list<i32>>> ODD = {[1]: [[2], [3]]}
const list<i32> AGAIN = LIST
const set<string> SET_AGAIN = SET
const list<i64> WIDER = LIST
const P STRUCT = {"x": 3}
const list<i32> (python.immutable = "") FROZEN = [1]
const map<i32, i32> (python.immutable = "") FROZEN_MAP = {1: 2}
const list<i32> class = [1]
"""


def test_constants(generated, imported, tmp_path):
    made = generated(CONSTANTS, module="x.constants")
    types = imported(tmp_path / "gen-py", "x.ttypes")
    assert (made.B1, made.B2, made.I8, made.I64) == (True, False, 1000, 2**63 - 1)
    assert (made.D1, made.D2, made.D3) == (3.0, 0.1, float("-inf"))
    assert type(made.D1) is float
    assert (made.TEXT, made.RAW) == ('it\'s "quoted"\n', "hé".encode())
    assert made.ID == uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")
    assert (made.COLOR, made.NUMBER) == (5, 5)
    assert (made.LIST, made.SET, made.NONE) == ([1, 5, 1000], {"a"}, set())
    assert made.MAP == {"a": [types.P(1)], "b": []}
    assert made.KEYS == {types.K(1): 2}
    assert made.ODD == {(1,): {(2,), (3,)}}
    assert (made.AGAIN, made.SET_AGAIN, made.WIDER) == (made.LIST, made.SET, made.LIST)
    assert made.STRUCT == types.P(3, [9])
    assert made.FROZEN == (1,)
    assert isinstance(made.FROZEN_MAP, TFrozenDict) and made.FROZEN_MAP == {1: 2}
    assert made.class_ == [1]


def test_constants_of_includes_are_used_by_name(run):
    made = run(
        {"x.thrift": 'include "y.thrift"\nconst list<i32> A = y.B', "y.thrift": "const list<i32> B = [1]"},
        "-r",
        "--gen",
        "py",
    )
    assert "\nimport y.constants as _y_constants\n" in made["gen-py/x/constants.py"]
    assert "\nA: list[int] = _y_constants.B\n" in made["gen-py/x/constants.py"]


def test_containers_that_are_keys_come_back_as_hashables(generated):
    cls = generated("struct A {1: map<list<i32>, set<set<i32>>> a, 2: set<map<i32, i32>> b}").A
    value = cls({(1, 2): {frozenset({3})}}, {TFrozenDict({4: 5})})
    assert deserialize(cls(), serialize(value)) == value
