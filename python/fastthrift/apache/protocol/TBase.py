"""The bases of code generated with Apache's ``dynamic`` option: structs that read and write themselves by their spec."""

from __future__ import annotations

from typing import Any

from fastthrift.apache.transport import TTransport


class TBase:
    __slots__: Any = ()

    thrift_spec: Any

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"{self.__class__.__name__}({', '.join(shown)})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, self.__class__):
            return False
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]

    def read(self, iprot: Any) -> None:
        if (
            iprot._fast_decode is not None
            and isinstance(iprot.trans, TTransport.CReadableTransport)
            and self.thrift_spec is not None
        ):
            iprot._fast_decode(self, iprot, [self.__class__, self.thrift_spec])
        else:
            iprot.readStruct(self, self.thrift_spec)

    def write(self, oprot: Any) -> None:
        if oprot._fast_encode is not None and self.thrift_spec is not None:
            oprot.trans.write(oprot._fast_encode(self, [self.__class__, self.thrift_spec]))
        else:
            oprot.writeStruct(self, self.thrift_spec)


class TExceptionBase(TBase, Exception):
    pass


class TFrozenBase(TBase):
    def __setitem__(self, *args: Any) -> None:
        raise TypeError("Can't modify frozen struct")

    def __delitem__(self, *args: Any) -> None:
        raise TypeError("Can't modify frozen struct")

    def __hash__(self, *args: Any) -> int:  # type: ignore[override]
        return hash((self.__class__, *(getattr(self, name, None) for name in self.__slots__)))

    @classmethod
    def read(cls, iprot: Any) -> Any:
        if (
            iprot._fast_decode is not None
            and isinstance(iprot.trans, TTransport.CReadableTransport)
            and cls.thrift_spec is not None
        ):
            return iprot._fast_decode(None, iprot, [cls, cls.thrift_spec])
        return iprot.readStruct(cls, cls.thrift_spec, True)


class TFrozenExceptionBase(TFrozenBase, TExceptionBase):
    pass
