"""copy, deepcopy and pickle: pickles go from thriftpy2 to fastthrift and back."""

from __future__ import annotations

import copy
import gc
import pickle
import sys

import pytest

from .both import assert_same, importable, ours, person, struct, theirs

T = ours.TType
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)

ALL = {"id": 1, "name": "é", "tags": ["a", {"k": (1, b"x")}]}


def filled(cls):
    it = cls(1, "é", ["a", {"k": (1, b"x")}])
    it.extra = {"more": [1]}
    return it


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("direction", ["there and back", "from thriftpy2", "to thriftpy2"])
def test_pickles_go_both_ways(protocol, direction):
    pair = person()
    source, target = {
        "there and back": (ours, ours),
        "from thriftpy2": (theirs, ours),
        "to thriftpy2": (ours, theirs),
    }[direction]
    with importable(source):
        pickled = pickle.dumps(filled(getattr(pair, "ours" if source is ours else "theirs")), protocol)
    with importable(target):
        loaded = pickle.loads(pickled)
    assert type(loaded) is (pair.ours if target is ours else pair.theirs)
    assert loaded == filled(type(loaded))
    assert repr(loaded) == repr(filled(pair.theirs))


# Made by thriftpy2 0.7.1 with pickle.dumps(Person(1, "x"), 0) to 5.
LITERALS = [
    b"ccopy_reg\n_reconstructor\np0\n(cshared_name\nPerson\np1\nc__built"
    b"in__\nobject\np2\nNtp3\nRp4\n(dp5\nVid\np6\nI1\nsVname\np7\nVx\np8\nsVtag"
    b"s\np9\nNsb.",
    b"ccopy_reg\n_reconstructor\nq\x00(cshared_name\nPerson\nq\x01c__builtin"
    b"__\nobject\nq\x02Ntq\x03Rq\x04}q\x05(X\x02\x00\x00\x00idq\x06K\x01X\x04\x00\x00\x00nameq\x07X\x01\x00\x00\x00xq\x08X\x04\x00\x00\x00ta"
    b"gsq\tNub.",
    b"\x80\x02cshared_name\nPerson\nq\x00)\x81q\x01}q\x02(X\x02\x00\x00\x00idq\x03K\x01X\x04\x00\x00\x00nameq\x04X\x01\x00\x00\x00x"
    b"q\x05X\x04\x00\x00\x00tagsq\x06Nub.",
    b"\x80\x03cshared_name\nPerson\nq\x00)\x81q\x01}q\x02(X\x02\x00\x00\x00idq\x03K\x01X\x04\x00\x00\x00nameq\x04X\x01\x00\x00\x00x"
    b"q\x05X\x04\x00\x00\x00tagsq\x06Nub.",
    b"\x80\x04\x95<\x00\x00\x00\x00\x00\x00\x00\x8c\x0bshared_name\x94\x8c\x06Person\x94\x93\x94)\x81\x94}\x94(\x8c\x02id\x94K\x01\x8c\x04name\x94\x8c\x01x\x94"
    b"\x8c\x04tags\x94Nub.",
    b"\x80\x05\x95<\x00\x00\x00\x00\x00\x00\x00\x8c\x0bshared_name\x94\x8c\x06Person\x94\x93\x94)\x81\x94}\x94(\x8c\x02id\x94K\x01\x8c\x04name\x94\x8c\x01x\x94"
    b"\x8c\x04tags\x94Nub.",
]


@pytest.mark.parametrize("literal", LITERALS)
def test_pickles_of_the_past_load(literal):
    pair = person()
    for library, cls in ((theirs, pair.theirs), (ours, pair.ours)):
        with importable(library):
            assert pickle.loads(literal) == cls(1, "x")


def test_state_is_a_plain_dict():
    it = filled(person().ours)
    for protocol in (2, 3, 4, 5):
        _, (cls,), state, *rest = it.__reduce_ex__(protocol)
        assert (cls, type(state), rest) == (person().ours, dict, []) or cls.__name__ == "Person"
        assert state == {**ALL, "extra": {"more": [1]}}
    assert type(it.__getstate__()) is dict


