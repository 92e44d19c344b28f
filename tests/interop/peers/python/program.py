"""What the peers in Python have in common: the handlers, a client's steps, and the lines that go in and out.

"serve STACK [PATH]" and "call STACK ADDRESS" come as lines of the standard input or as arguments.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import words  # noqa: E402

STEP_SECONDS = 3.0


class Stack(NamedTuple):
    """What stands between the calls and the bytes: "compact/framed/tcp", with "/mux" where services are multiplexed."""

    text: str
    protocol: str
    transport: str
    socket: str
    mux: bool

    @classmethod
    def parse(cls, text: str) -> Stack:
        protocol, transport, socket, *rest = text.split("/")
        return cls(text, protocol, transport, socket, rest == ["mux"])


def certificate(name: str) -> str:
    return os.path.join(os.environ.get("INTEROP_CERTIFICATES", ""), name)


class Face:
    """The library under test. A subclass makes its servers and clients and knows its classes.

    ``idl`` has the generated classes by name, ``kinds`` the types that the handlers describe: those of "Everything",
    "Narrow", "Refused", "Broken", "uuid" and, as a list, the "arguments".
    """

    name: str
    idl: Any
    kinds: dict[str, Any]
    application_exception: type
    has_uuid: bool

    def serve(self, stack: Stack, path: str) -> str:
        raise NotImplementedError

    def connect(self, stack: Stack, address: str) -> Any:
        """An object with `client(service, name)`, `close()` and `set_timeout(milliseconds)`.

        ``name`` is that of the multiplexed service or None.
        """
        raise NotImplementedError

    def of_bytes(self, data: bytes) -> Any:
        raise NotImplementedError


class PeerHandler:
    notes_of_all: list[str] = []

    def __init__(self, face: Face) -> None:
        self.face = face

    def who(self) -> str:
        return self.face.name

    def ping(self) -> None:
        pass

    def describe(self, value: Any) -> str:
        return words.text(self.face.kinds["Everything"], value)

    def echo(self, value: Any) -> Any:
        return value

    def arguments(self, *values: Any) -> str:
        said = [words.described(*pair) for pair in zip(self.face.kinds["arguments"], values)]
        return json.dumps(said, ensure_ascii=False)

    def half(self, value: float) -> float:
        return value / 2

    def reversed(self, data: bytes) -> bytes:
        return data[::-1]

    def divide(self, dividend: int, divisor: int) -> int:
        if divisor == 0:
            raise self.face.idl.Refused(code=1, reason="division by zero: ÷0")
        if divisor < 0:
            raise self.face.idl.Broken(detail="less than nothing", places=[self.face.idl.Point(x=dividend, y=divisor)])
        return dividend // divisor

    def fail(self) -> None:
        raise RuntimeError("undeclared")

    def note(self, text: str) -> None:
        self.notes_of_all.append(text)

    def notes(self, prefix: str) -> list[str]:
        return [text for text in self.notes_of_all if text.startswith(prefix)]

    def narrow(self, value: Any) -> str:
        return words.text(self.face.kinds["Narrow"], value)

    def describe_uuid(self, value: uuid.UUID) -> str:
        return words.text(self.face.kinds["uuid"], value)

    def echo_uuid(self, value: uuid.UUID) -> uuid.UUID:
        return value


class SecondHandler:
    def twice(self, number: int) -> int:
        return 2 * number


class Client:
    """Calls everything once over one connection, which is made anew after an error, and prints what came."""

    def __init__(self, face: Face, stack: Stack, address: str) -> None:
        self.face, self.stack, self.address = face, stack, address
        self._connection: Any = None

    def _connected(self) -> Any:
        if self._connection is None:
            self._connection = self.face.connect(self.stack, self.address)
        return self._connection

    def _client(self, service: str, name: str | None) -> Any:
        return self._connected().client(service, name if self.stack.mux else None)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _step(self, name: str, call: Callable[[], Any]) -> None:
        face = self.face
        try:
            result = call()
        except (face.idl.Refused, face.idl.Broken) as error:
            kind = type(error).__name__
            self._say("result", name, {kind: words.described(face.kinds[kind], error)})
        except face.application_exception as error:
            self._say("result", name, {"TApplicationException": error.type})  # type: ignore[attr-defined]
        except Exception as error:
            self._say("error", name, f"{type(error).__name__}: {error}")
            self.close()
        else:
            self._say("result", name, result)

    def _say(self, word: str, name: str, what: Any) -> None:
        print(word, name, json.dumps(what), flush=True)

    def run(self) -> None:
        for name, call in self._steps():
            self._step(name, call)
        self.close()

    def _steps(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        face, idl = self.face, self.face.idl
        mark = f"{face.name} {self.address} {time.time_ns()} "

        def peer() -> Any:
            return self._client("Peer", "Peer")

        def later() -> Any:
            return self._client("Later", "Peer")

        def void(answer: Any) -> bool:
            return answer is None

        arguments = (
            True, -8, -1600, -320000, -9007199254740993, 2.5, "grüß 🌍", b"\0\xff\x80", idl.Color.BLUE, [1, -1],
            {"a": 1, "b": -2}, idl.Point(x=3, y=4),
        )  # fmt: skip
        double = words.Type(words.DOUBLE)
        yield "who", lambda: peer().who()
        yield "ping", lambda: void(peer().ping())
        yield "arguments", lambda: json.loads(peer().arguments(*arguments))
        yield "half", lambda: words.described(double, peer().half(5.0))
        yield "reversed", lambda: peer().reversed(b"\x00\xff\x10").hex()
        yield "divide", lambda: peer().divide(7, 2)
        yield "refused", lambda: peer().divide(7, 0)
        yield "broken", lambda: peer().divide(7, -2)
        yield "fail", lambda: void(peer().fail())
        yield "after_fail", lambda: void(peer().ping())
        yield "unheard_of", lambda: later().unheard_of(self._wide())
        yield "after_unheard_of", lambda: void(peer().ping())
        yield "note", lambda: void(self._note(mark + "one"))
        yield "note_again", lambda: void(self._note(mark + "two"))
        yield "notes", lambda: [text[len(mark) :] for text in peer().notes(mark)]
        yield "narrow", lambda: json.loads(later().narrow(self._wide()))
        if self.stack.mux:
            yield "twice", lambda: self._client("Second", "Second").twice(21)
            yield "default", lambda: self._client("Peer", None).who()
            yield "nobody", lambda: void(self._client("Peer", "Nobody").ping())
            yield "after_nobody", lambda: void(peer().ping())
        if face.has_uuid:
            id_ = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")
            yield "describe_uuid", lambda: json.loads(peer().describe_uuid(id_))
            yield "echo_uuid", lambda: str(peer().echo_uuid(id_))
        for line in Path(os.environ["INTEROP_CASES"]).read_text().splitlines():
            name, data = line.split(" ")
            yield from self._case(name, face.of_bytes(bytes.fromhex(data)))

    def _case(self, name: str, value: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
        kind = self.face.kinds["Everything"]
        yield f"sent:{name}", lambda: words.described(kind, value)
        yield f"described:{name}", lambda: json.loads(self._client("Peer", "Peer").describe(value))
        yield f"echoed:{name}", lambda: words.described(kind, self._client("Peer", "Peer").echo(value))

    def _note(self, text: str) -> Any:
        """Over HTTP some servers never answer a oneway, which is waited for in vain."""
        self._connected().set_timeout(500)
        try:
            return self._client("Peer", "Peer").note(text)
        finally:
            if self._connection is not None:
                self._connection.set_timeout(STEP_SECONDS * 1000)

    def _wide(self) -> Any:
        idl = self.face.idl
        tree = idl.Tree(value=1, children=[idl.Tree(value=2), idl.Tree(value=3)])
        return idl.Wide(
            first=1, a_bool=True, an_i8=2, an_i16=3, an_i32=4, an_i64=5, a_double=6.0, a_string="seven",
            a_binary=b"\x08", bools=[True, False], strings={"a", "b"}, lists={"c": [1, 2]}, tree=tree,
            trees=[tree, tree], points={1: idl.Point(x=2, y=3)}, nothing={}, last="end",
        )  # fmt: skip


def _obey(face: Face, command: str, text: str, rest: list[str]) -> None:
    stack = Stack.parse(text)
    if command == "serve":
        try:
            print("serving", text, face.serve(stack, rest[0] if rest else ""), flush=True)
        except Exception as error:
            print("refused", text, f"{type(error).__name__}: {error}", flush=True)
    elif command == "call":
        Client(face, stack, rest[0]).run()
        print("done", text, flush=True)


def main(face: Face, arguments: list[str]) -> None:
    if arguments:
        _obey(face, arguments[0], arguments[1], arguments[2:])
        if arguments[0] == "serve":
            threading.Event().wait()
    for line in sys.stdin:
        command, text, *rest = line.split()
        _obey(face, command, text, rest)
    os._exit(0)  # the servers' threads wait for clients that may still be connected
