"""Numbers and strings that decoding makes are Python's own in every respect: in what they say, in memory, and in who is told."""

from __future__ import annotations

import ctypes
import gc
import os
import pickle
import platform
import struct as packing
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from bulks import BULKS, arena_allocator, decoded
from fastthrift.protocol.exc import TProtocolException
from fastthrift.transport import TTransportException
from programs import run_whole
from twins import BYTE, CODECS, DOUBLE, I16, I32, I64, LIST, MAP, STRING, Codec, struct

BY_CODEC = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
HERE = Path(__file__).parent


BY_BULK = pytest.mark.parametrize(("ttype", "values"), [b[1:] for b in BULKS], ids=[b[0] for b in BULKS])


def made_by_python(value: Any) -> Any:
    """An equal object that Python makes of something else, so that nobody has hashed it yet."""
    if isinstance(value, int):
        return int(str(value))
    if isinstance(value, float):
        return packing.unpack("<d", packing.pack("<d", value))[0]
    return value.encode().decode()


def memory(value: Any) -> bytes:
    """What stands in memory behind the reference count."""
    raw = bytearray(ctypes.string_at(id(value), sys.getsizeof(value)))
    if isinstance(value, str):
        raw[33:40] = bytes(7)  # behind the eight bits of the state Python leaves what was there
    return bytes(raw[8:])


def check_alike(got: Any, value: Any) -> None:
    assert type(got) is type(value)
    assert repr(got) == repr(value)
    assert got == value
    assert sys.getsizeof(got) == sys.getsizeof(value)
    assert hash(got) == hash(value)
    pickled = pickle.dumps(got)
    assert pickle.loads(pickled) == value
    assert pickled == pickle.dumps(value)
    assert not gc.is_tracked(got)
    if isinstance(got, str):
        assert got.isascii() == value.isascii()
        assert got.upper() + "\u20ac" == value.upper() + "\u20ac"
        assert got.encode() == value.encode()
        assert sys.intern(got) == value
    else:
        assert -got == -value
        assert got / 3 == value / 3


@BY_CODEC
@BY_BULK
def test_elements_are_as_python_makes_them(codec: Codec, ttype: int, values: list[Any]) -> None:
    got = decoded(codec, (LIST, "v", ttype), values)
    assert len(got) == len(values)
    for i, value in enumerate(values):
        check_alike(got[i], made_by_python(value))


@BY_CODEC
@BY_BULK
def test_fields_are_as_python_makes_them(codec: Codec, ttype: int, values: list[Any]) -> None:
    for value in values:
        check_alike(decoded(codec, (ttype, "v"), value), made_by_python(value))


@pytest.mark.skipif(platform.python_implementation() != "CPython" or sys.maxsize < 1 << 32, reason="other memory")
@BY_CODEC
@BY_BULK
def test_elements_look_in_memory_as_python_makes_them(codec: Codec, ttype: int, values: list[Any]) -> None:
    many = [value for value in values if not isinstance(value, str) or (value.isascii() and len(value) > 1)]
    got = decoded(codec, (LIST, "v", ttype), many)
    assert [memory(one) for one in got] == [memory(made_by_python(value)) for value in many]


@BY_CODEC
@BY_BULK
def test_elements_are_held_by_their_list_alone(codec: Codec, ttype: int, values: list[Any]) -> None:
    values = [v for v in values if v not in range(-5, 257) and (ttype != STRING or len(v) > 1)]
    got, expected = decoded(codec, (LIST, "v", ttype), values), [made_by_python(value) for value in values]
    assert [sys.getrefcount(one) for one in got] == [sys.getrefcount(one) for one in expected]
    assert gc.is_tracked(got)


@pytest.mark.skipif(platform.python_implementation() != "CPython", reason="has no shared ints")
@BY_CODEC
@pytest.mark.parametrize("ttype", [BYTE, I16, I32, I64])
def test_small_numbers_are_those_that_python_shares(codec: Codec, ttype: int) -> None:
    values = [value for value in range(-5, 257) if ttype != BYTE or value < 128]
    cls = struct("Holder", {1: (LIST, "v", ttype), 2: (MAP, "m", (ttype, ttype)), 3: (ttype, "f")}).ours
    data = codec.write(cls(v=values, m=dict(zip(values, values)), f=100))
    codec.read(cls(), data)
    before = [sys.getrefcount(value) for value in values]
    for _ in range(50):
        got = codec.read(cls(), data)
        assert all(one is value for one, value in zip(got.v, values))
        assert all(one is value for pair, value in zip(got.m.items(), values) for one in pair)
        assert got.f is values[105]
    del got
    drift = [after - count for count, after in zip(before, (sys.getrefcount(value) for value in values))]
    assert max(map(abs, drift)) < 50


