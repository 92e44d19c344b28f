"""``ttypes.py``: enums, structs, unions and exceptions."""

from __future__ import annotations

from .model import Enum
from .module_text import ModuleText
from .names import enum_item_name, escaped, field_name
from .options import Generation
from .package import Package
from .structs import Structs
from .text import docstring, quoted
from .types import Types

INT_MEMBERS = frozenset(name for name in dir(int) if not name.startswith("__")) | {"name", "value"}


def ttypes_text(package: Package, generation: Generation) -> str:
    members = {field_name(field) for struct in package.structs for field in struct.fields}
    items = {item.name for enum in package.enums for item in enum.items}
    own = package.class_names()
    module = ModuleText(generation, package.doc, own | members | items, members)
    types = Types(module, package, is_ttypes=True)
    for enum in package.enums:
        if types.is_int_enum:
            _add_int_enum(module, enum)
        else:
            _add_enum(module, enum)
    structs = Structs(module, types)
    for struct in package.structs:
        structs.add_class(struct)
    if package.structs:
        module.add("")
        for struct in package.structs:
            structs.add_spec(escaped(struct.name), struct.fields)
        module.add("")
        add_fix_spec(module, [escaped(struct.name) for struct in package.structs])
    return module.text()


def add_fix_spec(module: ModuleText, names: list[str]) -> None:
    module.add(f"{module.runtime('TRecursive', 'fix_spec')}([")
    module.add(*(f"    {name}," for name in names), "])")


def _add_enum(module: ModuleText, enum: Enum) -> None:
    names = [enum_item_name(item.name, False) for item in enum.items]
    dict_, str_, int_ = module.builtin("dict"), module.builtin("str"), module.builtin("int")
    class_var = module.use("typing", "ClassVar")
    module.add("", "", f"class {escaped(enum.name)}:")
    doc = docstring(enum.doc, 1, ("Values", ((name, item.doc) for name, item in zip(names, enum.items) if item.doc)))
    module.add(*doc, *([""] if doc else []))
    module.add(*(f"    {name} = {item.value}" for name, item in zip(names, enum.items)), *([""] if names else []))
    module.add(f"    _VALUES_TO_NAMES: {class_var}[{dict_}[{int_}, {str_}]] = {{")
    numbered = {item.value: item.name for item in enum.items}  # the last of a number counts
    module.add(*(f"        {value}: {quoted(name)}," for value, name in numbered.items()), "    }")
    module.add(f"    _NAMES_TO_VALUES: {class_var}[{dict_}[{str_}, {int_}]] = {{")
    module.add(*(f"        {quoted(item.name)}: {item.value}," for item in enum.items), "    }")


def _add_int_enum(module: ModuleText, enum: Enum) -> None:
    names = [enum_item_name(item.name, True) for item in enum.items]
    module.add("", "", f"class {escaped(enum.name)}({module.use('enum', 'IntEnum')}):")
    doc = docstring(enum.doc, 1, ("Values", ((name, item.doc) for name, item in zip(names, enum.items) if item.doc)))
    module.add(*doc, *([""] if doc else []))
    for name, item in zip(names, enum.items):
        module.add(f"    {name} = {item.value}" + ("  # type: ignore[assignment]" if name in INT_MEMBERS else ""))
    if not names and not doc:
        module.add("    pass")
