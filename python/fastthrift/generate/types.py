"""Types in generated code: as annotations, and as the entries of a ``thrift_spec``."""

from __future__ import annotations

from .model import Base, Enum, Program, Struct, Type
from .module_text import ModuleText
from .names import escaped
from .package import Package

PYTHON = {"bool": "bool", "double": "float", "string": "str", "binary": "bytes"}
TTYPES = {"bool": "BOOL", "i8": "BYTE", "i16": "I16", "i32": "I32", "i64": "I64", "double": "DOUBLE", "uuid": "UUID"}


class Types:
    """``home`` are the names that are at hand without a prefix: the classes of the package's ttypes."""

    def __init__(self, module: ModuleText, package: Package, is_ttypes: bool, hidden: frozenset[str] = frozenset()):
        self._module = module
        self._package = package
        self._is_ttypes = is_ttypes
        self._hidden = hidden  # classes of ttypes whose names the module has for something else
        self.is_int_enum = "enum" in module.generation

    # ---- classes

    def class_name(self, definition: Enum | Struct) -> str:
        """For code at the level of the module."""
        name = escaped(definition.name)
        if definition.program not in self._package.programs:
            return f"{self.module_of(definition.program, 'ttypes')}.{name}"
        if not self._is_ttypes and name in self._hidden:
            return f"{self._module.module('ttypes', is_sibling=True)}.{name}"
        return name

    def module_of(self, program: Program, name: str) -> str:
        if program in self._package.programs:
            return self._module.module(name, is_sibling=True)
        return self._module.module(f"{self._package.import_path(program, self._module.generation)}.{name}")

    # ---- annotations

    def annotation(self, type: Type, is_key: bool = False) -> str:
        if isinstance(type, Base):
            if type.name == "uuid":
                return self._module.use("uuid", "UUID")
            return self._module.builtin(PYTHON.get(type.name, "int"))
        if isinstance(type, Enum) and not self.is_int_enum:
            return self._module.builtin("int")
        if isinstance(type, (Enum, Struct)):
            name = self.class_name(type)
            return name if "." in name else self._module.own(name)
        element = self.annotation(type.element, is_key or type.kind == "set")
        builtin = self._module.builtin
        if type.kind == "map":
            assert type.key is not None
            name = self._frozen_dict() if type.is_immutable or is_key else builtin("dict")
            return f"{name}[{self.annotation(type.key, is_key=True)}, {element}]"
        if type.kind == "set":
            return f"{builtin('frozenset' if type.is_immutable or is_key else 'set')}[{element}]"
        if type.is_immutable or is_key:
            return f"{builtin('tuple')}[{element}, ...]"
        return f"{builtin('list')}[{element}]"

    def optional(self, type: Type) -> str:
        return f"{self._module.use('typing', 'Optional')}[{self.annotation(type)}]"

    def _frozen_dict(self) -> str:
        return self._module.runtime("Thrift", "TFrozenDict")

    # ---- specs

    def ttype(self, type: Type) -> str:
        if isinstance(type, Base):
            name = TTYPES.get(type.name, "STRING")
        elif isinstance(type, Enum):
            name = "I32"
        else:
            name = "STRUCT" if isinstance(type, Struct) else type.kind.upper()
        return f"{self._module.runtime('Thrift', 'TType')}.{name}"

    def arguments(self, type: Type, is_key: bool = False) -> str:
        """What a spec says about a type beside its number."""
        if isinstance(type, Base):
            if type.name == "binary":
                return '"BINARY"'
            return '"UTF8"' if type.name == "string" and "no_utf8strings" not in self._module.generation else "None"
        if isinstance(type, Enum):
            return self.class_name(type) if self.is_int_enum else "None"
        if isinstance(type, Struct):
            return f"[{self.class_name(type)}, None]"
        # What is in a set or is a key must be hashable: tuples, frozensets and TFrozenDicts.
        parts = [] if type.key is None else [self._pair(type.key, is_key=True)]
        parts.append(self._pair(type.element, is_key or type.kind == "set"))
        return f"({', '.join(parts)}, {type.is_immutable or is_key})"

    def _pair(self, type: Type, is_key: bool) -> str:
        return f"{self.ttype(type)}, {self.arguments(type, is_key)}"
