"""Values of the IDL as Python expressions."""

from __future__ import annotations

import math

from .model import Const, Container, Enum, Items, Made, Member, Reference, Scalar, Type, Value
from .module_text import ModuleText
from .names import enum_item_name, escaped, field_name
from .notices import IdlError
from .package import Package
from .text import INDENT, quoted
from .types import Types

WIDTH = 100
MAX_VALUES = 250_000  # of one module, with those that are written out again for a reference


class Literals:
    """With ``constants``, the package whose constants are being written, a reference stays a name. Elsewhere its value is
    written out: ttypes cannot import the constants, which import it."""

    def __init__(self, module: ModuleText, types: Types, constants: Package | None = None) -> None:
        self._module = module
        self._types = types
        self._constants = constants
        self._written = 0

    def text(self, value: Value, type: Type, depth: int = 0, is_key: bool = False) -> str:
        """An expression that begins at ``depth`` indents; several lines where one would be too long."""
        self._written += 1
        if self._written > MAX_VALUES:
            raise IdlError("constants and defaults", (0, 0), f"more than {MAX_VALUES} values in a module")
        if isinstance(value, Reference):
            if self._constants is not None and not is_key:
                return self._name(value.const)
            value = value.value
        if isinstance(value, Scalar):
            return self._scalar(value)
        if isinstance(value, Member):
            if isinstance(type, Enum):
                return f"{self._types.class_name(type)}.{enum_item_name(value.item.name, self._types.is_int_enum)}"
            return str(value.item.value)
        if isinstance(value, Made):
            parts = [
                f"{field_name(field)}={self.text(item, field.type, depth + 1, is_key)}" for field, item in value.items
            ]
            return _bracketed(f"{self._types.class_name(value.struct)}(", parts, ")", depth)
        assert isinstance(type, Container)
        return self._container(value, type, depth, is_key)

    def _name(self, const: Const) -> str:
        name = escaped(const.name)
        assert self._constants is not None
        if const.program in self._constants.programs:
            return name
        return f"{self._types.module_of(const.program, 'constants')}.{name}"

    def _scalar(self, value: Scalar) -> str:
        if value.type.name == "uuid":
            return f"{self._module.use('uuid', 'UUID')}({quoted(str(value.value))})"
        if isinstance(value.value, str):
            return quoted(value.value)
        if isinstance(value.value, float) and not math.isfinite(value.value):
            return f'{self._module.builtin("float")}("{value.value}")'
        return repr(value.value)

    def _container(self, value: Items, type: Container, depth: int, is_key: bool) -> str:
        """What is in a set or is a key must be hashable: tuples, frozensets and TFrozenDicts."""
        frozen = type.is_immutable or is_key
        if type.kind == "map":
            assert type.key is not None
            parts = [
                f"{self.text(value.items[i], type.key, depth + 1, is_key=True)}: "
                f"{self.text(value.items[i + 1], type.element, depth + 1, is_key)}"
                for i in range(0, len(value.items), 2)
            ]
            name = self._module.runtime("Thrift", "TFrozenDict") if frozen else ""
            return _bracketed(f"{name}({{" if frozen else "{", parts, "})" if frozen else "}", depth)
        parts = [
            self.text(each, type.element, depth + 1, is_key or type.kind == "set") for each in value.items
        ]  # fmt: skip
        if type.kind == "set":
            name = self._module.builtin("frozenset" if frozen else "set")
            if not parts:
                return f"{name}()"
            return _bracketed(f"{name}({{" if frozen else "{", parts, "})" if frozen else "}", depth)
        if frozen and len(parts) == 1:
            return f"({parts[0]},)"
        return _bracketed("(" if frozen else "[", parts, ")" if frozen else "]", depth)


def _bracketed(opening: str, parts: list[str], closing: str, depth: int) -> str:
    line = f"{opening}{', '.join(parts)}{closing}"
    if len(line) + depth * len(INDENT) <= WIDTH and "\n" not in line or not parts:
        return line
    margin = "\n" + INDENT * depth
    return opening + "".join(f"{margin}{INDENT}{part}," for part in parts) + margin + closing


def is_plain(value: Value) -> bool:
    """Whether it can stand in a signature: it is one object for all calls."""
    return isinstance(value.value if isinstance(value, Reference) else value, (Scalar, Member))
