"""Maps are read and written in the memory of dicts where that is as expected; the dicts are Python's own in every respect."""

from __future__ import annotations

import copy
import gc
import pickle
import platform
import random
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from fastthrift import _core
from fastthrift.protocol.exc import TProtocolException
from fastthrift.transport import TTransportException
from programs import run_whole
from twins import BINARY, BOOL, BYTE, CODECS, DOUBLE, I16, I32, I64, LIST, MAP, STRING, Codec, struct

HERE = Path(__file__).parent
BY_CODEC = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
Pairs = list[tuple[Any, Any]]


@pytest.fixture(params=["seen", "asked"])
def way(request: pytest.FixtureRequest) -> Iterator[str]:
    """In the memory of the dicts, or by asking Python."""
    _core._see_dict_entries(request.param == "seen")
    yield request.param
    _core._see_dict_entries(True)


class Items:
    """Pairs of which some have the same key, as only the wire can have them."""

    def __init__(self, pairs: Pairs) -> None:
        self.pairs = pairs

    def items(self) -> Pairs:
        return self.pairs


def holder(key: int, value: Any) -> Any:
    return struct("Holder", {1: (MAP, "v", (key, value))}).ours


def decoded(codec: Codec, key: int, value: Any, pairs: Pairs) -> Any:
    cls = holder(key, value)
    return codec.read(cls(), codec.write(cls(v=Items(pairs)))).v


def by_python(pairs: Pairs) -> dict[Any, Any]:
    made: dict[Any, Any] = {}
    for key, value in pairs:
        made[key] = value
    return made


def check_alike(got: dict[Any, Any], expected: dict[Any, Any]) -> None:
    assert type(got) is dict
    assert len(got) == len(expected)
    assert list(got.items()) == list(expected.items())
    assert [type(part) for pair in got.items() for part in pair] == [
        type(part) for pair in expected.items() for part in pair
    ]
    assert got == expected
    assert expected == got
    assert all(key in got and got[key] == value for key, value in expected.items())
    assert list(reversed(got)) == list(reversed(expected))


def test_entries_are_seen_where_they_are_known() -> None:
    known = (
        platform.python_implementation() == "CPython"
        and (3, 11) <= sys.version_info[:2] <= (3, 13)
        and not sysconfig.get_config_var("Py_GIL_DISABLED")
        and not hasattr(sys, "gettotalrefcount")
        and not hasattr(sys, "getobjects")
    )
    assert _core._see_dict_entries(False) is False
    assert _core._see_dict_entries(True) is known


def numbers_of(bits: int) -> list[int]:
    """Both sides of every power of two that fits; Python's hash begins anew at 2^61 - 1."""
    around = {sign * (1 << n) + d for n in range(bits) for sign in (1, -1) for d in (-2, -1, 0, 1)}
    return sorted(n for n in {*around, *range(-300, 300)} if -(1 << bits - 1) <= n < 1 << bits - 1)


