"""TException and the exceptions that stand for themselves."""

from __future__ import annotations

import copy
import pickle
import socket
import traceback

import pytest

import fastthrift.protocol.exc as ours_exc
from fastthrift import _core

from .both import assert_same, importable, ours, struct, theirs

T = ours.TType
theirs_exc = pytest.importorskip("thriftpy2.protocol.exc")
theirs_base = pytest.importorskip("thriftpy2.transport.base")


def failure():
    return struct(
        "Failure",
        [(1, (T.STRING, "message", False), None), (2, (T.I32, "code", False), 7)],
        base="TException",
    )


LOOKS = [
    lambda cls: (repr(cls("m")), str(cls("m")), cls("m").args),
    lambda cls: (repr(cls(message="m")), cls(message="m").args, cls("m", 1).args, cls("m", code=1).args),
    lambda cls: (cls("m") == cls("m"), cls("m") != cls("m"), cls("m").__eq__(3), len({cls("m"), cls("m")})),
    lambda cls: [each == each for each in [cls("m")]],
    lambda cls: [hash(each) == id(each) for each in [cls("m")]],
    lambda cls: (cls.__base__.__name__, issubclass(cls, Exception), [each.__name__ for each in cls.__mro__]),
    lambda cls: vars(cls("m")),
    lambda cls: type(vars(cls("m"))) is dict,
    lambda cls: cls("m").__reduce_ex__(2)[1:],
    lambda cls: cls(zz=1),
    lambda cls: cls(1, 2, 3),
    lambda cls: cls(1, message=2),
    lambda cls: "".join(traceback.format_exception_only(cls, cls("m"))),
    lambda cls: repr(cls("m").with_traceback(None)),
    lambda cls: [repr(each) for each in (copy.copy(cls("m", 1)), copy.deepcopy(cls(code=2)))],
    lambda cls: [each.args for each in (copy.copy(cls("m", 1)), copy.deepcopy(cls(code=2)))],
]


@pytest.mark.parametrize("index", range(len(LOOKS)))
def test_exceptions_of_an_idl_look_like_thriftpy2s(index):
    assert_same(failure(), LOOKS[index])


def test_exceptions_take_attributes_and_lose_them():
    def call(cls):
        it = cls("m")
        it.extra = [1]
        del it.code
        it.__dict__["more"] = 2
        return repr(it), vars(it), hasattr(it, "code"), it.message

    assert_same(failure(), call)


def test_exceptions_are_raised_and_chained():
    def call(cls):
        try:
            try:
                raise cls("inner", 1)
            except Exception as inner:
                raise cls("outer") from inner
        except cls as outer:
            return repr(outer), repr(outer.__cause__), outer.code

    assert_same(failure(), call)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("source", [theirs, ours])
@pytest.mark.parametrize("target", [theirs, ours])
def test_exceptions_pickle_both_ways(protocol, source, target):
    pair = failure()
    by_library = {theirs: pair.theirs, ours: pair.ours}
    with importable(source):
        it = by_library[source]("m", code=3)
        it.extra = 1
        pickled = pickle.dumps(it, protocol)
    with importable(target):
        loaded = pickle.loads(pickled)
    assert type(loaded) is by_library[target]
    assert (vars(loaded), loaded.args) == ({"message": "m", "code": 3, "extra": 1}, ("m",))


def test_exceptions_mix_with_each_other_and_with_the_systems():
    def call(cls):
        class Other(cls):
            pass

        class Both(Other, cls, OSError):
            pass

        class Key(cls, KeyError):
            pass

        return repr(Both("m")), repr(Key("m", 1)), isinstance(Both(), OSError), vars(Key("m"))

    assert_same(failure(), call)
    other = struct("Another", [(1, (T.I32, "a", False), None)], base="TException")
    for one, two in zip(failure(), other):
        mixed = type("Mixed", (one, two), {})
        assert repr(mixed("m")) == "Mixed(message='m', code=7)"


def test_hand_written_exceptions():
    for library in (theirs, ours):

        class Simple(library.TException):
            pass

        class Full(library.TException):
            thrift_spec = {1: (T.STRING, "message")}

            def __init__(self, message=None):
                self.message = message

        assert (repr(Simple(1, 2)), Simple(1, 2).args, str(Simple("x"))) == ("Simple()", (1, 2), "Simple()")
        assert (repr(Full("m")), Full("m").args, vars(Full())) == ("Full(message='m')", ("m",), {"message": None})
        with pytest.raises(TypeError, match="takes no keyword arguments"):
            Simple(a=1)


