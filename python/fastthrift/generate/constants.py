"""``constants.py``: the constants of a package."""

from __future__ import annotations

from .literals import Literals
from .module_text import ModuleText
from .names import escaped
from .options import Generation
from .package import Package
from .text import comment
from .types import Types


def constants_text(package: Package, generation: Generation) -> str:
    names = {escaped(each.name) for each in package.constants}
    types_there = package.class_names()
    module = ModuleText(generation, package.doc, names | types_there, ())
    module.import_types(types_there, names)
    types = Types(module, package, is_ttypes=False, hidden=frozenset(names))
    literals = Literals(module, types, package)
    if package.constants:
        module.add("")
    for each in package.constants:
        module.add(*(f"# {comment(line)}".rstrip() for line in each.doc.strip().split("\n") if each.doc.strip()))
        module.add(f"{escaped(each.name)}: {types.annotation(each.type)} = {literals.text(each.value, each.type)}")
    return module.text()
