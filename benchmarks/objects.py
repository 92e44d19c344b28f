"""Rows: what programs do with a struct besides sending it."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

from . import shapes
from .measure import Effort, interleaved
from .peers import build, loaded
from .shapes import Shape
from .table import Table

SMALL = Shape("small", shapes.BENCH, "Small", shapes.small())

# Times thriftpy2.
TARGETS = {
    "construct": 3.5, "construct empty": None, "==": 3, "hash": None, "repr": 2, "copy": 5, "deepcopy": None, "pickle": 2,
    "read 5 attributes": 0.95, "write 2 attributes": 0.35,
}  # fmt: skip


def operations(cls: type[Any]) -> dict[str, Callable[[], object]]:
    one, other = build(cls, SMALL.value), build(cls, SMALL.value)

    def read() -> None:
        one.id, one.name, one.active, one.created, one.score  # noqa: B018

    def write() -> None:
        one.id = 42
        one.name = "other"

    return {
        "construct": lambda: cls(id=42, name="x", active=True, created=7, score=0.5),
        "construct empty": cls,
        "==": lambda: one == other,
        "hash": lambda: hash(one),
        "repr": lambda: repr(one),
        "copy": lambda: copy.copy(one),
        "deepcopy": lambda: copy.deepcopy(one),
        "pickle": lambda: pickle.loads(pickle.dumps(one, -1)),
        "read 5 attributes": read,
        "write 2 attributes": write,
    }


def rows(table: Table, effort: Effort) -> None:
    table.head("objects (small struct)")
    ours, theirs = operations(loaded("fastthrift", SMALL)), operations(loaded("thriftpy2", SMALL))
    for name, target in TARGETS.items():
        timing = interleaved({"fastthrift": ours[name], "thriftpy2": theirs[name]}, effort)
        table.row(name, timing, {"thriftpy2": target} if target else {})
