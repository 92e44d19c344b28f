"""Enums of an IDL: what classes of ints can be asked, and what `enum.IntEnum` changes."""

from __future__ import annotations

import copy
import enum
import inspect
import pickle
import sys
from pathlib import Path
from typing import Any

import pytest

import fastthrift
from fastthrift.contrib.aio.protocol import TAsyncBinaryProtocolFactory
from fastthrift.processor import TProcessor
from fastthrift.protocol import (
    TApacheJSONProtocolFactory,
    TBinaryProtocolFactory,
    TCompactProtocolFactory,
    TJSONProtocolFactory,
)
from fastthrift.rpc import client_context, make_server
from fastthrift.transport import TMemoryBuffer
from fastthrift.utils import deserialize, serialize

IDL = """
/** What it looks like. */
enum Colour { RED = 1 (a = "b"), GREEN = -2, BLUE, TEAL = -1, LIME = -2 }
enum Nothing {}
const Colour BEST = Colour.GREEN
const list<Colour> ALL = [Colour.RED, Colour.BLUE]
const i32 NUMBER = Colour.RED
struct Paint {
  1: Colour colour = Colour.RED
  2: list<Colour> list_
  3: map<Colour, Colour> map_
  4: set<Colour> set_
  5: i32 number = Colour.RED
  6: Colour unset
}
service Painter { Colour mix(1: Colour a, 2: list<Colour> more) }
"""

plain: Any = fastthrift.loads(IDL)
members: Any = fastthrift.loads(IDL, module_name="enum_members_thrift", enums=enum.IntEnum)

PROTOCOLS = [TBinaryProtocolFactory(), TCompactProtocolFactory(), TApacheJSONProtocolFactory(), TJSONProtocolFactory()]


def full(module: Any) -> Any:
    colour = module.Colour
    return module.Paint(
        colour.BLUE, [colour.RED, colour.LIME], {colour.RED: colour.BLUE}, [colour.TEAL], 5, None
    )  # fmt: skip


# (expression over the class, its value): of a class of ints, and of IntEnum
QUESTIONS = [
    ("Colour.RED", 1),
    ("Colour(1)", 1),
    ("Colour(True)", 1),
    ("Colour['BLUE']", -1),
    ("1 in Colour", True),
    ("7 in Colour", False),
    ("list(Colour)", [1, -2, -1]),
    ("len(Colour)", 3),
    ("bool(Nothing)", True),
    ("list(Nothing)", []),
    ("list(Colour.__members__)", ["RED", "GREEN", "BLUE", "TEAL", "LIME"]),
    ("Colour._VALUES_TO_NAMES", {1: "RED", -2: "LIME", -1: "TEAL"}),
    ("Colour._NAMES_TO_VALUES", {"RED": 1, "GREEN": -2, "BLUE": -1, "TEAL": -1, "LIME": -2}),
    ("Colour._ttype", 8),
    ("Colour.__doc__", "What it looks like."),
    ("Colour.__thrift_item_annotations__", {"RED": {"a": "b"}}),
    ("Colour.__thrift_lineno__", 3),
    ("Colour.__name__", "Colour"),
    ("BEST", -2),
    ("ALL", [1, -1]),
    ("NUMBER", 1),
    ("Paint().colour", 1),
]


@pytest.mark.parametrize("module", [plain, members], ids=["ints", "IntEnum"])
@pytest.mark.parametrize(("question", "answer"), QUESTIONS)
def test_class_is_asked_as_an_enum_is(module: Any, question: str, answer: Any) -> None:
    if module is members and question.endswith(" in Colour") and sys.version_info < (3, 12):
        pytest.skip("the standard library asks for a member there")
    assert eval(question, dict(vars(module))) == answer


@pytest.mark.parametrize("module", [plain, members], ids=["ints", "IntEnum"])
@pytest.mark.parametrize("value", [7, "RED", None, 1.5])
def test_value_that_no_item_has_is_a_value_error(module: Any, value: Any) -> None:
    with pytest.raises(ValueError, match="is not a valid (Colour|enum_members_thrift.Colour)"):
        module.Colour(value)
    with pytest.raises(KeyError):
        module.Colour["PINK"]


def test_class_of_ints_is_what_thriftpy2_makes_where_thriftpy2_has_an_answer() -> None:
    colour = plain.Colour
    assert colour.__mro__ == (colour, object)
    assert isinstance(colour, type) and inspect.isclass(colour)
    assert repr(colour) == "<class 'idl.Colour'>"
    assert type(colour.RED) is int and type(colour(1)) is int
    assert isinstance(colour(), colour)  # useless, but there
    assert copy.deepcopy(colour) is colour
    assert "__members__" not in dir(colour)
    assert plain.Paint.thrift_spec[1] == (8, "colour", colour, False)


def test_classes_of_ints_can_be_derived_from_as_any_class() -> None:
    class Own(plain.Colour):
        PINK = 9

    assert (Own.RED, Own.PINK, list(Own)) == (1, 9, [1, -2, -1])
    assert isinstance(Own(), plain.Colour)


