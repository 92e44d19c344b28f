"""What fields hold that nobody has set: a copy of the declared default, whatever that is."""

from __future__ import annotations

import gc

import pytest

from .both import ours, theirs

T = ours.TType


def made_with(library, default):
    spec = {1: (T.LIST, "a", T.I32, False)}
    return library.TPayloadMeta("Holder", (library.TPayload,), {"thrift_spec": spec, "default_spec": [("a", default)]})


def nested(levels, kind, innermost):
    """`innermost` in so many containers."""
    value = innermost
    for _ in range(levels):
        value = kind(value)
    return value


def in_list(value):
    return [value]


def in_tuple(value):
    return (value,)


def in_dict(value):
    return {"k": value}


def inside(value):
    """What is in the container, or its only value."""
    return value["k"] if isinstance(value, dict) else value[0]


@pytest.mark.parametrize("levels", [1, 2, 31, 32, 33, 34, 100])
@pytest.mark.parametrize("kind", [in_list, in_tuple, in_dict])
def test_nothing_that_can_change_is_shared_at_any_depth(kind, levels):
    default = nested(levels, kind, [1])
    cls = made_with(ours, default)
    one, other = cls().a, cls().a
    assert one == other == default
    for _ in range(levels):
        assert one is not other
        assert one is not default
        one, other, default = inside(one), inside(other), inside(default)
    one.append(2)
    assert (one, other, default) == ([1, 2], [1], [1])


@pytest.mark.parametrize("levels", [1, 31, 32, 33, 100])
@pytest.mark.parametrize("kind", [in_tuple, lambda value: frozenset([value])])
def test_what_cannot_change_is_shared(kind, levels):
    default = nested(levels, kind, 5)
    cls = made_with(ours, default)
    assert cls().a == default
    if levels < 32:
        assert cls().a is default


def test_a_default_that_contains_itself():
    default = [1]
    default.append(default)
    cls = made_with(ours, default)
    one, other = cls().a, cls().a
    assert one[1] is one
    assert other[1] is other
    assert one is not other
    assert one is not default


def test_a_default_that_contains_itself_further_down():
    default = {"list": ([],)}
    default["list"][0].append(default)
    one = made_with(ours, default)().a
    assert one["list"][0][0] is one
    assert one is not default


@pytest.mark.parametrize("library", [theirs, ours])
@pytest.mark.parametrize("kind", [in_list, in_tuple, in_dict])
def test_a_default_without_end_is_refused(kind, library):
    with pytest.raises(RecursionError):
        made_with(library, nested(50_000, kind, 1))()


def test_a_default_of_a_class_of_its_own_is_copied_by_copy():
    class Rows(list):
        def __deepcopy__(self, memo):
            return Rows(["copied"])

    cls = made_with(ours, (Rows(["row"]),))
    assert cls().a == (["copied"],)
    assert type(cls().a[0]) is Rows


class Shrinking:
    """A pair that empties the list which it stands in while it is read."""

    def __init__(self, spec):
        self.spec = spec

    def __iter__(self):
        self.spec.clear()
        return iter(("a", 1))


def test_a_default_spec_may_change_while_it_is_read():
    spec = []
    spec += [Shrinking(spec), *((f"b{i}", i) for i in range(100))]
    cls = ours.TPayloadMeta("Changing", (ours.TPayload,), {"default_spec": spec})
    made = cls()
    assert spec == []
    assert (made.a, made.b0, made.b99) == (1, 0, 99)


def test_a_class_that_the_collector_changes_while_it_is_called():
    names = {"thrift_spec": {1: (T.I32, "a", False), 2: (T.I32, "b", False)}}
    cls = ours.TPayloadMeta("Changed", (ours.TPayload,), {**names, "default_spec": [("a", 1), ("b", 2)]})
    turned = ours.TPayloadMeta("Turned", (ours.TPayload,), {**names, "default_spec": [("b", 2), ("a", 1)]})
    first, other = cls.__dict__["__init__"], turned.__dict__["__init__"]
    kept = []

    class Last:
        def __del__(self):
            cls.__init__ = other
            kept.append(cls(0, 0))

    threshold = gc.get_threshold()
    gc.collect()
    gc.disable()
    try:
        for _ in range(5):
            cls.__init__ = first
            kept.append(cls())
            last = Last()
            last.itself = last
            del last
            gc.set_threshold(1, 1, 1)
            gc.enable()
            made = cls(a=10, b=20)
            gc.disable()
            gc.set_threshold(*threshold)
            kept.append(made)
            assert (made.a, made.b) == (10, 20)
            gc.collect()
            assert cls.__init__ is other, "the collector has changed it"
    finally:
        gc.set_threshold(*threshold)
        gc.enable()