WIDE = [(n + (k << 61) - k, n) for k in (1, 2, -1, -2) for n in range(-40, 40)]  # of the same hash as n
KEYS: list[tuple[str, int, list[Any]]] = [
    ("none", I32, []),
    ("one", I64, [7]),
    ("minus", I32, [-1, -2]),
    ("minus backwards", I64, [-2, -1, 0]),
    ("i8", BYTE, numbers_of(8)),
    ("i16", I16, numbers_of(16)),
    ("i32", I32, numbers_of(32)),
    ("i64", I64, numbers_of(64)),
    ("i64 backwards", I64, numbers_of(64)[::-1]),
    ("in the same place", I64, [n << 40 for n in range(300)]),
    ("in the same place, i32", I32, [n << 18 for n in range(1000)]),
    ("of the same hash", I64, list(dict.fromkeys(part for pair in WIDE for part in pair))),
    ("shuffled", I32, random.Random(1).sample(range(-(1 << 31), 1 << 31), 3000)),
    ("ascii", STRING, [f"key {n}" for n in range(500)]),
    ("short", STRING, ["", *map(chr, range(1, 400))]),
    ("other", STRING, [f"ключ {n}" if n % 3 else f"key {n}" for n in range(400)]),
    ("same beginning", STRING, ["a" * n for n in range(200)]),
    ("emoji", STRING, ["𝄞" * n for n in range(30)]),
    ("bool", BOOL, [True, False]),
    ("double", DOUBLE, [0.5, -0.0, float("inf"), 1e300, 3.0]),
    ("binary", BINARY, [b"", b"a", b"key", b"\xff\xfe"]),
]
BY_KEYS = pytest.mark.parametrize(("ttype", "keys"), [k[1:] for k in KEYS], ids=[k[0] for k in KEYS])
VALUES: list[tuple[Any, Callable[[int], Any]]] = [
    (I64, lambda n: n * 1_000_003),
    (I32, lambda n: n - 50),
    (DOUBLE, lambda n: n / 7),
    (STRING, lambda n: f"value {n}"),
    (STRING, lambda n: f"välue {n}" if n % 2 else "v" * (n % 9)),
    (BOOL, lambda n: n % 3 == 0),
    (BINARY, lambda n: b"\xff" * (n % 5)),
    ((LIST, I32), lambda n: [n] * (n % 3)),
]


@BY_CODEC
@BY_KEYS
def test_maps_are_as_python_makes_them(way: str, codec: Codec, ttype: int, keys: list[Any]) -> None:
    for vtype, value_of in VALUES:
        pairs = [(key, value_of(i)) for i, key in enumerate(keys)]
        check_alike(decoded(codec, ttype, vtype, pairs), by_python(pairs))


@BY_CODEC
@BY_KEYS
def test_both_ways_write_the_same_bytes(codec: Codec, ttype: int, keys: list[Any]) -> None:
    for vtype, value_of in VALUES:
        pairs = [(key, value_of(i)) for i, key in enumerate(keys)]
        cls = holder(ttype, vtype)
        expected = codec.write(cls(v=Items(pairs)))
        for on in (True, False, True):
            _core._see_dict_entries(on)
            assert codec.write(cls(v=dict(pairs))) == expected


@BY_CODEC
@BY_KEYS
def test_last_of_equal_keys_wins_in_the_place_of_the_first(way: str, codec: Codec, ttype: int, keys: list[Any]) -> None:
    some = [(key, 10 * i) for i, key in enumerate(keys)]
    again = [(key, 1 << 40 | i) for i, key in enumerate(keys) if i % 2]
    for pairs in (some + again, some + again[::-1] + some[:3], [pair for pair in some for _ in range(2)], again + some):
        check_alike(decoded(codec, ttype, I64, pairs), by_python(pairs))


# Around the sizes at which the table of indices becomes larger, and its indices wider.
SIZES = [*range(13), 20, 21, 22, 42, 43, 85, 86, 170, 171, 341, 342, 1365, 1366, 21845, 21846]


@BY_CODEC
@pytest.mark.parametrize("ttype", [I32, I64, STRING])
def test_maps_of_every_size(way: str, codec: Codec, ttype: int) -> None:
    for size in SIZES:
        pairs = [(str(n) if ttype == STRING else n * 3, n << 20) for n in range(size)]
        got, expected = decoded(codec, ttype, I64, pairs), by_python(pairs)
        assert got == expected
        assert list(got) == list(expected)
        got[None] = expected[None] = None
        assert got == expected


@pytest.mark.parametrize("ttype", [I32, STRING])
def test_map_that_is_larger_than_what_python_makes_room_for(way: str, ttype: int) -> None:
    pairs = [(str(n) if ttype == STRING else n * 7, n) for n in range(90_000)]
    got, expected = decoded(CODECS[0], ttype, I64, [*pairs, (pairs[5][0], -1)]), dict(pairs)
    expected[pairs[5][0]] = -1
    assert got == expected
    assert list(got) == list(expected)


