"""`obj.__dict__`: a dict of fields and extras that writes through."""

from __future__ import annotations

import copy
import gc
import json
import pickle
import sys
from collections.abc import MutableMapping

import pytest

from .both import assert_same, ours, person, struct

T = ours.TType

READS = {
    "vars": lambda it: vars(it),
    "repr": lambda it: repr(it.__dict__),
    "len": lambda it: len(it.__dict__),
    "iteration": lambda it: list(it.__dict__),
    "reversed": lambda it: list(reversed(it.__dict__)),
    "keys": lambda it: list(it.__dict__.keys()),
    "values": lambda it: list(it.__dict__.values()),
    "items": lambda it: list(it.__dict__.items()),
    "keys as a set": lambda it: sorted(it.__dict__.keys() - {"id"}),
    "item": lambda it: it.__dict__["name"],
    "missing item": lambda it: it.__dict__["zz"],
    "unhashable item": lambda it: it.__dict__[[]],
    "get": lambda it: (it.__dict__.get("name"), it.__dict__.get("zz"), it.__dict__.get("zz", 7)),
    "in": lambda it: ("name" in it.__dict__, "zz" in it.__dict__, 5 in it.__dict__),
    "equal": lambda it: it.__dict__ == {"id": 1, "name": "n", "tags": None},
    "equal from the right": lambda it: {"id": 1, "name": "n", "tags": None} == it.__dict__,
    "unequal": lambda it: it.__dict__ != {"id": 2},
    "dict()": lambda it: dict(it.__dict__),
    "copy": lambda it: (it.__dict__.copy(), type(it.__dict__.copy())),
    "copy.copy": lambda it: copy.copy(it.__dict__),
    "deepcopy": lambda it: copy.deepcopy(it.__dict__),
    "unpacking": lambda it: {**it.__dict__},
    "call": lambda it: (lambda **fields: fields)(**it.__dict__),
    "or": lambda it: it.__dict__ | {"id": 2},
    "or from the right": lambda it: {"id": 2} | it.__dict__,
    "json": lambda it: json.dumps(it.__dict__),
    "json of many": lambda it: json.dumps([it, it], default=lambda each: each.__dict__),
    "pretty json": lambda it: json.dumps(it.__dict__, indent=1, sort_keys=True),
    "pickle": lambda it: pickle.loads(pickle.dumps(it.__dict__)),
    "isinstance": lambda it: (isinstance(it.__dict__, dict), isinstance(it.__dict__, MutableMapping)),
    "hash": lambda it: hash(it.__dict__),
    "sorted": lambda it: sorted(it.__dict__),
    "format": lambda it: "%(id)s %(name)s" % it.__dict__,
    "format_map": lambda it: "{id} {name}".format_map(it.__dict__),
    "dir": lambda it: [name for name in ("id", "name", "tags") if name in dir(it)],
}


@pytest.mark.skipif(sys.version_info < (3, 9), reason="dict has | since 3.9")
@pytest.mark.parametrize("what", READS)
@pytest.mark.parametrize("extras", [False, True])
def test_reading_is_reading_a_dict(what, extras):
    def call(cls):
        it = cls(1, "n")
        if extras:
            it.extra, it.another = 1, [2]
        return READS[what](it)

    assert_same(person(), call)


WRITES = {
    "item": lambda d: d.__setitem__("id", 5),
    "extra": lambda d: d.__setitem__("more", 5),
    "item and extra": lambda d: d.update(id=5, more=6),
    "update": lambda d: d.update({"id": 5, "more": 6}),
    "update by pairs": lambda d: d.update([("id", 5)], name="x"),
    "update by nothing": lambda d: d.update(),
    "update by a number": lambda d: d.update(5),
    "delete": lambda d: d.__delitem__("id"),
    "delete what is missing": lambda d: d.__delitem__("zz"),
    "pop": lambda d: d.pop("id"),
    "pop what is missing": lambda d: d.pop("zz"),
    "pop with a default": lambda d: d.pop("zz", 5),
    "pop of nothing": lambda d: d.pop("zz", None),
    "popitem": lambda d: d.popitem(),
    "setdefault": lambda d: (d.setdefault("id", 5), d.setdefault("new", 6), d.setdefault("none")),
    "clear": lambda d: d.clear(),
    "in place or": lambda d: d.__ior__({"id": 5, "more": 6}) is d,
    "several": lambda d: (d.pop("id"), d.update(zz=1), d.pop("name"), d.setdefault("name", "back")),
}


@pytest.mark.parametrize("what", WRITES)
@pytest.mark.parametrize("extras", [False, True])
def test_writing_is_writing_to_the_object(what, extras):
    def call(cls):
        it = cls(1, "n")
        if extras:
            it.extra = 1
        try:
            result = WRITES[what](it.__dict__)
        except (KeyError, TypeError) as error:
            result = repr(error)
        # Sorted where a name was deleted and set again: with us it goes back to the field's place.
        shown = sorted(vars(it).items()) if what == "several" else repr(it)
        return result, shown, [getattr(it, name, "missing") for name in ("id", "name", "tags", "more", "extra")]

    assert_same(person(), call)


def test_a_view_kept_shows_what_the_object_has_now():
    def call(cls):
        it = cls(1, "n")
        view = it.__dict__
        seen = [dict(view)]
        it.id = 2
        seen += [dict(view), view["id"], list(view.items()), view == {"id": 2, "name": "n", "tags": None}]
        it.more = 3
        seen += [dict(view), len(view), repr(view), "more" in view, {**view}]
        del it.name
        seen += [list(view), view.get("name"), dict(view)]
        view["name"] = "back"
        return [*seen, it.name, it.id, sorted(view.items())]

    assert_same(person(), call)