KEYS: list[tuple[str, int, list[Any]]] = [(name, ttype, values) for name, ttype, values in BULKS if ttype != DOUBLE]
BY_KEY = pytest.mark.parametrize(("key_type", "keys"), [key[1:] for key in KEYS], ids=[key[0] for key in KEYS])


@BY_CODEC
@BY_KEY
@BY_BULK
def test_keys_are_found_by_what_equals_them(
    codec: Codec, key_type: int, keys: list[Any], ttype: int, values: list[Any]
) -> None:
    expected = {key: values[i % len(values)] for i, key in enumerate(keys)}
    got = decoded(codec, (MAP, "v", (key_type, ttype)), expected)
    assert type(got) is dict
    assert list(got.items()) == list(expected.items())
    for key, value in expected.items():
        assert repr(got[made_by_python(key)]) == repr(value)
    assert gc.is_tracked(got) == gc.is_tracked({made_by_python(key): value for key, value in expected.items()})
    for key in list(got):
        del got[made_by_python(key)]
    assert got == {}


@BY_KEY
def test_last_of_several_equal_keys_wins(key_type: int, keys: list[Any]) -> None:
    codec = CODECS[0]
    cls = struct("Holder", {1: (MAP, "v", (key_type, I64))}).ours
    data = codec.write(cls(v=dict.fromkeys(keys, 1_000_000)))
    head, items = data[:5], data[9:-1]  # the field, the types; the size; the items, the end
    twice = head + packing.pack(">i", 2 * len(keys)) + items + items.replace(packing.pack(">q", 1_000_000), b"%7d " % 5)
    got = codec.read(cls(), twice + b"\0").v
    assert list(got) == list(dict.fromkeys(keys))
    assert set(got.values()) == {packing.unpack(">q", b"%7d " % 5)[0]}


@BY_CODEC
def test_mixed_strings_keep_their_order(codec: Codec) -> None:
    """Plain ones are read in a row, the others one by one."""
    values = ["", "a", "ab", "é", "abc", "abcd", "", "", "x" * 300, "€uro", "last"] * 30
    assert decoded(codec, (LIST, "v", STRING), values) == values
    items = {f"{i}{value}": value for i, value in enumerate(values)}
    assert list(decoded(codec, (MAP, "v", (STRING, STRING)), items).items()) == list(items.items())


@pytest.mark.parametrize("ttype", [I32, I64])
def test_number_that_is_too_long_is_named(ttype: int) -> None:
    codec = CODECS[1]
    cls = struct("Holder", {1: (LIST, "v", ttype)}).ours
    data = codec.write(cls(v=[1_000_000] * 100))
    with pytest.raises(TProtocolException, match="Variable-length int") as caught:
        codec.read(cls(), data[:-4] + b"\xff" * 12)
    assert caught.value.path == "Holder.v[99]"  # type: ignore[attr-defined]


@BY_CODEC
def test_string_that_is_cut_off_in_memory_is_named(codec: Codec) -> None:
    cls = struct("Holder", {1: (LIST, "v", STRING)}).ours
    data = codec.write(cls(v=["some text"] * 100))
    with pytest.raises(TProtocolException, match="Size limit: string of size 9") as caught:
        codec.read(cls(), data[:-4])
    assert caught.value.path == "Holder.v[99]"  # type: ignore[attr-defined]


def test_watchers_of_memory_see_what_is_made() -> None:
    codec = CODECS[0]
    cls = struct("Holder", {1: (LIST, "v", I64)}).ours
    data = codec.write(cls(v=list(range(1 << 40, (1 << 40) + 5000))))
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        holder = codec.read(cls(), data)
        seen = tracemalloc.get_traced_memory()[0] - before
        assert tracemalloc.get_object_traceback(holder.v[2500]) is not None
        del holder
        left = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert 5000 * (32 + 8) <= seen < 5000 * 60
    assert left < 1000


