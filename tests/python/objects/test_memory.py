"""The collector, weak references, deep chains and threads."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import threading
import weakref

import pytest

from fastthrift.protocol import TBinaryProtocolFactory
from fastthrift.utils import deserialize, serialize

from .both import importable, ours, person, struct

T = ours.TType


@pytest.fixture
def leaf():
    return struct("Leaf", [(1, (T.I32, "a", False), None), (2, (T.STRING, "b", False), "x")]).ours


def is_freed(make):
    gc.collect()
    it = make()
    watch = weakref.ref(it)
    del it
    gc.collect()
    return watch() is None


def test_leaves_are_no_work_for_the_collector(leaf):
    it = leaf(1, "text")
    assert not gc.is_tracked(it)
    it.a, it.b = 2.5, b"bytes"
    assert not gc.is_tracked(it)
    assert not gc.is_tracked(copy.copy(it))


@pytest.mark.parametrize(
    "store",
    [
        lambda it: setattr(it, "a", []),
        lambda it: setattr(it, "extra", {}),
        lambda it: it.__dict__.update(a=[]),
        lambda it: it.__dict__.update(extra=[]),
        lambda it: it.__dict__.setdefault("extra", []),
        lambda it: setattr(it, "__dict__", {"a": []}),
        lambda it: it.__setstate__({"a": []}),
        lambda it: it.__init__([]),
        lambda it: type(it).__init__(it, a=[]),
        lambda it: ours.TPayload.__setattr__(it, "a", []),
    ],
)
def test_what_may_form_a_cycle_is_tracked(leaf, store):
    it = leaf()
    store(it)
    assert gc.is_tracked(it)
    assert gc.is_tracked(leaf([]))
    assert gc.is_tracked(leaf(b=[]))
    assert gc.is_tracked(copy.copy(it))


def self_by_field(cls):
    it = cls()
    it.a = it
    return it


def self_by_extra(cls):
    it = cls()
    it.parent = it
    return it


def self_by_list(cls):
    it = cls(a=[])
    it.a.append(it)
    return it


def self_by_dict(cls):
    it = cls()
    it.__dict__["me"] = {"me": it}
    return it


def two(cls):
    one, other = cls(), cls()
    one.a, other.b = other, one
    return one


def self_by_view(cls):
    it = cls()
    it.a = it.__dict__
    return it


def self_by_setstate(cls):
    it = cls()
    it.__setstate__({"a": [it], "x": it})
    return it


def self_in_subclass(cls):
    class Child(cls):
        def __setattr__(self, name, value):
            object.__setattr__(self, name, value)

    it = Child()
    it.a = it
    return it


def self_in_slot(cls):
    it = type("Slotted", (cls,), {"__slots__": ("slot",)})()
    it.slot = it
    return it


def exception(cls):
    it = ours.TException(cls())
    it.me = it
    return it.with_traceback(None)


@pytest.mark.parametrize(
    "make",
    [
        self_by_field,
        self_by_extra,
        self_by_list,
        self_by_dict,
        two,
        self_by_view,
        self_by_setstate,
        self_in_subclass,
        self_in_slot,
        exception,
    ],
)
def test_cycles_are_freed(leaf, make):
    assert is_freed(lambda: make(leaf))


def test_deepcopied_cycles_are_freed(leaf):
    assert is_freed(lambda: copy.deepcopy(self_by_list(leaf)))


def test_classes_are_freed_with_their_specs():
    def make():
        cls = struct("Freed", [(1, (T.I32, "a", False), None)]).ours
        cls.thrift_spec[2] = (T.STRUCT, "me", cls, False)  # a recursive class
        repr(cls()), hash(cls()), copy.copy(cls())
        return cls

    from .both import _MODULES

    def forgotten():
        cls = make()
        for module in _MODULES.values():
            vars(module).pop("Freed", None)
        return cls

    assert is_freed(forgotten)


def test_weak_references_work(leaf):
    it = leaf()
    called = []
    watch = weakref.ref(it, called.append)
    table = weakref.WeakKeyDictionary()
    table[it] = 1
    assert watch() is it and len(table) == 1
    del it
    assert watch() is None and called == [watch]
    assert len(table) == 0


def test_del_of_a_subclass_runs_once_and_may_resurrect(leaf):
    saved = []

    class Child(leaf):
        def __del__(self):
            saved.append(self)

    Child(1)
    assert repr(saved) == "[Child(a=1, b='x')]"
    saved.clear()
    assert saved == []
    leaf.__del__ = lambda self: saved.append("base")
    leaf(1)
    assert saved == ["base"]


@pytest.mark.parametrize("by", ["field", "extra", "list"])
def test_deep_chains_are_freed_without_recursion(leaf, by):
    it = None
    for _ in range(200_000):
        link = leaf()
        if by == "field":
            link.a = it
        elif by == "extra":
            link.next = it
        else:
            link.a = [it]
        it = link
    watch = weakref.ref(it)
    del it, link
    assert watch() is None


def test_deep_chains_of_subclasses_are_freed_without_recursion(leaf):
    child = type("Child", (leaf,), {"__slots__": ("slot",)})
    it = None
    for _ in range(200_000):
        it = child(it)
        it.slot = it.a
    del it


def test_slots_give_back_their_values(leaf):
    value = object()
    before = sys.getrefcount(value)
    for _ in range(100):
        it = leaf(value, value)
        it.a = value
        it.extra = value
        del it.b
        it.b = value
    del it
    assert sys.getrefcount(value) == before


def test_type_references_are_balanced(leaf):
    leaf()
    before = sys.getrefcount(leaf)
    made = [leaf() for _ in range(100)] + [leaf([]) for _ in range(100)] + [leaf.__new__(leaf) for _ in range(100)]
    made += [copy.copy(each) for each in made] + [copy.deepcopy(each) for each in made]
    assert sys.getrefcount(leaf) == before + len(made)
    made.clear()
    gc.collect()
    assert sys.getrefcount(leaf) == before


def test_instances_are_small(leaf):
    class Slotted:
        __slots__ = ("a", "b")

    assert leaf.__basicsize__ <= Slotted.__basicsize__ + 2 * 8


def test_threads_share_classes_and_objects():
    cls = person().ours
    shared = cls(0, "shared", [])
    errors = []

    def work(number):
        try:
            for i in range(2_000):
                it = cls(i, str(number), [i])
                assert it == cls(i, str(number), [i]) and hash(it) == hash(copy.copy(it))
                shared.id = i
                setattr(shared, f"extra{number}", i)
                shared.__dict__["tags"] = [i]
                assert repr(shared).startswith("Person(id=")
                assert set(vars(shared)) >= {"id", "name", "tags"}
                if i % 100 == 0:
                    setattr(cls, f"attribute{number}", i)  # new versions of the class all the time
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(50)
    assert not errors and not any(thread.is_alive() for thread in threads)


def test_collection_in_the_middle_of_construction(leaf):
    threshold = gc.get_threshold()
    gc.set_threshold(1)
    try:
        with importable(ours):
            for _ in range(300):
                it = person().ours(tags=[leaf([leaf()])])
                it.extra = it
                copy.deepcopy(it)
                pickle.loads(pickle.dumps(it))
    finally:
        gc.set_threshold(*threshold)


# --- the places of freed objects are used again ---


def test_object_in_a_place_that_is_used_again_has_nothing_of_the_one_before(leaf):
    for before in (lambda: leaf(1, "text"), lambda: leaf([1], {}), lambda: copy.copy(leaf(3, "c"))):
        it = before()
        it.extra = ["more"]
        watch = weakref.ref(it)
        del it
        gc.collect()
        assert watch() is None
        new = leaf()
        assert (new.a, new.b) == (None, "x")
        assert vars(new) == {"a": None, "b": "x"}
        assert weakref.getweakrefcount(new) == 0
        assert not gc.is_tracked(new)
        assert sys.getrefcount(new) == 2


@pytest.mark.parametrize("shown", [True, False])
def test_object_of_a_class_without_fields_has_no_extras_of_the_one_before(shown):
    empty = struct("Empty", []).ours
    for name in ("first", "second", "third"):
        it = empty()
        setattr(it, name, [name])
        if shown:
            assert vars(it) == {name: [name]} and repr(it) == f"Empty({name}=['{name}'])"
        it.self = it
        del it
        gc.collect()
        new = empty()
        assert vars(new) == {} and repr(new) == "Empty()" and not hasattr(new, name)
        assert new == empty() and copy.copy(new) == new


def test_object_without_a_value_stays_without_it_in_a_used_place(leaf):
    it = leaf(1, "text")
    del it.a, it
    bare = leaf.__new__(leaf)
    assert not hasattr(bare, "a") and not hasattr(bare, "b")


def test_place_that_held_an_object_of_a_cycle_is_tracked_only_when_it_must_be(leaf):
    it = leaf()
    it.a = it
    del it
    gc.collect()
    it = leaf(1)
    assert not gc.is_tracked(it)
    it.a = []
    assert gc.is_tracked(it)


def test_finalizers_run_for_each_object_of_a_place():
    runs = []
    parent = struct("Parent", [(1, (T.I32, "a", False), None)]).ours

    class Final(parent):
        def __del__(self):
            runs.append(self.a)

    for n in range(50):
        Final(n)
    assert runs == list(range(50))


def test_object_whose_finalizer_keeps_it_is_not_used_again():
    kept = []
    parent = struct("Parent", [(1, (T.I32, "a", False), None)]).ours

    class Kept(parent):
        def __del__(self):
            kept.append(self)

    for n in range(20):
        Kept(n)
    assert [it.a for it in kept] == list(range(20))
    assert len({id(it) for it in kept}) == 20


def test_class_whose_objects_were_freed_can_be_freed():
    def make():
        class Short(ours.TPayload):
            thrift_spec = {1: (T.I32, "a", False)}
            default_spec = [("a", None)]

        [Short(n) for n in range(100)]
        return Short

    gc.collect()
    cls = make()
    watch = weakref.ref(cls)
    before = sys.getrefcount(cls)
    [cls(n) for n in range(1000)]
    assert sys.getrefcount(cls) == before
    del cls
    gc.collect()
    assert watch() is None


def test_subclasses_and_classes_of_users_slots_do_not_share_places(leaf):
    class Wider(leaf):
        __slots__ = ("own",)

    for n in range(100):
        one, other = leaf(n), Wider(n)
        other.own = n
        assert (type(one), type(other), one.a, other.a, other.own) == (leaf, Wider, n, n, n)
        del one, other
        assert not hasattr(Wider(), "own")


def test_object_that_changed_its_class_is_freed_as_what_it_is(leaf):
    class Same(leaf):
        pass

    for n in range(100):
        it = leaf(n)
        it.__class__ = Same
        del it
        assert type(leaf(n)) is leaf
        assert type(Same(n)) is Same


@pytest.mark.skipif(sys.getallocatedblocks() == 0, reason="PYTHONMALLOC=malloc counts no blocks")
def test_freed_objects_keep_no_more_than_a_bound():
    cls = struct("Many", [(n, (T.I32, "f%d" % n, False), None) for n in range(1, 9)]).ours
    gc.collect()
    before = sys.getallocatedblocks()
    many = [cls(f1=n) for n in range(20_000)]
    assert sys.getallocatedblocks() - before > 20_000
    many.clear()
    gc.collect()
    assert sys.getallocatedblocks() - before < 2000


def test_many_classes_keep_no_more_than_a_bound_together():
    classes = [struct("C%d" % n, [(1, (T.I32, "a", False), None)]).ours for n in range(40)]
    gc.collect()
    before = sys.getallocatedblocks()
    for cls in classes:
        many = [cls(n) for n in range(1000)]
        many.clear()
    gc.collect()
    assert sys.getallocatedblocks() - before < 10_000


def test_threads_make_and_free_objects_of_one_class(leaf):
    failures = []

    def work(n):
        for i in range(3000):
            it = leaf(i, str(n))
            if (it.a, it.b) != (i, str(n)):
                failures.append((n, i))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert failures == []


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is not counted there")
def test_references_to_none_are_counted_right():
    cls = struct("Sparse", [(n, (T.I32, "f%d" % n, False), None) for n in range(1, 50)]).ours
    factory = TBinaryProtocolFactory()
    data = serialize(cls(f3=1), factory)

    def use():
        it = cls(f1=1)
        other = deserialize(cls(), data, factory)
        it == other, copy.copy(it), pickle.loads(pickle.dumps({})), vars(it), repr(it)
        it.f1 = None
        del it.f2

    use()
    before = sys.getrefcount(None)
    for _ in range(200):
        use()
    assert abs(sys.getrefcount(None) - before) < 50
    kept = [cls(f2=2) for _ in range(100)]
    assert abs(sys.getrefcount(None) - before - 100 * 48) < 50
    del kept
    assert abs(sys.getrefcount(None) - before) < 50
