"""What an IDL file means: the objects that the generators write from. Typedefs are resolved; every name is checked."""

from __future__ import annotations

import dataclasses
from typing import Optional, Union

from .notices import Place

Annotations = dict[str, str]


@dataclasses.dataclass(eq=False)
class Base:
    """bool, i8, i16, i32, i64, double, string, binary or uuid."""

    name: str


BASES = {
    name: Base(name) for name in ("bool", "i8", "i16", "i32", "i64", "double", "string", "binary", "uuid")
}  # fmt: skip


@dataclasses.dataclass(eq=False)
class Container:
    kind: str  # list, set, map
    element: Type  # of a map: the values
    key: Optional[Type] = None
    is_immutable: bool = False  # tuple, frozenset, TFrozenDict
    annotations: Annotations = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(eq=False)
class EnumItem:
    name: str
    value: int
    doc: str
    annotations: Annotations
    place: Place


@dataclasses.dataclass(eq=False)
class Enum:
    program: Program
    name: str
    doc: str
    annotations: Annotations
    place: Place
    items: list[EnumItem] = dataclasses.field(default_factory=list)

    def item(self, name: str) -> Optional[EnumItem]:
        return next((each for each in self.items if each.name == name), None)


@dataclasses.dataclass(eq=False)
class Field:
    id: int
    name: str
    type: Type
    requiredness: str  # default, required, optional
    default: Optional[Value]
    doc: str
    annotations: Annotations
    place: Place
    in_exception: bool = False


@dataclasses.dataclass(eq=False)
class Struct:
    program: Program
    kind: str  # struct, union, exception
    name: str
    doc: str
    annotations: Annotations
    place: Place
    fields: list[Field] = dataclasses.field(default_factory=list)  # in the order of declaration

    @property
    def is_immutable(self) -> bool:
        """As Apache's compiler has it: exceptions unless they say "false", structs if they say anything else."""
        said = self.annotations.get("python.immutable")
        return said != "false" if self.kind == "exception" else said is not None and said != "false"


Type = Union[Base, Container, Enum, Struct]


@dataclasses.dataclass(eq=False)
class Typedef:
    program: Program
    name: str
    type: Type
    doc: str
    annotations: Annotations
    place: Place


@dataclasses.dataclass(eq=False)
class Const:
    program: Program
    name: str
    type: Type
    value: Value
    doc: str
    place: Place


@dataclasses.dataclass(eq=False)
class Function:
    name: str
    is_oneway: bool
    result: Optional[Type]  # None: void
    arguments: list[Field]
    throws: list[Field]
    doc: str
    annotations: Annotations
    place: Place


@dataclasses.dataclass(eq=False)
class Service:
    program: Program
    name: str
    parent: Optional[Service]
    doc: str
    annotations: Annotations
    place: Place
    functions: list[Function] = dataclasses.field(default_factory=list)

    def all_functions(self) -> list[Function]:
        """Its own, then those of its parents."""
        functions = []
        service: Optional[Service] = self
        while service is not None:
            functions += service.functions
            service = service.parent
        return functions


Definition = Union[Typedef, Const, Enum, Struct, Service]


@dataclasses.dataclass(eq=False)
class Program:
    """One IDL file."""

    path: str  # as it was found
    name: str  # of the file, without folder and ending
    doc: str = ""
    namespaces: dict[str, str] = dataclasses.field(default_factory=dict)
    includes: list[Program] = dataclasses.field(default_factory=list)
    missing: set[str] = dataclasses.field(default_factory=set)  # names of includes that were not found
    definitions: list[Definition] = dataclasses.field(default_factory=list)
    named: dict[str, Definition] = dataclasses.field(default_factory=dict)  # types and services
    valued: dict[str, Union[Const, tuple[Enum, EnumItem]]] = dataclasses.field(default_factory=dict)  # A, E.A

    def add(self, definition: Definition) -> None:
        self.definitions.append(definition)
        if isinstance(definition, Const):
            self.valued[definition.name] = definition
        else:
            self.named[definition.name] = definition
        if isinstance(definition, Enum):
            for item in definition.items:
                self.valued[f"{definition.name}.{item.name}"] = (definition, item)

    @property
    def enums(self) -> list[Enum]:
        return [each for each in self.definitions if isinstance(each, Enum)]

    @property
    def structs(self) -> list[Struct]:
        """Unions and exceptions too."""
        return [each for each in self.definitions if isinstance(each, Struct)]

    @property
    def typedefs(self) -> list[Typedef]:
        return [each for each in self.definitions if isinstance(each, Typedef)]

    @property
    def constants(self) -> list[Const]:
        return [each for each in self.definitions if isinstance(each, Const)]

    @property
    def services(self) -> list[Service]:
        return [each for each in self.definitions if isinstance(each, Service)]

    def everything(self) -> list[Program]:
        """All files that it includes at any distance, each once and behind its own includes, and the file itself."""
        found: dict[Program, None] = {}
        seen: set[Program] = set()

        def visit(program: Program) -> None:
            if program not in seen:
                seen.add(program)
                for each in program.includes:
                    visit(each)
                found[program] = None

        visit(self)
        return list(found)


# ---- values of constants and defaults, of the type that they are declared with


@dataclasses.dataclass(eq=False)
class Scalar:
    type: Base
    value: Union[bool, int, float, str, bytes]  # uuid: its text


@dataclasses.dataclass(eq=False)
class Member:
    """A value of an enum, for a field of this enum or as a number."""

    enum: Enum
    item: EnumItem


@dataclasses.dataclass(eq=False)
class Items:
    type: Container
    items: list[Value]  # of a map: key, value, key, value, ...


@dataclasses.dataclass(eq=False)
class Made:
    """A struct's value."""

    struct: Struct
    items: list[tuple[Field, Value]]


@dataclasses.dataclass(eq=False)
class Reference:
    """Another constant, which has the same type."""

    const: Const

    def __post_init__(self) -> None:
        found = self.const.value
        self.value: Plain = found.value if isinstance(found, Reference) else found  # at the end of all references


Plain = Union[Scalar, Member, Items, Made]
Value = Union[Plain, Reference]


def same_type(one: Type, other: Type) -> bool:
    if isinstance(one, Container) and isinstance(other, Container):
        same_keys = one.key is other.key or (one.key and other.key and same_type(one.key, other.key))
        same_form = one.kind == other.kind and one.is_immutable == other.is_immutable
        return bool(same_form and same_keys and same_type(one.element, other.element))
    return one is other