def test_a_pickle_of_other_fields_loads_what_it_has():
    before = struct("Evolved", [(1, (T.I32, "a", False), None), (2, (T.I32, "gone", False), 5)])
    with importable(ours):
        pickled = pickle.dumps(before.ours(1))
        after = struct("Evolved", [(1, (T.I32, "a", False), None), (3, (T.I32, "new", False), 7)])
        loaded = pickle.loads(pickled)
    assert type(loaded) is after.ours
    assert vars(loaded) == {"a": 1, "gone": 5}
    assert not hasattr(loaded, "new")


def test_loading_does_not_run_init_or_setattr():
    pair = person()

    def call(cls):
        class Child(cls):
            def __init__(self):
                raise AssertionError("not called")

            def __setattr__(self, name, value):
                raise AssertionError("not called")

        it = Child.__new__(Child)
        it.__dict__.update(ALL)
        return repr(copy.copy(it)), repr(copy.deepcopy(it))

    assert_same(pair, call)


def test_copy_is_shallow_and_deepcopy_is_deep():
    def call(cls):
        it = filled(cls)
        it.nested = cls(tags=[cls(2)])
        shallow, deep = copy.copy(it), copy.deepcopy(it)
        return (
            shallow == it == deep,
            type(shallow) is type(deep) is cls,
            shallow.tags is it.tags,
            shallow.extra is it.extra,
            deep.tags is it.tags,
            deep.extra is it.extra,
            deep.nested is it.nested,
            deep.nested.tags[0] is it.nested.tags[0],
            repr(deep),
            repr(shallow),
        )

    assert_same(person(), call)


def test_copies_are_independent():
    it = filled(person().ours)
    other = copy.copy(it)
    other.id, other.new = 2, 3
    assert (it.id, hasattr(it, "new")) == (1, False)
    other.extra["more"].append(2)
    assert it.extra == {"more": [1, 2]}


def test_missing_fields_stay_missing():
    def call(cls):
        it = cls(1)
        del it.name
        return [vars(each(it)) for each in (copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one)))]

    for library, cls in ((theirs, person().theirs), (ours, person().ours)):
        with importable(library):
            sys.modules["shared_name"].Person = cls
            assert call(cls) == [{"id": 1, "tags": None}] * 3


def test_deepcopy_keeps_cycles_and_sharing():
    def call(cls):
        it = cls(tags=[1])
        it.id = it
        it.name = it.tags
        it.me = [it]
        deep = copy.deepcopy(it)
        return deep.id is deep, deep.name is deep.tags, deep.me[0] is deep, deep.tags is it.tags

    assert assert_same(person(), call) == (True, True, True, False)


def test_pickle_keeps_cycles():
    pair = struct("Cyclic", [(1, (T.I32, "a", False), None)])
    for library, cls in ((theirs, pair.theirs), (ours, pair.ours)):
        with importable(library):
            it = cls()
            it.a = [it]
            loaded = pickle.loads(pickle.dumps(it))
            assert loaded.a[0] is loaded


def test_a_class_with_its_own_state_is_copied_by_it():
    def call(cls):
        class Child(cls):
            def __getstate__(self):
                return {"id": self.id, "from": "getstate"}

            def __setstate__(self, state):
                self.__dict__.update(state, name="setstate")

        it = Child(1, "x")
        # Sorted: with us fields stand before extras, whatever was set first.
        return sorted(vars(copy.copy(it)).items()), sorted(vars(copy.deepcopy(it)).items()), it.__reduce_ex__(2)[2]

    assert_same(person(), call)


def test_a_class_with_reduce_is_copied_by_it():
    def call(cls):
        class Child(cls):
            def __reduce__(self):
                return type(self), (self.id, "reduced")

        it = Child(1, "x")
        return repr(copy.copy(it)), repr(copy.deepcopy(it)), len(it.__reduce_ex__(4))

    assert_same(person(), call)


