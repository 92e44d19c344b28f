"""Connections after a fork. They are the parent's: a child that wrote to one would get the parent's answers, and the parent
the child's. So a child lets go of them, and its next call opens a connection of its own.
"""

from __future__ import annotations

import os
import weakref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_count = 0  # of the forks that this process has made or come from

# What has opened a connection itself, by id: users' subclasses need not be hashable.
_opened: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()


def count() -> int:
    return _count


def is_opened(trans: Any) -> None:
    """``trans`` has opened a connection: in a child its `leave_to_parent` is called."""
    _opened[id(trans)] = trans


def _forked() -> None:
    global _count
    _count += 1


def _begin_child() -> None:
    _forked()
    for trans in list(_opened.values()):
        trans.leave_to_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_parent=_forked, after_in_child=_begin_child)
