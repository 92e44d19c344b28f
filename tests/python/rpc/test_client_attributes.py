"""The attributes of a client: methods of the service, unless the class or one derived from it has something else there."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest

from calc import calc, make, serving
from fastthrift.client import TClient
from fastthrift.protocol import TBinaryProtocol
from fastthrift.transport import TBufferedTransport, TSocket


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    with serving(make()) as running:
        yield running


@pytest.fixture
def connect(server: Any) -> Iterator[Callable[[type], Any]]:
    made = []

    def connect(cls: type) -> Any:
        trans = TBufferedTransport(TSocket("127.0.0.1", server.port, socket_timeout=20_000))
        trans.open()
        made.append(cls(calc.Calc, TBinaryProtocol(trans)))
        return made[-1]

    yield connect
    for client in made:
        client.close()


class Noting(TClient):
    """What users write who log, count or try again."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.noted: list[str] = []

    def __getattr__(self, name: str) -> Any:
        call = super().__getattr__(name)

        @functools.wraps(call)
        def noting(*args: Any, **kwargs: Any) -> Any:
            self.noted.append(name)
            return call(*args, **kwargs)

        return noting


class ByName(TClient):
    """Names its parent, as code does that was written for Python 2."""

    asked: list[str]

    def __getattr__(self, name: str) -> Any:
        self.__dict__.setdefault("asked", []).append(name)
        return TClient.__getattr__(self, name)


class OwnAdd(TClient):
    def add(self, a: int, b: int) -> str:
        return f"own {self.__getattr__('add')(a, b)}"


class Further(Noting):
    """Derived once more, without a `__getattr__` of its own."""


class Prefixed(TClient):
    """Other names for the remote methods."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("call_"):
            return super().__getattr__(name[len("call_") :])
        raise AttributeError(f"{name} is not for you")


@pytest.mark.parametrize("cls", [Noting, Further])
def test_getattr_of_a_subclass_is_asked_for_each_remote_method(connect, cls):
    client = connect(cls)
    assert [client.add(1, 2), client.add(3, b=4)] == [3, 7]
    assert client.noted == ["add", "add"]


def test_getattr_of_a_subclass_may_name_its_parent(connect):
    client = connect(ByName)
    assert (client.add(1, 2), client.asked) == (3, ["add"])


def test_getattr_of_a_subclass_is_not_asked_for_what_there_is(connect):
    client = connect(ByName)
    assert client._service is calc.Calc and client.close is not None and client._seqid == 0
    assert "asked" not in vars(client)


def test_a_method_of_a_subclass_may_call_the_remote_one(connect):
    client = connect(OwnAdd)
    assert client.add(1, 2) == "own 3"
    assert client.add(3, 4) == "own 7"


def test_a_subclass_may_refuse_names_and_give_others(connect):
    client = connect(Prefixed)
    assert client.call_add(1, 2) == 3
    with pytest.raises(AttributeError, match="add is not for you"):
        client.add(1, 2)
    assert client.call_add(3, 4) == 7


@pytest.mark.parametrize("cls", [TClient, OwnAdd])
def test_getattr_gives_the_remote_method_of_a_client(connect, cls):
    client = connect(cls)
    assert client.__getattr__("add")(1, 2) == 3
    assert TClient.__getattr__(client, "add")(3, 4) == 7
    assert client.__getattr__("add")(5, 6) == 11


@pytest.mark.parametrize("cls", [TClient, Noting, OwnAdd])
def test_a_name_that_nobody_has_is_an_attribute_error_that_says_whose(connect, cls):
    client = connect(cls)
    for get in (lambda: client.nope, lambda: client.__getattr__("nope")):
        with pytest.raises(AttributeError, match=f"{cls.__name__} instance has no attribute 'nope'"):
            get()
    assert not hasattr(client, "nope")


def test_a_name_that_is_no_text_is_a_type_error(connect):
    with pytest.raises(TypeError, match="attribute name must be string"):
        connect(TClient).__getattr__(5)


def test_getattr_of_a_client_that_was_not_initialised_is_an_attribute_error():
    bare = TClient.__new__(TClient)
    with pytest.raises(AttributeError):
        bare.add  # noqa: B018
    with pytest.raises(AttributeError):
        bare.__getattr__("add")


def test_getattr_can_be_patched_and_is_the_old_one_afterwards(connect):
    client = connect(TClient)
    assert client.add(1, 2) == 3
    with mock.patch.object(TClient, "__getattr__", lambda self, name: lambda *args: (name, args)):
        assert client.greet("you") == ("greet", ("you",))
        assert client.add(1, 2) == ("add", (1, 2))
    assert client.add(1, 2) == 3


def test_getattribute_of_a_subclass_sees_each_name(connect):
    seen = []

    class Seeing(TClient):
        def __getattribute__(self, name: str) -> Any:
            seen.append(name)
            return super().__getattribute__(name)

    assert connect(Seeing).add(1, 2) == 3
    assert "add" in seen
