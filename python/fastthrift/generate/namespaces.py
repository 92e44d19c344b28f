"""Namespaces: which are known, and which one a Python package takes its name from."""

from __future__ import annotations

from typing import Optional

from .model import Program

# Of Apache's compiler, with those that it had once.
LANGUAGES = set(
    "as3 c_glib cl cocoa cpp csharp d dart delphi erl go gv haxe hs html java javame js json kotlin lua markdown netcore "
    "netstd nodejs ocaml perl php py rb rs scala smalltalk st swift xml xsd".split()
)


def check_namespace(scope: str) -> Optional[str]:
    """The warning that a scope deserves."""
    if scope == "*":
        return None
    language, _, sub = scope.partition(".")
    if language == "smalltalk" and not sub:
        return "'smalltalk' namespace is deprecated. Use 'st' instead"
    if language not in LANGUAGES:
        return f"No generator named '{language}' could be found!"
    if sub and language == "py" and sub not in ("twisted", "tornado"):
        return f"py generator does not accept '{sub}' as sub-namespace!"
    return None


def python_namespace(program: Program) -> Optional[str]:
    """As the file says it; None: the package has the file's name."""
    return program.namespaces.get("py") or program.namespaces.get("*")
