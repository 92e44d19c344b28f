"""What makes the enums of an IDL: plain classes of ints, as thriftpy2 has them, or `enum.IntEnum` (``load(enums=IntEnum)``)."""

from __future__ import annotations

TYPE_CHECKING = False  # as typing's: importing typing takes longer than importing this package
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import MappingProxyType
    from typing import Any, Callable


class TEnumMeta(type):
    """Lets a class of ints be asked like an `enum.Enum`: ``Color(5)``, ``Color["RED"]``, ``5 in Color``, ``list(Color)``."""

    _NAMES_TO_VALUES: dict[str, int]
    _VALUES_TO_NAMES: dict[int, str]

    def __call__(cls, *args: Any) -> Any:
        """The value itself, as it is an int; a ValueError where no item has it."""
        if len(args) != 1 or "_VALUES_TO_NAMES" not in vars(cls):
            return super().__call__(*args)
        if args[0] in cls:
            return int(args[0])
        raise ValueError(f"{args[0]!r} is not a valid {cls.__name__}")

    def __getitem__(cls, name: str) -> int:
        return cls._NAMES_TO_VALUES[name]

    def __contains__(cls, value: object) -> bool:
        return isinstance(value, int) and value in cls._VALUES_TO_NAMES

    def __iter__(cls) -> Iterator[int]:
        return iter(dict.fromkeys(cls._NAMES_TO_VALUES.values()))

    def __len__(cls) -> int:
        return len(cls._VALUES_TO_NAMES)

    def __bool__(cls) -> bool:
        return True

    @property
    def __members__(cls) -> MappingProxyType[str, int]:
        from types import MappingProxyType

        return MappingProxyType(cls._NAMES_TO_VALUES)


def int_enum(name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
    """An `enum.IntEnum` with the attributes of a class of ints."""
    from enum import IntEnum

    values = body["_NAMES_TO_VALUES"]
    make: Any = IntEnum
    made: type = make(name, list(values.items()), module=body["__module__"])
    for attribute, value in body.items():
        if attribute not in values:
            setattr(made, attribute, value)
    return made


def maker(enums: Any) -> Callable[..., type]:
    """What makes the enums where a caller of ``load`` has asked for ``enums``: None or `enum.IntEnum`."""
    if enums is None:
        return TEnumMeta
    from enum import IntEnum

    if enums is not IntEnum:
        raise ValueError(f"enums can be None or enum.IntEnum, not {enums!r}")
    return int_enum