TYPED = [
    (theirs.TApplicationException, ours.TApplicationException),
    (theirs_exc.TProtocolException, ours_exc.TProtocolException),
    (theirs_base.TTransportException, ours.TTransportException),
]
ADDED_TEXTS = {
    (ours.TApplicationException, 6): "Internal error",
    (ours.TApplicationException, 7): "Protocol error",
    (ours_exc.TProtocolException, 5): "Not implemented",
    (ours_exc.TProtocolException, 6): "Depth limit",
}


@pytest.mark.parametrize(("expected", "got"), TYPED)
def test_numbered_exceptions_have_their_texts(expected, got):
    for arguments in [(), *[(n,) for n in range(9)], (None,), ("x",), (1, "m"), (4, "text"), (0, "")]:
        it = got(*arguments)
        added = ADDED_TEXTS.get((got, arguments[0])) if len(arguments) == 1 else None
        assert str(it) == (added or str(expected(*arguments)))
        assert repr(it) == repr(expected(*arguments))
        assert (vars(it), it.args) == (vars(expected(*arguments)), expected(*arguments).args)
        loaded = pickle.loads(pickle.dumps(it))
        assert (type(loaded), vars(loaded), loaded.args, str(loaded)) == (got, vars(it), it.args, str(it))
    assert str(got(type=1, message="m")) == str(expected(type=1, message="m"))


@pytest.mark.parametrize(("expected", "got"), TYPED)
def test_numbered_exceptions_have_the_numbers(expected, got):
    numbers = {name: value for name, value in vars(expected).items() if name.isupper()}
    assert numbers.items() <= {name: value for name, value in vars(got).items() if name.isupper()}.items()
    assert getattr(got, "thrift_spec", None) == getattr(expected, "thrift_spec", None)
    assert got.__base__ is ours.TException


DECODE = [
    ("S", 1, "f", "x", 8),
    ("S", 1, "f", "x", 15, 11),
    ("S", 1, "f", [1], 15, (13, (11, 8))),
    ("S", 1, "f", None, 14, (15, (14, 10))),
    ("S", -1, "f", b"x", 12, type("Inner", (), {})),
    ("S", 1, "f", "x", 13, (11, (15, 8))),
]


@pytest.mark.parametrize("arguments", DECODE)
def test_decode_exceptions_say_what_thriftpy2s_say(arguments):
    expected, got = theirs.TDecodeException(*arguments), ours.TDecodeException(*arguments)
    assert (str(got), repr(got), got.args, vars(got)) == (str(expected), repr(expected), expected.args, vars(expected))
    if arguments[4] != 12:  # the class of the test cannot be pickled
        loaded = pickle.loads(pickle.dumps(got))
        assert (str(loaded), loaded.args, type(loaded)) == (str(got), got.args, ours.TDecodeException)


def test_decode_exceptions_name_enums_and_unknown_types():
    assert ours.TDecodeException("S", 1, "f", "x", 8, type("E", (), {})).type_repr == "I32"
    assert ours.TDecodeException("S", 1, "f", "x", 99).type_repr == "type 99"
    assert ours.TDecodeException("S", 1, "f", "x", 15, (11, False)).type_repr == "LIST<STRING>"


def test_a_value_whose_repr_fails_does_not_take_the_error_with_it():
    class OfPython2:
        def __repr__(self):
            return {}.iteritems()

    text = str(ours.TDecodeException("S", 1, "f", OfPython2(), 8))
    assert "'f(1)' of 'S' needs type 'I32'" in text and "`<OfPython2, whose repr fails: AttributeError>`" in text


@pytest.mark.parametrize(
    ("cls", "parents"),
    [
        (ours.TTransportTimeout, (ours.TTransportException, socket.timeout)),
        (ours_exc.TProtocolDepthError, (ours_exc.TProtocolException, RecursionError)),
        (ours_exc.TProtocolVersionError, (ours_exc.TProtocolException, ours_exc.ProtocolError)),
    ],
)
def test_errors_of_two_worlds_are_caught_by_both(cls, parents):
    for parent in parents:
        with pytest.raises(parent) as caught:
            raise cls(3, "the message")
        assert "the message" in str(caught.value)
        assert (caught.value.type, caught.value.message) == (3, "the message")
        # As the class of thriftpy2 that it stands for has them.
        assert caught.value.args == (() if cls is ours.TTransportTimeout else (3, "the message"))
    loaded = pickle.loads(pickle.dumps(cls(3, "m")))
    assert (type(loaded), loaded.type, loaded.message) == (cls, 3, "m")
    assert isinstance(copy.copy(loaded), cls) and isinstance(copy.deepcopy(loaded), cls)


def test_errors_are_registered_by_name():
    with pytest.raises(TypeError, match="needs an exception class"):
        _core.register_exception("TProtocolException", int)
    with pytest.raises(ValueError, match="no error of the core is called 'Nope'"):
        _core.register_exception("Nope", ValueError)
    with pytest.raises(TypeError):
        _core.register_exception("TProtocolException")
