"""Lets programs written for thriftpy2 run on fastthrift without a change.

``install("thriftpy2")`` makes ``import thriftpy2`` and every ``import thriftpy2.x.y`` give fastthrift's modules: the same
objects, not copies, so classes are identical under both names. ``python -m fastthrift.compat script.py args...`` (or ``-m
module args...``) does so and then runs the program. A process whose command cannot change does so where the environment
has ``FASTTHRIFT_COMPAT=thriftpy2``, or several names with commas (`fastthrift_compat.pth` asks for it at start).
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from . import defaults
from .version import STANDS_FOR, VERSION

_OURS = __name__.rpartition(".")[0]

VARIABLE = "FASTTHRIFT_COMPAT"

# Whose place a package takes: Apache's has a tree of its own.
_TREES = {"thrift": _OURS + ".apache"}


# Where FASTTHRIFT_COMPAT is set each interpreter imports this as it starts. The base classes that importlib.abc has for what
# stands in sys.meta_path would take longer than all else here, so it is not imported.


class _Loader:
    """Hands out the module of ours; importing it again under the other name must leave its ``__spec__`` alone."""

    def __init__(self, ours: str) -> None:
        self._ours = ours

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._ours)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


class Alias:
    """Finds ``NAME`` and ``NAME.x.y`` as ``fastthrift`` and ``fastthrift.x.y``; ``thrift`` as ``fastthrift.apache``."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ours = _TREES.get(name, _OURS)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.name and not fullname.startswith(self.name + "."):
            return None
        ours = self.ours + fullname[len(self.name) :]
        found = importlib.util.find_spec(ours)
        if found is None:
            return None
        return importlib.machinery.ModuleSpec(
            fullname,
            _Loader(ours),  # type: ignore[arg-type]  # it has no base class
            origin=found.origin,
            is_package=found.submodule_search_locations is not None,
        )


def install(name: str = "thriftpy2") -> None:
    """Aliases the package ``name`` to fastthrift. ``thrift`` becomes `fastthrift.apache`; any other name is thriftpy2's
    tree: the process is switched to thriftpy2's defaults, and `__version__` is the one of thriftpy2 that we stand in for."""
    if any(isinstance(finder, Alias) and finder.name == name for finder in sys.meta_path):
        return
    present = sys.modules.get(name)
    if present is not None and present is not sys.modules.get(_TREES.get(name, _OURS)):
        raise ImportError(f"{name} is imported already: install the alias before the first import of it", name=name)
    sys.meta_path.insert(0, Alias(name))
    if name not in _TREES:
        defaults.use("thriftpy2")
        sys.modules[_OURS].__version__ = STANDS_FOR  # type: ignore[attr-defined]


def uninstall(name: str = "thriftpy2") -> None:
    """Takes the alias away again, and fastthrift's defaults come back."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not (isinstance(finder, Alias) and finder.name == name)]
    for module in [m for m in sys.modules if m == name or m.startswith(name + ".")]:
        del sys.modules[module]
    if name not in _TREES:
        defaults.use("fastthrift")
        sys.modules[_OURS].__version__ = VERSION  # type: ignore[attr-defined]


def install_from_environment() -> None:
    """Installs the alias for each name in ``FASTTHRIFT_COMPAT``."""
    for name in os.environ.get(VARIABLE, "").split(","):
        if name.strip():
            install(name.strip())


def main(arguments: Sequence[str] | None = None) -> None:
    import argparse
    import runpy

    parser = argparse.ArgumentParser(
        prog="python -m fastthrift.compat",
        usage="%(prog)s [-h] [--as NAME[,NAME...]] (SCRIPT | -m MODULE) ...",
        description="run a program written for thriftpy2 (or Apache's thrift) on fastthrift",
    )
    parser.add_argument("--as", dest="names", default="thriftpy2", help="the packages that the program imports")
    parser.add_argument("-m", dest="is_module", action="store_true", help="the program is a module")
    parser.add_argument("program", help="the program")
    parser.add_argument("args", nargs=argparse.REMAINDER, help="its arguments")
    options = parser.parse_args(arguments)
    # For the processes that it starts, too.
    os.environ[VARIABLE] = options.names
    # `-m` runs this file as __main__: the alias must be the one of the imported module.
    importlib.import_module(f"{_OURS or 'fastthrift'}.compat").install_from_environment()
    sys.argv = [options.program, *options.args]
    if options.is_module:
        runpy.run_module(options.program, run_name="__main__", alter_sys=True)
        return
    # As `python SCRIPT` does, not `python -m`: its neighbours are importable, not those of the working directory.
    if os.path.isfile(options.program) and not getattr(sys.flags, "safe_path", False):
        sys.path[0] = os.path.dirname(os.path.realpath(options.program))
    runpy.run_path(options.program, run_name="__main__")


if __name__ == "__main__":
    main()