def test_iteration_survives_changes_of_values():
    def call(cls):
        it = cls(1, "n")
        seen = []
        for name in it.__dict__:
            it.id = len(seen) + 5
            seen.append((name, it.__dict__["id"]))
        for name, value in it.__dict__.items():
            setattr(it, name, str(value))
        return seen, repr(it)

    assert_same(person(), call)


ASSIGNMENTS = [
    {"id": 5},
    {"more": 1, "id": 5},
    {},
    {"tags": [1], "name": None, "id": 0},
    5,
    None,
    [("id", 1)],
]


@pytest.mark.parametrize("value", ASSIGNMENTS)
def test_assigning_a_whole_dict_replaces_everything(value):
    def call(cls):
        it = cls(1, "n", ["t"])
        it.extra = 1
        it.__dict__ = value
        return sorted(vars(it).items()), hasattr(it, "extra")

    assert_same(person(), call)


def test_assigning_another_objects_dict_and_its_own():
    def call(cls):
        one, other = cls(1, "n"), cls(2, "m")
        other.extra = 3
        one.__dict__ = other.__dict__
        first = repr(one)
        one.__dict__ = one.__dict__
        return first, repr(one), one == other

    assert_same(person(), call)


def test_deleting_the_dict_empties_the_object():
    def call(cls):
        it = cls(1, "n")
        it.extra = 1
        del it.__dict__
        return vars(it), repr(it), hasattr(it, "id")

    assert_same(person(), call)


def test_attributes_and_dict_agree_after_every_step():
    def call(cls):
        it = cls()
        steps = []
        it.id = 1
        steps.append(dict(vars(it)))
        del it.id
        steps.append(dict(vars(it)))
        vars(it)["id"] = 2
        steps.append(it.id)
        setattr(it, "with space", 1)
        steps.append(vars(it).get("with space"))
        it.__dict__[5] = "no name"
        steps.append(sorted(vars(it).items(), key=repr))
        return steps

    assert_same(person(), call)


def test_a_missing_attribute_is_an_attribute_error():
    for cls in person():
        it = cls.__new__(cls)
        for name in ("id", "zz"):
            with pytest.raises(AttributeError, match=name):
                getattr(it, name)
            with pytest.raises(AttributeError, match=name):
                delattr(it, name)
        assert getattr(it, "id", 5) == 5


def test_a_property_keeps_its_value_in_the_dict():
    def call(cls):
        class Child(cls):
            @property
            def id(self):
                return self.__dict__["id"] * 10

            @id.setter
            def id(self, value):
                self.__dict__["id"] = value + 1

        it = Child(1)
        it.__dict__["id"] += 1
        return it.id, dict(vars(it)), repr(it)

    assert_same(struct("Counted", [(1, (T.I32, "id", False), 0)]), call)


def test_a_class_attribute_of_a_child_is_hidden_by_the_instance():
    def call(cls):
        child = type("Child", (cls,), {"name": "of the class"})
        it = child(1)
        first = it.name
        del it.name
        return first, it.name, sorted(vars(it).items()), child.name

    assert_same(person(), call)


def test_a_class_attribute_set_later_is_hidden_by_new_instances():
    pair = struct("Later", [(1, (T.I32, "a", False), None), (2, (T.I32, "b", False), 2)])

    def call(cls):
        cls(1)
        cls.a = "of the class"
        it = cls(5)
        return it.a, repr(it), vars(it), cls.a, it == cls(5), hash(it) == hash(cls(5)), pickle.loads is not None

    assert_same(pair, call)


def test_getattr_hook_serves_missing_fields():
    def call(cls):
        child = type("Child", (cls,), {"__getattr__": lambda self, name: f"no {name}"})
        it = child(1)
        del it.name
        return it.name, it.zz, it.id, vars(it)

    assert_same(person(), call)


def test_fields_named_like_methods_live_in_the_dict():
    names = ("read", "write", "thrift_spec", "hash", "_ttype", "default_spec", "__x", "oneway")
    pair = struct("Named", [(i, (T.I32, name, False), None) for i, name in enumerate(names, 1)])

    def call(cls):
        it = cls(*range(len(names)))
        return repr(it), dict(vars(it)), [getattr(it, name) for name in names], it == cls(*range(len(names)))

    assert_same(pair, call)
    assert callable(pair.ours.read)


def test_views_keep_their_object_and_lose_nothing():
    value = ["held"]
    before = sys.getrefcount(value)
    view = person().ours(tags=value).__dict__
    assert view["tags"] is value
    view["self"] = view
    del view
    for _ in range(1000):
        it = person().ours(tags=value)
        it.extra = value
        it.__dict__.update(id=value)
        it.__dict__ = {"tags": value}
        del it
    gc.collect()
    assert sys.getrefcount(value) == before


def test_values_whose_deletion_changes_the_object_are_survived():
    cls = person().ours

    class Last:
        def __del__(self):
            it.__dict__["id"] = 1
            it.name = "set again"

    it = cls(Last(), Last(), [Last()])
    it.extra = Last()
    it.__dict__ = {}
    it.__dict__.clear()
    assert set(vars(it)) <= {"id", "name"}
