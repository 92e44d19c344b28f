"""Where an include is found, and what its module is called."""

from __future__ import annotations

import os

from .exc import ThriftParserError

SUFFIX = "_thrift"
EXTENSION = ".thrift"


def search(path: str, folder: str | None, include_dirs: list[str]) -> str:
    """The first existing file: beside the including one, then in the include directories."""
    if not path.endswith(EXTENSION):
        raise ThriftParserError("Path should end with .thrift")
    folders = include_dirs if folder is None else [folder, *include_dirs]
    for each in folders:
        found = os.path.join(each, path)
        if os.path.isfile(found):
            return found
    raise ThriftParserError(f"Couldn't include thrift {path} in any directories provided")


def basename(path: str) -> str:
    """The name under which the including file knows it."""
    return os.path.basename(path)[: -len(EXTENSION)]


def module_name(path: str, parent_path: str, parent_name: str) -> str:
    """``shared.thrift`` beside ``pkg/api.thrift`` is ``pkg.shared_thrift`` when the parent is ``pkg.api_thrift``.

    The name is the path relative to the parent's folder, dots of ``..`` included, in the parent's package if the
    parent is called like its file.
    """
    try:
        relative = os.path.relpath(path, os.path.dirname(parent_path) or ".")
    except ValueError:  # another drive
        relative = os.path.basename(path)
    name = relative[: -len(EXTENSION)].replace(os.sep, ".") + SUFFIX
    own = basename(parent_path) + SUFFIX if parent_path else parent_name.rpartition(".")[2]
    if parent_name.endswith(own):
        return parent_name[: -len(own)] + name
    return name
