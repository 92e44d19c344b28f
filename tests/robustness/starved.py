"""Run with a `malloc` that can be told to fail: every allocation of each action fails once, in its turn. Prints a line for
each action whose failures are not a MemoryError or a TException, or that does not work afterwards.
"""

from __future__ import annotations

import copy
import ctypes
import faulthandler
import gc
import json
import logging
import os
import pickle
import resource
import sys
import threading
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import Any

import fastthrift
from fastthrift import rpc
from fastthrift.parser.exc import ThriftParserError
from fastthrift.processor import TProcessor
from fastthrift.protocol import (
    TApacheJSONProtocolFactory,
    TBinaryProtocolFactory,
    TCompactProtocolFactory,
    TJSONProtocolFactory,
)
from fastthrift.thrift import TException, TMessageType
from fastthrift.transport import TBufferedTransportFactory, TFramedTransportFactory, TMemoryBuffer
from fastthrift.utils import deserialize, serialize

faulthandler.enable()
logging.disable(logging.CRITICAL)
starving = ctypes.PyDLL(None)
starving.starve_after.argtypes = [ctypes.c_long]
starving.starve_after.restype = None

IDL = """
    exception Boom { 1: string why }
    struct Rec { 1: i32 v = 1, 2: list<Rec> l, 3: map<string, Rec> m, 4: binary b, 5: set<i64> s }
    service Calc { Rec echo(1: Rec r) throws (1: Boom boom), i32 add(1: i32 a, 2: i32 b) }
"""
calc: Any = fastthrift.loads(IDL, module_name="starved_thrift")
REC = calc.Rec(
    l=[calc.Rec(v=2), calc.Rec(b=b"q" * 300)], m={"a": calc.Rec(), "\xe9": calc.Rec()}, b=b"y" * 5000, s=[1, 2]
)


class Handler:
    def echo(self, r: Any) -> Any:
        if r.v == 0:
            raise calc.Boom("no")
        return r

    def add(self, a: int, b: int) -> int:
        return a + b


clients: dict[str, Any] = {}


def client() -> Any:
    """One whose connection a failed allocation may have closed."""
    if "it" not in clients or not clients["it"]._iprot.trans.is_open():
        clients["it"] = rpc.make_client(calc.Calc, "127.0.0.1", PORT, timeout=20_000)
    return clients["it"]


def process(protocol: Any, transport: Any) -> bytes:
    sent = TMemoryBuffer()
    out = protocol.get_protocol(transport.get_transport(sent))
    out.write_message_begin("echo", TMessageType.CALL, 1)
    calc.Calc.echo_args(REC).write(out)
    out.write_message_end()
    out.trans.flush()
    answered = TMemoryBuffer()
    TProcessor(calc.Calc, Handler()).process(
        protocol.get_protocol(transport.get_transport(TMemoryBuffer(sent.getvalue()))),
        protocol.get_protocol(transport.get_transport(answered)),
    )
    return bytes(answered.getvalue())


