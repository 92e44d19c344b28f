"""Construction: thriftpy2's generated __init__, its errors and its face for inspection; defaults are per instance."""

from __future__ import annotations

import gc
import inspect
import io
import linecache
import sys
import time
import types

import pytest

import fastthrift

from .both import assert_same, ours, person, struct, theirs

T = ours.TType

CALLS = [
    lambda cls: cls(),
    lambda cls: cls(1),
    lambda cls: cls(1, "x"),
    lambda cls: cls(1, "x", ["t"]),
    lambda cls: cls(name="x"),
    lambda cls: cls(tags=[], id=5),
    lambda cls: cls(1, tags=["t"]),
    lambda cls: cls(None, None, None),
    lambda cls: cls(name=None),
    lambda cls: cls(**{"id": 1, "name": "n"}),
    lambda cls: cls(1, 2, 3, 4),
    lambda cls: cls(1, 2, 3, 4, 5, 6),
    lambda cls: cls(zz=1),
    lambda cls: cls(1, 2, 3, 4, zz=1),
    lambda cls: cls(1, id=2),
    lambda cls: cls(1, 2, 3, tags=4),
    lambda cls: cls(**{"not a name": 1}),
    lambda cls: cls.__init__(),
    lambda cls: cls.__new__(cls),
]


@pytest.mark.parametrize("index", range(len(CALLS)))
def test_arguments_are_bound_as_by_thriftpy2(index):
    assert_same(person(), lambda cls: repr(CALLS[index](cls)))


def test_a_class_without_fields_takes_none():
    empty = struct("Empty", [])
    assert_same(empty, lambda cls: repr(cls()))
    with pytest.raises(TypeError, match=r"__init__\(\) takes 1 positional argument but 2 were given"):
        empty.ours(1)


def test_a_class_without_default_spec_takes_no_arguments():
    def bare(library):
        return library.TPayloadMeta("Bare", (library.TPayload,), {"thrift_spec": {1: (8, "a", False)}})

    for call in (lambda cls: repr(cls()), lambda cls: cls(1), lambda cls: cls(a=1), lambda cls: vars(cls()) == {}):
        expected, got = [], []
        for results, library in ((expected, theirs), (got, ours)):
            try:
                results.append(call(bare(library)))
            except TypeError as error:
                results.append(str(error))
        assert got == expected


def test_init_can_be_called_again_and_by_name():
    def call(cls):
        it = cls(1, "x", ["t"])
        it.extra = 1
        cls.__init__(it, 2)
        it.__init__(name="again")
        return repr(it)

    assert_same(person(), call)


def test_init_works_on_any_object():
    class Plain:
        pass

    def call(cls):
        it = Plain()
        cls.__init__(it, 1, tags=[2])
        return vars(it)

    assert_same(person(), call)
    assert_same(person(), lambda cls: cls.__init__(1, 2))


def test_super_init_takes_arguments():
    def call(cls):
        class Child(cls):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                self.extra = len(args)

        return repr(Child(1, "x")), repr(Child(tags=[1])), repr(Child())

    assert_same(person(), call)


def test_init_that_never_calls_super_leaves_the_fields_missing():
    def call(cls):
        class Child(cls):
            def __init__(self):
                self.name = "only"

        return repr(Child()), hasattr(Child(), "id")

    assert_same(person(), call)


def test_init_assigned_to_the_class_is_used_from_then_on():
    pair = struct("Replaced", [(1, (T.I32, "a", False), 7)])

    def call(cls):
        child = type("Child", (cls,), {})
        results = [repr(cls(1)), repr(child(1))]
        original = cls.__init__

        def init(self, a=None):
            original(self, a)
            self.seen = True

        cls.__init__ = init
        results += [repr(cls(2)), repr(child(2)), repr(cls())]
        cls.__init__ = original
        results += [repr(cls(3)), repr(child(3)), repr(cls())]
        return results

    assert_same(pair, call)


