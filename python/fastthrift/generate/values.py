"""Constants and defaults: what is written, as a value of the declared type. The checks and texts are Apache's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Union

from .. import _core
from .model import Base, Const, Container, Enum, Items, Made, Member, Reference, Scalar, Struct, Type, Value
from .model import same_type as same

if TYPE_CHECKING:
    from .resolve import Resolver

INTEGERS = ("i8", "i16", "i32", "i64")
INT32 = range(-(2**31), 2**31)
MAX_COPIED = 1_000_000  # values that are written out again because constants of other types refer to them
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Constants:
    """Types the values of one file."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._copied = 0

    def typed(self, written: _core.IdlValue, type: Type, name: str) -> Value:
        """``name`` is the constant's or the field's, for messages."""
        if written.kind == "name":
            return self._referred(written, type, name)
        if isinstance(type, Base):
            return self._scalar(written, type, name)
        if isinstance(type, (Enum, Struct)) and self._is_later(type):
            raise self._resolver.too_early(written.place, type.name)
        if isinstance(type, Enum):
            return self._member(written, type, name)
        if isinstance(type, Struct):
            return self._struct(written, type, name)
        return self._container(written, type, name)

    def _is_later(self, type: Union[Enum, Struct]) -> bool:
        program = self._resolver.program
        return type.program is program and type.name not in program.named

    def _wrong(self, written: _core.IdlValue, name: str, declared: str) -> Exception:
        return self._resolver.fail(written.place, f'type error: const "{name}" was declared as {declared}')

    def _integer(self, written: _core.IdlValue) -> int:
        """true and false are 1 and 0."""
        number = int(written.boolean) if written.kind == "boolean" else written.integer
        if number not in INT32 and not self._resolver.notices.allow_64bit_consts:
            text = f'64-bit constant "{number}" may not work in all languages.'
            self._resolver.warn(written.place, text)
        return number

    def _scalar(self, written: _core.IdlValue, type: Base, name: str) -> Value:
        is_integer = written.kind in ("integer", "boolean")
        if type.name == "bool" and is_integer:
            return Scalar(type, self._integer(written) > 0)
        if type.name in INTEGERS and is_integer:
            return Scalar(type, self._integer(written))
        if type.name == "double" and (is_integer or written.kind == "number"):
            return Scalar(type, float(self._integer(written)) if is_integer else written.number)
        if type.name == "string" and written.kind == "text":
            return Scalar(type, written.text)
        if type.name == "binary" and written.kind == "text":
            return Scalar(type, written.text.encode())
        if type.name == "uuid" and written.kind == "text":
            text = written.text
            if text.startswith("{") and text.endswith("}"):
                text = text[1:-1]
            if not UUID.fullmatch(text):
                raise self._resolver.fail(written.place, f"invalid uuid {written.text}")
            return Scalar(type, text)
        raise self._wrong(written, name, "string" if type.name == "binary" else type.name)

    def _member(self, written: _core.IdlValue, enum: Enum, name: str) -> Value:
        if written.kind not in ("integer", "boolean"):
            raise self._wrong(written, name, "enum")
        number = self._integer(written)
        item = next((each for each in enum.items if each.value == number), None)
        if item is None:
            text = f"Couldn't find a named value in enum {enum.name} for value {number}"
            raise self._resolver.fail(written.place, text)
        return Member(enum, item)

    def _container(self, written: _core.IdlValue, type: Container, name: str) -> Value:
        """An empty map stands for an empty list too, and the other way round."""
        wanted = "map" if type.kind == "map" else "list"
        if written.kind not in ("list", "map") or (written.kind != wanted and written.items):
            raise self._wrong(written, name, type.kind)
        if type.key is None:
            return Items(type, [self.typed(each, type.element, f"{name}<elem>") for each in written.items])
        items = []
        pairs = written.items  # asking for them makes a list each time
        for i in range(0, len(pairs), 2):
            items.append(self.typed(pairs[i], type.key, f"{name}<key>"))
            items.append(self.typed(pairs[i + 1], type.element, f"{name}<val>"))
        return Items(type, items)

    def _struct(self, written: _core.IdlValue, struct: Struct, name: str) -> Value:
        if written.kind != "map":
            raise self._wrong(written, name, "struct/xception")
        items = {}
        pairs = written.items
        fields = {each.name: each for each in struct.fields}
        for i in range(0, len(pairs), 2):
            key = pairs[i]
            field = fields.get(key.text) if key.kind == "text" else None
            if field is None:
                text = f'No field named "{key.text}" was found in struct of type "{struct.name}"'
                raise self._resolver.fail(key.place, text)
            items[field] = self.typed(pairs[i + 1], field.type, f"{name}.{field.name}")
        return Made(struct, list(items.items()))

    # ---- names

    def _referred(self, written: _core.IdlValue, type: Type, name: str) -> Value:
        if isinstance(type, Enum):
            return self._member_named(written, type, name)
        found = self._resolver.earlier(written.text)
        if found is None:
            text = f'No enum value or constant found named "{written.text}"!'
            raise self._resolver.fail(written.place, text)
        if isinstance(found, Const) and same(found.type, type):
            return Reference(found)
        return self._converted(found.value if isinstance(found, Const) else Member(*found), type, written, name)

    def _member_named(self, written: _core.IdlValue, enum: Enum, name: str) -> Value:
        """Only the last part counts, in the enum that is declared."""
        if "." not in written.text:
            raise self._resolver.fail(written.place, f"error: identifier {written.text} is unqualified!")
        item = enum.item(written.text.rpartition(".")[2])
        if item is None:
            raise self._resolver.fail(
                written.place,
                f"type error: const {name} was declared as type {enum.name} which is an enum, "
                f"but {written.text} is not a valid value for that enum",
            )
        return Member(enum, item)

    def _converted(self, value: Value, type: Type, at: _core.IdlValue, name: str) -> Value:
        """Another constant's value for a type that is not quite the same."""
        self._copied += 1
        if self._copied > MAX_COPIED:
            raise self._resolver.fail(at.place, f"Constants need more than {MAX_COPIED} copies of values")
        if isinstance(value, Reference):
            value = value.value
        if isinstance(value, Member) and isinstance(type, Base) and type.name in (*INTEGERS, "bool", "double"):
            return value if type.name in INTEGERS else self._number(value.item.value, type)
        if isinstance(value, Scalar) and isinstance(type, Base):
            same_form = {value.type.name, type.name} <= {"string", "binary"}
            if same_form and isinstance(value.value, (str, bytes)):
                return Scalar(type, _text(value.value, type))
            if isinstance(value.value, int) and type.name in (*INTEGERS, "bool", "double"):
                return self._number(value.value, type)
        if isinstance(value, Made) and value.struct is type:
            return value
        if isinstance(value, Items) and isinstance(type, Container) and (value.type.key is None) == (type.key is None):
            types = [type.element] if type.key is None else [type.key, type.element]
            kinds = [types[i % len(types)] for i in range(len(value.items))]
            return Items(type, [self._converted(each, kind, at, name) for each, kind in zip(value.items, kinds)])
        declared = type.name if isinstance(type, (Base, Enum, Struct)) else type.kind
        raise self._wrong(at, name, "struct/xception" if isinstance(type, Struct) else declared)

    @staticmethod
    def _number(number: int, type: Base) -> Scalar:
        if type.name == "bool":
            return Scalar(type, number > 0)
        return Scalar(type, float(number) if type.name == "double" else int(number))


def _text(value: Union[str, bytes], type: Base) -> Union[str, bytes]:
    if type.name == "binary":
        return value.encode() if isinstance(value, str) else value
    return value.decode() if isinstance(value, bytes) else value
