"""The cyclic collector rests while a big message is read, and only then."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from fastthrift.thrift import TException
from twins import CODECS, I32, LIST, STRUCT, Codec, struct

Leaf = struct("Leaf", {1: (LIST, "l", I32)})
Big = struct("Big", {1: (LIST, "leaves", (STRUCT, Leaf))}).ours
BY_CODEC = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
RESTS = pytest.mark.skipif(
    not (3, 10) <= sys.version_info < (3, 12), reason="elsewhere the collector does not run inside the decoder"
)


def big(size: int = 20_000) -> Any:
    return Big(leaves=[Leaf.ours(l=[1])] * size)


@pytest.fixture
def collections() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(phase: str, info: dict[str, int]) -> None:
        seen.append(phase)

    gc.collect()
    gc.callbacks.append(note)
    yield seen
    gc.callbacks.remove(note)


@RESTS
@BY_CODEC
def test_it_rests_during_a_big_message(codec: Codec, collections: list[str]) -> None:
    data = codec.write(big())
    target = Big()
    gc.collect()
    collections.clear()
    codec.read(target, data)
    # 40,000 objects would be more than 50 collections; the first may come before the message is known to be big.
    assert len([phase for phase in collections if phase == "start"]) <= 2
    assert gc.isenabled()


@BY_CODEC
@pytest.mark.parametrize("was_on", [True, False])
def test_its_state_is_what_it_was(codec: Codec, was_on: bool) -> None:
    data = codec.write(big())
    try:
        if not was_on:
            gc.disable()
        codec.read(Big(), data)
        assert gc.isenabled() is was_on
        with pytest.raises(TException):
            codec.read(Big(), data[:-100])
        assert gc.isenabled() is was_on
    finally:
        gc.enable()


@BY_CODEC
def test_cycles_through_decoded_objects_are_collected(codec: Codec) -> None:
    value = codec.read(Big(), codec.write(big(3)))
    leaf = value.leaves[0]
    leaf.l.append(value)
    value.leaves.append(value.leaves)
    gone = weakref.ref(value)
    del value, leaf
    gc.collect()
    assert gone() is None


@BY_CODEC
def test_lists_are_tracked_again(codec: Codec) -> None:
    value = codec.read(Big(), codec.write(big(3)))
    assert gc.is_tracked(value.leaves)
    assert gc.is_tracked(value.leaves[0].l)
