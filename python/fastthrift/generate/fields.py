"""The fields of structs, arguments and throws clauses: their ids, names and requiredness."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import _core
from .model import Container, Field

if TYPE_CHECKING:
    from .resolve import Resolver

LEAST_ID = -(2**15)
MOST_ID = 2**15 - 1


def resolved_fields(resolver: Resolver, nodes: list[_core.IdlField], kind: str, owner: str) -> list[Field]:
    """``kind`` is struct, union, exception, arguments or throws."""
    from .resolve import annotations_of

    fields: list[Field] = []
    ids: set[int] = set()
    names: set[str] = set()
    next_auto = -1
    has_default = False
    for node in nodes:
        id, next_auto = _id_of(resolver, node, next_auto)
        if id in ids or node.name in names:
            raise resolver.fail(node.place, f'"{id}: {node.name}" - field identifier/name has already been used')
        ids.add(id)
        names.add(node.name)
        type = resolver.type(node.type, is_used_now=node.default_value is not None)
        if isinstance(type, Container) and type.kind == "list" and _is_byte(node.type):
            resolver.warn(node.type.place, 'Consider using the more efficient "binary" type instead of "list<byte>".')
        default = None
        if node.default_value is not None:
            if kind == "union" and has_default:
                text = f"Field {node.name} provides another default value for union {owner}"
                raise resolver.fail(node.default_value.place, text)
            has_default = True
            default = resolver.constants.typed(node.default_value, type, node.name)
        fields.append(
            Field(
                id, node.name, type, _requiredness(resolver, node, kind, owner), default, node.doc,
                annotations_of(node.annotations), node.place, kind == "exception",
            )
        )  # fmt: skip
    return fields


def _is_byte(written: _core.IdlType) -> bool:
    return written.kind == "list" and written.arguments[0].kind == "base" and written.arguments[0].base == "i8"


def _id_of(resolver: Resolver, node: _core.IdlField, next_auto: int) -> tuple[int, int]:
    """The id of a field and the next one that is given to a field without."""
    if node.id is not None and node.id > MOST_ID or node.id is not None and node.id < LEAST_ID:
        text = f"Field key ({node.id}) exceeds allowed range ({LEAST_ID}..{MOST_ID})."
        raise resolver.fail(node.place, text)
    if node.id is not None and node.id > 0:
        return node.id, next_auto
    if node.id is not None and resolver.notices.allow_neg_keys:
        if node.id != next_auto:
            text = (
                f"Nonpositive field key ({node.id}) differs from what would be auto-assigned by thrift ({next_auto})."
            )
            resolver.warn(node.place, text)
        return node.id, node.id - 1
    if node.id is not None:
        resolver.warn(node.place, f"Nonpositive value ({node.id}) not allowed as a field key.")
    if resolver.notices.strict:
        raise resolver.fail(node.place, "Implicit field keys are deprecated and not allowed with -strict")
    if next_auto < LEAST_ID:
        raise resolver.fail(node.place, "There are too many fields without a key")
    text = (
        f"No field key specified for {node.name}, resulting protocol may have conflicts or not be backwards compatible!"
    )
    resolver.warn(node.place, text)
    return next_auto, next_auto - 1


def _requiredness(resolver: Resolver, node: _core.IdlField, kind: str, owner: str) -> str:
    said = node.requiredness
    if kind == "union":
        if said == "required":
            text = f"Union {owner} field {node.name}: union members must be optional, ignoring specified requiredness."
            resolver.warn(node.place, text)
        return "optional"
    if kind == "arguments" and said == "optional":
        resolver.warn(node.place, "optional keyword is ignored in argument lists.")
        return "default"
    if kind == "throws" and said == "required":
        return "default"
    return said
