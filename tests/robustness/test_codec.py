"""The codecs in process: every prefix is refused, every mutant gives a value or an exception of Thrift's, memory that was
never sent does not come back, and an allocation that fails is a MemoryError."""

from __future__ import annotations

import io
import random
import time
import tracemalloc
from typing import Any

import pytest

import fastthrift
from fastthrift.protocol import TBinaryProtocolFactory, TCompactProtocolFactory
from fastthrift.thrift import TException
from fastthrift.utils import deserialize, serialize
from programs import run_program

from .no_memory import run_without_memory
from .served import IDL, robust

FACTORIES = {"binary": TBinaryProtocolFactory(), "compact": TCompactProtocolFactory()}


@pytest.fixture(params=list(FACTORIES))
def factory(request: pytest.FixtureRequest) -> Any:
    return FACTORIES[request.param]


def tree(source: random.Random, deep: int = 3) -> Any:
    def maybe(make: Any) -> Any:
        return make() if source.random() < 0.7 else None

    def text() -> str:
        return "".join(source.choice("aä€😀 ") for _ in range(source.randrange(12)))

    return robust.Tree(
        number=maybe(lambda: source.randrange(-(2**31), 2**31)),
        text=maybe(text),
        below=maybe(lambda: [tree(source, deep - 1) for _ in range(source.randrange(3))]) if deep else None,
        counts=maybe(lambda: {text(): source.randrange(-(2**63), 2**63) for _ in range(source.randrange(3))}),
        raw=maybe(lambda: source.randbytes(source.randrange(20))),
        ratios=maybe(lambda: [source.random() for _ in range(source.randrange(3))]),
        next=maybe(lambda: tree(source, deep - 1)) if deep else None,
        flag=maybe(lambda: source.random() < 0.5),
    )


def test_all_prefixes_of_many_payloads_are_refused(factory: Any) -> None:
    source = random.Random(1)
    prefixes = 0
    for _ in range(60):
        data = serialize(tree(source), factory)
        for size in range(min(len(data), 400)):
            try:
                taken = deserialize(robust.Tree(), data[:size], factory)
            except TException:
                prefixes += 1
            else:
                raise AssertionError(f"{data[:size]!r} was taken for {taken}")
    assert prefixes > 3000


def test_20000_mutants_give_a_value_or_an_exception_of_thrift(factory: Any) -> None:
    source = random.Random(2)
    payloads = [serialize(tree(source), factory) for _ in range(40)]
    outcomes = [0, 0]
    slowest = 0.0
    for i in range(20_000):
        data = bytearray(payloads[i % len(payloads)])
        for _ in range(source.randrange(1, 5)):
            at = source.randrange(len(data))
            what = source.randrange(4)
            if what == 0 and len(data) > 1:
                del data[at]
            elif what == 1:
                data.insert(at, source.randrange(256))
            else:
                data[at] = source.choice((0, 1, 0x7F, 0x80, 0xFF, source.randrange(256)))
        began = time.perf_counter()
        try:
            deserialize(robust.Tree(), bytes(data), factory)
            outcomes[0] += 1
        except TException:
            outcomes[1] += 1
        slowest = max(slowest, time.perf_counter() - began)
    assert min(outcomes) > 500, outcomes
    assert slowest < 1


# Each declares what does not come: a reader that reserves first would give, or take, memory.
DECLARED = {
    "binary": ["0b0002 000003e8", "0b0005 00030d40", "0b0002 7fffffff", "0f0003 0c 7fffffff", "0d0004 0b 0a 01312d00"],
    "compact": ["28 e807", "58 c09a0c", "28 ffffffff07", "39 fc ffffffff07", "4b 80daca09 b6"],
}


