"""The memory that a message may take for its bytes: a struct or container can be one byte of it."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

import fastthrift
from fastthrift.protocol import TApacheJSONProtocolFactory, TBinaryProtocolFactory, TCompactProtocolFactory
from fastthrift.protocol.exc import TProtocolException
from fastthrift.utils import deserialize, serialize

FREE = 64 << 20
WIDE = 200
MODULE = fastthrift.loads(
    "struct Wide {" + "".join(f"{i}: optional i64 f{i}; " for i in range(1, WIDE + 1)) + "}"
    "struct Narrow { 1: optional i64 one }"
    "struct Lists { 1: list<Wide> wide; 2: list<Narrow> narrow; 3: list<list<i32>> lists; 4: list<map<i32, i32>> maps;"
    " 5: list<set<i32>> sets }",
    module_name="expansion_thrift",
)
COMPACT, BINARY, JSON = TCompactProtocolFactory, TBinaryProtocolFactory, TApacheJSONProtocolFactory


def of(count: int, **field: Any) -> Any:
    """Lists with as many empty elements in the one field."""
    ((name, element),) = field.items()
    return MODULE.Lists(**{name: [element] * count})


@pytest.mark.parametrize("protocol", [COMPACT, BINARY, JSON])
def test_structs_of_many_fields_and_no_bytes_are_refused_before_they_fill_the_memory(protocol: Any) -> None:
    data = serialize(of(400_000, wide=MODULE.Wide()), protocol())
    tracemalloc.start()
    try:
        with pytest.raises(TProtocolException, match=r"Size limit: structs and containers of \d+ bytes") as refused:
            deserialize(MODULE.Lists(), data, protocol())
        taken = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert refused.value.type == TProtocolException.SIZE_LIMIT
    assert taken < 1.1 * (FREE + 48 * len(data)) < 400_000 * 8 * WIDE
    assert refused.value.path.startswith("Lists.wide[4"), "it says where"


@pytest.mark.parametrize("field", ["narrow", "lists", "maps", "sets"])
def test_what_is_a_byte_each_may_be_many(field: str) -> None:
    element = {"narrow": MODULE.Narrow(), "lists": [], "maps": {}, "sets": set()}[field]
    factory = COMPACT(sets=True)
    data = serialize(of(100_000, **{field: element}), factory)
    assert len(getattr(deserialize(MODULE.Lists(), data, factory), field)) == 100_000


def test_sets_are_counted_for_what_they_take() -> None:
    data = serialize(of(600_000, sets=set()), COMPACT())
    assert len(deserialize(MODULE.Lists(), data, COMPACT()).sets) == 600_000  # lists
    with pytest.raises(TProtocolException, match="Size limit: structs and containers"):
        deserialize(MODULE.Lists(), data, COMPACT(sets=True))


def test_values_that_have_their_bytes_may_be_as_many_as_they_are() -> None:
    wide = MODULE.Wide(**{f"f{i}": 2**40 + i for i in range(1, WIDE + 1)})
    data = serialize(of(43_000, wide=wide), COMPACT())
    assert 43_000 * 8 * WIDE > FREE, "or this would show nothing"
    assert deserialize(MODULE.Lists(), data, COMPACT()).wide[-1] == wide


def test_who_trusts_the_bytes_says_so() -> None:
    data = serialize(of(60_000, wide=MODULE.Wide()), COMPACT())
    with pytest.raises(TProtocolException):
        deserialize(MODULE.Lists(), data, COMPACT())
    for enough in (None, 5_000):
        assert len(deserialize(MODULE.Lists(), data, COMPACT(max_expansion=enough)).wide) == 60_000
    with pytest.raises(TProtocolException, match="at most 3 for each byte"):
        deserialize(MODULE.Lists(), data, COMPACT(max_expansion=3))
    with pytest.raises(ValueError):
        COMPACT(max_expansion=-1)
    assert (COMPACT().max_expansion, BINARY(max_expansion=None).max_expansion) == (48, None)


def test_none_of_its_own_is_the_budget_of_the_next_message() -> None:
    factory = COMPACT()
    data = serialize(of(30_000, wide=MODULE.Wide()), factory)
    for _ in range(3):
        assert len(deserialize(MODULE.Lists(), data, factory).wide) == 30_000
