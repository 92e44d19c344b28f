"""What generators write for a service's processor, to tell it from what people write.

A function is taken for generated where its code is what the generator's text compiles to, to the last name and constant: somebody
may have added a line. The texts are those of our generator and of Apache's compiler 0.17 and newer.
"""

from __future__ import annotations

import types
from functools import lru_cache
from typing import Any, NamedTuple, Optional

_OURS = """
def process(self, seqid, iprot, oprot):
    self._process({name!r}, seqid, iprot, oprot)
"""

_PROCESS = """
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
"""

_READ = """
def process(self, seqid, iprot, oprot):
    args = {name}_args()
    args.read(iprot)
    iprot.readMessageEnd()
"""

_ONEWAY = (
    _READ
    + """
    try:
        self._handler.{name}({arguments})
    except TTransport.TTransportException:
        raise
    except Exception:
        logging.exception('Exception in oneway handler')
"""
)

_CALL = (
    _READ
    + """
    result = {name}_result()
    try:
        {target}self._handler.{name}({arguments})
        msg_type = TMessageType.REPLY
    except TTransport.TTransportException:
        raise
{declared}
    except TApplicationException as ex:
        logging.exception('TApplication exception in handler')
        msg_type = TMessageType.EXCEPTION
        result = ex
    except Exception:
        logging.exception('Unexpected exception in handler')
        msg_type = TMessageType.EXCEPTION
        result = TApplicationException(TApplicationException.INTERNAL_ERROR, 'Internal error')
    oprot.writeMessageBegin({name!r}, msg_type, seqid)
    result.write(oprot)
    oprot.writeMessageEnd()
    oprot.trans.flush()
"""
)

_DECLARED = """
    except {cls} as {name}:
        msg_type = TMessageType.REPLY
        result.{name} = {name}
"""


class Method(NamedTuple):
    """A method of a processor that Apache's compiler wrote."""

    args: Any
    result: Optional[Any]
    arguments: list[str]  # in the order of their declaration


def is_ours(function: Any, name: str) -> bool:
    """Whether a ``process_f`` is what our generator writes, and does nothing else."""
    return _is_written(function, _OURS.format(name=name))


def is_compiled_process(function: Any) -> bool:
    """Whether a processor's ``process`` is what Apache's compiler writes."""
    return _is_written(function, _PROCESS)


def compiled_method(function: Any, name: Any) -> Optional[Method]:
    """What a ``process_f`` does, where it is what Apache's compiler writes for ``f``."""
    if type(function) is not types.FunctionType or type(name) is not str or not name.isidentifier():
        return None
    scope = function.__globals__
    args, result = scope.get(name + "_args"), scope.get(name + "_result")
    if not _is_compiled_struct(args) or not (result is None or _is_compiled_struct(result)):
        return None
    arguments = _parameters(args)
    words = {"name": name, "arguments": ", ".join(f"args.{each}" for each in arguments)}
    if result is None:
        return Method(args, None, arguments) if _is_written(function, _ONEWAY.format(**words)) else None
    by_name = {item[2]: item for item in result.thrift_spec if item is not None}
    declared = ""
    for each in _parameters(result):
        item = by_name.get(each) or by_name.get(each.rstrip("_"))
        if item is None:
            return None
        if item[0] != 0:
            declared += _DECLARED.format(cls=_shown(item[3][0], scope), name=each)
    words.update(declared=declared, target="result.success = " if "success" in by_name else "")
    return Method(args, result, arguments) if _is_written(function, _CALL.format(**words)) else None


def _is_compiled_struct(cls: Any) -> bool:
    """Whether it is read and written by its spec, as the compiler's classes are."""
    if not isinstance(cls, type) or type(getattr(cls, "thrift_spec", None)) is not tuple:
        return False
    return all(
        step in getattr(getattr(getattr(cls, method, None), "__code__", None), "co_names", ())
        for method, step in (("read", "_fast_decode"), ("write", "_fast_encode"))
    )


def _parameters(cls: Any) -> list[str]:
    """Of the constructor, which a struct without fields does not have."""
    code = getattr(cls.__init__, "__code__", None)
    return [] if code is None else list(code.co_varnames[1 : code.co_argcount])


def _shown(cls: type, scope: dict[str, Any]) -> str:
    """As the module names the class: its own or an included file's."""
    return cls.__name__ if scope.get(cls.__name__) is cls else f"{cls.__module__}.{cls.__name__}"


def _is_written(function: Any, text: str) -> bool:
    return (
        type(function) is types.FunctionType
        and not function.__closure__
        and not function.__defaults__
        and _essence(function.__code__) == _model(text)
    )


@lru_cache(maxsize=256)
def _model(text: str) -> Any:
    """Compiled, not run. Python compiles calls of what a module imports otherwise than calls of others."""
    try:
        module = compile("import logging\n" + text, "<generated>", "exec", dont_inherit=True)
    except SyntaxError:
        return None  # with a name that no generator could have written
    return next(_essence(each) for each in module.co_consts if isinstance(each, types.CodeType))


def _essence(code: types.CodeType) -> Any:
    table = getattr(code, "co_exceptiontable", b"")  # from Python 3.11
    return code.co_argcount, code.co_varnames, code.co_names, repr(code.co_consts), code.co_code, table
