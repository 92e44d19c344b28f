"""What was to become of each known quirk of thriftpy2 0.7.1: kept, repaired, kept with a switch, or added to. A test a row."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import io
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

import background
import fastthrift
from fastthrift import defaults, http
from fastthrift.contrib.aio.http import TAsyncMemoryBuffer
from fastthrift.contrib.aio.protocol import TAsyncCompactProtocolFactory
from fastthrift.contrib.aio.rpc import make_client as make_aio_client
from fastthrift.contrib.aio.rpc import make_server as make_aio_server
from fastthrift.contrib.aio.socket import TAsyncServerSocket, TAsyncSocket
from fastthrift.processor import TMultiplexedProcessor
from fastthrift.protocol import (
    TApacheJSONProtocolFactory,
    TBinaryProtocol,
    TBinaryProtocolFactory,
    TCompactProtocol,
    TCompactProtocolFactory,
    TCyBinaryProtocol,
    TJSONProtocolFactory,
    TMultiplexedProtocolFactory,
)
from fastthrift.protocol import binary as pure_binary
from fastthrift.protocol.exc import TProtocolException
from fastthrift.rpc import TClient, make_client, make_server
from fastthrift.server import TThreadedServer
from fastthrift.thrift import (
    TApplicationException,
    TDecodeException,
    TProcessor,
    args_to_kwargs,
)
from fastthrift.transport import (
    TBufferedTransport,
    TCyFramedTransport,
    TMemoryBuffer,
    TServerSocket,
    TSocket,
    TSSLSocket,
    TTransportException,
    memory,
)
from fastthrift.transport.sslsocket import client_context
from fastthrift.utils import deserialize, serialize

LONG = 20.0

idl: Any = fastthrift.loads("""
    enum Colour { RED = 1, PINK = 1, BLUE = 5 }
    struct Inner { 1: i32 x }
    struct All {
      1: i32 number = 7
      2: string text
      3: binary blob = "b"
      4: list<i32> numbers = [1]
      5: set<i32> set_
      6: map<string, i32> map_ = {"a": 1}
      7: required string needed
      8: Inner inner = {"x": 1}
      9: Colour colour
      10: map<Inner, list<list<i32>>> deep
    }
    struct Other { 1: string number, 2: i32 text }
    exception Bad { 1: string message, 2: i32 code }
    service Work {
      i32 add(1: i32 a, 2: i32 b) throws (1: Bad bad)
      string echo(1: string text)
      void fail(1: string how)
      i32 with_default(1: i32 a = 3)
      i32 needs(1: required i32 a)
      i32 wait()
    }
