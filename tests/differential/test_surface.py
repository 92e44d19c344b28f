"""thriftpy2's modules as they are installed, name by name, parameter by parameter: what is not the same here is listed."""

from __future__ import annotations

import fnmatch
import importlib
import inspect
import pkgutil
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import thriftpy2

LIST = Path(__file__).with_name("surface_differences.txt")


def modules() -> list[str]:
    """The modules of thriftpy2, without the name of the package."""
    found = [each.name for each in pkgutil.walk_packages(thriftpy2.__path__, "thriftpy2.")]
    return ["", *(name.partition(".")[2] for name in found)]


def is_own(value: Any) -> bool:
    """Whether a name of a module is one of thriftpy2's, and not what it has imported from elsewhere."""
    if isinstance(value, types.ModuleType):
        return value.__name__.startswith(("thriftpy2", "aiohttp", "ijson"))
    home = getattr(value, "__module__", None)
    if home is None or not (inspect.isclass(value) or inspect.isroutine(value)):
        return type(value).__module__ in ("builtins", "logging", "collections") or home == "thriftpy2"
    # What the Cython compiler makes has no module of its own.
    return str(home).startswith("thriftpy2") or home == "cython"


def parameters(value: Any) -> list[inspect.Parameter] | None:
    try:
        found = list(inspect.signature(value).parameters.values())
    except (TypeError, ValueError):
        return None
    return [each for each in found if each.name not in ("self", "cls")]


def same_default(theirs: Any, ours: Any) -> bool:
    if theirs is inspect.Parameter.empty:
        return True  # more ways to call it
    if ours is inspect.Parameter.empty:
        return False
    if isinstance(theirs, (int, str, bytes, float, bool, type(None), tuple)):
        return bool(theirs == ours)
    # Factories: T[Cy]BinaryProtocolFactory() and the like.
    return type(theirs).__name__.replace("TCy", "T") == type(ours).__name__.replace("TCy", "T")


def takes_as_much(theirs: Any, ours: Any) -> bool:
    """Whether ``ours`` can be called in each way in which ``theirs`` can."""
    wanted, given = parameters(theirs), parameters(ours)
    if wanted is None or given is None:
        return wanted is None
    by_name = {each.name: each for each in given}
    kinds = {each.kind for each in given}
    takes_any = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD} <= kinds
    for position, parameter in enumerate(wanted):
        if parameter.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
            if parameter.kind not in kinds:
                return False
            continue
        own = by_name.get(parameter.name)
        if own is None:
            return takes_any
        if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD:
            if own.kind is not parameter.kind or given[position] is not own:
                return False
        if not same_default(parameter.default, own.default):
            return False
    extra = given[len(wanted) :]
    return all(
        each.default is not inspect.Parameter.empty
        or each.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        for each in extra
    )


def class_differences(place: str, name: str, theirs: type, ours: type) -> Iterator[str]:
    for attribute in dir(theirs):
        # with_traceback, add_note and the like are Python's.
        if attribute.startswith("_") or hasattr(Exception, attribute) or hasattr(dict, attribute):
            continue
        their_value = getattr(theirs, attribute)
        if not hasattr(ours, attribute):
            yield f"{place}: {name}.{attribute}"
        elif callable(their_value):
            if not takes_as_much(their_value, getattr(ours, attribute)):
                yield f"{place}: {name}.{attribute}()"
        elif isinstance(their_value, (int, str, bytes)) and their_value != getattr(ours, attribute):
            yield f"{place}: {name}.{attribute}"


def differences(name: str) -> Iterator[str]:
    theirs = importlib.import_module(f"thriftpy2.{name}".rstrip("."))
    try:
        ours = importlib.import_module(f"fastthrift.{name}".rstrip("."))
    except ImportError:
        yield f"{name}: "
        return
    for each in dir(theirs):
        value = getattr(theirs, each)
        if each.startswith("_") or each == "TYPE_CHECKING" or not is_own(value):
            continue
        if not hasattr(ours, each):
            yield f"{name}: {each}"
            continue
        own = getattr(ours, each)
        if inspect.isclass(value) != inspect.isclass(own) or callable(value) != callable(own):
            yield f"{name}: {each}"
        elif inspect.isclass(value):
            if not takes_as_much(value, own):
                yield f"{name}: {each}()"
            yield from class_differences(name, each, value, own)
        elif callable(value):
            if not takes_as_much(value, own):
                yield f"{name}: {each}()"
        elif isinstance(value, (int, str, tuple)) and set_of(value) != set_of(own) and each != "__version__":
            yield f"{name}: {each}"


