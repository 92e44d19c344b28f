"""The classes of structs, unions, exceptions, arguments and results, and their specs."""

from __future__ import annotations

from collections.abc import Sequence

from .literals import Literals, is_plain
from .model import Enum, Field, Struct
from .module_text import ModuleText
from .names import escaped, field_name
from .text import call, docstring, quoted
from .types import Types

# What the classes have from their bases, which a field of the same name takes the place of.
STRUCT_MEMBERS = frozenset(("read", "write", "validate", "copy"))
EXCEPTION_MEMBERS = frozenset(("read", "write", "validate", "with_traceback", "add_note"))
CLASSES = {
    (False, False): "TStruct",
    (False, True): "TFrozenStruct",
    (True, False): "TExceptionStruct",
    (True, True): "TFrozenExceptionStruct",
}  # exception, immutable


class Structs:
    """Writes classes into one module."""

    def __init__(self, module: ModuleText, types: Types) -> None:
        self._module = module
        self._types = types
        self._literals = Literals(module, types)

    def add_class(self, struct: Struct) -> None:
        is_exception = struct.kind == "exception"
        base = self._module.runtime("TStruct", CLASSES[is_exception, struct.is_immutable])
        self._add(escaped(struct.name), base, struct.fields, struct.doc, is_exception, has_required=True)

    def add_plain_class(self, name: str, fields: Sequence[Field]) -> None:
        """Arguments and results."""
        self._add(name, self._module.runtime("TStruct", "TStruct"), fields, "", False)

    def _add(
        self,
        name: str,
        base: str,
        fields: Sequence[Field],
        doc: str,
        is_exception: bool,
        has_required: bool = False,
    ) -> None:
        module = self._module
        names = [field_name(each) for each in fields]
        class_var = module.use("typing", "ClassVar")
        str_ = module.builtin("str")
        strings = f"{module.builtin('tuple')}[{str_}, ...]"
        module.add("", "", f"class {name}({base}):")
        described = list(zip(names, (each.doc for each in fields)))
        is_silent = not has_required and not any(text for _, text in described)  # arguments without docs
        doc_lines = docstring(doc, 1, ("Attributes", [] if is_silent else described))
        module.add(*doc_lines, *([""] if doc_lines else []))
        if not is_exception:
            module.add(*_tuple("__slots__", names))
        elif names != [each.name for each in sorted(fields, key=lambda each: each.id)]:
            module.add(*_tuple(f"__thrift_order__: {class_var}[{strings}]", names))
        required = [field_name(each) for each in fields if each.requiredness == "required" and has_required]
        if required:
            module.add(*_tuple(f"__thrift_required__: {class_var}[{strings}]", required))
        inherited = EXCEPTION_MEMBERS if is_exception else STRUCT_MEMBERS
        for each, attribute in zip(fields, names):
            ignore = "  # type: ignore[assignment]" if attribute in inherited else ""
            module.add(f"    {attribute}: {self._annotation(each)}{ignore}")
        module.add(f"    thrift_spec: {class_var}[{module.runtime('TStruct', 'ThriftSpec')}]")
        if fields:  # the constructor itself is the core's
            parameters = [f"{attribute}: {self._annotation(each)} = {self._default(each)}" for each, attribute in
                          zip(fields, names)]  # fmt: skip
            module.add("", f"    if {module.use('typing', 'TYPE_CHECKING')}:", "")
            module.add(*call("def __init__(", ["self", *parameters], ") -> None: ...", 2))

    def _annotation(self, field: Field) -> str:
        if field.requiredness == "required" or field.default is not None:
            return self._types.annotation(field.type)
        return self._types.optional(field.type)

    def _default(self, field: Field) -> str:
        """For the signature; the constructor itself takes it from the spec."""
        if field.default is None:
            return "..." if field.requiredness == "required" else "None"
        if not is_plain(field.default) or (isinstance(field.type, Enum) and self._types.is_int_enum):
            return "..."
        return self._literals.text(field.default, field.type)

    def add_spec(self, name: str, fields: Sequence[Field], is_result: bool = False) -> None:
        """A tuple whose positions are the ids; negative ids stand behind the others."""
        module = self._module
        positive = {each.id: each for each in fields if each.id >= 0}
        negative = sorted((each for each in fields if each.id < 0), key=lambda each: each.id)
        if not fields:
            module.add("", f"{name}.thrift_spec = ()")
            return
        module.add("", f"{name}.thrift_spec = (")
        for id in range(max(positive, default=-1) + 1):
            field = positive.get(id)
            module.add(f"    {self._item(field) if field else 'None'},  # {id}")
        for field in negative:
            module.add(f"    {self._item(field)},  # {field.id}")
        module.add(")")

    def _item(self, field: Field) -> str:
        default = "None" if field.default is None else self._literals.text(field.default, field.type, 1)
        types = self._types
        return (
            f"({field.id}, {types.ttype(field.type)}, {quoted(field.name)}, {types.arguments(field.type)}, {default})"
        )


def _tuple(name: str, items: list[str]) -> list[str]:
    return call(f"{name} = (", [f'"{each}"' for each in items], ",)" if len(items) == 1 else ")", 1)