def changes_of(random: random.Random, made: dict[Any, Any], keys: list[Any]) -> None:
    """What a program may do with a dict; the same for equal dicts."""
    for step in range(300):
        key = random.choice(keys)
        what = random.randrange(8)
        if what == 0:
            made.pop(key, None)
        elif what == 1 and made:
            made.popitem()
        elif what == 2:
            made.setdefault(key, step)
        elif what == 3:
            made[("new", step % 20)] = [step]
        elif what == 4:
            made[step * 64] = step
        elif what == 5:
            made.update({f"text {step % 30}": step, key: None})
        else:
            made[key] = step


@BY_CODEC
@BY_KEYS
@pytest.mark.parametrize("seed", [1, 2])
def test_maps_live_on_like_any_dict(way: str, codec: Codec, ttype: int, keys: list[Any], seed: int) -> None:
    pairs = [(key, i) for i, key in enumerate(keys)]
    got, expected = decoded(codec, ttype, I64, pairs), by_python(pairs)
    for made in (got, expected):
        changes_of(random.Random(seed), made, [*keys, "other", 12345])
    check_alike(got, expected)
    assert gc.is_tracked(got)
    for again in (got.copy(), dict(got), copy.deepcopy(got), pickle.loads(pickle.dumps(got)), {**got}, got | {}):
        check_alike(again, expected)
    got.clear()
    assert got == {}
    got["a"] = 1
    assert list(got.items()) == [("a", 1)]


@BY_CODEC
@BY_KEYS
def test_collector_leaves_plain_maps_alone(way: str, codec: Codec, ttype: int, keys: list[Any]) -> None:
    got = decoded(codec, ttype, I64, [(key, i) for i, key in enumerate(keys)])
    assert gc.is_tracked(got) is gc.is_tracked({"a": 1})
    got["self"] = got
    assert gc.is_tracked(got)


@pytest.mark.skipif(platform.python_implementation() != "CPython", reason="counts no references")
@BY_CODEC
def test_pairs_are_held_by_their_map_alone(way: str, codec: Codec) -> None:
    for key, keys in ((I64, [n << 40 for n in range(1, 50)]), (STRING, [f"key {n}" for n in range(50)])):
        twice = [(k, 5 << 50) for k in keys] + [(k, 6 << 50) for k in keys]
        got = decoded(codec, key, I64, twice)
        assert got == by_python(twice)
        expected = {int("1") << 45: int("1") << 46}
        expected[int("1") << 45] = int("1") << 47
        counts = {(sys.getrefcount(k), sys.getrefcount(v)) for k, v in got.items()}
        assert counts == {(sys.getrefcount(k), sys.getrefcount(v)) for k, v in expected.items()}


@pytest.mark.skipif(platform.python_implementation() != "CPython", reason="measures otherwise")
@pytest.mark.parametrize("size", SIZES[:-2])
def test_maps_with_texts_take_no_more_memory_than_pythons_own(size: int) -> None:
    pairs = [(f"key {n}", n) for n in range(size)]
    got = decoded(CODECS[0], STRING, I64, pairs)
    if _core._see_dict_entries(True):
        assert sys.getsizeof(got) <= sys.getsizeof(by_python(pairs))
    assert sys.getsizeof(got.copy()) == sys.getsizeof(got)


