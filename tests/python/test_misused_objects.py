"""Every class of the core as nobody should use it: made in halves, called with anything, put into itself. The answer is a
Python exception; each case that could end the process runs in a child."""

from __future__ import annotations

import itertools
import subprocess
import sys
import textwrap
from typing import Any

import pytest

from fastthrift import _core
from fastthrift.protocol import TBinaryProtocol
from fastthrift.thrift import TPayload
from fastthrift.transport import TMemoryBuffer

CLASSES = sorted(name for name in dir(_core) if isinstance(getattr(_core, name), type))
# Those tell the core what the package is made of; they are for its import alone.
FUNCTIONS = sorted(
    name
    for name in dir(_core)
    if callable(getattr(_core, name))
    and not isinstance(getattr(_core, name), type)
    and not name.startswith(("set_", "register_", "stop_", "__"))
)
VALUES: list[Any] = [None, 0, -1, 2**70, "x", "\ud800", b"x", object(), [], (), {}, int, TPayload, 1.5]


def in_child(code: str) -> str:
    preamble = "import gc, sys, threading\nfrom fastthrift import _core\nfrom fastthrift.transport import *\n"
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", preamble + textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_objects_made_without_init_give_errors_not_crashes() -> None:
    out = in_child(
        """
        attempts = 0
        for name in dir(_core):
            cls = getattr(_core, name)
            if not isinstance(cls, type):
                continue
            try:
                made = cls.__new__(cls)
            except TypeError:
                continue
            for attribute in dir(made):
                if attribute == "__class__":
                    continue
                try:
                    value = getattr(made, attribute)
                except Exception:
                    continue
                if callable(value) and not isinstance(value, type):
                    for args in ((), (1,), (None,), (b"x", 1, 2), ("x",), (made,), (-1,), (2**70,)):
                        attempts += 1
                        try:
                            value(*args)
                        except Exception:
                            pass
                for change in (lambda: setattr(made, attribute, None), lambda: setattr(made, attribute, made),
                               lambda: delattr(made, attribute)):
                    try:
                        change()
                    except Exception:
                        pass
            for ask in (repr, hash, iter, bool, len, lambda it: it == it):
                try:
                    ask(made)
                except Exception:
                    pass
            del made
            gc.collect()
        print(attempts > 500)
        """
    )
    assert out == "True\n"


@pytest.mark.parametrize("name", ["FieldDict", "IdlDocument", "IdlSchema", "RemoteCall", "Server"])
def test_what_cannot_be_half_made_says_so(name: str) -> None:
    with pytest.raises(TypeError):
        getattr(_core, name).__new__(getattr(_core, name))


@pytest.mark.parametrize("protocol", range(6))
def test_documents_are_not_pickled_by_any_protocol(protocol: int) -> None:
    document = _core.parse_idl(b"", "x.thrift")
    for thing in (document, _core.compile_idl(document, [])):
        with pytest.raises(TypeError, match="pickle"):
            thing.__reduce_ex__(protocol)


@pytest.mark.parametrize("name", CLASSES + FUNCTIONS)
def test_odd_arguments_are_refused_or_taken(name: str) -> None:
    target = getattr(_core, name)
    for count in range(4):
        for arguments in itertools.islice(itertools.product(VALUES, repeat=count), 1500):
            try:
                target(*arguments)
            except Exception as error:  # noqa: BLE001 - any of Python's will do, but none may be lost
                assert type(error) is not SystemError, (arguments, error)


def test_an_include_that_is_none_is_refused() -> None:
    document = _core.parse_idl(b'include "a.thrift"', "x.thrift")
    with pytest.raises(TypeError, match="None"):
        _core.compile_idl(document, [None])  # type: ignore[list-item]


@pytest.mark.parametrize("kind", ["TCyBufferedTransport", "TCyFramedTransport"])
def test_a_transport_over_itself_is_an_error(kind: str) -> None:
    actions = ["read(1)", "flush()", "open()", "close()", "is_open()", "getvalue()", "sock"]
    out = in_child(
        f"""
        for action in {actions}:
            trans = _core.{kind}(TMemoryBuffer())
            trans._trans = trans
            trans.write(b"x")
            try:
                eval("trans." + action)
            except (RecursionError, TTransportException) as error:
                print(action, "is refused", flush=True)
        """
    )
    assert out.splitlines() == [f"{action} is refused" for action in actions]