def test_new_assigned_to_the_class_is_used_from_then_on():
    pair = struct("Renewed", [(1, (T.I32, "a", False), 7)])

    def call(cls):
        cls(1)
        seen = []

        def new(kind, *args, **kwargs):
            seen.append((args, kwargs))
            return object.__new__(kind)

        cls.__new__ = staticmethod(new)
        return repr(cls(2)), repr(cls(a=3)), seen

    assert_same(pair, call)


def test_init_of_a_mixin_before_the_struct_is_used():
    class Mixin:
        def __init__(self, *args, **kwargs):
            self.mixed = True
            super().__init__(*args, **kwargs)

    def call(bases):
        it = type("Both", bases, {})(1)
        return sorted(vars(it).items())  # sorted: with us fields stand before extras, whatever was set first

    assert_same(person(), lambda cls: call((Mixin, cls)))
    assert_same(person(), lambda cls: call((cls, Mixin)))


def test_metaclass_call_of_a_user_is_used():
    for library, cls in zip((theirs, ours), person()):

        class Counting(library.TPayloadMeta):
            calls = 0

            def __call__(self, *args, **kwargs):
                Counting.calls += 1
                return super().__call__(*args, **kwargs)

        child = Counting("Child", (cls,), {})
        assert repr(child(1)) == "Child(id=1, name='nobody', tags=None)"
        assert Counting.calls == 1


def test_signature_and_defaults_are_those_of_a_function():
    def call(cls):
        return (
            str(inspect.signature(cls)),
            str(inspect.signature(cls.__init__)),
            str(inspect.signature(cls().__init__)),
            cls.__init__.__defaults__,
            cls.__init__.__kwdefaults__,
            cls.__init__.__name__,
            cls.__init__.__code__.co_varnames,
            cls.__init__.__code__.co_argcount,
            cls.__init__.__code__.co_filename,
            cls.__init__.__doc__,
            callable(cls.__init__),
            inspect.getsource(cls.__init__),
        )

    assert_same(person(), call)


def test_source_of_init_is_in_linecache():
    cls = struct("Lined", [(1, (T.I32, "a", False), 5)]).ours
    del cls
    assert linecache.getline("<generated TPayloadMeta.__init__>", 1) == "def __init__(self, a=5):\n"
    ours.init_func_generator(type("Other", (), {}), [("b", None)])
    assert linecache.getline("<generated Other.__init__>", 2) == "    self.b = b"
    linecache.checkcache()
    assert linecache.getline("<generated Other.__init__>", 1) == "def __init__(self, b=None):\n"


def test_fields_named_as_no_parameter_work():
    cls = ours.TPayloadMeta(
        "Odd",
        (ours.TPayload,),
        {
            "thrift_spec": {1: (8, "class", False), 2: (8, "not ok", False), 3: (8, "self", False)},
            "default_spec": [("class", 1), ("not ok", 2), ("self", 3)],
        },
    )
    it = cls(**{"class": 5, "not ok": 6, "self": 7})
    assert (getattr(it, "class"), getattr(it, "not ok"), it.self) == (5, 6, 7)
    assert vars(it) == {"class": 5, "not ok": 6, "self": 7}
    assert callable(cls.__init__) and inspect.signature(cls)


def test_thousands_of_fields_take_linear_time():
    def least(size):
        spec = {n: (T.I32, f"f{n}", False) for n in range(1, size + 1)}
        defaults = [(f"f{n}", None) for n in range(1, size + 1)]
        took = []
        for _ in range(3):
            start = time.process_time()
            ours.TPayloadMeta("Wide", (ours.TPayload,), {"thrift_spec": spec, "default_spec": list(defaults)})
            took.append(time.process_time() - start)
        return min(took)

    # Sixteen times as many fields; comparing each name with each other would take 256 times as long.
    assert least(16_000) < 80 * max(least(1000), 0.0002)


def test_a_field_twice_is_refused():
    with pytest.raises(TypeError, match="has the field 'a' twice"):
        ours.TPayloadMeta("Twice", (ours.TPayload,), {"default_spec": [("a", 1), ("a", 2)]})


