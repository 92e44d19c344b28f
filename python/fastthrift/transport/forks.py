"""Connections after a fork. They are the parent's: a child that wrote to one would get the parent's answers, and the parent
the child's. So a child lets go of them, and its next call opens a connection of its own.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
    from weakref import WeakValueDictionary

_count = 0  # of the forks that this process has made or come from

# Under "opened", what has opened a connection itself, by id: users' subclasses need not be hashable. The first connection makes
# it, so that others need not import weakref; where two threads do at once, `setdefault` lets both have the same.
_registry: dict[str, WeakValueDictionary[int, Any]] = {}


def count() -> int:
    return _count


def is_opened(trans: Any) -> None:
    """``trans`` has opened a connection: in a child its `leave_to_parent` is called."""
    if "opened" not in _registry:
        from weakref import WeakValueDictionary

        _registry.setdefault("opened", WeakValueDictionary())
    _registry["opened"][id(trans)] = trans


def _forked() -> None:
    global _count
    _count += 1


def _begin_child() -> None:
    _forked()
    for trans in [each for opened in _registry.values() for each in opened.values()]:
        trans.leave_to_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_parent=_forked, after_in_child=_begin_child)