""")

ALL = idl.All


class Handler:
    def __init__(self) -> None:
        self.go = threading.Event()
        self.waiting = threading.Event()
        self.calls = 0

    def add(self, a: int, b: int) -> int:
        self.calls += 1
        if a < 0:
            raise idl.Bad(message="negative", code=1)
        return a + b

    def echo(self, text: str) -> str:
        return text

    def fail(self, how: str) -> None:
        raise {"value": ValueError("x"), "exit": SystemExit(1), "application": TApplicationException(6, "mine")}[how]

    def with_default(self, a: int) -> int:
        return a

    def needs(self, a: int) -> int:
        return a

    def wait(self) -> int:
        self.waiting.set()
        self.go.wait(LONG)
        return 1


def running(server: Any) -> contextlib.AbstractContextManager[int]:
    return background.running(server, lambda: server.stop(0), LONG)


@contextlib.contextmanager
def calling(**options: Any) -> Iterator[tuple[Any, Handler]]:
    handler = Handler()
    with running(make_server(idl.Work, handler, "127.0.0.1", 0, **options)) as port:
        client = make_client(idl.Work, "127.0.0.1", port, timeout=LONG * 1000, **options)
        try:
            yield client, handler
        finally:
            handler.go.set()
            client.close()


@contextlib.contextmanager
def profile(name: str) -> Iterator[None]:
    defaults.use(name)
    try:
        yield
    finally:
        defaults.use("fastthrift")


ROWS: dict[int, Callable[..., None]] = {}


def row(number: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    def keep(test: Callable[..., None]) -> Callable[..., None]:
        assert number not in ROWS
        ROWS[number] = test
        return test

    return keep


@row(1)
def test_1_defaults_are_each_instances_own() -> None:
    a, b = ALL(), ALL()
    a.numbers.append(2), a.map_.update(z=1)
    a.inner.x = 9
    assert (b.numbers, b.map_, b.inner.x) == ([1], {"a": 1}, 1)
    assert dict(ALL.default_spec)["numbers"] == [1]


@row(2)
def test_2_sets_are_lists_unless_asked_for() -> None:
    data = serialize(ALL(set_={1}))
    assert deserialize(ALL(), data).set_ == [1]
    assert deserialize(ALL(), data, TBinaryProtocolFactory(sets=True)).set_ == {1}


@row(3)
def test_3_text_that_is_no_utf8_is_bytes_unless_strict() -> None:
    data = serialize(ALL(text=b"\xff"))
    assert deserialize(ALL(), data).text == b"\xff"
    with pytest.raises(UnicodeDecodeError):
        deserialize(ALL(), data, TBinaryProtocolFactory(strict_decode=True))
    assert deserialize(ALL(), serialize(ALL(text="a")), TBinaryProtocolFactory(decode_response=False)).text == b"a"


@row(4)
def test_4_binary_defaults_are_str() -> None:
    assert ALL().blob == "b"


@row(5)
def test_5_required_fields_are_not_looked_at() -> None:
    assert deserialize(ALL(), serialize(ALL())).needed is None


@row(6)
def test_6_no_late_answer_is_taken_for_another_calls() -> None:
    handler = Handler()
    with running(make_server(idl.Work, handler, "127.0.0.1", 0)) as port:
        quick = make_client(idl.Work, "127.0.0.1", port, timeout=50)
        with pytest.raises(socket.timeout):
            quick.wait()
        handler.go.set()
        with pytest.raises(TTransportException) as raised:
            quick.add(1, 2)
        assert raised.value.type == TTransportException.NOT_OPEN


@row(7)
def test_7_undeclared_exceptions_are_answered_or_close_by_profile() -> None:
    with calling() as (client, _):
        with pytest.raises(TApplicationException) as raised:
            client.fail("value")
        assert raised.value.type == TApplicationException.INTERNAL_ERROR
        assert client.add(1, 1) == 2
    with profile("thriftpy2"), calling() as (client, _):
        with pytest.raises(TTransportException) as closed:
            client.fail("value")
        assert closed.value.type == TTransportException.END_OF_FILE


def asyncio_calls(calls: Callable[[Any], Any], **options: Any) -> None:
    class AsyncHandler:
        async def fail(self, how: str) -> None:
            raise TApplicationException(6, "mine")

        async def add(self, a: int, b: int) -> int:
            return a + b

    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = make_aio_server(idl.Work, AsyncHandler(), "127.0.0.1", 0, loop=loop, **options)
        await server.start()
        try:
            client = await make_aio_client(idl.Work, "127.0.0.1", server.trans.sock.getsockname()[1], timeout=20000)
            await calls(client)
            client.close()
        finally:
            await server.stop(0)

    asyncio.run(asyncio.wait_for(main(), LONG))


@row(8)
def test_8_asyncio_answers_application_exceptions() -> None:
    async def calls(client: Any) -> None:
        with pytest.raises(TApplicationException, match="mine"):
            await client.fail("application")
        assert await client.add(1, 2) == 3

    with profile("thriftpy2"):
        asyncio_calls(calls)


@row(9)
def test_9_asyncio_client_timeout_is_idle_time() -> None:
    async def calls(client: Any) -> None:
        loop: Any = asyncio.get_running_loop()
        real, passed = loop.time, 0.0
        loop.time = lambda: real() + passed
        for _ in range(5):  # together longer than the timeout
            passed += 2.0
            await asyncio.sleep(0)
            assert await client.add(1, 2) == 3

    asyncio_calls(calls, client_timeout=5000)
    assert TAsyncSocket("h", 1, socket_timeout=2000, connect_timeout=1000).socket_timeout == 2


@row(10)
def test_10_cafile_alone_means_tls(tmp_path: Path) -> None:
    authority = pytest.importorskip("trustme").CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    assert TAsyncSocket("h", 1, cafile=str(tmp_path / "ca.pem")).ssl_context is not None


@row(11)
def test_11_host_names_are_verified_but_for_the_thriftpy2_profile() -> None:
    assert client_context(True, None, None, None, None, None, None).check_hostname
    assert TSSLSocket("h", 1).ssl_context.check_hostname
    with profile("thriftpy2"):
        assert not TSSLSocket("h", 1).ssl_context.check_hostname
        assert TSSLSocket("h", 1, check_hostname=True).ssl_context.check_hostname


@row(12)
def test_12_str_in_a_binary_field_has_the_right_length_in_compact() -> None:
    factory = TCompactProtocolFactory()
    data = serialize(idl.All(number=None, blob="é", numbers=None, map_=None, inner=None), factory)
    assert data == b"\x38\x02\xc3\xa9\x00"


@row(13)
def test_13_asyncio_compact_reads_maps_of_strings() -> None:
    data = serialize(ALL(map_={"k": 5}), TCompactProtocolFactory())

    found = ALL()

    async def fill() -> None:
        await TAsyncCompactProtocolFactory().get_protocol(TAsyncMemoryBuffer(data)).read_struct(found)

    asyncio.run(fill())
    assert found.map_ == {"k": 5}


@row(14)
def test_14_values_of_another_type_are_skipped() -> None:
    for factory in (TBinaryProtocolFactory(), TCompactProtocolFactory(), pure_binary.TBinaryProtocolFactory()):
        got = deserialize(ALL(), serialize(idl.Other(number="text", text=5), factory), factory)
        assert (got.number, got.text) == (7, None)


@row(15)
def test_15_bytes_that_end_early_are_an_end_of_file() -> None:
    data = serialize(ALL(text="abc"))
    for size in range(len(data)):
        # The end of the bytes, or a size that is larger than what is left of them.
        with pytest.raises((TTransportException, TProtocolException)):
            deserialize(ALL(), data[:size])
    with pytest.raises(TTransportException) as raised:
        deserialize(ALL(), data[:-1])
    assert raised.value.type == TTransportException.END_OF_FILE
    assert TMemoryBuffer(b"ab").read(5) == b"ab"


@row(16)
def test_16_negative_sizes_unknown_types_and_endless_numbers_are_refused() -> None:
    bad = [b"\x0b\x00\x02\xff\xff\xff\xff", b"\x0f\x00\x04\x08\xff\xff\xff\xff", b"\x05\x00\x01\x00"]
    for data in bad:
        with pytest.raises(TProtocolException):
            deserialize(ALL(), data)
    with pytest.raises(TProtocolException):
        deserialize(ALL(), b"\x15" + b"\xff" * 20 + b"\x01\x00", TCompactProtocolFactory())


@row(17)
def test_17_there_are_limits() -> None:
    with pytest.raises(TProtocolException) as raised:
        deserialize(ALL(), serialize(ALL(text="x" * 100)), TBinaryProtocolFactory(max_string=10))
    assert raised.value.type == TProtocolException.SIZE_LIMIT
    with pytest.raises(TTransportException):
        TCyFramedTransport(TMemoryBuffer(b"\x7f\xff\xff\xff")).read(1)


@row(18)
def test_18_a_value_that_cannot_be_written_leaves_the_connection_as_it_was() -> None:
    with calling() as (client, _):
        with pytest.raises(TDecodeException):
            client.echo(5)
        assert client.echo("next") == "next"


@row(19)
def test_19_compact_goes_on_after_an_error() -> None:
    out = TMemoryBuffer()
    protocol = TCompactProtocol(out)
    with pytest.raises(TDecodeException):
        protocol.write_struct(ALL(text=5))
    protocol.write_struct(idl.Inner(x=1))
    assert out.getvalue() == b"\x15\x02\x00"


@row(20)
def test_20_apache_json_is_right() -> None:
    factory = TApacheJSONProtocolFactory()
    sent = ALL(blob=b"b", deep={idl.Inner(x=1): [[1], []]})
    assert deserialize(ALL(), serialize(sent, factory), factory) == sent
    assert deserialize(idl.Inner(), b'{"1":{"i32":3},"99":{"str":"?"}}', factory).x == 3
    with calling(proto_factory=factory) as (client, handler):
        assert [client.add(n, 1) for n in range(3)] == [1, 2, 3]
        assert handler.calls == 3


@row(21)
def test_21_http_sends_once_has_its_own_timeout_and_checks_the_status() -> None:
    handler = Handler()
    before = socket.getdefaulttimeout()
    with running(http.make_server(idl.Work, handler, "127.0.0.1", 0)) as port:
        client = http.make_client(idl.Work, "127.0.0.1", port, timeout=5000, keep_alive=True)
        assert client.add(1, 2) == 3
        assert handler.calls == 1
        assert client._iprot.trans.is_open()
        client.close()
    assert socket.getdefaulttimeout() == before
    refusal = b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"
    with background.answering(lambda sock: sock.sendall(refusal)) as port:
        with pytest.raises(TTransportException, match="status 403"):
            http.make_client(idl.Work, "127.0.0.1", port, timeout=5000).add(1, 2)


@row(22)
def test_22_close_ends_serve_and_may_be_followed_by_closing_the_transport() -> None:
    server = make_server(idl.Work, Handler(), "127.0.0.1", 0)
    server.trans.listen()
    thread = threading.Thread(target=server.serve)
    thread.start()
    server.close()
    server.trans.close()
    thread.join(LONG)
    assert not thread.is_alive()


@row(23)
def test_23_an_exit_in_a_handler_does_not_leave_the_connection_open() -> None:
    with profile("thriftpy2"), calling() as (client, _):
        with pytest.raises(TTransportException) as raised:
            client.fail("exit")
        assert raised.value.type == TTransportException.END_OF_FILE


@row(24)
def test_24_an_idle_connection_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    with running(make_server(idl.Work, Handler(), "127.0.0.1", 0, client_timeout=30)) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=LONG) as idle:
            assert idle.recv(1) == b""
    assert [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []


@row(25)
def test_25_order_means_nothing_and_unknown_names_are_errors() -> None:
    module = fastthrift.loads("""
        service S { list<Later> get(1: Alias a) throws (1: Oops o) }
        struct Early { 1: E e = E.A, 2: list<Later> later }
        typedef i32 Alias  struct Later { 1: Alias x }  enum E { A = 4 }  exception Oops {}
    """)
    assert module.S.get_result.thrift_spec[0] == (15, "success", (12, module.Later), False)
    assert module.Early().e == 4
    with pytest.raises(fastthrift.parser.ThriftParserError, match="No type found"):
        fastthrift.loads("typedef Nope A")


@row(26)
def test_26_python_keywords_are_names_as_others() -> None:
    module = fastthrift.loads("struct S { 1: i32 async, 2: i32 None, 3: i32 from }  struct After { 1: i32 x }")
    assert getattr(module.S(**{"async": 5}), "async") == 5
    assert module.After(x=1).x == 1


@row(27)
def test_27_elements_of_constants_have_their_types() -> None:
    module = fastthrift.loads('struct P { 1: i32 x } const list<double> D = [1] const list<P> L = [{"x": 2}]')
    assert type(module.D[0]) is float
    assert module.L == [module.P(x=2)]


@row(28)
def test_28_constants_are_not_checked_for_their_range() -> None:
    assert fastthrift.loads("const i32 BIG = 99999999999").BIG == 99999999999


@row(29)
def test_29_cache_goes_by_name_and_path(tmp_path: Path) -> None:
    for folder, kind in (("a", "i32"), ("b", "string")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "t.thrift").write_text(f"struct T {{ 1: {kind} x }}")
        (tmp_path / folder / "root.thrift").write_text('include "t.thrift"\nstruct R { 1: t.T t }')
    roots = [fastthrift.load(tmp_path / folder / "root.thrift") for folder in "ab"]
    assert [root.t.T.thrift_spec[1][0] for root in roots] == [8, 11]
    assert fastthrift.load(tmp_path / "a" / "root.thrift") is roots[0]


@row(30)
def test_30_a_file_may_be_included_twice(tmp_path: Path) -> None:
    (tmp_path / "t.thrift").write_text("struct T {}")
    (tmp_path / "r.thrift").write_text('include "t.thrift"\ninclude "t.thrift"\nstruct R { 1: t.T t }')
    assert fastthrift.load(tmp_path / "r.thrift").R().t is None


@row(31)
def test_31_import_hook_leaves_other_finders_their_turn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "verdict31.thrift").write_text("struct T {}")
    monkeypatch.syspath_prepend(str(tmp_path))
    fastthrift.install_import_hook()
    try:
        with pytest.raises(ModuleNotFoundError):
            __import__("no_such_verdict_thrift")
        assert __import__("verdict31_thrift").T
    finally:
        fastthrift.remove_import_hook()
        sys.modules.pop("verdict31_thrift", None)


@row(32)
def test_32_includes_have_bare_names_and_derived_modules(tmp_path: Path) -> None:
    (tmp_path / "inner32.thrift").write_text("struct T {}")
    (tmp_path / "outer32.thrift").write_text('include "inner32.thrift"')
    module = fastthrift.load(tmp_path / "outer32.thrift")
    assert (module.inner32.__name__, module.inner32.T.__module__) == ("inner32", "inner32_thrift")


@row(33)
def test_33_enums_are_ints_that_can_be_asked_or_int_enums() -> None:
    assert (idl.Colour.RED, idl.Colour(5), 5 in idl.Colour, list(idl.Colour)) == (1, 5, True, [1, 5])
    module = fastthrift.loads("enum C { A = 2 } struct S { 1: C c }", enums=enum.IntEnum)
    assert deserialize(module.S(), serialize(module.S(c=2))).c is module.C.A


@row(34)
def test_34_numbers_of_all_kinds_fit_integer_fields() -> None:
    class Index:
        def __index__(self) -> int:
            return 5

    class Int:
        def __int__(self) -> int:
            return 6

    for value, number in ((1.0, 1), (1.9, 1), (Index(), 5), (Int(), 6), (True, 1)):
        assert deserialize(ALL(), serialize(ALL(number=value))).number == number


@row(35)
def test_35_one_error_for_values_that_do_not_fit() -> None:
    factories = [
        TBinaryProtocolFactory(),
        TCompactProtocolFactory(),
        TJSONProtocolFactory(),
        TApacheJSONProtocolFactory(),
    ]
    for factory in factories:
        with pytest.raises(TDecodeException) as raised:
            serialize(ALL(text=["x"]), factory)
        assert str(raised.value) == "Field 'text(2)' of 'All' needs type 'STRING', but the value is `['x']`"
    with pytest.raises(TDecodeException, match="needs type 'I32'"):
        serialize(ALL(colour="red"))
    with pytest.raises(TProtocolException, match="i32 requires -2147483648 <= number <= 2147483647"):
        serialize(ALL(number=2**40), TCompactProtocolFactory())


@row(36)
def test_36_framed_transports_errors_have_their_types() -> None:
    with pytest.raises(TTransportException) as raised:
        TCyFramedTransport(TMemoryBuffer(b"\0\0\0\0")).read(1)
    assert isinstance(raised.value.type, int) and "No frame" in str(raised.value)


@row(37)
def test_37_a_socket_that_is_not_open_says_so() -> None:
    for action in (lambda: TSocket("h", 1).read(1), lambda: TSocket("h", 1).write(b"x"), TServerSocket().accept):
        with pytest.raises(TTransportException) as raised:
            action()
        assert raised.value.type == TTransportException.NOT_OPEN
    TSocket("h", 1).close()


@row(38)
def test_38_timeouts_are_both_kinds_of_exceptions() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(0.01)
        with pytest.raises(socket.timeout) as raised:
            TSocket(sock=ours, socket_timeout=10).read(1)
    assert isinstance(raised.value, TTransportException)


@row(39)
def test_39_connect_timeout_is_for_connecting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sock = TSocket("127.0.0.1", listener.getsockname()[1], socket_timeout=None, connect_timeout=5000)
        sock.open()
        assert sock.sock.gettimeout() is None
        sock.close()


@row(40)
@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no UNIX sockets")
def test_40_client_timeout_holds_for_unix_sockets(tmp_path: Path) -> None:
    server = make_server(idl.Work, Handler(), unix_socket=str(tmp_path / "s"), client_timeout=7000)
    assert server.trans.client_timeout == 7
    assert TAsyncServerSocket(unix_socket=str(tmp_path / "s"), client_timeout=7000).client_timeout == 7


@row(41)
def test_41_ports_are_shared_under_thriftpy2s_profile_alone() -> None:
    assert TServerSocket("127.0.0.1", 0).reuse_port is False
    assert TServerSocket("127.0.0.1", 0, reuse_port=True).reuse_port is True
    with profile("thriftpy2"):
        assert TServerSocket("127.0.0.1", 0).reuse_port is True


@row(42)
def test_42_an_exceptions_text_is_its_repr() -> None:
    assert str(idl.Bad(message="x", code=7)) == repr(idl.Bad(message="x", code=7)) == "Bad(message='x', code=7)"


@row(43)
def test_43_application_exceptions_have_all_their_texts() -> None:
    texts = {5: "Missing result", 6: "Internal error", 7: "Protocol error"}
    assert {kind: str(TApplicationException(kind)) for kind in texts} == texts


@row(44)
def test_44_wrong_arguments_are_type_errors_and_none_is_the_default() -> None:
    with calling() as (client, _):
        with pytest.raises(TypeError, match="takes 2 positional arguments but 3 were given"):
            client.add(1, 2, 3)
        with pytest.raises(TypeError, match="unexpected keyword argument 'c'"):
            client.add(1, c=2)
        assert client.with_default(None) == 3
    with pytest.raises(TypeError, match="takes at most"):
        args_to_kwargs(idl.Work.add_args.thrift_spec, 1, 2, 3)


@row(45)
def test_45_deserialize_fills_the_object_that_it_is_given() -> None:
    mine = ALL(text="kept", number=1)
    assert deserialize(mine, serialize(idl.Inner(x=5))) is mine
    assert (mine.text, mine.number) == ("kept", 5)


@row(46)
def test_46_read_struct_gives_the_object() -> None:
    for protocol in (TBinaryProtocol, TCompactProtocol, TCyBinaryProtocol):
        mine = idl.Inner()
        assert protocol(io.BytesIO(b"\x00")).read_struct(mine) is mine


@row(47)
def test_47_comments_and_separators_are_read_as_others_read_them() -> None:
    module = fastthrift.loads("/* a *b/ */ /* * / */ enum E { A, B; C }")
    assert module.E.C == 2


@row(48)
def test_48_the_two_memory_buffers_keep_their_meanings() -> None:
    first, native = memory.TMemoryBuffer(b"abc"), TMemoryBuffer(b"abc")
    first.write(b"Z"), native.write(b"Z")
    assert (first.getvalue(), native.getvalue()) == (b"Zbc", b"abcZ")
    native.read(2)
    assert native.getvalue() == b"cZ"


@row(49)
def test_49_utils_use_the_native_codec() -> None:
    with pytest.raises(TDecodeException):
        serialize(ALL(number="x"))


@row(50)
def test_50_multiplexed_unknown_methods_are_answered() -> None:
    processor = TMultiplexedProcessor()
    processor.register_processor("Work", TProcessor(idl.Work, Handler()))
    server = TThreadedServer(processor, TServerSocket("127.0.0.1", 0))
    with running(server) as port:
        for name, method in (("Nobody", "add"), ("Work", "no_method")):
            sock = TSocket("127.0.0.1", port, socket_timeout=LONG * 1000)
            factory = TMultiplexedProtocolFactory(TBinaryProtocolFactory(), name)
            client = TClient(idl.Work, factory.get_protocol(TBufferedTransport(sock)))
            sock.open()
            client._oprot.write_message_begin(method, 1, 9)
            client._oprot.write_struct(idl.Inner())
            client._oprot.write_message_end()
            client._oprot.trans.flush()
            assert client._iprot.read_message_begin() == (method, 3, 9)
            refusal = TApplicationException()
            client._iprot.read_struct(refusal)
            assert refusal.type == TApplicationException.UNKNOWN_METHOD
            client.close()


@row(51)
def test_51_of_two_names_the_last_counts_and_methods_are_listed_once() -> None:
    assert idl.Colour._VALUES_TO_NAMES[1] == "PINK"
    module = fastthrift.loads("service A { void f() } service B extends A { void f(), void g() }")
    assert module.B.thrift_services == ["f", "g"]


@row(52)
def test_52_an_empty_file_loads_under_a_name(tmp_path: Path) -> None:
    (tmp_path / "empty52.thrift").write_text("typedef i32 A")
    module = fastthrift.load(tmp_path / "empty52.thrift", module_name="empty52_thrift")
    assert dict(module.__thrift_meta__) == {}
    assert sys.modules.pop("empty52_thrift") is module


@row(53)
def test_53_default_timeouts_are_three_seconds() -> None:
    assert TSocket("h", 1).socket_timeout == 3
    with profile("thriftpy2"):
        assert TServerSocket("127.0.0.1", 0).client_timeout == 3


def test_every_row_has_its_test() -> None:
    assert sorted(ROWS) == list(range(1, 54))
    assert [number for number, test in ROWS.items() if not test.__name__.startswith(f"test_{number}_")] == []