@pytest.mark.parametrize("name", list(FACTORIES))
def test_heartbleed_cve_2014_0160_memory_that_was_never_sent_does_not_come_back(name: str) -> None:
    secret = b"SECRET" * 2000
    for case in DECLARED[name]:
        for tail in (b"", b"\0", b"x" * 10):
            kept = bytearray(secret)
            del kept
            thing = robust.Tree()
            tracemalloc.start()
            with pytest.raises(TException):
                deserialize(thing, bytes.fromhex(case) + tail, FACTORIES[name])
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert most < 100_000
            assert vars(thing) == vars(robust.Tree())


def test_fresh_memory_never_shows_under_the_debugging_allocator() -> None:
    # PYTHONMALLOC=debug fills what was not written with 0xCD and checks the bounds of each block.
    code = f"""
        import fastthrift, random
        from fastthrift.protocol import *
        from fastthrift.thrift import TException
        from fastthrift.utils import serialize, deserialize
        robust = fastthrift.load({str(IDL)!r}, module_name="robust_thrift")
        source = random.Random(3)
        for factory in (TBinaryProtocolFactory(), TCompactProtocolFactory()):
            tree = robust.Tree(number=1, text="abc" * 20, raw=b"xyz" * 100, counts={{"a": 1}}, ratios=[1.0, 2.0],
                               below=[robust.Tree(text="t")], flag=True)
            whole = serialize(tree, factory)
            assert deserialize(robust.Tree(), whole, factory) == tree
            for _ in range(3000):
                data = bytearray(whole)
                for _ in range(3):
                    data[source.randrange(len(data))] = source.choice((0, 1, 2, 127, 128, 255))
                try:
                    shown = repr(deserialize(robust.Tree(), bytes(data), factory))
                except TException:
                    continue
                assert "\\\\xcd\\\\xcd" not in shown and "\\xcd\\xcd" not in shown, shown
        """
    done = run_program(code, PYTHONMALLOC="debug")
    assert done.returncode == 0, done.stderr[-1500:]


NO_MEMORY = """
    import sys
    import _testcapi
    import fastthrift
    from fastthrift.protocol import *
    from fastthrift.rpc import make_client
    from fastthrift.thrift import TException
    from fastthrift.utils import serialize, deserialize
    robust = fastthrift.load({idl!r}, module_name="robust_thrift")
    tree = robust.Tree(number=70000, text="abc" * 20, raw=b"xyz" * 100, counts={{"a": 2**40}}, ratios=[1.5, 2.5],
                       below=[robust.Tree(text="t" * 40)], next=robust.Tree(number=99999), flag=True)
    factory = {factory}()
    whole = serialize(tree, factory)
    def encode():
        return serialize(tree, factory)
    def decode():
        return deserialize(robust.Tree(), whole, factory)

    for action in (encode, decode):
        expected = action()
        failed = 0
        for n in range(1, 400):
            outcome = None
            _testcapi.set_nomemory(n, n + 1)
            try:
                outcome = action()
            except MemoryError:
                outcome = MemoryError
            except TException:
                outcome = MemoryError
            finally:
                _testcapi.remove_mem_hooks()
            if outcome is MemoryError:
                failed += 1
        assert failed or action is encode
        assert action() == expected
    print("survived")
"""


@pytest.mark.parametrize("factory_name", ["TBinaryProtocolFactory", "TCompactProtocolFactory"])
def test_each_allocation_that_fails_is_a_memory_error(factory_name: str) -> None:
    run_without_memory(NO_MEMORY.format(idl=str(IDL), factory=factory_name))


def test_typedefs_that_name_each_other_twice_cost_no_more_than_once(factory: Any) -> None:
    text = "typedef map<i32, i32> T0\n"
    text += "".join(f"typedef map<T{i}, T{i}> T{i + 1}\n" for i in range(60)) + "struct S { 1: T60 a }\n"
    began = time.monotonic()
    module: Any = fastthrift.load_fp(io.StringIO(text), "doubling_thrift")
    assert deserialize(module.S(), serialize(module.S(a={}), factory), factory).a == {}
    assert time.monotonic() - began < 2
