"""How deep structs and containers may stand inside each other."""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

import pytest

import twins
from fastthrift.protocol import TBinaryProtocol, TCompactProtocol
from fastthrift.protocol.exc import TProtocolException
from fastthrift.thrift import TPayload
from fastthrift.transport import TMemoryBuffer
from twins import BINARY_CODEC, CODECS, I32, LIST, MAP, STRUCT, Codec, one, struct

BY_CODEC = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)


class Nested(TPayload):
    thrift_spec: dict[int, Any] = {2: (I32, "x", False)}
    default_spec = [("n", None), ("l", None), ("m", None), ("x", None)]


# Recursive: the class is known only after its statement.
Nested.thrift_spec = {
    1: (STRUCT, "n", Nested, False),
    3: (LIST, "l", (STRUCT, Nested), False),
    4: (MAP, "m", (I32, (STRUCT, Nested)), False),
    2: (I32, "x", False),
}
Empty = struct("Empty", {}).ours


def chain(depth: int) -> Any:
    value = Nested()
    for _ in range(depth - 1):
        value = Nested(n=value)
    return value


def nested_bytes(name: str, depth: int) -> bytes:
    header = b"\x0c\0\1" if name == "binary" else b"\x1c"
    return header * (depth - 1) + bytes(depth)


@BY_CODEC
def test_64_levels_are_read_and_written(codec: Codec) -> None:
    data = nested_bytes(codec.name, 64)
    assert codec.write(chain(64)) == data
    assert codec.read(Nested(), data) == chain(64)
    assert codec.read(Empty(), data) == Empty()


TOO_DEEP = [
    ("writing a Thrift struct", lambda codec: codec.write(chain(65))),
    ("reading a Thrift struct", lambda codec: codec.read(Nested(), nested_bytes(codec.name, 65))),
    ("skipping a Thrift struct", lambda codec: codec.read(Empty(), nested_bytes(codec.name, 66))),
]


@BY_CODEC
@pytest.mark.parametrize(("doing", "do"), TOO_DEEP, ids=[case[0] for case in TOO_DEEP])
@pytest.mark.parametrize("kind", [RecursionError, TProtocolException])
def test_65_levels_are_too_deep(codec: Codec, doing: str, do: Any, kind: Any) -> None:
    with pytest.raises(kind) as got:
        do(codec)
    assert str(got.value) == f"maximum nesting depth exceeded while {doing}"
    assert got.value.type == TProtocolException.DEPTH_LIMIT


@BY_CODEC
def test_containers_count_as_structs_do(codec: Codec) -> None:
    limited = twins.codec(codec.name, max_depth=4)
    fits = one(LIST, (LIST, (LIST, I32))).ours
    deep = one(LIST, (LIST, (LIST, (LIST, I32)))).ours
    data = codec.write(fits(f=[[[1]]]))
    assert limited.write(fits(f=[[[1]]])) == data
    assert limited.read(fits(), data) == fits(f=[[[1]]])
    assert limited.read(Empty(), data) == Empty()
    with pytest.raises(RecursionError, match="while writing a Thrift container"):
        limited.write(deep(f=[[[[]]]]))
    data = codec.write(deep(f=[[[[]]]]))
    with pytest.raises(RecursionError, match="while reading a Thrift container"):
        limited.read(deep(), data)
    with pytest.raises(RecursionError, match="while skipping a Thrift container"):
        limited.read(Empty(), data)


def test_limit_is_an_attribute_of_the_protocol() -> None:
    for protocol in (TBinaryProtocol, TCompactProtocol):
        writer = protocol(TMemoryBuffer(), max_depth=3)
        assert writer.max_depth == 3
        with pytest.raises(RecursionError):
            writer.write_struct(chain(4))
        writer.max_depth = 4
        writer.write_struct(chain(4))
        writer.max_depth = None
        writer.write_struct(chain(500))


# What the address sanitizer puts around each variable makes frames about four times as big.
STACK = 512 * 1024 * (6 if "asan" in os.environ.get("LD_PRELOAD", "") else 1)


def in_a_small_thread(do: Any) -> Any:
    """With the stack that threads have by default on macOS."""
    result: list[Any] = []
    before = threading.stack_size(STACK)
    try:
        thread = threading.Thread(target=lambda: result.append(do()))
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join(30)
    return result[0] if result else None


@BY_CODEC
def test_no_limit_still_spares_the_c_stack(codec: Codec) -> None:
    endless = twins.codec(codec.name, max_depth=None)
    deepest = nested_bytes(codec.name, 1000)
    assert in_a_small_thread(lambda: endless.write(endless.read(Nested(), deepest))) == deepest

    def too_deep() -> Any:
        with pytest.raises(RecursionError):
            endless.read(Nested(), nested_bytes(codec.name, 1_000_000))
        with pytest.raises(RecursionError):
            endless.write(chain(100_000))
        # What nobody wants takes no stack.
        return endless.read(Empty(), nested_bytes(codec.name, 1_000_000)) == Empty()

    assert in_a_small_thread(too_deep)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python's limit does not count C code there")
def test_pythons_recursion_limit_is_another_matter() -> None:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(150)
    try:
        assert BINARY_CODEC.write(chain(64)) == nested_bytes("binary", 64)
    finally:
        sys.setrecursionlimit(before)


def test_struct_that_contains_itself_is_too_deep() -> None:
    value = Nested()
    value.n = value
    for each in CODECS:
        with pytest.raises(RecursionError, match="while writing a Thrift struct"):
            each.write(value)
    numbers: list[Any] = []
    numbers.append(numbers)
    with pytest.raises(RecursionError, match="while writing"):
        twins.codec("binary").write(Nested(l=[Nested(l=[value])]))
