"""Random structs through both libraries: the same bytes, and the same values from them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twins import (
    BINARY,
    BOOL,
    BYTE,
    CODECS,
    DOUBLE,
    I16,
    I32,
    I64,
    LIST,
    MAP,
    SET,
    STRING,
    STRUCT,
    struct,
    thriftpy2,
)

pytestmark = pytest.mark.skipif(thriftpy2 is None, reason="thriftpy2 is the oracle")

INTEGERS = {BYTE: 8, I16: 16, I32: 32, I64: 64}
SCALARS: dict[int, Any] = {
    BOOL: st.booleans(),
    DOUBLE: st.floats(allow_nan=False),
    STRING: st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    BINARY: st.binary(max_size=20),
    **{t: st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for t, bits in INTEGERS.items()},
}


def spec(ttype: int, inner: Any = None) -> Any:
    return ttype if inner is None else (ttype, inner)


def shapes(depth: int) -> Any:
    """(type, spec, strategy of values); a value of a struct is a dict of its fields until a library makes it."""
    scalar = st.sampled_from(sorted(SCALARS)).map(lambda t: (t, None, SCALARS[t]))
    if depth == 0:
        return scalar
    inner = shapes(depth - 1)
    return st.one_of(
        scalar,
        st.tuples(st.sampled_from([LIST, SET]), inner).map(
            lambda p: (p[0], spec(*p[1][:2]), st.lists(p[1][2], max_size=4))
        ),
        st.tuples(st.sampled_from([STRING, I32, I64]), inner).map(
            lambda p: (MAP, (p[0], spec(*p[1][:2])), st.dictionaries(SCALARS[p[0]], p[1][2], max_size=4))
        ),
        structs(depth - 1),
    )


class Fields(dict):  # type: ignore[type-arg]
    """A struct's values before they are an object of either library."""

    twins: Any


def structs(depth: int) -> Any:
    ids = st.lists(st.integers(-5, 40), max_size=4, unique=True)

    def build(parts: Any) -> Any:
        chosen = dict(parts)
        twins = struct(
            "Random",
            {id: (t, f"f{i}", *([s] if s is not None else [])) for i, (id, (t, s, _)) in enumerate(chosen.items())},
        )
        values = st.fixed_dictionaries({f"f{i}": st.none() | v for i, (_, _, v) in enumerate(chosen.values())})

        def tag(found: Any) -> Any:
            fields = Fields(found)
            fields.twins = twins
            return fields

        return (STRUCT, twins, values.map(tag))

    return ids.flatmap(lambda found: st.tuples(*[st.tuples(st.just(id), shapes(depth)) for id in found])).map(build)


def make(value: Any, side: int) -> Any:
    if isinstance(value, Fields):
        return value.twins[side](**{name: make(each, side) for name, each in value.items()})
    if isinstance(value, list):
        return [make(each, side) for each in value]
    if isinstance(value, dict):
        return {key: make(each, side) for key, each in value.items()}
    return value


def plain(value: Any) -> Any:
    """Without classes, so that objects of both libraries can be compared."""
    if hasattr(value, "thrift_spec"):
        return {field[1]: plain(getattr(value, field[1], None)) for field in value.thrift_spec.values()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return value


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_bytes_and_values_are_thriftpy2s(data: Any) -> None:
    _, twins, values = data.draw(structs(2))
    value = data.draw(values)
    for codec in CODECS:  # each example in every protocol: making one takes longer than all else
        theirs = codec.their_write(make(value, 1))
        ours = codec.write(make(value, 0))
        assert ours == theirs, codec.name
        got = codec.read(twins.ours(), theirs)
        assert plain(got) == plain(codec.their_read(twins.theirs(), ours)), codec.name
        assert codec.write(got) == ours, codec.name
