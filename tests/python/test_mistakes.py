"""Mistakes that users make in their first programs: each is told where it is made, and what to do instead."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

import fastthrift
from background import running
from certificates import Certificates
from fastthrift import http, rpc
from fastthrift.apache import TSerialization
from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocol as ApacheBinary
from fastthrift.apache.protocol.TMultiplexedProtocol import TMultiplexedProtocol as ApacheMultiplexed
from fastthrift.apache.protocol.TProtocol import TProtocolException
from fastthrift.apache.server.TServer import TThreadedServer as ApacheThreadedServer
from fastthrift.apache.Thrift import TApplicationException as ApacheApplicationException
from fastthrift.apache.transport.THttpClient import THttpClient
from fastthrift.apache.transport.TSocket import TServerSocket as ApacheServerSocket
from fastthrift.apache.transport.TSocket import TSocket as ApacheSocket
from fastthrift.apache.transport.TTransport import TBufferedTransport as ApacheBuffered
from fastthrift.apache.transport.TTransport import TFramedTransport as ApacheFramed
from fastthrift.apache.transport.TTransport import TMemoryBuffer
from fastthrift.apache.transport.TTransport import TTransportException as ApacheTransportException
from fastthrift.contrib.aio import rpc as aio_rpc
from fastthrift.contrib.aio.protocol import TAsyncBinaryProtocolFactory, TAsyncCompactProtocolFactory
from fastthrift.contrib.aio.transport import TAsyncBufferedTransportFactory, TAsyncFramedTransportFactory
from fastthrift.protocol import (
    TBinaryProtocol,
    TBinaryProtocolFactory,
    TCompactProtocol,
    TCompactProtocolFactory,
    TCyBinaryProtocol,
    TMultiplexedProtocolFactory,
)
from fastthrift.server import TThreadedServer
from fastthrift.thrift import TApplicationException, TDecodeException, TMultiplexedProcessor, TProcessor
from fastthrift.transport import (
    TBufferedTransport,
    TBufferedTransportFactory,
    TFramedTransport,
    TFramedTransportFactory,
    TServerSocket,
    TSSLServerSocket,
)
from fastthrift.utils import deserialize, serialize

shop = fastthrift.loads(
    """
    enum Kind { A = 1 }
    struct Item { 1: list<Kind> kinds, 2: map<Kind, list<set<Kind>>> by_kind, 3: string name }
    struct NoneSuch {}
    struct Holds { 1: list<NoneSuch> all }
    service Shop { string hello(1: string name), void ping() }
    """,
    "shop_thrift",
)


class Handler:
    def hello(self, name: str) -> str:
        return f"hello {name}"

    def ping(self) -> None:
        pass


def serving() -> contextlib.AbstractContextManager[int]:
    return running(rpc.make_server(shop.Shop, Handler(), "127.0.0.1", 0))


class OnTheClass:
    """A factory that needs no instance is none of these mistakes."""

    @staticmethod
    def get_protocol(trans: Any) -> Any:
        return TBinaryProtocol(trans)

    @classmethod
    def get_transport(cls, trans: Any) -> Any:
        return TBufferedTransport(trans)


# what is given besides (service, ...) -> what is said
PARTS: dict[str, tuple[Any, dict[str, Any], str]] = {
    "the module": (shop, {}, r"a service is a class like module\.Service, got <module 'shop_thrift'.*>, which has Shop$"),
    "the service's name": ("Shop", {}, "a service is a class like module.Service, got 'Shop'$"),
    "another module": (http, {}, "a service is a class like module.Service, got <module 'fastthrift.http'"),
    "a protocol": (
        shop.Shop, {"proto_factory": TCompactProtocol},
        r"proto_factory is an object, not a class: TCompactProtocolFactory\(\) instead of TCompactProtocol$",
    ),
    "a native protocol": (shop.Shop, {"proto_factory": TCyBinaryProtocol}, r"TBinaryProtocolFactory\(\) instead of T"),
    "the factory's class": (
        shop.Shop, {"proto_factory": TBinaryProtocolFactory},
        r"proto_factory is an object, not a class: TBinaryProtocolFactory\(\) instead of TBinaryProtocolFactory$",
    ),
    "a transport": (
        shop.Shop, {"trans_factory": TFramedTransport},
        r"trans_factory is an object, not a class: TFramedTransportFactory\(\) instead of T\w*FramedTransport$",
    ),
    "its factory's class": (shop.Shop, {"trans_factory": TBufferedTransportFactory}, r"BufferedTransportFactory\(\) instead"),
}  # fmt: skip


@pytest.mark.parametrize("what", PARTS)
def test_parts_of_the_wrong_kind_are_told_before_anything_is_opened(what: str) -> None:
    service, parts, text = PARTS[what]
    with pytest.raises(TypeError, match=text):
        rpc.make_client(service, "127.0.0.1", 1, **parts)
    with pytest.raises(TypeError, match=text), rpc.client_context(service, "127.0.0.1", 1, **parts):
        pass
    with pytest.raises(TypeError, match=text):
        rpc.make_server(service, Handler(), "127.0.0.1", 0, **parts)
    with pytest.raises(TypeError, match=text):
        http.make_client(service, "127.0.0.1", 1, **parts)
    with pytest.raises(TypeError, match=text):
        http.make_server(service, Handler(), "127.0.0.1", 0, **parts)
    with pytest.raises(TypeError, match=text):
        asyncio.run(aio_rpc.make_client(service, "127.0.0.1", 1, **parts))
    with pytest.raises(TypeError, match=text):
        aio_rpc.make_server(service, Handler(), "127.0.0.1", 0, **parts)


# (parameter, asyncio's factory, the other)
KINDS = [
    ("proto_factory", TAsyncBinaryProtocolFactory(), TBinaryProtocolFactory()),
    ("proto_factory", TAsyncCompactProtocolFactory(), TCompactProtocolFactory()),
    ("trans_factory", TAsyncBufferedTransportFactory(), TBufferedTransportFactory()),
    ("trans_factory", TAsyncFramedTransportFactory(), TFramedTransportFactory()),
]


def named(factory: Any) -> str:
    return type(factory).__name__.replace("TCy", "T", 1)


@pytest.mark.parametrize(("parameter", "asynchronous", "plain"), KINDS, ids=lambda each: type(each).__name__)
def test_factories_of_asyncio_and_the_others_are_told_apart(parameter: str, asynchronous: Any, plain: Any) -> None:
    text = rf"{named(asynchronous)}\(\) is for asyncio: {parameter}={named(plain)}\(\) is needed here$"
    for make in (rpc.make_client, http.make_client):
        with pytest.raises(TypeError, match=text):
            make(shop.Shop, "127.0.0.1", 1, **{parameter: asynchronous})
    with pytest.raises(TypeError, match=text):
        rpc.make_server(shop.Shop, Handler(), "127.0.0.1", 0, **{parameter: asynchronous})
    text = rf"{type(plain).__name__}\(\) is not for asyncio: {parameter}={named(asynchronous)}\(\) is needed here$"
    with pytest.raises(TypeError, match=text):
        asyncio.run(aio_rpc.make_client(shop.Shop, "127.0.0.1", 1, **{parameter: plain}))
    with pytest.raises(TypeError, match=text):
        aio_rpc.make_server(shop.Shop, Handler(), "127.0.0.1", 0, **{parameter: plain})


def test_a_factory_for_both_goes_over_either() -> None:
    async def main(port: int) -> str:
        factory = TMultiplexedProtocolFactory(TAsyncBinaryProtocolFactory(), "shop")
        async with await aio_rpc.make_client(shop.Shop, "127.0.0.1", port, proto_factory=factory) as client:
            return str(await client.hello("you"))

    processor = TMultiplexedProcessor()
    processor.register_processor("shop", TProcessor(shop.Shop, Handler()))
    with running(TThreadedServer(processor, TServerSocket("127.0.0.1", 0))) as port:
        assert asyncio.run(main(port)) == "hello you"
        factory = TMultiplexedProtocolFactory(TBinaryProtocolFactory(), "shop")
        with rpc.make_client(shop.Shop, "127.0.0.1", port, proto_factory=factory) as client:
            assert client.hello("me") == "hello me"


def test_factories_that_work_as_classes_are_taken() -> None:
    class Meta(type):
        def get_protocol(cls, trans: Any) -> Any:
            return TBinaryProtocol(trans)

    class OfAMetaclass(metaclass=Meta):
        pass

    with serving() as port:
        for factory in (OnTheClass, OfAMetaclass):
            client = rpc.make_client(
                shop.Shop, "127.0.0.1", port, proto_factory=factory, trans_factory=OnTheClass, timeout=10_000
            )  # type: ignore[arg-type]
            assert client.hello("you") == "hello you"
            client.close()


@pytest.mark.parametrize("factory", [TBinaryProtocolFactory(), TCompactProtocolFactory()])
def test_a_class_in_place_of_an_object_is_told(factory: Any) -> None:
    with pytest.raises(TypeError, match=r"an object is needed, not the class: Item\(\)"):
        serialize(shop.Item, factory)
    with pytest.raises(TypeError, match=r"an object is needed, not the class: Item\(\)"):
        deserialize(shop.Item, b"\0", factory)


# (field, value, the type that is named)
WRONG = [
    ("kinds", ["A"], "LIST<I32>"),
    ("by_kind", {"A": []}, "MAP<I32, LIST<SET<I32>>>"),
    ("by_kind", {1: [{"A"}]}, "MAP<I32, LIST<SET<I32>>>"),
]


@pytest.mark.parametrize(("field", "value", "kind"), WRONG)
def test_enums_in_containers_are_named_as_what_they_are(field: str, value: Any, kind: str) -> None:
    with pytest.raises(TDecodeException) as caught:
        serialize(shop.Item(**{field: value}))
    assert caught.value.type_repr == kind


def test_a_struct_whose_name_begins_as_none_keeps_it() -> None:
    with pytest.raises(TDecodeException, match="LIST<NoneSuch>"):
        serialize(shop.Holds(all=[1]))


class Foreign(TBinaryProtocol):
    """A subclass: its calls go step by step, in Python."""

    def write_message_begin(self, name: Any, ttype: Any, seqid: Any) -> None:
        super().write_message_begin(name, ttype, seqid)


class ForeignFactory(TBinaryProtocolFactory):
    def get_protocol(self, trans: Any) -> Any:
        return Foreign(trans)


@pytest.mark.parametrize("inner", [TBinaryProtocolFactory(), TCompactProtocolFactory(), ForeignFactory()])
def test_a_multiplexed_call_of_a_plain_server_raises_what_the_server_answers(inner: Any) -> None:
    server = rpc.make_server(shop.Shop, Handler(), "127.0.0.1", 0, proto_factory=inner)
    server.trans.listen()
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        with rpc.make_client(
            shop.Shop, "127.0.0.1", server.trans.sock.getsockname()[1], timeout=10_000,
            proto_factory=TMultiplexedProtocolFactory(inner, "Shop"),
        ) as client:  # fmt: skip
            for _ in range(2):  # the connection goes on
                with pytest.raises(TApplicationException) as caught:
                    client.hello("you")
                assert caught.value.type == TApplicationException.UNKNOWN_METHOD
                assert "Unknown method" in str(caught.value)
    finally:
        server.close()
        thread.join(20)


def test_a_multiplexed_call_of_a_plain_server_in_apaches_face() -> None:
    with serving() as port:
        sock = ApacheSocket("127.0.0.1", port)
        sock.setTimeout(10_000)
        transport = ApacheBuffered(sock)
        transport.open()
        client = shop.Shop.Client(ApacheMultiplexed(ApacheBinary(transport), "Shop"))
        with pytest.raises(ApacheApplicationException) as caught:
            client.hello("you")
        assert caught.value.type == ApacheApplicationException.UNKNOWN_METHOD
        plain = shop.Shop.Client(ApacheBinary(transport))
        assert plain.hello("you") == "hello you"
        with pytest.raises(TProtocolException):  # that of Apache's face, for both
            plain.hello(5)
        transport.close()
        transport.open()
        with pytest.raises(TDecodeException):  # and of the other
            shop.Shop.Client(ApacheBinary(transport)).hello(5)
        transport.close()


def test_a_framed_client_of_an_unframed_server_is_turned_away_at_once_in_apaches_face() -> None:
    # Its servers take messages without a version, whose first bytes are the length of a name: a frame's could be one.
    listener = ApacheServerSocket("127.0.0.1", 0)
    listener.listen()
    server = ApacheThreadedServer(shop.Shop.Processor(Handler()), listener)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        sock = ApacheSocket("127.0.0.1", listener.handle.getsockname()[1])
        sock.setTimeout(20_000)
        transport = ApacheFramed(sock)
        transport.open()
        with pytest.raises(ApacheTransportException) as caught:
            shop.Shop.Client(ApacheBinary(transport)).ping()
        assert caught.value.type == ApacheTransportException.END_OF_FILE
        transport.close()
    finally:
        server.close()
        thread.join(20)


def test_apaches_http_client_says_what_happened() -> None:
    with serving() as port:
        transport = THttpClient(f"http://127.0.0.1:{port}/")
        transport.setTimeout(10_000)
        transport.write(b"x")
        with pytest.raises(ApacheTransportException, match="closed the connection without an answer") as caught:
            transport.flush()
        assert isinstance(caught.value, ConnectionError)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        transport = THttpClient(f"http://127.0.0.1:{closed.getsockname()[1]}/")
        with pytest.raises(ConnectionRefusedError, match=r"Could not connect to 127\.0\.0\.1:\d+: Connection refused"):
            transport.flush()


@pytest.mark.parametrize("thing", [None, Handler])
def test_apaches_serialize_says_what_it_takes(thing: Any) -> None:
    with pytest.raises(TypeError, match="an object of a generated class is needed, got"):
        TSerialization.serialize(thing)
    with pytest.raises(TypeError, match="an object of a generated class is needed, got"):
        TSerialization.deserialize(thing, b"\0")


def test_after_a_failed_call_it_is_said_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        client = rpc.make_client(shop.Shop, "127.0.0.1", mute.getsockname()[1], timeout=20)
        with pytest.raises(socket.timeout):
            client.ping()
        with pytest.raises(
            fastthrift.thrift.TTransportException, match=r"closed after a failed call .*: open a new one"
        ):
            client.ping()


def test_tls_names_the_file_that_is_missing(tmp_path: Path, certificates: Certificates) -> None:
    missing = str(tmp_path / "missing.pem")
    with pytest.raises(FileNotFoundError) as caught:
        rpc.make_client(shop.Shop, "127.0.0.1", 1, cafile=missing)
    assert caught.value.filename == missing
    with pytest.raises(FileNotFoundError) as caught:
        rpc.make_client(shop.Shop, "127.0.0.1", 1, certfile=missing)
    assert caught.value.filename == missing
    with pytest.raises(FileNotFoundError) as caught:
        TSSLServerSocket("127.0.0.1", 0, certfile=certificates.cert, keyfile=missing)
    assert caught.value.filename == missing


@pytest.mark.parametrize("value", [b"bytes", 5, None])
def test_apaches_write_string_says_what_it_takes(value: Any) -> None:
    with pytest.raises(TypeError, match=rf"a string is a str, not {type(value).__name__}") as caught:
        ApacheBinary(TMemoryBuffer()).writeString(value)
    assert isinstance(caught.value, TProtocolException)