def dicts() -> list[tuple[str, dict[Any, Any]]]:
    """Dicts that came about in various ways; their keys are strs."""

    class Plain:
        def __init__(self, n: int) -> None:
            self.first, self.second = n, n + 1

    class Large:
        def __init__(self) -> None:
            for n in range(60):
                setattr(self, f"name_{n}", n)

    def of(**given: int) -> dict[str, int]:
        return given

    Plain(1)
    split, changed, less = Plain(5), Plain(6), Plain(7)
    changed.third = 9  # type: ignore[attr-defined]
    del less.first
    holes = {f"key {n}": n for n in range(50)}
    for n in range(0, 50, 3):
        del holes[f"key {n}"]
    ends = {f"key {n}": n for n in range(50)}
    for n in (0, 1, 2, 47, 48, 49):
        del ends[f"key {n}"]
    popped = {f"key {n}": n for n in range(20)}
    popped.popitem()
    popped.popitem()
    popped["again"] = 1
    emptied = {f"key {n}": n for n in range(20)}
    for key in list(emptied):
        del emptied[key]
    cleared = {f"key {n}": n for n in range(20)}
    cleared.clear()
    general: dict[Any, Any] = {1: 1, **{f"key {n}": n for n in range(20)}}
    del general[1]
    return [
        ("empty", {}),
        ("split", split.__dict__),
        ("split and changed", changed.__dict__),
        ("split and less", less.__dict__),
        ("of many attributes", Large().__dict__),
        ("of names", of(a=1, b=2)),
        ("holes", holes),
        ("holes at the ends", ends),
        ("popped", popped),
        ("emptied", emptied),
        ("cleared", cleared),
        ("general", general),
        ("comprehension", {chr(n): n for n in range(33, 300)}),
        ("copy", dict(holes)),
        ("from keys", dict.fromkeys(["x", "y", "ü"], 7)),
    ]


@BY_CODEC
@pytest.mark.parametrize("name", [name for name, _ in dicts()])
def test_any_dict_is_written(way: str, codec: Codec, name: str) -> None:
    made = dict(dicts())[name]
    cls = holder(STRING, I64)
    assert codec.write(cls(v=made)) == codec.write(cls(v=Items(list(made.items()))))
    assert codec.read(cls(), codec.write(cls(v=made))).v == made


