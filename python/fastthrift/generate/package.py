"""Which Python package each IDL file becomes. Files that name one package are written into it together."""

from __future__ import annotations

import dataclasses

from .model import Const, Definition, Enum, Program, Service, Struct
from .names import escaped, package_part
from .namespaces import python_namespace
from .notices import IdlError
from .options import Generation


def package_name(program: Program) -> str:
    """``a.b``"""
    namespace = python_namespace(program)
    parts = [program.name] if namespace is None else namespace.split(".")
    return ".".join(package_part(part) for part in parts)


@dataclasses.dataclass(eq=False)
class Package:
    name: str
    programs: list[Program]  # the including ones last

    @property
    def enums(self) -> list[Enum]:
        return [each for program in self.programs for each in program.enums]

    @property
    def structs(self) -> list[Struct]:
        return [each for program in self.programs for each in program.structs]

    @property
    def constants(self) -> list[Const]:
        return [each for program in self.programs for each in program.constants]

    @property
    def services(self) -> list[Service]:
        return [each for program in self.programs for each in program.services]

    def class_names(self) -> set[str]:
        """In ttypes."""
        return {escaped(each.name) for each in self.enums} | {escaped(each.name) for each in self.structs}

    @property
    def doc(self) -> str:
        return "\n\n".join(program.doc.strip() for program in self.programs if program.doc.strip())

    def import_path(self, program: Program, generation: Generation) -> str:
        """Where another program's modules are. The prefix is for packages that their files name."""
        prefix = generation.values.get("package_prefix", "") if python_namespace(program) is not None else ""
        if prefix and not prefix.endswith("."):
            prefix += "."
        return prefix + package_name(program)


def packages_of(root: Program, recurse: bool) -> list[Package]:
    """The packages to write: the root's own, or those of all files that it includes too."""
    found: dict[str, Package] = {}
    for program in root.everything():
        name = package_name(program)
        found.setdefault(name, Package(name, [])).programs.append(program)
    for package in found.values():
        _check(package)
    return list(found.values()) if recurse else [found[package_name(root)]]


def _check(package: Package) -> None:
    """Two files of one package cannot define one name, whatever their namespaces in other languages."""
    seen: dict[tuple[bool, str], Definition] = {}
    for program in package.programs:
        for each in program.definitions:
            key = (isinstance(each, Const), escaped(each.name))
            other = seen.get(key)
            if other is not None and other.program is not program:
                text = f'"{each.name}" is already defined in {other.program.path}, which is of the same Python package'
                raise IdlError(program.path, each.place, text)
            if other is not None:
                text = f'"{each.name}" and "{other.name}" have one name in Python'
                raise IdlError(program.path, each.place, text)
            seen[key] = each