@pytest.mark.parametrize("factory", PROTOCOLS, ids=lambda each: type(each).__name__)
def test_members_come_back_from_every_protocol(factory: Any) -> None:
    sent = full(members)
    data = serialize(sent, factory)
    assert data == serialize(full(plain), factory)
    got = deserialize(members.Paint(), data, factory)
    assert got == sent
    assert repr(got) == repr(sent)
    colour = members.Colour
    assert got.colour is colour.BLUE
    assert [type(each) for each in got.list_] == [colour] * 2
    assert [(type(k), type(v)) for k, v in got.map_.items()] == [(colour, colour)]
    assert type(got.set_[0]) is colour
    assert type(got.number) is int and got.unset is None


@pytest.mark.parametrize("factory", PROTOCOLS, ids=lambda each: type(each).__name__)
def test_members_are_written_as_their_numbers(factory: Any) -> None:
    assert serialize(full(members), factory) == serialize(full(plain), factory)
    got = deserialize(members.Paint(), serialize(full(members), factory), factory)
    assert got == full(members)


@pytest.mark.parametrize("factory", PROTOCOLS, ids=lambda each: type(each).__name__)
def test_number_that_no_item_has_stays_a_number(factory: Any) -> None:
    data = serialize(plain.Paint(colour=99, list_=[99, 1]), factory)
    got = deserialize(members.Paint(), data, factory)
    assert (got.colour, type(got.colour)) == (99, int)
    assert got.list_ == [99, members.Colour.RED]
    assert serialize(got, factory) == data


def test_defaults_and_constants_are_members() -> None:
    assert members.Paint().colour is members.Colour.RED
    assert members.BEST is members.Colour.GREEN
    assert [type(each) for each in members.ALL] == [members.Colour] * 2
    assert type(members.NUMBER) is int and type(members.Paint().number) is int


def test_plain_objects_and_classes_made_by_hand_get_members_too() -> None:
    class Plain:
        thrift_spec = members.Paint.thrift_spec

    got = TBinaryProtocolFactory().get_protocol(TMemoryBuffer(serialize(full(members)))).read_struct(Plain())
    assert got.colour is members.Colour.BLUE


def test_members_pickle_and_copy() -> None:
    sent = full(members)
    assert pickle.loads(pickle.dumps(sent)) == sent
    assert type(pickle.loads(pickle.dumps(sent)).colour) is members.Colour
    assert type(copy.deepcopy(sent).list_[0]) is members.Colour


def test_handlers_and_callers_get_members() -> None:
    import threading

    seen: list[Any] = []

    class Handler:
        def mix(self, a: Any, more: list[Any]) -> Any:
            seen.extend([a, *more])
            return members.Colour.BLUE

    server = make_server(members.Painter, Handler(), "127.0.0.1", 0)
    server.trans.listen()
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        with client_context(members.Painter, "127.0.0.1", server.trans.sock.getsockname()[1]) as client:
            assert client.mix(members.Colour.RED, [-2, 99]) is members.Colour.BLUE
    finally:
        server.close()
        thread.join(20)
    assert seen == [1, -2, 99]
    assert [type(each) for each in seen] == [members.Colour, members.Colour, int]
    assert isinstance(server.processor, TProcessor)


def test_asyncio_reads_members() -> None:
    import asyncio

    from fastthrift.contrib.aio.http import TAsyncMemoryBuffer

    async def read() -> Any:
        got = members.Paint()
        await TAsyncBinaryProtocolFactory().get_protocol(TAsyncMemoryBuffer(serialize(full(members)))).read_struct(got)
        return got

    assert type(asyncio.run(read()).colour) is members.Colour


def test_option_holds_for_includes_and_the_cache_keeps_both_kinds(tmp_path: Path) -> None:
    (tmp_path / "inner.thrift").write_text("enum E { A = 1 }")
    outer = tmp_path / "outer.thrift"
    outer.write_text('include "inner.thrift"\nstruct S { 1: inner.E e = inner.E.A }')
    ints = fastthrift.load(outer)
    enums = fastthrift.load(outer, enums=enum.IntEnum)
    assert type(ints.S().e) is int
    assert enums.S().e is enums.inner.E.A
    assert isinstance(enums.inner.E, type(enum.IntEnum))
    assert fastthrift.load(outer) is ints
    assert fastthrift.load(outer, enums=enum.IntEnum) is enums


@pytest.mark.parametrize("enums", [enum.Enum, "IntEnum", int])
def test_other_kinds_of_enums_are_refused(enums: Any) -> None:
    with pytest.raises(ValueError, match="enums can be None or enum.IntEnum"):
        fastthrift.loads("enum E { A }", enums=enums)


def test_load_fp_has_the_option() -> None:
    from io import StringIO

    module = fastthrift.load_fp(StringIO("enum E { A = 3 }"), "enum_fp_thrift", enums=enum.IntEnum)
    assert module.E(3) is module.E.A