class Acting:
    """A number that does something when it is asked for."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self.act = act

    def __index__(self) -> int:
        self.act()
        return 5

    __int__ = __index__


def grow(made: dict[Any, Any]) -> None:
    for n in range(100):
        made[1000 + n] = n


def grow_and_shrink(made: dict[Any, Any]) -> None:
    grow(made)
    for n in range(100):
        del made[1000 + n]


def remake(made: dict[Any, Any]) -> None:
    old = dict(made)
    made.clear()
    made.update(old)


def rotate(made: dict[Any, Any]) -> None:
    key = next(iter(made))
    made[key] = made.pop(key)


ACTS: list[Callable[[dict[Any, Any]], Any]] = [
    lambda made: None,
    lambda made: made.clear(),
    lambda made: made.popitem(),
    lambda made: made.update({n: 77 for n in list(made)}),
    lambda made: made.update({0: 77, 19: 88}),
    lambda made: made.pop(19),
    lambda made: made.pop(0),
    lambda made: made.setdefault(99, 1),
    lambda made: gc.collect(),
    grow,
    grow_and_shrink,
    remake,
    rotate,
]


@BY_CODEC
@pytest.mark.parametrize("act", ACTS, ids=[getattr(a, "__name__", "") + str(i) for i, a in enumerate(ACTS)])
@pytest.mark.parametrize("at", [0, 1, 10, 19])
def test_dict_that_changes_while_it_is_written_is_noticed_alike(
    codec: Codec, act: Callable[[dict[Any, Any]], Any], at: int
) -> None:
    cls = holder(I32, I64)

    def outcome() -> Any:
        made: dict[Any, Any] = {n: n << 40 for n in range(20)}
        made[at] = Acting(lambda: act(made))
        try:
            return codec.write(cls(v=made))
        except RuntimeError as error:
            return str(error)

    outcomes = []
    for on in (True, False):
        _core._see_dict_entries(on)
        outcomes.append(outcome())
    _core._see_dict_entries(True)
    assert outcomes[0] == outcomes[1]
    if act is ACTS[0] or act is ACTS[8]:
        assert isinstance(outcomes[0], bytes)
    if act in (ACTS[1], ACTS[2], ACTS[5], ACTS[7], grow):
        assert outcomes[0] == "dict changed size while it was written"


@BY_CODEC
def test_value_that_cannot_be_written_is_named(way: str, codec: Codec) -> None:
    for at in (0, 7, 19):
        made: dict[Any, Any] = {n: n << 20 for n in range(20)}
        made[at] = "text"
        with pytest.raises(Exception) as caught:  # noqa: PT011
            codec.write(holder(I32, I64)(v=made))
        assert caught.value.path == f"Holder.v[{at}]"  # type: ignore[attr-defined]


@BY_CODEC
@pytest.mark.parametrize("ttype", [I64, STRING])
def test_map_that_is_cut_off_is_refused_alike(codec: Codec, ttype: int) -> None:
    cls = holder(ttype, I64)
    data = codec.write(cls(v={n << 40 if ttype == I64 else f"key {n}": n << 40 for n in range(100)}))

    def outcome(size: int) -> Any:
        with pytest.raises((TProtocolException, TTransportException)) as caught:
            codec.read(cls(), data[:size])
        return type(caught.value), str(caught.value), getattr(caught.value, "path", None)

    for size in range(len(data) - 40, len(data)):
        _core._see_dict_entries(False)
        asked = outcome(size)
        _core._see_dict_entries(True)
        assert outcome(size) == asked


@BY_CODEC
def test_texts_that_are_no_utf8_stay_bytes_beside_the_others(way: str, codec: Codec) -> None:
    raw: Pairs = [(b"key %d" % n if n % 5 else b"\xff%d" % n, n) for n in range(100)]
    data = codec.write(holder(BINARY, I64)(v=Items(raw)))
    if codec.name == "json":
        pytest.skip("binary is base64 there")
    got = codec.read(holder(STRING, I64)(), data).v
    check_alike(got, {(k.decode() if n % 5 else k): n for k, n in raw})


def run_beside_this_file(lines: list[str], **environment: str) -> None:
    run_whole(HERE, ["import test_dict_entries as t", *lines], **environment)


@pytest.mark.skipif(platform.python_implementation() != "CPython", reason="has no such allocator")
def test_memory_of_dicts_is_kept_to() -> None:
    """The debug allocator ends the process where something was written outside a block."""
    run_beside_this_file(
        [
            "for _, ttype, keys in t.KEYS:",
            "    pairs = [(key, i) for i, key in enumerate(keys)]",
            "    for size in (*range(12), 21, 42, 85, 86, len(pairs)):",
            "        got = t.decoded(t.CODECS[0], ttype, t.I64, pairs[:size] + pairs[:3])",
            "        t.check_alike(got, t.by_python(pairs[:size] + pairs[:3]))",
            "        t.changes_of(t.random.Random(1), got, [*keys, 5])",
        ],
        PYTHONMALLOC="debug",
    )


@pytest.mark.skipif(platform.python_implementation() != "CPython", reason="has no such hooks")
def test_memory_that_runs_out_is_an_error_and_leaves_all_in_order() -> None:
    pytest.importorskip("_testcapi")
    run_beside_this_file(
        [
            "import _testcapi, gc",
            "for ttype, keys in ((t.I64, [n << 40 for n in range(40)]), (t.STRING, [f'key {n}' for n in range(40)])):",
            "    pairs = [(key, 1 << 50) for key in keys]",
            "    pairs += pairs[:5]",
            "    cls = t.holder(ttype, t.I64)",
            "    data = t.CODECS[0].write(cls(v=t.Items(pairs)))",
            "    failures = 0",
            "    for first in range(0, 130):",
            "        made = cls()",
            "        try:",
            "            _testcapi.set_nomemory(first, first + 1)",
            "            t.CODECS[0].read(made, data)",
            "        except MemoryError:",
            "            failures += 1",
            "        finally:",
            "            _testcapi.remove_mem_hooks()",
            "        assert made.v is None or made.v == dict(pairs)",
            "    assert failures > 40, failures",
        ]
    )
