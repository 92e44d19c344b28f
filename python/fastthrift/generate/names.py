"""What an IDL's names are in Python."""

from __future__ import annotations

from .. import _core
from .model import Field, Program
from .notices import IdlError, Place

# Apache's list, and what it forgot: async and await are keywords, self is the first argument of every method.
KEYWORDS = _core.keywords
# Attributes that the runtime's classes rely on.
STRUCT_ATTRIBUTES = frozenset(("thrift_spec",))
EXCEPTION_ATTRIBUTES = STRUCT_ATTRIBUTES | {"args"}  # Exception's own makes a tuple of what it gets
ENUM_ATTRIBUTES = frozenset(("_VALUES_TO_NAMES", "_NAMES_TO_VALUES"))
SERVICE_ATTRIBUTES = frozenset(
    ("_call", "_call_oneway", "_send", "_recv", "_iprot", "_oprot", "_seqid")
    + ("_handler", "_methods", "_process", "_processMap", "_on_message_begin")
)


def escaped(name: str, reserved: frozenset[str] = frozenset()) -> str:
    """A keyword gets an underscore behind it, as in Apache's generated code."""
    return name + "_" if name in KEYWORDS or name in reserved else name


def field_name(field: Field) -> str:
    return escaped(field.name, EXCEPTION_ATTRIBUTES if field.in_exception else STRUCT_ATTRIBUTES)


def enum_item_name(name: str, is_int_enum: bool) -> str:
    """``mro`` and ``_x_`` cannot be members of an Enum."""
    is_sunder = len(name) > 2 and name[0] == name[-1] == "_" != name[1]
    if is_int_enum and (name == "mro" or is_sunder):
        return name + "_"
    return escaped(name, frozenset() if is_int_enum else ENUM_ATTRIBUTES)


def method_name(name: str) -> str:
    return escaped(name, SERVICE_ATTRIBUTES)


def package_part(name: str) -> str:
    """One part of a package's path: a file's name may hold anything, a package's must be a Python name."""
    text = "".join(c if c == "_" or (c.isascii() and c.isalnum()) else "_" for c in name)
    return escaped("_" + text if text[:1].isdigit() or not text else text)


def check_names(program: Program) -> None:
    """Refuses what no Python class can have: names that it would mangle, and two fields that become one name."""
    for name, place in _names(program):
        if name.startswith("__"):
            text = f'Name "{name}" begins with two underscores, which Python keeps for itself'
            raise IdlError(program.path, place, text)
    for fields in _field_lists(program):
        seen: dict[str, Field] = {}
        for field in fields:
            name = field_name(field)
            if name in seen:
                text = f'Fields "{seen[name].name}" and "{field.name}" have one name in Python, "{name}"'
                raise IdlError(program.path, field.place, text)
            seen[name] = field
    for service in program.services:
        for function in service.functions:
            for field in function.throws:
                if field.name == "success" and function.result is not None:
                    raise IdlError(program.path, field.place, 'An exception cannot be named "success", the result is')


def _field_lists(program: Program) -> list[list[Field]]:
    lists = [struct.fields for struct in program.structs]
    for service in program.services:
        for function in service.functions:
            lists += [function.arguments, function.throws]
    return lists


def _names(program: Program) -> list[tuple[str, Place]]:
    names = [(each.name, each.place) for each in program.definitions]
    names += [(item.name, item.place) for enum in program.enums for item in enum.items]
    names += [(field.name, field.place) for fields in _field_lists(program) for field in fields]
    return names + [(f.name, f.place) for service in program.services for f in service.functions]
