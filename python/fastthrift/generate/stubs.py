"""``--gen pyi``: stubs for the module that ``fastthrift.load`` makes, so that editors and mypy know what is in it."""

from __future__ import annotations

import keyword
import os

from .literals import is_plain
from .model import Base, Const, Enum, Field, Program, Reference, Scalar, Service, Struct, Type
from .module_text import header
from .options import Generation
from .output import Output
from .service import result_fields
from .text import call, docstring, quoted

PYTHON = {"bool": "bool", "double": "float", "string": "str", "binary": "bytes", "uuid": "UUID"}
# What a stub imports.
SUPPORT = {
    "Any": "typing",
    "ClassVar": "typing",
    "Collection": "typing",
    "Optional": "typing",
    "UUID": "uuid",
    "TException": "fastthrift.thrift",
    "TPayload": "fastthrift.thrift",
}


def add_stubs(root: Program, recurse: bool, generation: Generation, output: Output) -> None:
    folder = os.path.dirname(root.path)
    for program in root.everything() if recurse else [root]:
        stub = _Stub(program, generation, folder)
        parts = module_name(program, folder).split(".")
        for i in range(1, len(parts)):
            output.add_if_absent("/".join([*parts[:i], "__init__.pyi"]))
        output.add("/".join(parts) + ".pyi", stub.text())


def module_name(program: Program, folder: str) -> str:
    """As ``load`` names it: the path from the loaded file's folder."""
    try:
        parts = os.path.normpath(os.path.relpath(program.path, folder or ".")).split(os.sep)
    except ValueError:  # another drive
        parts = [program.path]
    parts[-1] = program.name + "_thrift"
    return ".".join(parts) if all(part.isidentifier() for part in parts[:-1]) else parts[-1]


