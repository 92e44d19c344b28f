"""The bases of the structs that ``fastthrift --gen py`` writes: slots, and everything else made from ``thrift_spec``.

A class names its fields in ``__slots__``, in the order of its constructor; its ``thrift_spec``, Apache's tuple, is assigned
once all classes of the module are there. From then on the constructor knows the defaults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Optional

from fastthrift import _core
from fastthrift.apache import _native as _native
from fastthrift.apache.protocol.TProtocol import TProtocolException
from fastthrift.apache.Thrift import TException

if TYPE_CHECKING:
    from typing_extensions import Self

    from fastthrift.apache.protocol.TProtocol import TProtocolBase

__all__ = ["TExceptionStruct", "TFrozenExceptionStruct", "TFrozenStruct", "TStruct", "ThriftSpec"]

ThriftSpec = tuple[Any, ...]


class TStructMeta(_core.TPayloadMeta):
    """Makes the fields of a class body's ``__slots__`` those of the core's object model."""

    def __new__(meta, name: str, bases: tuple[type, ...], body: dict[str, Any], **kwargs: Any) -> Any:
        names = body.pop("__slots__", ())
        fields: tuple[str, ...] = (names,) if isinstance(names, str) else tuple(names)
        if fields:
            body["default_spec"] = [(field, None) for field in fields]
        spec = body.pop("thrift_spec", None)
        cls: Any = super().__new__(meta, name, bases, body, **kwargs)
        if fields:
            type.__setattr__(cls, "__slots__", fields)
        if spec is not None:
            cls.thrift_spec = spec
        return cls

    def __setattr__(cls, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name == "thrift_spec" and isinstance(value, tuple):
            _make_initializer(cls, value)


_Initializer = type(_core.make_initializer("", []))


def _make_initializer(cls: Any, spec: ThriftSpec) -> None:
    """Gives the class the constructor that its spec and the order of its fields ask for, unless it has its own."""
    own = vars(cls)
    if type(own.get("__init__", None)) not in (_Initializer, type(None)):
        return
    order = own.get("__slots__") or own.get("__thrift_order__")
    defaults = {_attribute(item[2], order): item[4] for item in spec if item is not None}
    names = order or tuple(defaults)
    initializer = _core.make_initializer(cls.__name__, [(name, defaults.get(name)) for name in names])
    type.__setattr__(cls, "__init__", initializer)


def _attribute(name: str, order: Optional[tuple[str, ...]]) -> str:
    """The attribute of a field: keywords have an underscore behind them."""
    if order is not None:
        return name + "_" if name not in order and name + "_" in order else name
    return name + "_" if name in _core.keywords else name


_methods = _core.apache_struct_methods


class TStruct(_core.TPayload, metaclass=TStructMeta):
    """A struct or union."""

    thrift_spec: ClassVar[Any] = ()
    __thrift_required__: ClassVar[tuple[str, ...]] = ()

    if TYPE_CHECKING:

        def read(self, iprot: TProtocolBase) -> Any:
            """Fills the fields that come; the others keep their values."""

        def write(self, oprot: TProtocolBase) -> None:
            """Writes the fields that are set, once all required ones are."""

    else:
        read = _methods["read"]
        write = _methods["write"]

    def validate(self) -> None:
        """Raises TProtocolException where a required field is not set."""
        for name in self.__thrift_required__:
            if getattr(self, name, None) is None:
                raise TProtocolException(message=f"Required field {name} is unset!")


class TExceptionStruct(TStruct, TException):
    """An exception that can be changed."""

    def __str__(self) -> str:
        return repr(self)


def _refuse_change(self: Any, name: str, value: Any) -> None:
    # What Python itself sets: __traceback__, __cause__, __notes__.
    if not (name.startswith("__") and name.endswith("__")):
        raise TypeError("can't modify immutable instance")
    _core.TPayload.__setattr__(self, name, value)


def _refuse_deletion(self: Any, name: str) -> None:
    if not (name.startswith("__") and name.endswith("__")):
        raise TypeError("can't modify immutable instance")
    _core.TPayload.__delattr__(self, name)


class TFrozenStruct(TStruct):
    """A struct that cannot be changed once it is made."""

    __setattr__ = _refuse_change
    __delattr__ = _refuse_deletion

    @classmethod
    def read(cls, iprot: TProtocolBase) -> Self:  # type: ignore[override]
        """A new one."""
        made: Self = _make(cls, iprot)
        return made


class TFrozenExceptionStruct(TExceptionStruct):
    """An exception that cannot be changed once it is made, as IDL exceptions are unless their annotation says otherwise."""

    __setattr__ = _refuse_change
    __delattr__ = _refuse_deletion

    @classmethod
    def read(cls, iprot: TProtocolBase) -> Self:  # type: ignore[override]
        """A new one."""
        made: Self = _make(cls, iprot)
        return made


def _make(cls: Any, iprot: TProtocolBase) -> Any:
    made = _core.apache_struct_made(cls, iprot)
    return iprot.readStruct(cls, _by_attribute(cls), True) if made is NotImplemented else made


def _read_plainly(self: Any, iprot: TProtocolBase) -> None:
    iprot.readStruct(self, _by_attribute(type(self)))


def _validate(self: Any) -> None:
    validate = getattr(type(self), "validate", None)  # a field may be called so
    (validate if callable(validate) else TStruct.validate)(self)


def _write_plainly(self: Any, oprot: TProtocolBase) -> None:
    _validate(self)
    oprot.writeStruct(self, _by_attribute(type(self)))


def _by_attribute(cls: Any) -> ThriftSpec:
    """The spec with the names of attributes in place of the IDL's."""
    spec: ThriftSpec = cls.thrift_spec
    order = getattr(cls, "__slots__", None) or getattr(cls, "__thrift_order__", None)
    if not any(item is not None and _attribute(item[2], order) != item[2] for item in spec):
        return spec
    return tuple(item and (*item[:2], _attribute(item[2], order), *item[3:]) for item in spec)


_core.set_apache(
    frozen_setattr=_refuse_change,
    read_plainly=_read_plainly,
    write_plainly=_write_plainly,
    validate=TStruct.validate,
    validate_struct=_validate,
)