def actions() -> dict[str, Callable[[], Any]]:
    found: dict[str, Callable[[], Any]] = {
        "a call": lambda: client().echo(REC),
        "a declared exception": lambda: client().echo(calc.Rec(v=0)),
        "connecting": lambda: rpc.make_client(calc.Calc, "127.0.0.1", PORT, timeout=20_000).add(1, 2),
        "a wrong value": lambda: serialize(calc.Rec(v="x")),
        "copies": lambda: copy.deepcopy(REC),
        "pickles": lambda: pickle.loads(pickle.dumps(REC)),
        "repr, equality, hash": lambda: (repr(REC), REC == copy.copy(REC), hash(calc.Rec(l=[calc.Rec()]))),
        "the dict": lambda: (dict(REC.__dict__), list(vars(REC).items())),
        "a class": lambda: type("Own", (calc.Rec,), {})(v=2).v,
        "an IDL": lambda: fastthrift.loads(IDL),
        "a wrong IDL": lambda: fastthrift.loads("struct S { 1: Nowhere n }"),
    }
    for make in (TBinaryProtocolFactory, TCompactProtocolFactory, TJSONProtocolFactory, TApacheJSONProtocolFactory):
        protocol: Any = make()
        name = make.__name__[1 : -len("ProtocolFactory")]
        data = serialize(REC, protocol)
        found[f"writing {name}"] = lambda protocol=protocol: serialize(REC, protocol)
        if make is TJSONProtocolFactory and not READS_JSON:
            continue
        found[f"reading {name}"] = lambda protocol=protocol, data=data: deserialize(calc.Rec(), data, protocol)
        if make is not TJSONProtocolFactory:  # which has Python frames below, whose loss has yet another text
            half = data[: len(data) // 2]
            found[f"reading half of {name}"] = lambda protocol=protocol, half=half: deserialize(
                calc.Rec(), half, protocol
            )
        for transport in (TBufferedTransportFactory(), TFramedTransportFactory()):
            found[f"answering {name}, {type(transport).__name__}"] = lambda protocol=protocol, transport=transport: (
                process(protocol, transport)
            )
    return found


def outcome(action: Callable[[], Any]) -> BaseException | None:
    try:
        action()
    except BaseException as error:  # noqa: BLE001 - is looked at
        return error
    return None


def starve(action: Callable[[], Any]) -> set[str]:
    """What is wrong with how it fails."""
    usual = type(outcome(action))
    wrong = set()
    for number in range(2000):
        try:
            starving.starve_after(number)
            error = outcome(action)
        except Exception as early:  # noqa: BLE001 - as below
            error = early.__context__ or MemoryError()
        while True:
            try:
                starving.starve_after(-1)
                break
            except Exception:  # noqa: BLE001 - ctypes has its own for the same
                pass
        if not starving.has_starved():
            break
        # What CPython makes of an exception on its way through a Python frame that it finds no memory for.
        is_lost = usual is not type(None) and str(error) == "error return without exception set"
        if not is_lost and not isinstance(error, (type(None), MemoryError, TException, ThriftParserError)):
            wrong.add(f"{type(error).__name__}: {error}")
        error = None
    else:
        wrong.add("never enough")
    after = type(outcome(action))
    if after is not usual:
        wrong.add(f"afterwards {after.__name__}, not {usual.__name__}")
    return wrong


def json_survives() -> bool:
    """Whether the standard library's `json` lives through it by itself, with which TJSONProtocol reads: 3.13.0's memo of
    names is broken once it could not grow, and crashes when it is used again."""
    child = os.fork()  # before there are threads
    if child == 0:
        try:
            faulthandler.disable()
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            text = json.dumps([{f"name{i}": i for i in range(9)}] * 2)
            starve(lambda: json.loads(text))
        finally:
            os._exit(0)
    return not os.WIFSIGNALED(os.waitpid(child, 0)[1])


def nested_codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from nested_codes(constant)


def spare_codes() -> list[CodeType]:
    """References to the code of all nested functions that CPython may give back too often.

    Where there is no memory for a nested function, 3.12 and 3.13.0 release its code once more than they own it
    (python/cpython#122752): the second time the code is freed, and whoever calls the function next crashes.
    """
    if not (3, 12) <= sys.version_info < (3, 14):
        return []
    found = {}
    for each in gc.get_objects():
        if isinstance(each, FunctionType):
            found.update((id(code), code) for code in nested_codes(each.__code__))
    return [*found.values()] * 200


READS_JSON = json_survives()
server = rpc.make_server(calc.Calc, Handler(), "127.0.0.1", 0)
server.trans.listen()
threading.Thread(target=server.serve, daemon=True).start()
PORT = server.trans.sock.getsockname()[1]
spare = spare_codes()
for name, action in actions().items():
    for what in starve(action):
        print(f"{name}: {what}", flush=True)
print("survived", flush=True)
sys.stdout.flush()
os._exit(0)  # the server's thread is none of this test