NO_ARENAS = pytest.mark.skipif(platform.python_implementation() != "CPython", reason="has no arenas")


@NO_ARENAS
@BY_CODEC
@pytest.mark.parametrize("broken", [False, True])
def test_large_values_leave_the_allocator_as_it_was(codec: Codec, broken: bool) -> None:
    before = arena_allocator()
    for spec, value in [
        ((LIST, "v", I64), list(range(1 << 40, (1 << 40) + 80_000))),
        ((LIST, "v", DOUBLE), [i / 3 for i in range(80_000)]),
        ((LIST, "v", STRING), [f"number {i}" for i in range(40_000)]),
        ((MAP, "v", (I32, I64)), {i * 77: i << 40 for i in range(40_000)}),
        ((MAP, "v", (STRING, I64)), {f"number {i}": i << 40 for i in range(20_000)}),
    ]:
        cls = struct("Holder", {1: spec}).ours
        data = codec.write(cls(v=value))
        if not broken:
            assert codec.read(cls(), data).v == value
        elif spec[2] in (I64, DOUBLE):
            continue  # their ends are looked for before the first is read
        else:
            with pytest.raises((TProtocolException, TTransportException)):
                codec.read(cls(), data[: len(data) * 99 // 100])
        assert arena_allocator() == before


HUGE_PAGES = pytest.mark.skipif(
    not Path("/sys/kernel/mm/transparent_hugepage").exists() or sys.version_info >= (3, 12), reason="left alone there"
)


# The other library takes most of the time to start.
ALONE = "import sys; sys.modules['thriftpy2'] = None"


def run_beside_this_file(lines: list[str], **environment: str) -> None:
    run_whole(HERE, [ALONE, "import gc, os, ctypes, twins, bulks as t", *lines], **environment)


@NO_ARENAS
@HUGE_PAGES
@pytest.mark.skipif("asan" in os.environ.get("LD_PRELOAD", ""), reason="the sanitizer keeps what is given back")
def test_large_values_lie_in_huge_pages_which_are_given_back() -> None:
    run_beside_this_file(
        [
            "for n in range(4):",
            "    numbers = t.million_of_numbers()",
            "    assert set(numbers) == {1 << 40}",
            "    assert t.share_in_huge_pages(numbers) > 0.9, t.share_in_huge_pages(numbers)",
            "    del numbers",
            "    gc.collect()",
            "    pages = int(open('/proc/self/statm').read().split()[0])",
            "    if n == 1: first = pages",
            "assert (pages - first) * os.sysconf('SC_PAGESIZE') < 4 << 20, (first, pages)",
        ],
        PYTHONMALLOC="pymalloc",
    )


@NO_ARENAS
@HUGE_PAGES
def test_foreign_allocator_of_arenas_is_left_alone() -> None:
    # It differs from Python's by a context, at which that does not look.
    run_beside_this_file(
        [
            "context, allocate, free = t.arena_allocator()",
            "foreign = t.ArenaAllocator(id(t), allocate, free)",
            "ctypes.pythonapi.PyObject_SetArenaAllocator(ctypes.byref(foreign))",
            "numbers = t.million_of_numbers()",
            "assert t.share_in_huge_pages(numbers) == 0",
            "assert t.arena_allocator() == (id(t), allocate, free)",
        ],
        PYTHONMALLOC="pymalloc",
    )


@pytest.mark.parametrize("allocator", ["debug", "malloc", "malloc_debug"])
def test_other_allocators_are_asked(allocator: str) -> None:
    """The debug ones end the process where something was written outside a block or freed by another."""
    run_beside_this_file(
        [
            "for _, ttype, values in t.BULKS:",
            "    for codec in twins.CODECS[:2]:",
            "        for _ in range(3):",
            "            assert repr(t.decoded(codec, (twins.LIST, 'v', ttype), values)) == repr(values)",
            "            keys = {value: value for value in values}",
            "            assert t.decoded(codec, (twins.MAP, 'v', (ttype, ttype)), keys) == keys",
        ],
        PYTHONMALLOC=allocator,
    )
