"""Rows: code that `fastthrift --gen py` writes over `fastthrift.apache`, beside thriftpy2's face of fastthrift and Apache's package.

`face` is the same work through `fastthrift.load`, `thrift` Apache's with its C extension over code of its own compiler's shape.
"""

from __future__ import annotations

import importlib
from typing import Any

from .echo_server import ECHO, EchoArgs, EchoResult, generated_echo
from .measure import Effort, interleaved
from .rpc import compiled, free_port, running, served
from .table import Table

PEERS = ("face", "thrift")
# At least as fast as the other face within a tenth, and twice as fast as Apache's.
TARGETS = {"face": 0.9, "thrift": 2.0}
STRING, LIST, STRUCT, I32, DOUBLE = 11, 15, 12, 8, 4
_IDL = """
struct Address { 1: string street, 2: string city, 3: i32 zip }
struct Person { 1: string name, 2: i32 age, 3: double height, 4: list<string> tags, 5: Address address, 6: list<Address> others }
"""


def rows(table: Table, effort: Effort, quick: bool) -> None:
    table.head("Apache's face: codec", PEERS)
    for protocol in ("binary", "compact"):
        codec_rows(table, effort, protocol)
    load = compiled()
    if load is None:
        print("rpc: needs Linux and a C++ compiler for its load generator")
        return
    kinds = {"fastthrift": "apache_face", "face": "fastthrift", "thrift": "thrift"}
    ports = {name: free_port() for name in kinds}
    with running(load, ports, kinds) as servers:
        table.head("Apache's face: server CPU per request", PEERS)
        timing, _ = served(load, ports, servers, 8, 1, effort, quick)
        table.row("8 connections", timing, TARGETS)
    ports = {"raw": free_port()}
    with running(load, ports):
        table.head("Apache's face: client CPU per call", PEERS)
        called(table, ports["raw"], effort)


def codec_rows(table: Table, effort: Effort, protocol: str) -> None:
    runs: dict[str, tuple[Any, Any]] = {
        "fastthrift": generated(protocol),
        "face": loaded(protocol),
        "thrift": theirs(protocol),
    }
    written = {name: encode() for name, (encode, _) in runs.items()}
    assert len(set(written.values())) == 1, "all of them write the same bytes"
    decoders = {name: (lambda decode, data: lambda: decode(data))(run[1], written[name]) for name, run in runs.items()}
    table.row(f"person, {protocol}, encode", interleaved({name: run[0] for name, run in runs.items()}, effort), TARGETS)
    table.row(f"person, {protocol}, decode", interleaved(decoders, effort), TARGETS)


def filled(person: Any, address: Any) -> Any:
    def one(street: str) -> Any:
        return address(street, "Springfield", 12345)

    return person(
        "Homer Simpson", 39, 1.83, ["a", "bc", "def"], one("Evergreen"), [one("Main"), one("Second"), one("Third")]
    )


def specs(address: Any, address_spec: Any) -> tuple[Any, Any]:
    """Apache's specs of both structs."""
    inner = [address, address_spec]
    return address_spec, (
        None,
        (1, STRING, "name", "UTF8", None),
        (2, I32, "age", None, None),
        (3, DOUBLE, "height", None, None),
        (4, LIST, "tags", (STRING, "UTF8", False), None),
        (5, STRUCT, "address", inner, None),
        (6, LIST, "others", (STRUCT, inner, False), None),
    )


ADDRESS = (
    None,
    (1, STRING, "street", "UTF8", None),
    (2, STRING, "city", "UTF8", None),
    (3, I32, "zip", None, None),
)


def generated(protocol: str) -> tuple[Any, Any]:
    from fastthrift.apache import TSerialization
    from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocolAcceleratedFactory
    from fastthrift.apache.protocol.TCompactProtocol import TCompactProtocolAcceleratedFactory
    from fastthrift.apache.TStruct import TStruct

    class Address(TStruct):
        __slots__ = ("street", "city", "zip")

    class Person(TStruct):
        __slots__ = ("name", "age", "height", "tags", "address", "others")

    Address.thrift_spec, Person.thrift_spec = specs(Address, ADDRESS)
    factory: Any = {"binary": TBinaryProtocolAcceleratedFactory, "compact": TCompactProtocolAcceleratedFactory}[
        protocol
    ]()
    value = filled(Person, Address)
    return (
        lambda: TSerialization.serialize(value, factory),
        lambda data: TSerialization.deserialize(Person(), data, factory),
    )


