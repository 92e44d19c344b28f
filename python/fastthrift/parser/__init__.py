"""Loads IDL from files, file objects and strings into Python modules."""

from __future__ import annotations

import os
import sys
from types import ModuleType

from . import exc as exc
from . import include
from . import lexer as lexer
from . import parser as parser
from .exc import ThriftModuleNameConflict as ThriftModuleNameConflict
from .exc import ThriftParserError as ThriftParserError
from .parser import parse as parse
from .parser import parse_fp as parse_fp
from .parser import parse_text, register

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, TextIO, Union

    Path = Union[str, os.PathLike[str]]


def load(
    path: Path,
    module_name: str | None = None,
    include_dirs: Iterable[Path] | None = None,
    include_dir: Path | None = None,
    encoding: str = "utf-8",
    *,
    enums: Any = None,
) -> ModuleType:
    """Loads an IDL file as a module.

    With ``module_name`` (which must end in ``_thrift``) the module and everything that it includes are put into
    ``sys.modules``, so that they can be imported and their objects pickled. Includes are searched beside the including
    file, then in ``include_dirs`` (the current directory by default), then in ``include_dir``. ``encoding`` is this
    file's; includes are UTF-8. A file that was loaded before under the same name is the same module again.
    ``enums=enum.IntEnum`` makes the enums classes of that, and fields hold their members.
    """
    module = parse(
        path, module_name, include_dirs=include_dirs, include_dir=include_dir, encoding=encoding, enums=enums
    )
    if module_name is not None:
        register(module, module_name)
    return module


def load_fp(source: TextIO, module_name: str, *, enums: Any = None) -> ModuleType:
    """Loads IDL from an object with ``read()`` and puts the module into ``sys.modules``; it cannot include files."""
    module = parse_fp(source, module_name, enums=enums)
    register(module, module_name)
    return module


def loads(
    text: str | bytes,
    module_name: str | None = None,
    includes: Mapping[str, str | bytes] | None = None,
    include_dirs: Iterable[Path] | None = None,
    *,
    enums: Any = None,
) -> ModuleType:
    """Loads IDL from a string.

    Includes are taken from ``includes``, which maps paths to texts, or from files in ``include_dirs``; without these no
    file is read. Each call makes a new module; with ``module_name`` it takes that name in ``sys.modules``.
    """
    module = parse_text(text, module_name, includes, include_dirs, enums=enums)
    if module_name is not None:
        register(module, module_name)
    return module


def load_module(fullname: str) -> ModuleType:
    """The module ``pkg.name_thrift`` from ``name.thrift`` beside ``pkg/__init__.py``; without a package from the current
    directory or one of ``sys.path``."""
    if not fullname.endswith(include.SUFFIX):
        raise ImportError("thriftpy2 can only load module with '_thrift' suffix")
    if fullname in sys.modules:
        return sys.modules[fullname]
    package = fullname.rpartition(".")[0]
    folders = None
    if package:
        from importlib import import_module

        folders = import_module(package).__path__
    path = find_module(fullname, folders)
    if path is None:
        raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
    return load(path, module_name=fullname)


def find_module(fullname: str, folders: Iterable[str] | None = None, suffix: str = include.SUFFIX) -> str | None:
    """The file behind a module name in the folders (the current directory and ``sys.path`` by default), if any."""
    file = fullname.rpartition(".")[2][: -len(suffix)] + include.EXTENSION
    for folder in ["", *sys.path] if folders is None else folders:
        path = os.path.join(folder, file) if isinstance(folder, str) else ""  # importlib skips other entries too
        if os.path.isfile(path):
            return path
    return None
