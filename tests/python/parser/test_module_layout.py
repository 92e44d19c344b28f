"""The modules, classes and attributes that come out of an IDL file, compared with thriftpy2's."""

from __future__ import annotations

import pytest

import describe
import fastthrift

thriftpy2 = pytest.importorskip("thriftpy2")


@pytest.fixture(autouse=True)
def _thriftpy2_forgets_what_it_loaded():
    """Its cache goes by the derived module name, so a file of another test would be taken for ours."""
    thriftpy2.parser.parser._thrift_cache.clear()


# Each is accepted by both libraries, and thriftpy2 reads it without an error of its own.
SAME = {
    "empty structs": "struct A {} exception E {} union U {}",
    "base types": """
        struct A { 1: bool a 2: byte b 3: i8 c 4: i16 d 5: i32 e 6: i64 f 7: double g 8: string h 9: binary i }
    """,
    "requiredness": "struct A { 1: required i32 a, 2: optional i32 b, 3: i32 c, 4: required list<i32> d }",
    "containers": """
        struct A { 1: list<i32> a; 2: set<string> b; 3: map<string, i64> c; 4: list<list<i32>> d;
                   5: map<string, list<set<double>>> e; 6: list<binary> f; 7: map<i32, map<i32, bool>> g }
    """,
    "structs in structs": "struct B { 1: i32 x } struct A { 1: B b, 2: list<B> c, 3: map<string, B> d, 4: set<B> e }",
    "a later struct": "struct A { 1: B b, 2: list<B> c, 3: map<i32, list<B>> d } struct B { 1: i32 x }",
    "recursion": "struct A { 1: A a, 2: list<A> b } struct B { 1: C c } struct C { 1: B b }",
    "a recursive exception": "exception E { 1: string message, 2: optional list<E> causes }",
    "ids": "struct A { i32 a, i32 b, 5: i32 c, -7: i32 d, 0: i32 e, 0x10: i32 f }",
    "enums": "enum A { X, Y = 5, Z, W = -1, V = 0x10 } enum B { P = 1, Q = 1 }",
    "enum fields": "enum E { A = 1 } struct S { 1: E a, 2: list<E> b, 3: map<E, E> c, 4: E d = E.A }",
    "typedefs": """
        typedef i32 Int
        typedef list<Int> Ints
        struct P { 1: Int x 2: Ints y }
        typedef P Point
        typedef map<string, Point> Points
        enum E { A } typedef E F
        struct Q { 1: Point p 2: Points q 3: F f }
    """,
    "constants": """
        const i32 A = 7
        const i32 B = A
        const double C = 1
        const bool D = 1
        const string E = "it's"
        const list<i32> F = [1, 2; 3]
        const set<string> G = ["a"]
        const map<string, list<i32>> H = {"a": [1], "b": F}
        const i64 I = 99999999999999999999
        const double J = -1.5e3
    """,
    "struct constants": """
        struct P { 1: i32 x = 3, 2: optional i32 y }
        const P A = {"y": 4}
        const map<string, P> B = {"a": {"x": 1}}
        struct Q { 1: P p = {"x": 9}, 2: P q = A }
    """,
    "defaults": """
        enum E { X = 4 }
        const list<i32> L = [1]
        struct A { 1: i32 a = 3, 2: string b = "x", 3: list<i32> c = L, 4: map<i32, string> d = {1: "a"},
                   5: bool e = true, 6: double f = 2, 7: E g = E.X, 8: set<i32> h = [1], 9: binary i = "bytes" }
    """,
    "namespaces": "namespace py a.b\nnamespace * c\nnamespace java d.e\nnamespace py f\nstruct A {}",
    "annotations": """
        typedef i32 T (t = "1")
        const i32 C = 3 (c = "2")
        enum E { A (i = "3"), B } (e = "4")
        struct S { 1: i32 a (f = "5", g) 2: i32 b } (s = "6", s = "7")
        service V { void m() (m = "8") } (v.w = "9")
    """,
    "services": """
        exception E { 1: string m } exception F { 1: i32 c }
        struct S { 1: i32 a }
        service A { void ping(), oneway void tell(1: string s), S get(1: i32 id, 2: string n = "x") throws (1: E e, 2: F f) }
        service B extends A { list<S> all(), void put(1: S s) throws (1: E e) }
        service C {}
    """,
    "an overridden method": "service A { void m(1: i32 a) void n() } service B extends A { i32 m(1: string a) }",
    "arguments without ids": "service A { i32 add(i32 a, i32 b) }",
    "comments": "// a\n# b\n/* c */ struct /* d */ A { // e\n 1: i32 a /* f */ }",
    "nothing": "",
    "only a typedef": "typedef i32 A",
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME.keys())
def test_a_module_looks_as_thriftpy2_makes_it(write, text):
    path = str(write({"layout.thrift": text}))
    assert describe.module(fastthrift.load(path)) == describe.module(thriftpy2.load(path))