def loaded(protocol: str) -> tuple[Any, Any]:
    import tempfile

    import fastthrift
    from fastthrift import protocol as protocols
    from fastthrift import utils

    with tempfile.NamedTemporaryFile("w", suffix=".thrift") as file:
        file.write(_IDL)
        file.flush()
        module: Any = fastthrift.load(file.name, f"person_{protocol}_thrift")
    factory: Any = {"binary": protocols.TBinaryProtocolFactory, "compact": protocols.TCompactProtocolFactory}[
        protocol
    ]()
    value = filled(module.Person, module.Address)
    return lambda: utils.serialize(value, factory), lambda data: utils.deserialize(module.Person(), data, factory)


def theirs(protocol: str) -> tuple[Any, Any]:
    """Classes as Apache's compiler writes them, through `TSerialization`."""
    serialization = importlib.import_module("thrift.TSerialization")
    names = {"binary": "TBinaryProtocol", "compact": "TCompactProtocol"}
    module = importlib.import_module(f"thrift.protocol.{names[protocol]}")
    factory = getattr(module, f"{names[protocol]}AcceleratedFactory")()

    class Address(_Accelerated):
        def __init__(self, street: Any = None, city: Any = None, zip: Any = None) -> None:
            self.street, self.city, self.zip = street, city, zip

    class Person(_Accelerated):
        def __init__(
            self,
            name: Any = None,
            age: Any = None,
            height: Any = None,
            tags: Any = None,
            address: Any = None,
            others: Any = None,
        ) -> None:
            self.name, self.age, self.height, self.tags = name, age, height, tags
            self.address, self.others = address, others

    Address.thrift_spec, Person.thrift_spec = specs(Address, ADDRESS)
    value = filled(Person, Address)
    return (
        lambda: serialization.serialize(value, factory),
        lambda data: serialization.deserialize(Person(), data, factory),
    )


class _Accelerated:
    thrift_spec: Any = None

    def read(self, iprot: Any) -> None:
        iprot._fast_decode(self, iprot, [self.__class__, self.thrift_spec])

    def write(self, oprot: Any) -> None:
        oprot.trans.write(oprot._fast_encode(self, [self.__class__, self.thrift_spec]))


def called(table: Table, port: int, effort: Effort) -> None:
    """Blocking clients against the raw server, in this process."""
    message = "x" * 32
    clients = {"fastthrift": our_client(port), "face": face_client(port), "thrift": their_client(port)}
    for client in clients.values():
        assert client(message) == message
    runs = {name: (lambda call: lambda: call(message))(client) for name, client in clients.items()}
    table.row("one blocking client", interleaved(runs, effort), {"face": 0.9, "thrift": 1.4})


def our_client(port: int) -> Any:
    from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocolAccelerated
    from fastthrift.apache.transport.TSocket import TSocket
    from fastthrift.apache.transport.TTransport import TBufferedTransport

    trans = TBufferedTransport(TSocket("127.0.0.1", port))
    trans.open()
    return generated_echo().Client(TBinaryProtocolAccelerated(trans)).echo


def face_client(port: int) -> Any:
    import fastthrift
    from fastthrift.rpc import make_client

    module: Any = fastthrift.load(str(ECHO), module_name="face_echo_thrift")
    return make_client(module.Echo, "127.0.0.1", port).echo


def their_client(port: int) -> Any:
    """The calls that Apache's compiler writes for a method."""
    from thrift.protocol.TBinaryProtocol import TBinaryProtocolAccelerated
    from thrift.transport.TSocket import TSocket
    from thrift.transport.TTransport import TBufferedTransport

    trans = TBufferedTransport(TSocket("127.0.0.1", port))
    trans.open()
    protocol = TBinaryProtocolAccelerated(trans)

    def echo(msg: str) -> Any:
        protocol.writeMessageBegin("echo", 1, 0)
        args = EchoArgs()
        args.msg = msg
        trans.write(protocol._fast_encode(args, [EchoArgs, EchoArgs.thrift_spec]))
        protocol.writeMessageEnd()
        trans.flush()
        protocol.readMessageBegin()
        result = EchoResult()
        protocol._fast_decode(result, protocol, [EchoResult, EchoResult.thrift_spec])
        protocol.readMessageEnd()
        return result.success

    return echo
