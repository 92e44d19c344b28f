"""``import chat_thrift`` loads ``chat.thrift``."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec

from .parser import find_module, load_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType


class ThriftImporter:
    """Finds ``name.thrift`` for a module that is called ``name_thrift``; leaves everything else to other finders."""

    def __init__(self, extension: str = "_thrift") -> None:
        self.extension = extension

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ThriftImporter):
            return NotImplemented
        return self.extension == other.extension

    def __hash__(self) -> int:
        return hash(self.extension)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.endswith(self.extension):
            return None
        found = find_module(fullname, path, self.extension)
        if found is None:
            return None
        return ModuleSpec(fullname, ThriftLoader(fullname), origin=found)  # type: ignore[arg-type]


class ThriftLoader:
    """Loads the module that ThriftImporter has found."""

    def __init__(self, fullname: str) -> None:
        self.fullname = fullname

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return load_module(self.fullname)

    def exec_module(self, module: ModuleType) -> None:
        """The module is complete when it is created."""


_imp = ThriftImporter()


def install_import_hook() -> None:
    """Lets ``import`` find IDL files, after all other finders. Once is enough."""
    if _imp not in sys.meta_path:
        sys.meta_path.append(_imp)


def remove_import_hook() -> None:
    """Takes the hook away again; modules that were imported stay."""
    if _imp in sys.meta_path:
        sys.meta_path.remove(_imp)