@pytest.mark.parametrize("spec", [5, [1], [(1, 2)], [("a",)], [("a", 1, 2)]])
def test_a_default_spec_that_is_none_is_refused(spec):
    with pytest.raises(TypeError):
        ours.TPayloadMeta("Bad", (ours.TPayload,), {"default_spec": spec})


def test_mutable_defaults_are_each_instances_own():
    inner = struct("Inner", [(1, (T.LIST, "items", T.I32, False), [1])])
    nested = inner.ours(items=[{"k": [1]}])
    defaults = [[1, [2]], {"k": {1: [2]}}, {1, 2}, (1, [2]), bytearray(b"x"), nested, [nested]]
    spec = [(i, (T.LIST, f"f{i}", T.I32, False), value) for i, value in enumerate(defaults, 1)]
    cls = struct("Defaults", spec).ours
    one, other = cls(), cls()
    for i, default in enumerate(defaults, 1):
        name = f"f{i}"
        assert getattr(one, name) == default
        assert type(getattr(one, name)) is type(default)
        assert getattr(one, name) is not getattr(other, name)
        assert getattr(one, name) is not default
    one.f1[1].append(9)
    one.f2["k"][1].append(9)
    one.f4[1].append(9)
    one.f6.items[0]["k"].append(9)
    one.f7[0].items.append(9)
    assert cls() == other
    assert nested == inner.ours(items=[{"k": [1]}])


def test_immutable_defaults_are_shared():
    for default in ("text", 5, b"x", (1, "x"), frozenset({1}), 1.5):
        cls = struct("Shared", [(1, (T.STRING, "a", False), default)]).ours
        assert cls().a is default


def test_a_mutable_default_of_a_users_class_is_copied():
    class Special(dict):
        pass

    default = Special(a=[1])
    cls = struct("Users", [(1, (T.MAP, "a", (11, 8), False), default)]).ours
    made = cls().a
    assert type(made) is Special and made == default and made is not default and made["a"] is not default["a"]


def test_default_spec_given_later_keeps_its_objects():
    made = ours.gen_init(type("Later", (ours.TPayload,), {}), {1: (15, "a", 8, False)}, [("a", [1])])
    assert made.__init__.__defaults__ == ([1],)
    assert repr(made()) == "Later(a=[1])"
    assert made().a is not made().a


def test_a_default_whose_copy_changes_the_class_is_survived():
    class Meddler(list):
        def __deepcopy__(self, memo):
            cls.f3 = property(lambda self: 3, lambda self, value: None)
            cls.__init__ = lambda self: None
            return Meddler()

    spec = [(i, (T.I32, f"f{i}", False), Meddler() if i == 2 else None) for i in range(1, 9)]
    cls = struct("Meddled", spec).ours
    assert cls().f2 == []
    assert repr(cls()) == "Meddled()"


def test_passing_the_same_object_keeps_it():
    value = [1]
    for cls in person():
        assert cls(tags=value).tags is value


def test_keywords_that_are_not_interned_are_found():
    assert repr(person().ours(**{"".join(["na", "me"]): "x"})) == "Person(id=None, name='x', tags=None)"


def test_failed_construction_loses_nothing():
    value = ["held"]
    import sys

    before = sys.getrefcount(value)
    for _ in range(100):
        with pytest.raises(TypeError):
            person().ours(1, value, zz=value)
        with pytest.raises(TypeError):
            person().ours(value, value, value, value)
    gc.collect()
    assert sys.getrefcount(value) == before


def test_thousand_fields():
    spec = [(i, (T.I32, f"f{i}", False), i) for i in range(1, 1001)]

    def call(cls):
        it = cls(f500=-1)
        return repr(it), len(vars(it)), repr(cls(*range(1000)))

    assert_same(struct("Wide", spec), call)


def test_a_class_can_be_made_while_another_thread_imports_linecache(monkeypatch):
    monkeypatch.setitem(sys.modules, "linecache", types.ModuleType("linecache"))  # as far as it has come
    Person = fastthrift.load_fp(io.StringIO("struct Person { 1: string name }"), "half_imported_thrift").Person
    assert Person("ann").name == "ann"
