"""Modules of the shape that Apache's compiler writes, for tests: 0.17's and 0.25's. Their slow paths are left out on purpose, so
that code which is not accelerated fails.

`load(root, version)` gives one that imports from ``root``: ``thrift`` (the real one) or ``fastthrift.apache``.
"""

from __future__ import annotations

import types
from typing import Any

STRUCTS: dict[str, list[tuple[int, str, str, str, str]]] = {
    # (id, TType, name, args, default)
    "Inner": [(1, "I32", "n", "None", "None"), (2, "STRING", "s", "'UTF8'", "None")],
    "Everything": [
        (1, "BOOL", "flag", "None", "None"),
        (2, "BYTE", "small", "None", "None"),
        (3, "I16", "short", "None", "None"),
        (4, "I32", "number", "None", "7"),
        (5, "I64", "big", "None", "None"),
        (6, "DOUBLE", "real", "None", "None"),
        (7, "STRING", "text", "'UTF8'", "None"),
        (8, "STRING", "raw", "'BINARY'", "None"),
        (9, "STRUCT", "inner", "[Inner, None]", "None"),
        (10, "LIST", "numbers", "(TType.I32, None, False)", "None"),
        (11, "SET", "words", "(TType.STRING, 'UTF8', False)", "None"),
        (12, "MAP", "inners", "(TType.STRING, 'UTF8', TType.STRUCT, [Inner, None], False)", "None"),
        (
            13,
            "LIST",
            "nested",
            "(TType.MAP, (TType.I32, None, TType.LIST, (TType.BOOL, None, False), False), False)",
            "None",
        ),
        (30, "LIST", "structs", "(TType.STRUCT, [Inner, None], False)", "None"),
        (31, "I32", "colour", "None", "None"),
        (300, "STRUCT", "self_", "[Everything, None]", "None"),
    ],
    "Frozen": [(1, "I32", "id", "None", "None"), (2, "LIST", "parts", "(TType.STRING, 'UTF8', True)", "None")],
    "Refused": [(1, "STRING", "why", "'UTF8'", "None"), (2, "STRUCT", "frozen", "[Frozen, None]", "None")],
}
IMMUTABLE = ("Frozen", "Refused")

# name -> (arguments, result or None for a oneway)
METHODS: dict[str, tuple[list[tuple[int, str, str, str, str]], list[tuple[int, str, str, str, str]] | None]] = {
    "echo": (
        [(1, "STRUCT", "thing", "[Everything, None]", "None")],
        [(0, "STRUCT", "success", "[Everything, None]", "None")],
    ),
    "divide": (
        [(1, "I32", "a", "None", "None"), (2, "I32", "b", "None", "None")],
        [(0, "I32", "success", "None", "None"), (1, "STRUCT", "refused", "[Refused, None]", "None")],
    ),
    "nothing": ([], []),
    "tell": ([(1, "STRING", "text", "'UTF8'", "None")], None),
}

HEAD = """
from {root}.Thrift import TType, TMessageType, TFrozenDict, TException, TApplicationException
from {root}.protocol.TProtocol import TProtocolException
from {root}.TRecursive import fix_spec
from {root}.Thrift import TProcessor
from {root}.transport import TTransport
import sys
import logging
all_structs = []
"""

