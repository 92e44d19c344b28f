"""The two memory buffers against thriftpy2's: one table of steps, results compared."""

from __future__ import annotations

from typing import Any

import pytest

from fastthrift import transport
from fastthrift.transport import TTransportBase, memory

thriftpy2_memory = pytest.importorskip("thriftpy2.transport.memory")

Step = tuple[str, tuple[Any, ...]]

SCRIPTS: dict[str, tuple[tuple[Any, ...], list[Step]]] = {
    "write then read": ((), [("write", (b"abc",)), ("read", (2,)), ("getvalue", ()), ("read", (5,)), ("getvalue", ())]),
    "write after a value": ((b"abcd",), [("write", (b"Z",)), ("getvalue", ()), ("read", (1,)), ("getvalue", ())]),
    "read, then write": ((b"abcd",), [("read", (1,)), ("write", (b"Z",)), ("read", (9,)), ("getvalue", ())]),
    "read nothing": ((b"ab",), [("read", (0,)), ("getvalue", ())]),
    "read past the end": ((b"ab",), [("read", (9,)), ("read", (9,)), ("getvalue", ())]),
    "setvalue starts again": ((b"ab",), [("read", (1,)), ("setvalue", (b"xyz",)), ("getvalue", ()), ("read", (1,))]),
    "flush, open and is_open do nothing": ((b"a",), [("flush", ()), ("open", ()), ("is_open", ()), ("getvalue", ())]),
    "close": ((b"a",), [("close", ()), ("is_open", ()), ("read", (1,))]),
    "write beyond the value": ((b"ab",), [("write", (b"wxyz",)), ("getvalue", ()), ("read", (9,))]),
    "many writes": ((), [("write", (b"x" * 3000,))] * 5 + [("read", (10_000,)), ("getvalue", ())]),
    "None": ((None,), [("getvalue", ())]),
}


def play(cls: type, arguments: tuple[Any, ...], steps: list[Step]) -> list[Any]:
    buffer = cls(*arguments)
    results: list[Any] = []
    for method, given in steps:
        try:
            results.append(getattr(buffer, method)(*given))
        except Exception as error:
            results.append(type(error))
    return results


@pytest.mark.parametrize("name", ["TMemoryBuffer", "TCyMemoryBuffer"])
@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_a_memory_buffer_does_what_thriftpy2s_does(name: str, script: tuple[tuple[Any, ...], list[Step]]) -> None:
    assert play(getattr(memory, name), *script) == play(getattr(thriftpy2_memory, name), *script)


def test_which_class_a_name_denotes() -> None:
    assert transport.TMemoryBuffer is transport.TCyMemoryBuffer is memory.TCyMemoryBuffer
    assert memory.TMemoryBuffer is not memory.TCyMemoryBuffer
    assert isinstance(memory.TMemoryBuffer(), TTransportBase)
    assert not isinstance(memory.TCyMemoryBuffer(), TTransportBase)


def test_the_native_buffer_takes_text_as_utf8() -> None:
    buffer = memory.TCyMemoryBuffer("é", buf_size=10)
    buffer.write("ü")
    assert buffer.getvalue() == "éü".encode()
    buffer.setvalue("ö")
    assert buffer.getvalue() == "ö".encode()


def test_the_pure_buffer_takes_no_text() -> None:
    with pytest.raises(TypeError):
        memory.TMemoryBuffer("text")
    with pytest.raises(TypeError):
        memory.TMemoryBuffer().write("text")


@pytest.mark.parametrize("cls", [memory.TMemoryBuffer, memory.TCyMemoryBuffer])
def test_any_buffer_is_a_value(cls: type) -> None:
    for value in (bytearray(b"abc"), memoryview(b"xabcx")[1:4]):
        assert cls(value).getvalue() == b"abc"
    with pytest.raises(TypeError):
        cls(5)


@pytest.mark.parametrize("cls", [memory.TMemoryBuffer, memory.TCyMemoryBuffer])
def test_a_negative_read_gives_all_of_it(cls: type) -> None:
    assert cls(b"abc").read(-1) == b"abc"


def test_clean_empties_the_native_buffer_only() -> None:
    native, pure = memory.TCyMemoryBuffer(b"abc"), memory.TMemoryBuffer(b"abc")
    native.clean()
    pure.clean()
    assert (native.getvalue(), pure.getvalue()) == (b"", b"abc")


def test_the_native_buffer_has_its_other_names() -> None:
    buffer = memory.cymemory.TCyMemoryBuffer()
    buffer.c_write_buffer(b"ab")
    assert (buffer.read(2), buffer.sock) == (b"ab", None)


def test_values_are_copied() -> None:
    value = bytearray(b"abc")
    buffer = memory.TCyMemoryBuffer(value)
    value[0] = ord("X")
    assert buffer.getvalue() == b"abc"
