"""From the tree of a file to its meaning: names resolved and checked as Apache's compiler does, with its texts."""

from __future__ import annotations

from typing import Optional, Union

from .. import _core
from .fields import resolved_fields
from .model import (
    BASES,
    Annotations,
    Const,
    Container,
    Definition,
    Enum,
    EnumItem,
    Function,
    Program,
    Service,
    Struct,
    Type,
    Typedef,
)
from .namespaces import check_namespace
from .notices import IdlError, Notices, Place
from .values import Constants

INT32 = range(-(2**31), 2**31)
Node = Union[_core.IdlTypedef, _core.IdlConst, _core.IdlEnum, _core.IdlSenum, _core.IdlStruct, _core.IdlService]


def annotations_of(pairs: list[tuple[str, Optional[str]]]) -> Annotations:
    """The last of a name counts; without a value it is "1"."""
    return {name: "1" if value is None else value for name, value in pairs}


class Resolver:
    """Fills one program. The definitions are taken in the order of the file; types may be used before they are there,
    which Apache's compiler allows for fields, typedefs and functions."""

    def __init__(self, program: Program, document: _core.IdlDocument, notices: Notices) -> None:
        self.program = program
        self.notices = notices
        self.constants = Constants(self)
        self._document = document
        self._nodes: dict[str, Node] = {}  # types and services by name
        self._made: dict[str, Type] = {}  # enums and structs, before they are filled
        self._resolving: list[str] = []  # typedefs

    def fail(self, place: Place, problem: str) -> IdlError:
        return IdlError(self.program.path, place, problem)

    def too_early(self, place: Place, name: str) -> IdlError:
        return self.fail(place, f'Type "{name}" not defined: its definition has to stand before this')

    def warn(self, place: Place, text: str) -> None:
        self.notices.warn(self.program.path, place, text)

    def resolve(self) -> None:
        for scope, name, place in self._document.namespaces:
            self.program.namespaces[scope] = name
            problem = check_namespace(scope)
            if problem:
                self.warn(place, problem)
        for node in self._document.definitions:
            if not isinstance(node, _core.IdlConst):
                if node.name in self._nodes:
                    raise self.fail(node.place, f'Type "{node.name}" is already defined.')
                self._nodes[node.name] = node
        self._check_includes()
        for node in self._document.definitions:
            if isinstance(node, _core.IdlTypedef) and node.type.name.rpartition(".")[0] in self.program.missing:
                continue  # an error where it is used, as in Apache's compiler
            self.program.add(self._definition(node))

    def _check_includes(self) -> None:
        """A name may be there twice in files that become different packages, not in one package."""
        for include in self.program.includes:
            if include.namespaces == self.program.namespaces and include.namespaces:
                for each in include.definitions:
                    if not isinstance(each, Const) and each.name in self._nodes:
                        place = self._nodes[each.name].place
                        raise self.fail(place, f'Type "{each.name}" is already defined.')

    # ---- names

    def type(self, written: _core.IdlType, is_used_now: bool = False) -> Type:
        """What a type means. ``is_used_now``: its definition must stand before, as for the type of a constant; those of
        elements only where there are any, which ``Constants`` looks at."""
        if written.kind == "base":
            if written.base == "void":
                raise self.fail(written.place, "void is only the result of a function")
            return BASES[written.base]
        if written.kind == "named":
            return self._named(written.name, written.place, is_used_now)
        annotations = annotations_of(written.annotations)
        immutable = annotations.get("python.immutable")
        parts = [self.type(each) for each in written.arguments]
        key = parts[0] if written.kind == "map" else None
        return Container(written.kind, parts[-1], key, immutable is not None and immutable != "false", annotations)

    def _named(self, name: str, place: Place, is_used_now: bool) -> Type:
        node = self._nodes.get(name)
        unknown = self.fail(place, f'Type "{name}" not defined')
        if node is None:
            found = self._included(name)
            if isinstance(found, Typedef):
                return found.type
            if isinstance(found, (Enum, Struct)):
                return found
            raise unknown
        if is_used_now and name not in self.program.named:
            raise self.too_early(place, name)
        if isinstance(node, (_core.IdlEnum, _core.IdlStruct)):
            return self._shell(node)
        if isinstance(node, _core.IdlTypedef):
            if name in self._resolving or len(self._resolving) > 200:
                raise self.fail(place, f'Type "{name}" not defined: the typedef refers to itself')
            self._resolving.append(name)
            try:
                return self._typedef(node)
            finally:
                self._resolving.pop()
        raise unknown

    def _typedef(self, node: _core.IdlTypedef) -> Type:
        known = self.program.named.get(node.name)
        if isinstance(known, Typedef):
            return known.type
        target = self.type(node.type)
        said = annotations_of(node.annotations).get("python.immutable")
        if said is not None and said != "false" and isinstance(target, Container):
            return Container(target.kind, target.element, target.key, True, target.annotations)
        return target

    def _shell(self, node: Union[_core.IdlEnum, _core.IdlStruct]) -> Union[Enum, Struct]:
        """The enum or struct of a name, perhaps not filled yet."""
        made = self._made.get(node.name)
        if made is None:
            given = (node.name, node.doc, annotations_of(node.annotations), node.place)
            if isinstance(node, _core.IdlEnum):
                made = Enum(self.program, *given)
            else:
                made = Struct(self.program, node.kind, *given)
            self._made[node.name] = made
        assert isinstance(made, (Enum, Struct))
        return made

    def _included(self, name: str) -> Optional[Definition]:
        """``base.T``: of the files that are included as base, the last that has it."""
        prefix, _, own = name.rpartition(".")
        for include in reversed(self.program.includes):
            if include.name == prefix and own in include.named:
                return include.named[own]
        return None

    def earlier(self, name: str) -> Union[Const, tuple[Enum, EnumItem], None]:
        """The constant or the enum's value that a name stands for at this point of the file."""
        if name in self.program.valued:
            return self.program.valued[name]
        for include in reversed(self.program.includes):
            own = name[len(include.name) + 1 :]
            if name.startswith(include.name + ".") and own in include.valued:
                return include.valued[own]
        return None

    # ---- definitions

    def _definition(self, node: Node) -> Definition:
        if isinstance(node, _core.IdlTypedef):
            return Typedef(
                self.program, node.name, self._named(node.name, node.place, False), node.doc,
                annotations_of(node.annotations), node.place,
            )  # fmt: skip
        if isinstance(node, _core.IdlConst):
            return self._const(node)
        if isinstance(node, _core.IdlEnum):
            return self._enum(node)
        if isinstance(node, _core.IdlStruct):
            struct = self._shell(node)
            assert isinstance(struct, Struct)
            struct.fields = resolved_fields(self, node.fields, struct.kind, struct.name)
            return struct
        assert isinstance(node, _core.IdlService)
        return self._service(node)

    def _const(self, node: _core.IdlConst) -> Const:
        if node.name in self.program.valued:
            raise self.fail(node.place, f"Enum {node.name} is already defined!")
        type = self.type(node.type, is_used_now=True)
        return Const(
            self.program, node.name, type, self.constants.typed(node.value, type, node.name), node.doc, node.place
        )

    def _enum(self, node: _core.IdlEnum) -> Enum:
        enum = self._shell(node)
        assert isinstance(enum, Enum)
        names = set()
        value = -1
        for each in node.items:
            value += 1
            if each.value is not None:
                value = each.value.integer
                if value not in INT32:
                    raise self.fail(each.value.place, f"64-bit value supplied for enum {each.name} will be truncated.")
            if value not in INT32:
                raise self.fail(each.place, f"enum value overflow at enum {each.name}")
            if each.name in names:
                raise self.fail(each.place, f"Enum {node.name}.{each.name} is already defined!")
            names.add(each.name)
            enum.items.append(EnumItem(each.name, value, each.doc, annotations_of(each.annotations), each.place))
        return enum

    def _service(self, node: _core.IdlService) -> Service:
        parent = None
        if node.extends:
            found = self.program.named.get(node.extends) or self._included(node.extends)
            if not isinstance(found, Service):
                raise self.fail(node.extends_place, f'Service "{node.extends}" has not been defined.')
            parent = found
        service = Service(
            self.program, node.name, parent, node.doc, annotations_of(node.annotations), node.place
        )  # fmt: skip
        inherited = {each.name for each in parent.all_functions()} if parent else set()
        names = set()
        for each in node.functions:
            if each.name in names:
                raise self.fail(each.place, f"Function {each.name} is already defined")
            if each.name in inherited:
                raise self.fail(each.place, f"Function {each.name} is already defined in service {node.name}")
            names.add(each.name)
            service.functions.append(self._function(each))
        return service

    def _function(self, node: _core.IdlFunction) -> Function:
        is_void = node.result.kind == "base" and node.result.base == "void"
        result = None if is_void else self.type(node.result)
        if node.is_oneway and not is_void:
            self.warn(node.place, "Oneway methods should return void.")
            result = None
        for each in node.throws:
            if not isinstance(self.type(each.type, is_used_now=True), Struct) or not self._is_exception(each.type):
                raise self.fail(each.type.place, "Throws clause may not contain non-exception types")
        if node.is_oneway and node.throws:
            raise self.fail(node.place, "Oneway methods can't throw exceptions.")
        return Function(
            node.name,
            node.is_oneway,
            result,
            resolved_fields(self, node.arguments, "arguments", f"{node.name}_args"),
            resolved_fields(self, node.throws, "throws", f"{node.name}_result"),
            node.doc,
            annotations_of(node.annotations),
            node.place,
        )

    def _is_exception(self, written: _core.IdlType) -> bool:
        type = self.type(written)
        return isinstance(type, Struct) and type.kind == "exception"
