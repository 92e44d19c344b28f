"""A service of the shape that our generator writes, by hand."""

from __future__ import annotations

from typing import Any, ClassVar

from fastthrift.apache.Thrift import TMessageType, TType
from fastthrift.apache.TRecursive import fix_spec
from fastthrift.apache.TService import ServiceMethods, TServiceClient, TServiceProcessor
from fastthrift.apache.TStruct import TFrozenExceptionStruct, TStruct


class Refused(TFrozenExceptionStruct):
    pass


class add_args(TStruct):
    __slots__ = ("a", "b")


class add_result(TStruct):
    __slots__ = ("success", "refused")


class joined_args(TStruct):  # declared in another order than that of the ids
    __slots__ = ("second", "first")


class joined_result(TStruct):
    __slots__ = ("success",)


class tell_args(TStruct):
    __slots__ = ("text",)


class print_args(TStruct):
    pass


class print_result(TStruct):
    pass


Refused.thrift_spec = (None, (1, TType.STRING, "why", "UTF8", None))
add_args.thrift_spec = (None, (1, TType.I32, "a", None, None), (2, TType.I32, "b", None, None))
add_result.thrift_spec = (
    (0, TType.I32, "success", None, None),
    (1, TType.STRUCT, "refused", [Refused, None], None),
)
joined_args.thrift_spec = (
    None,
    (1, TType.STRING, "first", "UTF8", None),
    (2, TType.STRING, "second", "UTF8", None),
)
joined_result.thrift_spec = ((0, TType.STRING, "success", "UTF8", None),)
tell_args.thrift_spec = (None, (1, TType.STRING, "text", "UTF8", None))
print_args.thrift_spec = print_result.thrift_spec = ()
fix_spec([Refused, add_args, add_result, joined_args, joined_result, tell_args, print_args, print_result])


class Iface:
    def add(self, a: int, b: int) -> int:
        raise NotImplementedError

    def joined(self, second: str, first: str) -> str:
        raise NotImplementedError

    def tell(self, text: str) -> None:
        raise NotImplementedError

    def print_(self) -> None:
        raise NotImplementedError


class Client(TServiceClient, Iface):
    def add(self, a: int, b: int) -> int:
        found: int = self._call("add", add_args(a, b), add_result)
        return found

    def send_add(self, a: int, b: int) -> None:
        self._send("add", add_args(a, b))

    def recv_add(self) -> int:
        found: int = self._recv("add", add_result)
        return found

    def joined(self, second: str, first: str) -> str:
        found: str = self._call("joined", joined_args(second, first), joined_result)
        return found

    def tell(self, text: str) -> None:
        self._call_oneway("tell", tell_args(text))

    def send_tell(self, text: str) -> None:
        self._send("tell", tell_args(text), TMessageType.ONEWAY)

    def print_(self) -> None:
        self._call("print", print_args(), print_result)


class Processor(TServiceProcessor, Iface):
    _methods: ClassVar[ServiceMethods] = {
        "add": ("add", add_args, add_result),
        "joined": ("joined", joined_args, joined_result),
        "tell": ("tell", tell_args, None),
        "print": ("print_", print_args, print_result),
    }

    def __init__(self, handler: Any) -> None:
        super().__init__(handler)
        self._processMap["add"] = Processor.process_add
        self._processMap["joined"] = Processor.process_joined
        self._processMap["tell"] = Processor.process_tell
        self._processMap["print"] = Processor.process_print

    def process_add(self, seqid: int, iprot: Any, oprot: Any) -> None:
        self._process("add", seqid, iprot, oprot)

    def process_joined(self, seqid: int, iprot: Any, oprot: Any) -> None:
        self._process("joined", seqid, iprot, oprot)

    def process_tell(self, seqid: int, iprot: Any, oprot: Any) -> None:
        self._process("tell", seqid, iprot, oprot)

    def process_print(self, seqid: int, iprot: Any, oprot: Any) -> None:
        self._process("print", seqid, iprot, oprot)


class Handler(Iface):
    def __init__(self) -> None:
        self.told: list[str] = []

    def add(self, a: int, b: int) -> Any:
        if b == 1000:
            raise Refused("too much")
        if b == 1001:
            raise ValueError("boo")
        if b == 1002:
            return "no number"
        return a + b

    def joined(self, second: str, first: str) -> str:
        return first + second

    def tell(self, text: str) -> None:
        if text == "raise":
            raise ValueError(text)
        self.told.append(text)

    def print_(self) -> None:
        self.told.append("printed")