def set_of(value: Any) -> Any:
    """The order of a tuple of words or numbers means nothing."""
    return set(value) if isinstance(value, tuple) else value


def listed() -> dict[str, str]:
    reason, found, is_comment = "", {}, False
    for line in LIST.read_text().splitlines():
        if line.startswith("#"):
            reason = f"{reason} {line[2:]}" if is_comment else line[2:]
        elif line.strip():
            found[line.strip()] = reason
        is_comment = line.startswith("#")
    return found


def matches(difference: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(difference, pattern.replace("(*)", "()"))


@pytest.fixture(scope="module")
def found() -> list[str]:
    pytest.importorskip("aiohttp")
    if thriftpy2.__version__ != "0.7.1":
        pytest.skip("the list is that of thriftpy2 0.7.1")
    for name in modules():  # a submodule becomes an attribute of its package when somebody imports it
        for package in ("thriftpy2", "fastthrift"):
            importlib.import_module(f"{package}.{name}".rstrip("."))
    return [difference for name in modules() for difference in differences(name)]


def test_every_difference_of_the_surface_is_listed(found: list[str]) -> None:
    known = listed()
    unlisted = [each for each in found if not any(matches(each, pattern) for pattern in known)]
    assert not unlisted, "\n".join(unlisted)


def test_every_line_of_the_list_is_a_difference(found: list[str]) -> None:
    """Of the interpreter that the list was made with; others lack some of what thriftpy2 inherits."""
    if sys.version_info[:2] != (3, 11):
        pytest.skip("the list is that of Python 3.11")
    assert [pattern for pattern in listed() if not any(matches(each, pattern) for each in found)] == []


def test_every_line_of_the_list_has_a_reason() -> None:
    assert [pattern for pattern, reason in listed().items() if len(reason) < 20] == []


def test_all_of_thriftpy2s_modules_are_there() -> None:
    missing = []
    for name in modules():
        try:
            importlib.import_module(f"fastthrift.{name}".rstrip("."))
        except ImportError:
            missing.append(name)
    assert missing == []


@pytest.mark.parametrize("name", ["", "protocol", "transport"])
def test_star_import_gives_what_thriftpy2s_gives(name: str) -> None:
    theirs, ours = (importlib.import_module(f"{package}.{name}".rstrip(".")) for package in ("thriftpy2", "fastthrift"))
    assert set(theirs.__all__) <= set(ours.__all__)


# The comparison itself: (theirs, ours, whether ours takes as much)
def _theirs(a: Any, b: int = 1, *, c: Any = None) -> None: ...
def _more(a: Any, b: int = 1, d: int = 2, *, c: Any = None) -> None: ...
def _order(b: int = 1, a: Any = None, *, c: Any = None) -> None: ...
def _default(a: Any, b: int = 2, *, c: Any = None) -> None: ...
def _optional(a: Any = None, b: int = 1, *, c: Any = None) -> None: ...
def _missing(a: Any, b: int = 1) -> None: ...
def _needs(a: Any, b: int = 1, *, c: Any = None, d: Any) -> None: ...
def _positional(a: Any, b: int = 1, /, *, c: Any = None) -> None: ...
def _any(*args: Any, **kwargs: Any) -> None: ...


@pytest.mark.parametrize(
    ("ours", "answer"),
    [(_theirs, True), (_more, True), (_any, True), (_optional, True), (_order, False), (_default, False), (_missing, False), (_needs, False),
     (_positional, False)],
)  # fmt: skip
def test_comparison_sees_each_kind_of_difference(ours: Any, answer: bool) -> None:
    assert takes_as_much(_theirs, ours) is answer