READ = """
    def read(self, iprot):
        if iprot._fast_decode is not None and isinstance(iprot.trans, TTransport.CReadableTransport) and self.thrift_spec is not None:
            iprot._fast_decode(self, iprot, [self.__class__, self.thrift_spec])
            return
        raise AssertionError("not accelerated")
"""
READ_FROZEN = """
    def __setattr__(self, *args):
        raise TypeError("can't modify immutable instance")

    def __delattr__(self, *args):
        raise TypeError("can't modify immutable instance")

    def __hash__(self):
        return hash(self.__class__) ^ hash(({values},))

    @classmethod
    def read(cls, iprot):
        if iprot._fast_decode is not None and isinstance(iprot.trans, TTransport.CReadableTransport) and cls.thrift_spec is not None:
            return iprot._fast_decode(None, iprot, [cls, cls.thrift_spec])
        raise AssertionError("not accelerated")
"""
WRITE = """
    def write(self, oprot):
{validate}        if oprot._fast_encode is not None and self.thrift_spec is not None:
            oprot.trans.write(oprot._fast_encode(self, [self.__class__, self.thrift_spec]))
            return
        raise AssertionError("not accelerated")

    def validate(self):
        return

    def __repr__(self):
        L = ['%s=%r' % (key, value) for key, value in self.__dict__.items()]
        return '%s(%s)' % (self.__class__.__name__, ', '.join(L))

    def __eq__(self, other):
        return isinstance(other, self.__class__) and self.__dict__ == other.__dict__

    def __ne__(self, other):
        return not (self == other)
"""


def _struct(name: str, fields: list[tuple[int, str, str, str, str]], version: int) -> str:
    base = "TException" if name == "Refused" else "object"
    text = f"\nclass {name}({base}):\n"
    if version >= 25:
        text += "    thrift_spec = None\n"
    names = [field[2] for field in fields]
    if fields:
        signature = "".join(f", {field[2]}={field[4]}" for field in fields)
        text += f"    def __init__(self{signature}):\n"
        for each in names:
            if name in IMMUTABLE:
                text += f"        super({name}, self).__setattr__('{each}', {each})\n"
            else:
                text += f"        self.{each} = {each}\n"
    if name in IMMUTABLE:
        text += READ_FROZEN.format(values=", ".join("self." + each for each in names))
        text = text.replace("def __hash__", "def __hash__")
    else:
        text += READ
    text += WRITE.format(validate="        self.validate()\n" if version >= 25 else "")
    return text


def _spec(name: str, fields: list[tuple[int, str, str, str, str]]) -> str:
    items = []
    if fields:
        by_id = {field[0]: field for field in fields}
        for each in range(max(by_id) + 1):
            if each in by_id:
                fid, ttype, field, args, default = by_id[each]
                items.append(f"    ({fid}, TType.{ttype}, '{field}', {args}, {default}, ),")
            else:
                items.append("    None,")
    return f"all_structs.append({name})\n{name}.thrift_spec = (\n" + "\n".join(items) + "\n)\n"


def _client(name: str, arguments: list[str], result: Any) -> str:
    text = f"\n    def {name}(self{''.join(', ' + each for each in arguments)}):\n"
    text += f"        self.send_{name}({', '.join(arguments)})\n"
    if result is not None:
        text += f"        return self.recv_{name}()\n"
    kind = "ONEWAY" if result is None else "CALL"
    text += f"\n    def send_{name}(self{''.join(', ' + each for each in arguments)}):\n"
    text += f"        self._oprot.writeMessageBegin('{name}', TMessageType.{kind}, self._seqid)\n        args = {name}_args()\n"
    for each in arguments:
        text += f"        args.{each} = {each}\n"
    text += (
        "        args.write(self._oprot)\n        self._oprot.writeMessageEnd()\n        self._oprot.trans.flush()\n"
    )
    if result is None:
        return text
    text += f"""
    def recv_{name}(self):
        iprot = self._iprot
        (fname, mtype, rseqid) = iprot.readMessageBegin()
        if mtype == TMessageType.EXCEPTION:
            x = TApplicationException()
            x.read(iprot)
            iprot.readMessageEnd()
            raise x
        result = {name}_result()
        result.read(iprot)
        iprot.readMessageEnd()
"""
    fields = [field[2] for field in result]
    for each in fields:
        verb = "return" if each == "success" else "raise"
        text += f"        if result.{each} is not None:\n            {verb} result.{each}\n"
    if "success" in fields:
        text += f'        raise TApplicationException(TApplicationException.MISSING_RESULT, "{name} failed: unknown result")\n'
    else:
        text += "        return\n"
    return text


