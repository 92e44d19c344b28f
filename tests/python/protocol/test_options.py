"""What factories are told: how strings, sets and bytes come back."""

from __future__ import annotations

import asyncio
import copy
import pickle
from typing import Any

import pytest

import fastthrift
from fastthrift.contrib.aio.http import TAsyncMemoryBuffer
from fastthrift.contrib.aio.protocol import TAsyncBinaryProtocolFactory, TAsyncCompactProtocolFactory
from fastthrift.protocol import (
    TApacheJSONProtocolFactory,
    TBinaryProtocolFactory,
    TCompactProtocolFactory,
    THeaderProtocolFactory,
    TJSONProtocolFactory,
    TMultiplexedProtocolFactory,
)
from fastthrift.protocol.exc import TProtocolException, TProtocolTextError
from fastthrift.thrift import TException
from fastthrift.transport import TMemoryBuffer
from fastthrift.utils import deserialize, serialize

box: Any = fastthrift.loads("""
    struct Box {
      1: string text
      2: set<string> names
      3: set<list<i32>> lists
      4: map<string, set<i32>> deep
      5: set<set<string>> sets_
      6: binary blob
    }
""")

NATIVE = [TBinaryProtocolFactory, TCompactProtocolFactory]
BY_NAME = pytest.mark.parametrize("factory", NATIVE, ids=lambda each: each.__name__)


@BY_NAME
def test_text_that_is_no_utf8_is_bytes_unless_strict(factory: Any) -> None:
    data = serialize(box.Box(text=b"\xff\xfe"), factory())
    assert deserialize(box.Box(), data, factory()).text == b"\xff\xfe"
    with pytest.raises(UnicodeDecodeError) as raised:
        deserialize(box.Box(), data, factory(strict_decode=True))
    error = raised.value
    assert isinstance(error, TProtocolException) and isinstance(error, TException) and isinstance(error, ValueError)
    assert error.type == TProtocolException.INVALID_DATA
    assert (error.encoding, error.object, error.start, error.end, error.reason) == (
        "utf-8",
        b"\xff\xfe",
        0,
        1,
        "invalid start byte",
    )
    assert str(error) == "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"


def test_error_of_strict_decoding_pickles_and_copies() -> None:
    error = TProtocolTextError("utf-8", b"a\xff", 1, 2, "invalid start byte")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.type, again.args) == (TProtocolTextError, str(error), 1, error.args)


@BY_NAME
def test_connection_buffer_is_clean_after_a_strict_error(factory: Any) -> None:
    trans = TMemoryBuffer(serialize(box.Box(text=b"\xff"), factory()))
    protocol = factory(strict_decode=True).get_protocol(trans)
    with pytest.raises(TProtocolException):
        protocol.read_struct(box.Box())
    assert trans.getvalue() == b""


@pytest.mark.parametrize(
    ("factory", "plain"),
    [(TAsyncBinaryProtocolFactory, TBinaryProtocolFactory), (TAsyncCompactProtocolFactory, TCompactProtocolFactory)],
)
def test_asyncio_is_strict_alike(factory: Any, plain: Any) -> None:
    data = serialize(box.Box(text=b"\xff"), plain())

    async def read() -> None:
        await factory(strict_decode=True).get_protocol(TAsyncMemoryBuffer(data)).read_struct(box.Box())

    with pytest.raises(UnicodeDecodeError) as raised:
        asyncio.run(read())
    assert isinstance(raised.value, TProtocolException)


@BY_NAME
def test_no_string_is_decoded_without_decode_response(factory: Any) -> None:
    data = serialize(box.Box(text="ä", names=["a"], deep={"k": [1]}, blob=b"b"), factory())
    got = deserialize(box.Box(), data, factory(decode_response=False))
    assert (got.text, got.names, got.deep, got.blob) == ("ä".encode(), [b"a"], {b"k": [1]}, b"b")
    assert deserialize(box.Box(), data, factory(decode_response=False, strict_decode=True)) == got


