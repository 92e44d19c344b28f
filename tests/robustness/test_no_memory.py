"""One allocation of a parse, a load or a call fails, each in its turn: a MemoryError, and the next one works."""

from __future__ import annotations

import pytest

from .no_memory import run_without_memory

PROGRAM = """
    import io
    import _testcapi
    import fastthrift
    from fastthrift import _core

    TEXT = b'''
    typedef i32 N
    enum E {{ A, B }}
    struct S {{ 1: N n = 3, 2: list<string> t = ["a"], 3: map<string, E> m = {{"k": E.A}} }} (a = "b")
    exception X {{ 1: string m }}
    service T {{ S get(1: N n, 2: S s) throws (1: X x), oneway void go() }}
    const S C = {{"n": 4}}
    '''
    document = _core.parse_idl(TEXT, "a.thrift")
    included = _core.parse_idl(b'include "x.thrift"', "b.thrift")

    def parse():
        _core.parse_idl(TEXT, "a.thrift")

    def refuse():
        try:
            _core.parse_idl(b"struct {{", "a.thrift")
        except fastthrift.parser.exc.ThriftGrammarError:
            pass

    def compile():
        _core.compile_idl(document, [])

    def includes():
        included.includes

    def load():
        fastthrift.load_fp(io.StringIO(TEXT.decode()), "a_thrift")

    action = {action}
    action()
    refused = 0
    for n in range({most}):
        _testcapi.set_nomemory(n, n + 1)
        try:
            action()
        except MemoryError:
            refused += 1
        finally:
            _testcapi.remove_mem_hooks()
    action()
    assert refused > 0
    print("survived")
"""


@pytest.mark.parametrize(
    ("action", "most"), [("parse", 60), ("refuse", 60), ("compile", 60), ("includes", 30), ("load", 700)]
)
def test_an_allocation_that_fails_is_a_memory_error(action: str, most: int) -> None:
    run_without_memory(PROGRAM.format(action=action, most=most))
