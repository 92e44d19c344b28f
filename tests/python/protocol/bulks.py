"""Bulks of numbers and strings, and where they lie in memory: for tests, and for processes of their own, which import no pytest."""

from __future__ import annotations

import ctypes
import functools
import struct as packing
from pathlib import Path
from typing import Any

from twins import BYTE, CODECS, DOUBLE, I16, I32, I64, LIST, STRING, Codec, struct


def around_powers(bits: int) -> list[int]:
    """Small ints and both sides of every power of two that fits; Python's hash begins anew at 2^61 - 1."""
    powers = {sign * (1 << n) + d for n in range(bits) for sign in (1, -1) for d in (-2, -1, 0, 1)}
    return sorted(n for n in {*powers, *range(-300, 300)} if -(1 << bits - 1) <= n < 1 << bits - 1)


MANY_TEXTS = [
    *("".join(chr(33 + i % 90) for i in range(size)) for size in (*range(80), 127, 128, 400, 511, 512, 513, 70_000)),
    *("é" + "a" * size for size in range(40)),
    *("a" * size + "€" for size in range(70)),
    *("a" * place + "é" + "a" * (size - place) for size in range(70) for place in range(size)),
    *("a" * size + "\x7f" for size in range(70)),
    "a" * 16 + "ü" + "a" * 40,
    "a" * 24 + "ü" + "a" * 8,
    "\0\0\0",
    "𝄞",
]
TEXTS = list(dict.fromkeys(MANY_TEXTS))
DOUBLES = [0.0, -0.0, 1.5, -2.25e300, 5e-324, float("inf"), float("-inf"), *(i / 7 for i in range(300))]
BULKS: list[tuple[str, int, list[Any]]] = [
    ("i8", BYTE, around_powers(8)),
    ("i16", I16, around_powers(16)),
    ("i32", I32, around_powers(32)),
    ("i64", I64, around_powers(64)),
    ("double", DOUBLE, DOUBLES),
    ("string", STRING, TEXTS),
]


@functools.cache
def holder(spec: tuple[Any, ...]) -> Any:
    return struct("Holder", {1: spec}).ours


def decoded(codec: Codec, spec: tuple[Any, ...], value: Any) -> Any:
    """The value of a field, once around through bytes."""
    cls = holder(spec)
    return codec.read(cls(), codec.write(cls(v=value))).v


class ArenaAllocator(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("context", "allocate", "free")]


def arena_allocator() -> tuple[int, ...]:
    found = ArenaAllocator()
    ctypes.pythonapi.PyObject_GetArenaAllocator(ctypes.byref(found))
    return found.context, found.allocate, found.free


def share_in_huge_pages(values: list[Any]) -> float:
    """How many of the objects lie where the system was asked for huge pages."""
    mappings: list[tuple[int, int]] = []
    for line in Path("/proc/self/smaps").read_text().splitlines():
        name, _, rest = line.partition(" ")
        if not name.endswith(":"):
            first, last = (int(part, 16) for part in name.split("-"))
        elif name == "VmFlags:" and "hg" in rest.split():
            mappings.append((first, last))
    some = values[::1000]
    return sum(any(first <= id(value) < last for first, last in mappings) for value in some) / len(some)


def million_of_numbers() -> list[int]:
    codec = CODECS[0]
    cls = struct("Holder", {1: (LIST, "v", I64)}).ours
    head = codec.write(cls(v=[]))[:4]
    numbers = packing.pack(">q", 1 << 40) * 1_000_000
    return codec.read(cls(), head + packing.pack(">i", 1_000_000) + numbers + b"\0").v  # type: ignore[no-any-return]