@pytest.mark.parametrize("factory", [*NATIVE, TApacheJSONProtocolFactory], ids=lambda each: each.__name__)
def test_sets_are_lists_unless_asked_for(factory: Any) -> None:
    sent = box.Box(names={"a", "b"}, lists={(1, 2), (3,)}, deep={"k": {1, 2}}, sets_=[{"x"}, {"y", "z"}])
    data = serialize(sent, factory())
    lists = deserialize(box.Box(), data, factory())
    assert [type(each) for each in (lists.names, lists.lists, lists.deep["k"], lists.sets_[0])] == [list] * 4
    sets = deserialize(box.Box(), data, factory(sets=True))
    assert sets.names == {"a", "b"}
    assert sets.lists == {(1, 2), (3,)}
    assert sets.deep == {"k": {1, 2}}
    assert sets.sets_ == {frozenset({"x"}), frozenset({"y", "z"})}
    assert type(sets.names) is set
    assert deserialize(box.Box(), serialize(sets, factory()), factory(sets=True)) == sets


@BY_NAME
def test_options_may_change_after_construction(factory: Any) -> None:
    data = serialize(box.Box(text="a", names=["n"]), factory())
    protocol = factory().get_protocol(TMemoryBuffer(data * 3))
    assert protocol.read_struct(box.Box()).text == "a"
    protocol.decode_response = False
    assert protocol.read_struct(box.Box()).text == b"a"
    protocol.sets = True
    assert protocol.read_struct(box.Box()).names == {b"n"}


def test_serialize_and_deserialize_take_their_arguments_by_name() -> None:
    data = serialize(thrift_object=box.Box(text="a"), proto_factory=TCompactProtocolFactory())
    assert data == b"\x18\x01a\x00"
    assert deserialize(thrift_object=box.Box(), buf=data, proto_factory=TCompactProtocolFactory()).text == "a"


COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{
        f"pickle {n}": lambda each, n=n: pickle.loads(pickle.dumps(each, n)) for n in range(pickle.HIGHEST_PROTOCOL + 1)
    },
}
NATIVE = [TBinaryProtocolFactory, TCompactProtocolFactory, TApacheJSONProtocolFactory]


class Labelled(TBinaryProtocolFactory):
    """A user's own, with an argument and attributes."""

    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(**options)
        self.label, self.seen = label, [label]


@pytest.mark.parametrize("duplicate", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("factory", NATIVE)
def test_a_factory_goes_to_another_process_with_its_options(factory: Any, duplicate: Any) -> None:
    given = {
        "decode_response": False,
        "strict_decode": True,
        "max_depth": 9,
        "max_message": None,
        "max_string": 5,
        "sets": True,
    }
    before = factory(max_container=7, **given)
    before.max_expansion = 3
    after = duplicate(before)
    assert type(after) is factory and after is not before
    for name in (*given, "max_container", "max_expansion"):
        assert getattr(after, name) == getattr(before, name), name
    assert after.get_protocol(TMemoryBuffer()).max_depth == 9
    after.max_depth = 10
    assert before.max_depth == 9


@pytest.mark.parametrize("duplicate", COPIES.values(), ids=COPIES)
def test_what_only_binary_has_goes_along(duplicate: Any) -> None:
    after = duplicate(TBinaryProtocolFactory(strict_read=False, strict_write=False))
    assert (after.strict_read, after.strict_write) == (False, False)
    protocol = after.get_protocol(TMemoryBuffer())
    protocol.write_message_begin("n", 1, 5)
    assert protocol.trans.getvalue() == b"\0\0\0\1n\1\0\0\0\5"


@pytest.mark.parametrize("duplicate", COPIES.values(), ids=COPIES)
def test_a_factory_of_the_users_takes_its_own_attributes_along(duplicate: Any) -> None:
    before = Labelled("mine", strict_read=False, max_string=3)
    after = duplicate(before)
    assert type(after) is Labelled
    assert (after.label, after.seen, after.strict_read, after.max_string) == ("mine", ["mine"], False, 3)
    assert (after.seen is before.seen) is (duplicate is copy.copy)


@pytest.mark.parametrize("duplicate", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize(
    "make",
    [lambda: TMultiplexedProtocolFactory(TCompactProtocolFactory(), "s"), TJSONProtocolFactory, THeaderProtocolFactory],
)
def test_factories_of_factories_go_along_as_well(make: Any, duplicate: Any) -> None:
    before = make()
    assert type(duplicate(before)) is type(before)
