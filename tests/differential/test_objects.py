"""Objects behave alike: repr, equality, hash, copies, pickles, signatures, and the errors of construction."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from . import idls
from .pair import OURS, THEIRS, Pair, plain, values

PAIRS = {name: Pair.of(idl) for name, idl in idls.ALL.items()}
BASE, NESTED, DEFAULTS = PAIRS["base types"], PAIRS["nested"], PAIRS["defaults"]
few = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)


@pytest.mark.parametrize("name", PAIRS)
def test_repr_copies_and_equality_agree(name: str) -> None:
    pair, struct = PAIRS[name], PAIRS[name].last_struct()
    strategy = values(getattr(pair.theirs, struct))

    @few
    @given(strategy, strategy)
    def compare(first: dict[str, Any], second: dict[str, Any]) -> None:
        theirs, ours = ([pair.make(side, struct, v) for v in (first, second)] for side in (THEIRS, OURS))
        assert repr(ours[0]) == repr(theirs[0])
        assert str(ours[0]) == str(theirs[0])
        assert (ours[0] == ours[1]) == (theirs[0] == theirs[1])
        assert (ours[0] != ours[1]) == (theirs[0] != theirs[1])
        assert list(vars(ours[0])) == list(vars(theirs[0]))
        for duplicate in (copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))):
            assert plain(duplicate(ours[0])) == plain(duplicate(theirs[0]))
        if theirs[0] == theirs[1]:
            assert hash(ours[0]) == hash(ours[1])

    compare()


# Each is done to an object of `Base`; the results, or the error's class and text, agree.
DEEDS: dict[str, Callable[[Any], Any]] = {
    "unknown keyword": lambda cls: cls(zz=1),
    "too many positional arguments": lambda cls: cls(*range(9)),
    "keyword given twice": lambda cls: cls(True, flag=False),
    "positional arguments": lambda cls: repr(cls(True, 1, 2)),
    "signature": lambda cls: str(inspect.signature(cls)),
    "signature of __init__": lambda cls: str(inspect.signature(cls.__init__)),
    "truth": lambda cls: bool(cls()),
    "equal to None": lambda cls: cls() == None,  # noqa: E711
    "equal to a dict": lambda cls: cls() == {},
    "missing attribute": lambda cls: cls().nope,
    "extra attribute": lambda cls: _with(cls(), "extra", 5),
    "deleted attribute": lambda cls: _without(cls(number=1), "number"),
    "deleted twice": lambda cls: _without(_without(cls(number=1), "number"), "number"),
    "vars": lambda cls: vars(cls(number=1)),
    "order": lambda cls: cls() < cls(),
    "length": lambda cls: len(cls()),
    "iteration": lambda cls: list(cls()),
    "base": lambda cls: [b.__name__ for b in cls.__mro__],
    "metaclass": lambda cls: type(cls).__name__,
    "names of the class": lambda cls: (cls.__name__, cls.__qualname__, cls.__doc__),
    "dictionary assigned": lambda cls: _dict_assigned(cls()),
    "dictionary written": lambda cls: _dict_written(cls()),
    "state of the pickle": lambda cls: cls(number=3).__reduce_ex__(2)[2],
    "subclass": lambda cls: _subclass(cls),
    "field as a class attribute": lambda cls: "number" in vars(cls) and vars(cls)["number"] is None,
    "hash of a bytearray": lambda cls: hash(cls(raw=bytearray(b"x"))),
    "parse_spec attribute": lambda cls: cls.thrift_spec[4],
}


def _with(value: Any, name: str, what: Any) -> Any:
    setattr(value, name, what)
    return repr(value), vars(value), value == type(value)()


def _without(value: Any, name: str) -> Any:
    delattr(value, name)
    return value if hasattr(value, "thrift_spec") and name == "number" and "number" in vars(value) else repr(value)


def _dict_assigned(value: Any) -> Any:
    value.__dict__ = {"number": 9, "more": 1}
    return repr(value), value.number


def _dict_written(value: Any) -> Any:
    value.__dict__["number"] = 4
    value.__dict__.update(text="t", extra=1)
    return value.number, value.text, value.extra, sorted(value.__dict__)


def _subclass(cls: type[Any]) -> Any:
    class Child(cls):  # type: ignore[misc]
        def __init__(self, number: int) -> None:
            super().__init__(number=number, text="child")

        def double(self) -> int:
            return int(self.number) * 2

    child = Child(4)
    return repr(child), child.double(), child == cls(number=4, text="child"), child == Child(4)


def _done(deed: Callable[[Any], Any], cls: type[Any]) -> Any:
    try:
        return deed(cls)
    except Exception as error:
        return type(error).__name__, str(error)


@pytest.mark.parametrize("deed", DEEDS)
def test_deed_has_the_same_result(deed: str) -> None:
    theirs, ours = (_done(DEEDS[deed], BASE.module(side).Base) for side in (THEIRS, OURS))
    assert ours == theirs


def test_exceptions_behave_alike() -> None:
    for side in (THEIRS, OURS):
        problem = NESTED.make(side, "Problem", {"message": "m"})
        assert isinstance(problem, Exception)
        assert isinstance(problem, side.package.thrift.TException)
        assert str(problem) == repr(problem) == "Problem(message='m', where=None)"
        assert problem != NESTED.make(side, "Problem", {"message": "m"})
        assert hash(problem) == id(problem)
        assert problem.args == NESTED.theirs.Problem(message="m").args
        assert pickle.loads(pickle.dumps(problem)).message == "m"
        with pytest.raises(type(problem)):
            raise problem


def test_enums_behave_alike() -> None:
    theirs, ours = NESTED.theirs.Kind, NESTED.ours.Kind
    for name in ("A", "B", "C", "D"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert ours._VALUES_TO_NAMES == theirs._VALUES_TO_NAMES
    assert ours._NAMES_TO_VALUES == theirs._NAMES_TO_VALUES
    assert ours._ttype == theirs._ttype == 8


def test_defaults_agree_and_are_not_shared_by_ours() -> None:
    assert repr(DEFAULTS.ours.Defaults()) == repr(DEFAULTS.theirs.Defaults())
    first, second = DEFAULTS.ours.Defaults(), DEFAULTS.ours.Defaults()
    first.c.append(4)
    first.d["new"] = 1
    assert (second.c, second.d) == ([1, 2, 3], {"k": 1})


def test_pickle_made_by_thriftpy2_loads_as_ours() -> None:
    value = {"number": 5, "text": "t", "raw": b"r"}
    data = pickle.dumps(BASE.make(THEIRS, "Base", value), 2)
    renamed = data.replace(BASE.theirs.__name__.encode(), BASE.ours.__name__.encode())
    assert pickle.loads(renamed) == BASE.make(OURS, "Base", value)