class _Stub:
    def __init__(self, program: Program, generation: Generation, folder: str) -> None:
        self._program = program
        self._generation = generation
        self._folder = folder
        lists = [struct.fields for struct in program.structs]
        lists += [each for s in program.services for f in s.functions for each in (f.arguments, f.throws)]
        fields = {field.name for each in lists for field in each}
        own = {each.name for each in program.definitions}
        # Names of classes that are names of fields too, which hide them inside of classes.
        self._hidden = own & fields
        self._members = own | fields | {each.name for each in program.includes}
        self._members |= {item.name for enum in program.enums for item in enum.items}
        self._lines: list[str] = []
        self._aliases: dict[str, str] = {}
        self._used: set[str] = set()

    def text(self) -> str:
        for include in self._program.includes:
            if _is_name(include.name) and self._is_importable(include):
                self._lines.append(f"{include.name} = {self._module(include)}")
        for each in self._program.definitions:
            if not _is_name(each.name):
                continue
            if isinstance(each, Const):
                self._lines.append(f"{each.name}: {self._annotation(each.type, is_constant=True)}")
            elif isinstance(each, Enum):
                self._add_enum(each)
            elif isinstance(each, Struct):
                self._add_struct(each)
            elif isinstance(each, Service):
                self._add_service(each)
            else:
                self._lines.append(f"{each.name}: {self._support('Any')}  # a typedef: its type as thrift_spec has it")
        imports = [
            *(["import builtins as _builtins"] if self._used & self._members - set(SUPPORT) else []),
            *(self._import(module, name) for name, module in SUPPORT.items() if name in self._used),
            *(
                f"import {path}"
                for path in sorted(self._module(each) for each in self._included() if self._is_importable(each))
            ),
        ]
        aliases = [f"{alias} = {name}" for name, alias in self._aliases.items()]
        lines = [
            *header(self._generation),
            *docstring(self._program.doc, 0),
            "",
            *imports,
            "",
            *self._lines,
            "",
            *aliases,
        ]
        text = "\n".join(lines).rstrip("\n") + "\n"
        while "\n\n\n" in text:
            text = text.replace("\n\n\n", "\n\n")
        return text

    # ---- names

    def _included(self) -> list[Program]:
        return [each for each in self._program.everything() if each is not self._program]

    def _module(self, program: Program) -> str:
        return module_name(program, self._folder)

    def _is_importable(self, program: Program) -> bool:
        """A file's name may be what no import statement can say."""
        return all(_is_name(part) for part in self._module(program).split("."))

    def _import(self, module: str, name: str) -> str:
        local = self._support(name)
        return f"from {module} import {name}" + (f" as {local}" if local != name else "")

    def _support(self, name: str) -> str:
        """A name that the stub needs, which the IDL may have for its own things."""
        self._used.add(name)
        if name not in self._members:
            return name
        return f"_{name}" if name in SUPPORT else f"_builtins.{name}"

    def _class(self, definition: Enum | Struct | Service) -> str:
        if definition.program is not self._program:
            if not self._is_importable(definition.program):
                return self._support("Any")
            return f"{self._module(definition.program)}.{definition.name}"
        if definition.name not in self._hidden:
            return definition.name
        return self._aliases.setdefault(definition.name, f"_{definition.name}_")

    # ---- types

    def _annotation(self, type: Type, is_constant: bool = False, is_key: bool = False) -> str:
        builtin = self._support
        if isinstance(type, Base):
            if type.name == "binary" and is_constant:
                return builtin("str")
            return builtin(PYTHON.get(type.name, "int"))
        if isinstance(type, Enum):
            return builtin("int")
        if isinstance(type, Struct):
            return self._class(type)
        element = self._annotation(type.element, is_constant, is_key or type.kind == "set")
        if type.kind == "map":
            assert type.key is not None
            key = self._annotation(type.key, is_constant, is_key=True)
            return f"{builtin('dict')}[{key}, {element}]"
        if type.kind == "set" and not is_key and not is_constant:
            return f"{builtin('Collection')}[{element}]"  # decoded as a list, unless the protocol says sets=True
        if type.kind == "set":
            return f"{builtin('frozenset' if is_key else 'set')}[{element}]"
        return f"{builtin('tuple')}[{element}, ...]" if is_key else f"{builtin('list')}[{element}]"

    def _field_type(self, field: Field) -> str:
        annotation = self._annotation(field.type)
        if field.requiredness == "required" or field.default is not None:
            return annotation
        return f"{self._support('Optional')}[{annotation}]"

    # ---- definitions

    def _add_enum(self, enum: Enum) -> None:
        class_var, int_, str_ = self._support("ClassVar"), self._support("int"), self._support("str")
        dict_ = self._support("dict")
        self._lines += ["", f"class {enum.name}:", *docstring(enum.doc, 1)]
        self._lines += [
            f"    {item.name}: {class_var}[{int_}]  # {item.value}" for item in enum.items if _is_name(item.name)
        ]
        self._lines += [
            f"    _VALUES_TO_NAMES: {class_var}[{dict_}[{int_}, {str_}]]",
            f"    _NAMES_TO_VALUES: {class_var}[{dict_}[{str_}, {int_}]]",
            "",
        ]

    def _add_struct(self, struct: Struct) -> None:
        base = self._support("TException" if struct.kind == "exception" else "TPayload")
        self._add_class(struct.name, base, struct.fields, struct.doc, 0)

    def _add_service(self, service: Service) -> None:
        base = f"({self._class(service.parent)})" if service.parent else ""
        self._lines += ["", f"class {service.name}{base}:", *docstring(service.doc, 1)]
        class_var = self._support("ClassVar")
        self._lines.append(f"    thrift_services: {class_var}[{self._support('list')}[{self._support('str')}]]")
        for function in service.functions:
            self._add_class(f"{function.name}_args", self._support("TPayload"), function.arguments, function.doc, 1)
            self._add_class(f"{function.name}_result", self._support("TPayload"), result_fields(function), "", 1)
        self._lines.append("")

    def _add_class(self, name: str, base: str, fields: list[Field], doc: str, depth: int) -> None:
        margin = "    " * depth
        named = {each.name: each for each in reversed(fields) if _is_name(each.name)}
        shown = [each for each in fields if named.get(each.name) is each]  # an exception may be called success too
        self._lines += ["", f"{margin}class {name}({base}):"]
        self._lines += docstring(doc, depth + 1, ("Attributes", ((each.name, each.doc) for each in shown if each.doc)))
        class_var, any_ = self._support("ClassVar"), self._support("Any")
        dict_, list_, int_, str_ = (self._support(each) for each in ("dict", "list", "int", "str"))
        tuple_ = self._support("tuple")
        taken = {each.name for each in shown}
        if "thrift_spec" not in taken:
            self._lines.append(f"{margin}    thrift_spec: {class_var}[{dict_}[{int_}, {tuple_}[{any_}, ...]]]")
        if "default_spec" not in taken:
            self._lines.append(f"{margin}    default_spec: {class_var}[{list_}[{tuple_}[{str_}, {any_}]]]")
        inherited = ("read", "write", "args", "with_traceback", "add_note")
        for each in shown:
            ignore = "  # type: ignore[assignment]" if each.name in inherited else ""
            self._lines.append(f"{margin}    {each.name}: {self._field_type(each)}{ignore}")
        parameters = [f"{each.name}: {self._field_type(each)} = {_default(each)}" for each in shown]
        if "self" not in taken:
            extra = [f"**kwargs: {any_}"] if len(shown) < len(fields) else []
            self._lines += call("def __init__(", ["self", *parameters, *extra], ") -> None: ...", depth + 1)
        self._lines.append("")


def _default(field: Field) -> str:
    value = field.default
    if isinstance(value, Reference):
        value = value.value
    if value is None:
        return "..." if field.requiredness == "required" else "None"
    if not isinstance(value, Scalar) or not is_plain(value) or isinstance(value.value, bytes):
        return "..."
    if isinstance(value.value, str):
        return "..." if value.type.name == "uuid" else quoted(value.value)
    text = repr(value.value)
    return text if text.lstrip("-")[:1].isdigit() or isinstance(value.value, bool) else "..."


def _is_name(name: str) -> bool:
    """Keywords are attributes that only getattr reaches; names with two underscores would be mangled."""
    return name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("__")