def test_included_modules_look_as_thriftpy2_makes_them(write):
    path = str(
        write(
            {
                "pkg/main.thrift": """
                    include "shared.thrift"
                    include "sub/deep.thrift"
                    struct A { 1: shared.S a, 2: list<deep.D> b, 3: shared.E c = shared.E.X }
                    const shared.S C = {"x": 5}
                    const i32 D = shared.N
                    service V extends shared.Base { shared.S get(1: shared.T t) throws (1: shared.Err e) }
                """,
                "pkg/shared.thrift": """
                    enum E { X = 3 } struct S { 1: i32 x } typedef list<S> T const i32 N = 4
                    exception Err { 1: string m } service Base { void ping() }
                """,
                "pkg/sub/deep.thrift": "struct D { 1: string d }",
            }
        )
    )
    ours, theirs = fastthrift.load(path), thriftpy2.load(path)
    assert describe.module(ours) == describe.module(theirs)
    assert describe.module(ours.shared) == describe.module(theirs.shared)
    assert describe.module(ours.deep) == describe.module(theirs.deep)


def test_placeholders_never_leak(write):
    module = fastthrift.load(
        write(
            {
                "late.thrift": """
                    service V { list<Later> all(1: map<string, Later> a, 2: Int b) throws (1: Oops o) }
                    struct A { 1: E e = E.X, 2: Later l = {"x": 2}, 3: list<Int> i }
                    const Later FIRST = {"x": SECOND}
                    const i32 SECOND = 4
                    typedef Later Alias
                    enum E { X = 5 }
                    struct Later { 1: i32 x }
                    typedef i32 Int
                    exception Oops {}
                """
            }
        )
    )
    assert module.V.all_result.thrift_spec[0] == (15, "success", (12, module.Later), False)
    assert module.V.all_args.thrift_spec == {1: (13, "a", (11, (12, module.Later)), False), 2: (8, "b", False)}
    assert module.V.all_result.thrift_spec[1] == (12, "o", module.Oops, False)
    assert module.A._tspec["i"] == (False, (15, 8))
    assert repr(module.A()) == "A(e=5, l=Later(x=2), i=None)"
    assert module.FIRST == module.Later(4)
    assert module.Alias == (12, module.Later)


def test_a_uuid_field_has_its_own_type_number_and_uuid_values(write):
    import uuid

    text = "00000000-1111-2222-3333-444455556666"
    module = fastthrift.load(
        write({"u.thrift": f'const uuid C = "{text}" struct A {{ 1: uuid a = "{text}", 2: list<uuid> b = [C] }}'})
    )
    assert module.A.thrift_spec == {1: (16, "a", False), 2: (15, "b", 16, False)}
    assert module.C == uuid.UUID(text)
    assert module.A() == module.A(uuid.UUID(text), [uuid.UUID(text)])


