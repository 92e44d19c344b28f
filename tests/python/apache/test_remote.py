"""TRemote, what the generated -remote scripts do: their options, arguments and messages. Calls are in tests/python/generate."""

from __future__ import annotations

from typing import Any

import pytest

from fastthrift.apache import TRemote
from fastthrift.apache.transport.TTransport import TBufferedTransport, TFramedTransport

FUNCTIONS: list[TRemote.Function] = [
    ("add", "add", "i32", [("i32", "a"), ("list<i32>", "b")]),
    ("import", "import_", "string", [("string", "text"), ("binary", "data")]),
    ("nothing", "nothing", "void", []),
]


class Transport:
    events: list[str] = []

    def open(self) -> None:
        self.events.append("open")

    def close(self) -> None:
        self.events.append("close")


class Client:
    calls: list[Any] = []

    def __init__(self, protocol: Any) -> None:
        assert isinstance(protocol.trans, Transport)

    def add(self, *arguments: Any) -> Any:
        self.calls.append(arguments)
        return {"sum": list(range(30))}

    def import_(self, *arguments: Any) -> str:
        self.calls.append(arguments)
        return "done"

    def nothing(self) -> None:
        raise ValueError("from the server")


@pytest.fixture
def call(monkeypatch, capsys):
    """Runs a script with a client that is no real one; gives the status and what was printed."""
    Client.calls, Transport.events = [], []
    monkeypatch.setattr(TRemote, "_transport", lambda options: Transport())

    def run(*words: str) -> tuple[int, str]:
        status = TRemote.main(["S-remote", *words], Client, FUNCTIONS, {"Point": complex})
        return status, capsys.readouterr().out

    return run


@pytest.mark.parametrize("words", [(), ("--help",), ("-help",)])
def test_the_usage_names_all_functions(call, words):
    status, printed = call(*words)
    assert status == 0
    assert printed.startswith("\nUsage: S-remote [-h host[:port]] [-u url] ")
    assert printed.endswith(
        "Functions:\n  i32 add(i32 a, list<i32> b)\n  string import(string text, binary data)\n  void nothing()\n\n"
    )


def test_arguments_are_python_expressions(call):
    status, printed = call("add", "1 + 1", "[Point(1, 2)]")
    assert (status, Client.calls) == (0, [(2, [1 + 2j])])
    assert (
        printed
        == "{ 'sum': [ 0,\n           1,\n" + "".join(f"           {i},\n" for i in range(2, 29)) + "           29]}\n"
    )


def test_strings_and_binaries_are_as_typed(call):
    assert call("import", "__import__('os')", "é'") == (0, "'done'\n")
    assert Client.calls == [("__import__('os')", "é'".encode())]


def test_the_transport_is_closed_after_an_error_of_the_call(call):
    with pytest.raises(ValueError, match="from the server"):
        call("nothing")
    assert Transport.events == ["open", "close"]


@pytest.mark.parametrize(
    "words, text",
    [
        (("nope",), "Unrecognized method nope"),
        (("add", "1"), "add requires 2 args"),
        (("nothing", "1"), "nothing requires 0 args"),
        (("add", "1", "]"), "] is no list<i32>: unmatched ']'"),
        (("add", "x", "[]"), "x is no i32: name 'x' is not defined"),
        (("-nope", "nothing"), "Unrecognized option -nope"),
        (("-h",), "-h needs a value"),
        (("-h", "a:b", "nothing"), "b is no port"),
        (("-u", "http://", "nothing"), "http:// is no URL"),
        (("-f",), "a function is missing; --help lists them"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_opened(call, words, text):
    status, printed = call(*words)
    assert status == 1
    assert printed.startswith(text) and printed.count("\n") == 1
    assert Transport.events == []


@pytest.mark.parametrize(
    "text, address",
    [
        ("host", ("host", 9090)),
        ("host:1", ("host", 1)),
        ("[::1]:5", ("::1", 5)),
        ("[::1]", ("::1", 9090)),
        ("::1", ("::1", 9090)),
        ("127.0.0.1:80", ("127.0.0.1", 80)),
    ],
)
def test_addresses(text, address):
    assert TRemote._address(text) == address


def test_options_in_front_of_the_function():
    words = "-h a:1 -framed -s -novalidate -ca_certs c -keyfile k -certfile f add 1 -h".split()
    options, rest = TRemote._options(words)
    assert options == {
        "host": "a", "port": 1, "framed": True, "ssl": True, "novalidate": True, "ca_certs": "c", "keyfile": "k",
        "certfile": "f",
    }  # fmt: skip
    assert rest == ["add", "1", "-h"]
    assert TRemote._options(["-u", "host:80/path?x"])[0]["url"] == "http://host:80/path?x"


@pytest.mark.parametrize(
    "flags, kind", [([], TBufferedTransport), (["-f"], TFramedTransport), (["-framed"], TFramedTransport)]
)
def test_the_transport_is_buffered_or_framed(flags, kind):
    assert type(TRemote._transport(TRemote._options(flags)[0])) is kind