def test_a_stack_of_100000_transports_is_an_error() -> None:
    actions = ["read(3)", "sock", "flush()", "is_open()"]
    out = in_child(
        f"""
        for action in {actions}:
            trans = TMemoryBuffer(b"abc")
            for _ in range(100_000):
                trans = _core.TCyBufferedTransport(trans)
            trans.write(b"x")
            try:
                eval("trans." + action)
            except RecursionError as error:
                print(action, "is refused", flush=True)
            del trans
        """
    )
    assert out.splitlines() == [f"{action} is refused" for action in actions]


def test_a_transport_that_is_replaced_while_it_is_flushed_lives_until_then() -> None:
    class Replacing(TMemoryBuffer):
        def write(self, data: bytes) -> None:
            outer._trans = TMemoryBuffer()
            super().write(data)

    for kind in (_core.TCyBufferedTransport, _core.TCyFramedTransport):
        outer: Any = kind(kind(Replacing()))
        outer._trans._trans = Replacing()
        outer.write(b"x" * 1000)
        outer.flush()
        assert outer._trans.getvalue() == b""


def test_a_method_that_replaces_the_protocol_of_its_client_does_not_take_it_away() -> None:
    out = in_child(
        """
        import io
        import fastthrift
        from fastthrift.processor import TProcessor
        from fastthrift.protocol import TBinaryProtocol
        from fastthrift.rpc import make_client
        from fastthrift.server import TThreadedServer

        calls = fastthrift.load_fp(io.StringIO("struct A {1: i32 x} service S { i32 f(1: A a) }"), "calls_thrift")
        entered, go_on = threading.Event(), threading.Event()

        class Handler:
            def f(self, a):
                if a.x == 1:
                    entered.set()
                    go_on.wait(20)
                return a.x

        listener = TServerSocket("127.0.0.1", 0)
        listener.listen()
        port = listener.sock.getsockname()[1]
        server = TThreadedServer(TProcessor(calls.S, Handler()), listener)
        thread = threading.Thread(target=server.serve)
        thread.start()

        client = make_client(calls.S, "127.0.0.1", port)
        keep = client._iprot.trans._trans

        class Index:
            def __index__(self):
                client._iprot.trans = TMemoryBuffer()
                client._iprot = client._oprot = TBinaryProtocol(TMemoryBuffer())
                gc.collect()
                return 7

        print(client.f(calls.A(x=Index())))
        keep.close()

        client = make_client(calls.S, "127.0.0.1", port)
        keep = client._iprot.trans._trans

        def replace():
            entered.wait(20)
            client._iprot.trans = TMemoryBuffer()
            client._iprot = client._oprot = TBinaryProtocol(TMemoryBuffer())
            gc.collect()
            go_on.set()

        other = threading.Thread(target=replace)
        other.start()
        print(client.f(calls.A(x=1)))
        other.join()
        keep.close()
        server.close()
        thread.join(20)
        """
    )
    assert out == "7\n1\n"


def test_a_protocol_without_init_says_what_is_missing() -> None:
    protocol = TBinaryProtocol.__new__(TBinaryProtocol)
    for action in (
        lambda: protocol.read_message_begin(),
        lambda: protocol.write_message_begin("x", 1, 1),
        lambda: protocol.skip(8),
        lambda: protocol.read_struct(TPayload()),
        lambda: protocol._write_val(8, 1),
    ):
        with pytest.raises(ValueError, match="__init__ was not called"):
            action()
    with pytest.raises(AttributeError):
        _ = protocol.trans


def test_a_protocol_that_lost_its_transport_says_so() -> None:
    protocol = TBinaryProtocol(TMemoryBuffer())
    del protocol.trans
    with pytest.raises(ValueError, match="no transport"):
        protocol.skip(8)


@pytest.mark.parametrize("kind", [TMemoryBuffer, _core.RecordingMemoryBuffer, _core.TCyMemoryBuffer])
def test_an_error_is_not_lost_over_a_transport_class_that_is_seen_for_the_first_time(kind: type) -> None:
    class Raising:
        @property
        def thrift_spec(self) -> Any:
            raise KeyError("mine")

    for _ in range(20):
        fresh: Any = type("Fresh", (kind,), {"__slots__": ()})
        with pytest.raises(KeyError, match="mine"):
            TBinaryProtocol(fresh(b"\0" * 20)).write_struct(Raising())
        fresh = type("Fresh", (kind,), {"__slots__": ()})
        with pytest.raises(KeyError, match="mine"):
            TBinaryProtocol(fresh(b"\0" * 20)).read_struct(Raising())