def test_a_constant_that_refers_to_another_is_the_same_object(write):
    module = fastthrift.load(
        write(
            {
                "c.thrift": """
                    include "d.thrift"
                    const list<i32> A = [1] const list<i32> B = A const list<list<i32>> C = [A, d.D]
                    struct S { 1: list<i32> s = A }
                """,
                "d.thrift": "const list<i32> D = [2]",
            }
        )
    )
    assert module.B is module.A
    assert module.C[0] is module.A
    assert module.C[1] is module.d.D
    assert module.S.default_spec[0][1] is module.A
    assert module.S().s == module.A and module.S().s is not module.A


def test_what_cannot_be_hashed_becomes_hashable_as_a_key_or_element(write):
    module = fastthrift.load(
        write(
            {
                "keys.thrift": """
                    const map<list<i32>, i32> A = {[1, 2]: 3}
                    const set<list<list<i32>>> B = [[[1], [2]]]
                    const map<set<i32>, i32> C = {[1, 2]: 3}
                    const map<map<i32, list<i32>>, i32> D = {{1: [2]}: 3}
                """
            }
        )
    )
    assert module.A == {(1, 2): 3}
    assert module.B == {((1,), (2,))}
    assert module.C == {frozenset([1, 2]): 3}
    assert module.D == {next(iter(module.D)): 3}
    key = next(iter(module.D))
    assert key == {1: (2,)}
    with pytest.raises(TypeError, match="cannot be changed"):
        key[1] = ()


def test_doc_comments_become_docs(write):
    module = fastthrift.load(
        write(
            {
                "d.thrift": """
                    /** A struct. */ struct S { /** A field. */ 1: i32 a }
                    /** An enum. */ enum E { X }
                    /** An error. */ exception Err {}
                    /** A service. */ service V { /** A method. */ void m() void n() }
                    struct T {}
                """
            }
        )
    )
    docs = [module.S, module.E, module.Err, module.V, module.V.m_args, module.V.n_args, module.T]
    assert [each.__doc__ for each in docs] == [
        "A struct.", "An enum.", "An error.", "A service.", "A method.", None, None,
    ]  # fmt: skip


def test_python_keywords_are_names_like_any_other(write):
    module = fastthrift.load(
        write(
            {
                "k.thrift": """
                    struct S { 1: i32 async, 2: i32 None, 3: string class = "c" }
                    enum E { lambda = 2 }
                    service V { void import(1: i32 from, 2: i32 await) }
                    struct Next { 1: S s }
                """
            }
        )
    )
    assert getattr(module.S(**{"async": 1, "None": 2}), "async") == 1
    assert repr(module.S()) == "S(async=None, None=None, class='c')"
    assert getattr(module.E, "lambda") == 2
    assert list(module.V.import_args.thrift_spec.values()) == [(8, "from", False), (8, "await", False)]
    assert module.Next.thrift_spec == {1: (12, "s", module.S, False)}


def test_an_overridden_method_is_listed_once(write):
    module = fastthrift.load(
        write({"o.thrift": "service A { void m() void n() } service B extends A { void x() void m() }"})
    )
    assert module.B.thrift_services == ["x", "m", "n"]
    assert module.B.n_args is module.A.n_args
    assert module.B.m_args is not module.A.m_args


def test_meta_is_there_for_an_empty_file(write):
    module = fastthrift.load(write({"e.thrift": ""}), module_name="e_thrift")
    assert module.__thrift_meta__["structs"] == []


def test_a_long_chain_of_services_is_refused_and_a_short_one_is_not(write):
    def chain(length):
        return "".join(f"service S{i} extends S{i + 1} {{}} " for i in range(length)) + f"service S{length} {{}}"

    module = fastthrift.load(write({"short.thrift": chain(200)}))
    assert len(module.S0.__mro__) == 202
    with pytest.raises(fastthrift.parser.ThriftParserError):
        fastthrift.load(write({"long.thrift": chain(5000)}))
