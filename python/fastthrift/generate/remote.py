"""``<Service>-remote``: the functions of a service on the command line. What it does is in ``fastthrift.apache.TRemote``."""

from __future__ import annotations

from .model import Container, Service, Type
from .module_text import header
from .names import escaped, method_name
from .options import Generation
from .package import Package
from .text import quoted


def remote_text(service: Service, package: Package, generation: Generation) -> str:
    name = escaped(service.name)
    depth = len(package.name.split("."))
    ups = ", ".join(['".."'] * depth)
    lines = ["#!/usr/bin/env python3", *header(generation)]
    lines += [
        "",
        "import os",
        "import sys",
        "",
        "# The folder that the package is in, instead of the package's own.",
        f"sys.path[0] = os.path.abspath(os.path.join(os.path.dirname(__file__), {ups}))",
        "",
        "from fastthrift.apache import TRemote  # noqa: E402",
        "",
        f"from {package.name} import {name}  # noqa: E402",
        "",
        "# Each function's name, its name in Python, its result and its arguments.",
        "FUNCTIONS = [",
    ]
    for function in service.all_functions():
        result = "void" if function.result is None else idl_type(function.result)
        arguments = ", ".join(f"({quoted(idl_type(each.type))}, {quoted(each.name)})" for each in function.arguments)
        python = quoted(method_name(function.name))
        lines.append(f"    ({quoted(function.name)}, {python}, {quoted(result)}, [{arguments}]),")
    lines += [
        "]",
        "",
        'if __name__ == "__main__":',
        f"    sys.exit(TRemote.main(sys.argv, {name}.Client, FUNCTIONS, vars({name})))",
        "",
    ]
    return "\n".join(lines)


def idl_type(type: Type) -> str:
    """As an IDL writes it."""
    if isinstance(type, Container):
        key = f"{idl_type(type.key)}, " if type.key is not None else ""
        return f"{type.kind}<{key}{idl_type(type.element)}>"
    return type.name
