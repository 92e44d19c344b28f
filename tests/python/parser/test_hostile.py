"""What an IDL from a stranger can do: nothing but be refused."""

from __future__ import annotations

import pytest

import fastthrift
from fastthrift.parser.exc import ThriftParserError

TEXTS = {
    "types inside each other": "struct A { 1: " + "list<" * 300 + "i32" + ">" * 300 + " a }",
    "values inside each other": "const i32 a = " + "[" * 5000 + "]" * 5000,
    "constants that refer to later ones": "".join(f"const i32 a{i} = a{i + 1} " for i in range(3000))
    + "const i32 a3000 = 1",
    "defaults that hold later structs": "".join(f"struct S{i} {{ 1: S{i + 1} a = {{}} }} " for i in range(3000))
    + "struct S3000 {}",
    "defaults that hold earlier structs": "struct S0 {} "
    + "".join(f"struct S{i + 1} {{ 1: S{i} a = {{}} }} " for i in range(3000)),
    "defaults that double": "struct S0 {} "
    + "".join(f"struct S{i + 1} {{ 1: S{i} a = {{}} 2: S{i} b = {{}} }} " for i in range(40)),
    "defaults of constants that double": "const list<i32> a0 = [1] "
    + "".join(f"const list<list<i32>> a{i + 1} = [a{i}, a{i}] " for i in range(1))
    + "struct S0 { 1: list<list<i32>> a = a1 } "
    + "".join(
        f"const list<S{i}> c{i} = [{{}}, {{}}, {{}}] struct S{i + 1} {{ 1: list<S{i}> a = c{i} }} " for i in range(30)
    ),
    "big constants of big structs": "struct S0 {} "
    + "".join(f"struct S{i + 1} {{ 1: S{i} a = {{}} 2: S{i} b = {{}} }} " for i in range(18))
    + "const list<S18> a = ["
    + "{}," * 1000
    + "]",
    "keys that double": "struct S0 {} const S0 a0 = {} "
    + "".join(
        f'struct S{i + 1} {{ 1: S{i} a 2: S{i} b }} const S{i + 1} a{i + 1} = {{"a": a{i}, "b": a{i}}} '
        for i in range(60)
    )
    + "const map<S60, i32> m = {a60: 1}",
    "lists as keys that double": "const list<string> a0 = ['a'] "
    + "".join(f"const {'list<' * (i + 2)}string{'>' * (i + 2)} a{i + 1} = [a{i}, a{i}] " for i in range(60))
    + f"const set<{'list<' * 61}string{'>' * 61}> m = [a60]",
    "a default that holds itself": "struct A { 1: A a = {} }",
    "defaults that hold each other": "struct A { 1: B b = {} } struct B { 1: A a = {} }",
    "many digits": "const i64 a = " + "9" * 100_000,
    "a long name": "struct " + "a" * 1_000_000 + " {}",
    "an endless comment": "/*" + " " * 1_000_000,
    "a service that extends itself": "service A extends A {}",
    "services that extend each other": "service A extends B {} service B extends A {}",
    "a typedef of itself": "typedef A A struct B { 1: A a }",
    "zero bytes": "\0" * 1000,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.timeout(20)
def test_it_is_refused_in_a_moment(text):
    with pytest.raises(ThriftParserError):
        fastthrift.loads(text)


def test_shared_constants_are_cheap():
    text = "const list<i32> a0 = [1] const list<list<i32>> a1 = [a0, a0]"
    module = fastthrift.loads(text)
    assert module.a1 == [[1], [1]] and module.a1[0] is module.a1[1] is module.a0


def test_shared_constants_are_keys_as_well():
    text = "struct S {1: i32 x} const S s = {'x': 1} const list<i32> a = [1, 2] "
    module = fastthrift.loads(text + "const map<S, list<i32>> m = {s: a} const set<list<i32>> t = [a, [3]]")
    assert module.m == {module.S(x=1): [1, 2]} and module.t == {(1, 2), (3,)}


def test_ordinary_defaults_inside_each_other_are_fine():
    text = "struct S0 { 1: i32 x = 7 } " + "".join(
        f"struct S{i + 1} {{ 1: S{i} a = {{}} 2: S{i} b = {{}} }} " for i in range(8)
    )
    module = fastthrift.loads(text)
    assert module.S8().b.a.b.a.b.a.b.a.x == 7