def test_a_class_with_new_arguments_gets_them():
    def call(cls):
        class Child(cls):
            def __new__(cls, *args, **kwargs):
                it = super().__new__(cls)
                it.args = args
                return it

            def __getnewargs__(self):
                return (self.id, "new")

        return copy.copy(Child(1)).args, copy.deepcopy(Child(1)).args

    assert_same(person(), call)


def test_slots_of_a_user_are_copied_and_are_no_fields():
    def call(cls):
        class Child(cls):
            __slots__ = ("slot", "empty")

        it = Child(1)
        it.slot = [1]
        shallow, deep = copy.copy(it), copy.deepcopy(it)
        return repr(it), dict(vars(it)), shallow.slot is it.slot, deep.slot, deep.slot is it.slot, it == shallow

    assert_same(person(), call)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_slots_of_a_user_are_pickled(protocol):
    pair = person()
    for library, cls in ((theirs, pair.theirs), (ours, pair.ours)):
        child = type("Slotted", (cls,), {"__slots__": ("slot",), "__module__": "shared_name"})
        with importable(library):
            sys.modules["shared_name"].Slotted = child
            it = child(1)
            it.slot = [1]
            if protocol < 2:  # copyreg refuses slots without a __getstate__; ours has one
                continue
            loaded = pickle.loads(pickle.dumps(it, protocol))
            assert (loaded.slot, loaded.id) == ([1], 1)


@pytest.mark.parametrize("state", [5, "text", [1], ({}, 5), (1, 2, 3)])
def test_a_state_that_is_none_is_refused(state):
    with pytest.raises(TypeError, match="the state of a struct must be a dict"):
        person().ours().__setstate__(state)


def test_a_class_that_cannot_be_found_cannot_be_pickled():
    for cls in (struct("Lost", []).ours, struct("Lost", []).theirs):
        with pytest.raises(pickle.PicklingError):
            pickle.dumps(cls())


def test_copies_lose_nothing():
    value = ["held"]
    before = sys.getrefcount(value)
    with importable(ours):
        cls = person().ours
        for _ in range(200):
            it = cls(tags=value)
            it.extra = value
            copy.copy(copy.copy(it))
            copy.deepcopy(it)
            pickle.loads(pickle.dumps(it))
            it.__setstate__({"tags": value, "extra": value})
            it.__reduce_ex__(2)
            del it
    gc.collect()
    assert sys.getrefcount(value) == before


class Text(str):
    """A name that is no plain str."""


def fresh(name):
    """A str of its own, which nobody has interned."""
    return "".join([name[:1], name[1:]])


@pytest.mark.parametrize(
    "names",
    [
        ["id", "name", "tags"],
        ["tags", "name", "id"],
        ["name", "tags", "id"],
        ["id", "tags"],
        ["tags"],
        ["other", "id", "name", "tags"],
        ["id", "other", "name", "more", "tags"],
        ["id", "name", "tags", "other"],
        ["nam", "name", "names"],
        [],
    ],
    ids=",".join,
)
@pytest.mark.parametrize("kind", [str, fresh, Text])
def test_a_state_in_any_order_is_what_thriftpy2_makes_of_it(kind, names):
    state = {kind(name): [name, n] for n, name in enumerate(names)}

    def loaded(cls):
        it = cls(1, "before", ["x"])
        (it.__setstate__ if cls is pair.ours else it.__dict__.update)(state)
        return vars(it)

    pair = person()
    assert_same(pair, loaded)


def test_a_state_that_is_loaded_is_tracked_only_where_it_must_be():
    it = person().ours()
    it.__setstate__({"id": 1, "name": "x", "tags": None})
    assert (it.id, it.name, it.tags) == (1, "x", None)
    assert not gc.is_tracked(it)
    it.__setstate__({"id": 1, "name": "x", "tags": []})
    assert gc.is_tracked(it)


def test_a_value_that_goes_away_while_a_state_is_loaded_may_change_the_object():
    class Leaving:
        def __del__(self):
            it.tags = "set by __del__"
            vars(it)["later"] = 1

    it = person().ours(id=Leaving())
    it.__setstate__({"id": 1, "name": "new"})
    assert vars(it) == {"id": 1, "name": "new", "tags": "set by __del__", "later": 1}
