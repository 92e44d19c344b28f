"""Random values of an IDL's types, as plain data that any process can make objects of.

A struct is ``("struct", module, class, {field: value})``, containers are ``("list", [...])``, ``("set", [...])`` and
``("map", [(key, value), ...])``, immutable ones "tuple" and "frozendict". Sets have one element at most: their order is the process's own.
"""

from __future__ import annotations

import random
import struct
import uuid
from typing import Any, Callable

from fastthrift.generate.model import Base, Container, Enum, Field, Program, Struct, Type
from fastthrift.generate.namespaces import python_namespace
from fastthrift.generate.package import package_name

BITS = {"i8": 8, "i16": 16, "i32": 32, "i64": 64}
TEXTS = ["", "a", "héllo", "\u65e5\u672c\u8a9e \U0001f600", "line\nfeed\0nul", "x" * 200]
DEEP = 3


def is_hashable(type: Type) -> bool:
    if isinstance(type, Container):
        return type.is_immutable and (type.key is None or is_hashable(type.key)) and is_hashable(type.element)
    if isinstance(type, Struct):
        return type.is_immutable and all(is_hashable(field.type) for field in type.fields)
    return True


class Values:
    def __init__(self, seed: int, package: Callable[[Program], str]) -> None:
        self._random = random.Random(seed)
        self._package = package

    def struct(
        self, module: str, name: str, fields: list[Field], depth: int = 0
    ) -> tuple[str, str, str, dict[str, Any]]:
        values = {}
        for field in fields:
            is_left_out = depth >= DEEP or self._random.random() < 0.2
            if field.requiredness == "required" or not is_left_out:
                values[field.name] = self.of(field.type, depth + 1)
        return ("struct", module, name, values)

    def of(self, type: Type, depth: int) -> Any:
        if isinstance(type, Base):
            return self._base(type.name)
        if isinstance(type, Enum):
            return self._random.choice([item.value for item in type.items] or [7])
        if isinstance(type, Struct):
            return self.struct(f"{self._package(type.program)}.ttypes", type.name, type.fields, depth)
        return self._container(type, depth)

    def _container(self, type: Container, depth: int) -> Any:
        size = 0 if depth >= DEEP else self._random.choice([0, 1, 2, 3, 20 if depth == 1 else 3])
        if type.kind == "list":
            return ("tuple" if type.is_immutable else "list", [self.of(type.element, depth + 1) for _ in range(size)])
        # Neither dicts nor sets of Apache's can hold what is not hashable.
        if not is_hashable(type.element if type.key is None else type.key):
            size = 0
        if type.kind == "set":
            return ("set", [self.of(type.element, depth + 1) for _ in range(min(size, 1))])
        assert type.key is not None
        keys = {repr(key): key for key in (self.of(type.key, depth + 1) for _ in range(size))}
        return (
            "frozendict" if type.is_immutable else "map",
            [(key, self.of(type.element, depth + 1)) for key in keys.values()],
        )

    def _base(self, name: str) -> Any:
        if name in BITS:
            most = 2 ** (BITS[name] - 1)
            return self._random.choice([0, 1, -1, most - 1, -most, self._random.randrange(-most, most)])
        if name == "bool":
            return self._random.random() < 0.5
        if name == "double":
            return self._random.choice([0.0, -0.0, 1.5, float("inf"), struct.unpack("<d", self._bytes(7) + b"\x40")[0]])
        if name == "string":
            return self._random.choice(TEXTS)
        if name == "uuid":
            return uuid.UUID(bytes=self._bytes(16))
        return self._bytes(self._random.choice([0, 1, 40]))

    def _bytes(self, size: int) -> bytes:
        return bytes(self._random.randrange(256) for _ in range(size))


def apaches_package(program: Program) -> str:
    """Apache's compiler takes a file's name as it is."""
    return python_namespace(program) or program.name


def values_of(
    program: Program, seed: int, package_of: Callable[[Program], str] = package_name
) -> list[tuple[str, str, str, dict[str, Any]]]:
    """One value of each struct, exception, union and argument list of a file."""
    values = Values(seed, package_of)
    package = package_of(program)
    all_values = [values.struct(f"{package}.ttypes", each.name, each.fields) for each in program.structs]
    for service in program.services:
        for function in service.functions:
            all_values.append(values.struct(f"{package}.{service.name}", f"{function.name}_args", function.arguments))
    return all_values
