"""The same service in Apache's object API: what its compiler would generate, in short, over any package of its shape."""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import Any

from wares import FIELDS


class Side:
    """``package`` is "thrift" or "fastthrift.apache"; attributes are the modules' last names."""

    def __init__(self, package: str) -> None:
        self.package = package
        self.types = _types(self)

    def __getattr__(self, name: str) -> Any:
        folders = ("", "transport.", "protocol.", "server.")
        for folder in folders:
            try:
                module = importlib.import_module(f"{self.package}.{folder}{name}")
            except ImportError as error:
                if not (error.name or "").startswith(self.package):
                    raise
                continue
            setattr(self, name, module)
            return module
        raise AttributeError(name)

    def small(self) -> Any:
        return self.types.Small(inn=self.types.Inner(n=300), **{**FIELDS, "st": {9}})


def _types(side: Side) -> SimpleNamespace:
    base, t, fix = side.TBase, side.Thrift.TType, side.TRecursive.fix_spec

    def struct(name: str, spec: Any, parent: Any = base.TBase) -> Any:
        names = [item[2] for item in spec if item]

        def init(self: Any, **values: Any) -> None:
            for each in names:
                setattr(self, each, values.pop(each, None))
            assert not values

        def equal(self: Any, other: Any) -> bool:
            return type(self) is type(other) and all(getattr(self, n) == getattr(other, n) for n in names)

        body = {"__init__": init, "__eq__": equal, "__hash__": None, "__slots__": tuple(names), "thrift_spec": spec}
        made = type(name, (parent,), body)
        made.__module__ = __name__
        return made

    inner = struct("Inner", (None, (1, t.I32, "n", None, None)))
    by_id = {
        1: (t.I32, "id", None),
        2: (t.STRING, "name", "UTF8"),
        3: (t.LIST, "xs", (t.I16, None, False)),
        4: (t.BOOL, "ok", None),
        5: (t.MAP, "m", (t.STRING, "UTF8", t.I32, None, False)),
        6: (t.STRING, "b", "BINARY"),
        7: (t.DOUBLE, "d", None),
        8: (t.I64, "big", None),
        9: (t.BYTE, "y", None),
        10: (t.SET, "st", (t.I32, None, False)),
        11: (t.STRUCT, "inn", [inner, None]),
        12: (t.UUID, "u", None),
        20: (t.BOOL, "no", None),
        36: (t.I32, "far", None),
        37: (t.LIST, "bs", (t.BOOL, None, False)),
    }
    small = struct("Small", tuple((i, *by_id[i], None) if i in by_id else None for i in range(38)))
    refusal = struct("Refusal", (None, (1, t.I32, "code", None, None)), base.TExceptionBase)
    text = (t.STRING, "text", "UTF8")

    def args(name: str, *fields: Any) -> Any:
        return struct(name, (None, *((i, *field, None) for i, field in enumerate(fields, 1))))

    def result(name: str, success: Any = None, *throws: Any) -> Any:
        spec = ((0, *success, None) if success else None, *((i, *each, None) for i, each in enumerate(throws, 1)))
        return struct(name, spec)

    calls = {
        "echo": (
            args("echo_args", (t.STRUCT, "small", [small, None])),
            result("echo_result", (t.STRUCT, "success", [small, None])),
        ),
        "add": (
            args("add_args", (t.I32, "a", None), (t.I32, "b", None)),
            result("add_result", (t.I32, "success", None), (t.STRUCT, "refusal", [refusal, None])),
        ),
        "nop": (args("nop_args"), result("nop_result")),
        "get": (args("get_args", text), result("get_result", (t.STRING, "success", "UTF8"))),
        "note": (args("note_args", text), None),
    }
    structs = [inner, small, refusal, *(each for pair in calls.values() for each in pair if each)]
    fix(structs)
    return SimpleNamespace(Inner=inner, Small=small, Refusal=refusal, calls=calls)


def client(side: Side, iprot: Any, oprot: Any = None) -> Any:
    """A client object: one method a call."""
    thrift = side.Thrift

    class Client:
        seqid = 0

        def __getattr__(self, name: str) -> Any:
            args_class, result_class = side.types.calls[name]
            spec = [item for item in args_class.thrift_spec if item]

            def call(*values: Any) -> Any:
                out = oprot or iprot
                kind = thrift.TMessageType.CALL if result_class else thrift.TMessageType.ONEWAY
                out.writeMessageBegin(name, kind, self.seqid)
                args_class(**{item[2]: value for item, value in zip(spec, values)}).write(out)
                out.writeMessageEnd()
                out.trans.flush()
                if result_class is None:
                    return None
                found, mtype, seqid = iprot.readMessageBegin()
                if mtype == thrift.TMessageType.EXCEPTION:
                    error = thrift.TApplicationException()
                    error.read(iprot)
                    iprot.readMessageEnd()
                    raise error
                assert (found, seqid) == (name, self.seqid)
                result = result_class()
                result.read(iprot)
                iprot.readMessageEnd()
                if getattr(result, "refusal", None) is not None:
                    raise result.refusal
                return getattr(result, "success", None)

            return call

    return Client()


def processor(side: Side, handler: Any) -> Any:
    """A processor in the way of generated code."""
    thrift = side.Thrift

    class Processor(thrift.TProcessor):  # type: ignore[misc]
        _look: Any = None

        def on_message_begin(self, func: Any) -> None:
            self._look = func

        def process(self, iprot: Any, oprot: Any) -> Any:
            name, mtype, seqid = iprot.readMessageBegin()
            if self._look:
                self._look(name, mtype, seqid)
            if name not in side.types.calls:
                iprot.skip(thrift.TType.STRUCT)
                iprot.readMessageEnd()
                error = thrift.TApplicationException(
                    thrift.TApplicationException.UNKNOWN_METHOD, f"Unknown function {name}"
                )
                return self.answer(oprot, name, thrift.TMessageType.EXCEPTION, seqid, error)
            args_class, result_class = side.types.calls[name]
            args = args_class()
            args.read(iprot)
            iprot.readMessageEnd()
            values = [getattr(args, item[2]) for item in args_class.thrift_spec if item]
            reply = result_class() if result_class else None
            kind = thrift.TMessageType.REPLY
            try:
                success = getattr(handler, name)(*values)
                if hasattr(reply, "success"):
                    reply.success = success
            except side.types.Refusal as refusal:
                reply.refusal = refusal
            except Exception:
                kind = thrift.TMessageType.EXCEPTION
                reply = thrift.TApplicationException(thrift.TApplicationException.INTERNAL_ERROR, "Internal error")
            if result_class is not None:
                self.answer(oprot, name, kind, seqid, reply)
            return True

        def answer(self, oprot: Any, name: str, kind: int, seqid: int, reply: Any) -> bool:
            oprot.writeMessageBegin(name, kind, seqid)
            reply.write(oprot)
            oprot.writeMessageEnd()
            oprot.trans.flush()
            return True

    return Processor()
