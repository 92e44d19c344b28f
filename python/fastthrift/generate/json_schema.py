"""``--gen json``: the definitions of a file as JSON, in the form of Apache's compiler.

What it has beyond that: ``enum`` where a type is one (its ``typeId`` is i32), annotations of the values of enums. Docs have no
trailing line feed.
"""

from __future__ import annotations

import json
import math
from typing import Any

from .model import (
    Annotations,
    Container,
    Enum,
    Field,
    Function,
    Items,
    Made,
    Member,
    Program,
    Reference,
    Scalar,
    Service,
    Struct,
    Type,
    Value,
)
from .notices import IdlError
from .options import Generation
from .output import Output

Json = dict[str, Any]

# Of a file: what a constant refers to is written out, and a few lines can double it line by line.
MAX_VALUES = 1_000_000


def add_json(root: Program, recurse: bool, generation: Generation, output: Output) -> None:
    for program in root.everything() if recurse else [root]:
        output.add(f"{program.name}.json", json.dumps(_program(program), indent=2, ensure_ascii=False) + "\n")


def _program(program: Program) -> Json:
    in_program = _InProgram(program)
    return {
        "name": program.name,
        **_doc(program.doc),
        "namespaces": dict(sorted(program.namespaces.items())),
        "includes": [each.name for each in program.includes],
        "enums": [in_program.enum(each) for each in program.enums],
        "typedefs": [
            {"name": each.name, **in_program.typed("type", each.type), **_doc(each.doc), **_notes(each.annotations)}
            for each in program.typedefs
        ],
        "structs": [in_program.struct(each) for each in program.structs],
        "constants": [
            {
                "name": each.name,
                **in_program.typed("type", each.type),
                **_doc(each.doc),
                "value": in_program.value(each.value),
            }
            for each in program.constants
        ],
        "services": [in_program.service(each) for each in program.services],
    }


class _InProgram:
    """Names of other files are written with their prefix."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._values = 0

    def enum(self, enum: Enum) -> Json:
        members = [
            {"name": each.name, "value": each.value, **_doc(each.doc), **_notes(each.annotations)}
            for each in enum.items
        ]
        return {"name": enum.name, **_doc(enum.doc), **_notes(enum.annotations), "members": members}

    def struct(self, struct: Struct) -> Json:
        return {
            "name": struct.name,
            **_doc(struct.doc),
            **_notes(struct.annotations),
            "isException": struct.kind == "exception",
            "isUnion": struct.kind == "union",
            "fields": [self.field(each) for each in struct.fields],
        }

    def field(self, field: Field) -> Json:
        required = "req_out" if field.requiredness == "default" else field.requiredness
        default = {} if field.default is None else {"default": self.value(field.default)}
        return {
            "key": field.id,
            "name": field.name,
            **self.typed("type", field.type),
            **_doc(field.doc),
            **_notes(field.annotations),
            "required": required,
            **default,
        }

    def service(self, service: Service) -> Json:
        parent = {"extends": self._name(service.parent)} if service.parent else {}
        return {
            "name": service.name,
            **parent,
            **_doc(service.doc),
            **_notes(service.annotations),
            "functions": [self.function(each) for each in service.functions],
        }

    def function(self, function: Function) -> Json:
        result = {"returnTypeId": "void"} if function.result is None else self.typed("returnType", function.result)
        return {
            "name": function.name,
            **result,
            "oneway": function.is_oneway,
            **_doc(function.doc),
            **_notes(function.annotations),
            "arguments": [self.field(each) for each in function.arguments],
            "exceptions": [self.field(each) for each in function.throws],
        }

    def typed(self, key: str, type: Type) -> Json:
        """``typeId`` and, where that does not say all, ``type``."""
        if isinstance(type, Container):
            inner: Json = {"typeId": type.kind, **_notes(type.annotations)}
            if type.key is not None:
                inner.update(self.typed("keyType", type.key))
            inner.update(self.typed("elemType" if type.key is None else "valueType", type.element))
            return {f"{key}Id": type.kind, key: inner}
        if isinstance(type, Struct):
            inner = {"typeId": type.kind, **_notes(type.annotations), "class": self._name(type)}
            return {f"{key}Id": type.kind, key: inner}
        if isinstance(type, Enum):
            return {f"{key}Id": "i32", "enum": self._name(type)}
        return {f"{key}Id": type.name}

    def _name(self, definition: Struct | Enum | Service) -> str:
        prefix = "" if definition.program is self._program else f"{definition.program.name}."
        return prefix + definition.name

    def value(self, value: Value) -> Any:
        self._values += 1
        if self._values > MAX_VALUES:
            text = f"more than {MAX_VALUES} values in constants and defaults"
            raise IdlError(self._program.path, (0, 0), text)
        if isinstance(value, Reference):
            value = value.value
        if isinstance(value, Member):
            return value.item.value
        if isinstance(value, Made):
            return {field.name: self.value(item) for field, item in value.items}
        if isinstance(value, Items):
            values = [self.value(each) for each in value.items]
            return {_key(values[i]): values[i + 1] for i in range(0, len(values), 2)} if value.type.key else values
        return _scalar(value)


def _scalar(value: Scalar) -> Any:
    plain = value.value
    if isinstance(plain, bool):
        return int(plain)
    if isinstance(plain, float):
        return plain if math.isfinite(plain) else {"inf": "Infinity", "-inf": "-Infinity"}.get(str(plain), "NaN")
    return plain.decode() if isinstance(plain, bytes) else plain


def _key(key: Any) -> str:
    return key if isinstance(key, str) else json.dumps(key, ensure_ascii=False)


def _doc(doc: str) -> Json:
    return {"doc": doc} if doc.strip() else {}


def _notes(annotations: Annotations) -> Json:
    return {"annotations": annotations} if annotations else {}
