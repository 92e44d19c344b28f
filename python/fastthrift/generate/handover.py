"""The command `thrift` for what is not offered here: another compiler of this name, if one stands later on the path."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Optional

MARK = "FASTTHRIFT_HANDED_OVER"  # in the environment of the other one: that may be a fastthrift again


def other_compiler(own: str) -> Optional[str]:
    """The `thrift` behind this one on the path."""
    if os.environ.get(MARK):
        return None
    here = os.path.realpath(os.path.dirname(own) or ".")
    folders = [os.path.realpath(each) for each in os.environ.get("PATH", "").split(os.pathsep) if each]
    later = folders[folders.index(here) + 1 :] if here in folders else folders
    for folder in later:
        for name in ("thrift", "thrift.exe") if os.name == "nt" else ("thrift",):
            path = os.path.join(folder, name)
            if folder != here and os.path.isfile(path) and os.access(path, os.X_OK):
                return path
    return None


def hand_over(compiler: str, arguments: Sequence[str]) -> int:
    """Becomes the other compiler; where the system has no such thing, runs it and gives its exit status."""
    environment = {**os.environ, MARK: "1"}
    sys.stdout.flush()
    if os.name == "nt":
        return subprocess.call([compiler, *arguments], env=environment)
    os.execve(compiler, [compiler, *arguments], environment)