def _process(name: str, arguments: list[str], result: Any) -> str:
    call = f"self._handler.{name}({', '.join('args.' + each for each in arguments)})"
    text = f"""
    def process_{name}(self, seqid, iprot, oprot):
        args = {name}_args()
        args.read(iprot)
        iprot.readMessageEnd()
"""
    if result is None:
        return (
            text
            + f"        try:\n            {call}\n        except TTransport.TTransportException:\n            raise\n"
            + "        except Exception:\n            logging.exception('Exception in oneway handler')\n"
        )
    fields = [field[2] for field in result]
    target = "result.success = " if "success" in fields else ""
    text += f"        result = {name}_result()\n        try:\n            {target}{call}\n            msg_type = TMessageType.REPLY\n"
    text += "        except TTransport.TTransportException:\n            raise\n"
    if "refused" in fields:
        text += "        except Refused as refused:\n            msg_type = TMessageType.REPLY\n            result.refused = refused\n"
    text += f"""        except TApplicationException as ex:
            logging.exception('TApplication exception in handler')
            msg_type = TMessageType.EXCEPTION
            result = ex
        except Exception:
            logging.exception('Unexpected exception in handler')
            msg_type = TMessageType.EXCEPTION
            result = TApplicationException(TApplicationException.INTERNAL_ERROR, 'Internal error')
        oprot.writeMessageBegin("{name}", msg_type, seqid)
        result.write(oprot)
        oprot.writeMessageEnd()
        oprot.trans.flush()
"""
    return text


SERVICE = """
class Client(Iface):
    def __init__(self, iprot, oprot=None):
        self._iprot = self._oprot = iprot
        if oprot is not None:
            self._oprot = oprot
        self._seqid = 0
{calls}

class Processor(Iface, TProcessor):
    def __init__(self, handler):
        self._handler = handler
        self._processMap = {{}}
{map}
        self._on_message_begin = None

    def on_message_begin(self, func):
        self._on_message_begin = func

    def process(self, iprot, oprot):
        (name, type, seqid) = iprot.readMessageBegin()
        if self._on_message_begin:
            self._on_message_begin(name, type, seqid)
        if name not in self._processMap:
            iprot.skip(TType.STRUCT)
            iprot.readMessageEnd()
            x = TApplicationException(TApplicationException.UNKNOWN_METHOD, 'Unknown function %s' % (name))
            oprot.writeMessageBegin(name, TMessageType.EXCEPTION, seqid)
            x.write(oprot)
            oprot.writeMessageEnd()
            oprot.trans.flush()
            return
        else:
            self._processMap[name](self, seqid, iprot, oprot)
        return True
{processes}
"""


def source(root: str, version: int) -> str:
    text = HEAD.format(root=root)
    helpers = dict(STRUCTS)
    calls, entries, processes = "", "", ""
    interface = "class Iface(object):\n"
    for name, (arguments, result) in METHODS.items():
        names = [field[2] for field in arguments]
        helpers[name + "_args"] = arguments
        if result is not None:
            helpers[name + "_result"] = result
        interface += f"    def {name}(self{''.join(', ' + each for each in names)}):\n        pass\n"
        calls += _client(name, names, result)
        entries += f'        self._processMap["{name}"] = Processor.process_{name}\n'
        processes += _process(name, names, result)
    for name, fields in helpers.items():
        text += _struct(name, fields, version)
    for name, fields in helpers.items():
        text += _spec(name, fields)
    text += "fix_spec(all_structs)\ndel all_structs\n" + interface
    return text + SERVICE.format(calls=calls, map=entries, processes=processes)


def load(root: str, version: int) -> Any:
    module = types.ModuleType(f"generated_{root.replace('.', '_')}_{version}")
    exec(compile(source(root, version), module.__name__, "exec"), module.__dict__)
    return module
