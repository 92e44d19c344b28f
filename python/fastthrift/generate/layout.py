"""Where the files of ``--gen py`` go, and what is in each."""

from __future__ import annotations

import sys

from .constants import constants_text
from .model import Program
from .names import check_names, escaped
from .notices import IdlError
from .options import Generation
from .output import Output
from .package import Package, packages_of
from .remote import remote_text
from .service import service_text
from .text import quoted
from .ttypes import ttypes_text

# Modules that come before all others.
PYTHONS_OWN = frozenset(getattr(sys, "stdlib_module_names", sys.builtin_module_names))
MODULES = ("ttypes", "constants", "__init__")


def add_python(root: Program, recurse: bool, generation: Generation, output: Output) -> None:
    """``<namespace>/{__init__,ttypes,constants,<Service>}.py`` and ``<Service>-remote``, for each package."""
    for package in packages_of(root, recurse):
        for program in package.programs:
            check_names(program)
        _add_package(package, generation, output)


def _add_package(package: Package, generation: Generation, output: Output) -> None:
    parts = package.name.split(".")
    if parts[0] in PYTHONS_OWN:
        text = (
            f'the package "{parts[0]}" cannot be imported, Python has a module of this name; a namespace gives another'
        )
        output.warnings.append(f"{package.programs[-1].path}:1:1: warning: {text}")
    # gen-py itself cannot be a package, its name is no identifier: an __init__.py would only stop mypy.
    for i in range(1 if output.is_own_folder else 0, len(parts)):
        output.add_if_absent("/".join([*parts[:i], "__init__.py"]))
    folder = "/".join(parts)
    services = [escaped(each.name) for each in package.services]
    for service, name in zip(package.services, services):
        if name in MODULES:
            text = f'Service "{service.name}" would take the place of the package\'s {name}.py'
            raise IdlError(service.program.path, service.place, text)
    names = ", ".join(quoted(each) for each in ["ttypes", "constants", *services])
    output.add(f"{folder}/__init__.py", f"__all__ = [{names}]\n")
    output.add(f"{folder}/ttypes.py", ttypes_text(package, generation))
    output.add(f"{folder}/constants.py", constants_text(package, generation))
    for service, name in zip(package.services, services):
        output.add(f"{folder}/{name}.py", service_text(service, package, generation))
        output.add(f"{folder}/{name}-remote", remote_text(service, package, generation), is_executable=True)
