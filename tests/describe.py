"""What a loaded module looks like from outside, as plain values that can be compared between two libraries."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

CLASS_ATTRIBUTES = (
    "_ttype",
    "__module__",
    "__qualname__",
    "__thrift_file__",
    "__thrift_lineno__",
    "__thrift_annotations__",
)
STRUCT_ATTRIBUTES = ("__thrift_field_linenos__", "__thrift_field_annotations__", "oneway")
ENUM_ATTRIBUTES = (
    "_VALUES_TO_NAMES",
    "_NAMES_TO_VALUES",
    "__thrift_item_linenos__",
    "__thrift_item_annotations__",
)
SERVICE_ATTRIBUTES = ("__thrift_function_linenos__", "__thrift_function_annotations__")


def attributes(cls: type, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: repr(getattr(cls, name)) for name in names if hasattr(cls, name)}


def has_placeholder(spec: Any) -> bool:
    """True where thriftpy2 has left a negative number in place of a type that comes later."""
    if isinstance(spec, tuple):
        return any(has_placeholder(each) for each in spec)
    return isinstance(spec, int) and spec < 0


class TSpec:
    """Equal where both sides have resolved the type; thriftpy2 leaves later ones out."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.entries = {name: None if has_placeholder(entry) else str(entry) for name, entry in spec.items()}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TSpec) or list(self.entries) != list(other.entries):
            return False
        return all(None in pair or pair[0] == pair[1] for pair in zip(self.entries.values(), other.entries.values()))

    def __repr__(self) -> str:
        return repr(self.entries)


def struct(cls: Any) -> dict[str, Any]:
    described = attributes(cls, CLASS_ATTRIBUTES + STRUCT_ATTRIBUTES)
    described["bases"] = [base.__name__ for base in cls.__mro__]
    described["thrift_spec"] = list(map(str, cls.thrift_spec.items()))
    described["default_spec"] = repr(cls.default_spec)
    described["_tspec"] = TSpec(cls._tspec)
    described["signature"] = str(inspect.signature(cls.__init__))
    described["instance"] = repr(cls())
    return described


def enum(cls: Any) -> dict[str, Any]:
    described = attributes(cls, CLASS_ATTRIBUTES + ENUM_ATTRIBUTES)
    described["bases"] = [base.__name__ for base in cls.__mro__]
    described["items"] = {name: getattr(cls, name) for name in cls._NAMES_TO_VALUES}
    # Ours can be asked more; docs/compatibility.md has the row.
    described["metaclass"] = {"TEnumMeta": "type"}.get(type(cls).__name__, type(cls).__name__)
    return described


def service(cls: Any) -> dict[str, Any]:
    described = attributes(cls, CLASS_ATTRIBUTES + SERVICE_ATTRIBUTES)
    described["bases"] = [base.__name__ for base in cls.__mro__]
    described["thrift_services"] = list(dict.fromkeys(cls.thrift_services))
    for name in cls.thrift_services:
        described[name] = [struct(getattr(cls, name + "_args")), struct(getattr(cls, name + "_result"))]
    return described


def module(loaded: ModuleType) -> dict[str, Any]:
    """Everything that a module's users can see, except what is marked in the tests as different on purpose."""
    meta = getattr(loaded, "__thrift_meta__", {})
    by_kind = {"structs": struct, "unions": struct, "exceptions": struct, "enums": enum, "services": service}
    return {
        "__name__": loaded.__name__,
        "__thrift_file__": loaded.__thrift_file__,
        "__thrift_namespaces__": loaded.__thrift_namespaces__,
        "names": sorted(name for name in vars(loaded) if not name.startswith("__")),
        "annotations": [
            getattr(loaded, "__thrift_typedef_annotations__", None),
            getattr(loaded, "__thrift_const_annotations__", None),
        ],
        "meta": {kind: repr(meta[kind]) for kind in sorted(meta)},
        "typedefs and constants": {
            name: repr(value)
            for name, value in vars(loaded).items()
            if not name.startswith("__") and not isinstance(value, type) and not has_placeholder(value)
        },
        "includes": [each.__thrift_module_name__ for each in meta.get("includes", ())],
        **{kind: [describe(each) for each in meta.get(kind, ())] for kind, describe in by_kind.items()},
    }
