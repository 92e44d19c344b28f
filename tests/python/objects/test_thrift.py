"""The functions and words of `fastthrift.thrift`."""

from __future__ import annotations

import inspect

import pytest

import fastthrift.thrift

from .both import ours, outcome, theirs


class Enum:
    _VALUES_TO_NAMES = {1: "x"}


class Item:
    pass


def test_every_name_of_thriftpy2_is_there():
    inner = {"Any", "Callable", "ClassVar", "Dict", "List", "Optional", "Tuple", "Type", "TYPE_CHECKING"}
    inner |= {"functools", "linecache", "types", "zip_longest", "annotations", "_hash_value"}
    faces = {"TClient", "TProcessor", "TMultiplexedProcessor", "TProcessorFactory"}
    missing = {name for name in vars(theirs) if not name.startswith("__")} - inner - set(dir(fastthrift.thrift))
    assert missing <= faces


@pytest.mark.parametrize("name", ["TType", "TMessageType"])
def test_words_have_their_numbers(name):
    def words(library):
        return {key: value for key, value in vars(getattr(library, name)).items() if not key.startswith("__")}

    assert words(ours) == words(theirs)


@pytest.mark.parametrize(
    "arguments",
    [
        (8,),
        (8, Enum),
        (15, 11),
        (15, (15, 8)),
        (13, (11, (12, Item))),
        (13, ((15, 8), (14, (12, Item)))),
        (12, Item),
        (14, (8, Enum)),
        (18,),
        (99,),
        (16,),
        (0,),
        (15,),
        (15, (8, Enum)),
        (3,),
    ],
)
def test_parse_spec(arguments):
    expected = outcome(lambda _: theirs.parse_spec(*arguments), None)
    assert outcome(lambda _: ours.parse_spec(*arguments), None) == expected


SPEC = {2: (8, "b", False), 1: (11, "a", True), 5: (15, "c", 8, False)}


@pytest.mark.parametrize(
    ("positional", "named"),
    [
        ((), {"a": "x"}),
        ((1, "x"), {}),
        ((1, "x", [2]), {}),
        ((None, "x"), {}),
        ((None, "x"), {"b": 5}),
        ((1, "x"), {"b": 5}),
        ((1,), {}),
        ((), {}),
        ((1, None), {}),
        ((1, None), {"a": "x"}),
        ((1, "x"), {"zz": 5}),
        ((0, ""), {}),
        ((), {"a": None}),
    ],
)
def test_args_to_kwargs(positional, named):
    expected = outcome(lambda _: theirs.args_to_kwargs(SPEC, *positional, **named), None)
    assert outcome(lambda _: ours.args_to_kwargs(SPEC, *positional, **named), None) == expected


def test_too_many_arguments_are_a_type_error_that_says_so():
    with pytest.raises(TypeError, match="takes at most 3 arguments but 4 were given"):
        ours.args_to_kwargs(SPEC, 1, "x", [], 4)


def test_args_to_kwargs_leaves_its_arguments_alone():
    named = {"a": "x"}
    ours.args_to_kwargs(SPEC, 1, None, **named)
    assert named == {"a": "x"}


@pytest.mark.parametrize(
    ("thrift_spec", "default_spec"),
    [
        ({1: (8, "a", False)}, [("a", 3)]),
        ({1: (8, "a", False)}, None),
        (None, [("a", 3)]),
        (None, None),
        ({}, []),
    ],
)
def test_gen_init_gives_a_class_its_init(thrift_spec, default_spec):
    results = []
    for library in (theirs, ours):
        cls = type("Made", (library.TPayload,), {})
        same = library.gen_init(cls, thrift_spec, default_spec)
        it = cls()
        results.append((same is cls, repr(it), getattr(cls, "thrift_spec", None), str(inspect.signature(cls))))
    assert results[1] == results[0]


def test_init_func_generator_makes_a_function_with_parameters():
    results = []
    for library in (theirs, ours):
        cls = type("Made", (), {})
        function = library.init_func_generator(cls, [("a", 1), ("b", "x")])
        cls.__init__ = function
        it = cls(b=2)
        results.append(
            (
                function.__name__,
                function.__defaults__,
                function.__code__.co_filename,
                str(inspect.signature(function)),
                vars(it),
                inspect.getsource(function),
            )
        )
    assert results[1] == results[0]


def test_init_func_generator_without_fields():
    for library in (theirs, ours):
        cls = type("Made", (), {})
        cls.__init__ = library.init_func_generator(cls, [])
        assert vars(cls()) == {}
        assert str(inspect.signature(cls)) == "()"
