"""Byte for byte and call by call against Apache's Python, over code of the shape that its compiler writes."""

from __future__ import annotations

import importlib
import random
import socket
import threading
from typing import Any

import pytest

pytest.importorskip("thrift")
import shapes

ROOTS = {"ours": "fastthrift.apache", "theirs": "thrift"}
MODULES = {(who, version): shapes.load(root, version) for who, root in ROOTS.items() for version in (17, 25)}
PROTOCOLS = ["TBinaryProtocol.TBinaryProtocol", "TCompactProtocol.TCompactProtocol"]


def part(who: str, path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(f"{ROOTS[who]}.{module}"), name)


def protocol_of(who: str, name: str, trans: Any, **options: Any) -> Any:
    return part(who, f"protocol.{name}Accelerated")(trans, **options)


def random_inner(rng: random.Random, module: Any) -> Any:
    return module.Inner(rng.choice([None, rng.randint(-(2**31), 2**31 - 1)]), rng.choice([None, "", "é" * 3, "ab"]))


def random_everything(rng: random.Random, module: Any, depth: int = 2) -> Any:
    def maybe(value: Any) -> Any:
        return value if rng.random() < 0.8 else None

    def edge(bits: int) -> int:
        return rng.choice([0, -1, 1, 2 ** (bits - 1) - 1, -(2 ** (bits - 1)), rng.randint(-(2**6), 2**6)])

    return module.Everything(
        flag=maybe(rng.random() < 0.5),
        small=maybe(edge(8)),
        short=maybe(edge(16)),
        number=maybe(edge(32)),
        big=maybe(edge(64)),
        real=maybe(rng.choice([0.0, -0.0, 1.5, float("inf"), rng.random()])),
        text=maybe(rng.choice(["", "plain", "naïve \U0001f600", "x" * 200])),
        raw=maybe(bytes(rng.randrange(256) for _ in range(rng.randrange(20)))),
        inner=maybe(random_inner(rng, module)),
        numbers=maybe([edge(32) for _ in range(rng.choice([0, 1, 14, 15, 16, 40]))]),
        words=maybe({rng.choice("abcdef") for _ in range(1)}),
        inners=maybe({"k": random_inner(rng, module)} if rng.random() < 0.7 else {}),
        nested=maybe([{edge(32): [True, False]}, {}]),
        structs=maybe([random_inner(rng, module) for _ in range(3)]),
        colour=maybe(edge(32)),
        self_=random_everything(rng, module, depth - 1) if depth and rng.random() < 0.5 else None,
    )


def shown(value: Any) -> str:
    return repr(value)


@pytest.mark.parametrize("version", [17, 25])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_random_values_have_the_same_bytes_and_are_read_alike(protocol: str, version: int) -> None:
    for seed in range(150):
        written = {}
        for who in ROOTS:
            value = random_everything(random.Random(seed), MODULES[who, version])
            trans = part(who, "transport.TTransport.TMemoryBuffer")()
            value.write(protocol_of(who, protocol, trans))
            written[who] = trans.getvalue(), shown(value)
        assert written["ours"] == written["theirs"]
        data, text = written["theirs"]
        for who in ROOTS:
            found = MODULES[who, version].Everything()
            trans = part(who, "transport.TTransport.TMemoryBuffer")(data)
            found.read(protocol_of(who, protocol, trans))
            again = part(who, "transport.TTransport.TMemoryBuffer")()
            found.write(protocol_of(who, protocol, again))
            # None is what a field keeps that does not come: the default of `number`.
            assert len(again.getvalue()) >= len(data)
            if "number=None" not in text:
                assert shown(found) == text


@pytest.mark.parametrize("version", [17, 25])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_slow_path_writes_and_reads_what_the_fast_one_does(protocol: str, version: int) -> None:
    for seed in range(60):
        module = MODULES["ours", version]
        value = random_everything(random.Random(seed), module)
        fast = part("ours", "transport.TTransport.TMemoryBuffer")()
        value.write(protocol_of("ours", protocol, fast))
        slow = part("ours", "transport.TTransport.TMemoryBuffer")()
        oprot = protocol_of("ours", protocol, slow)
        write_plainly(oprot, value)
        assert slow.getvalue() == fast.getvalue()
        iprot = protocol_of("ours", protocol, part("ours", "transport.TTransport.TMemoryBuffer")(fast.getvalue()))
        skipped = protocol_of("ours", protocol, part("ours", "transport.TTransport.TMemoryBuffer")(fast.getvalue()))
        found = module.Everything()
        read_plainly(iprot, found)
        skipped.skip(12)
        assert skipped.trans._buffer.tell() == len(fast.getvalue())
        if "number=None" not in shown(value):
            assert shown(found) == shown(value)


def write_plainly(oprot: Any, value: Any) -> None:
    """By the protocol's own methods, nested structs too."""
    oprot.writeContainerStruct = lambda inner, spec: write_plainly(oprot, inner)
    oprot.writeStruct(value, value.thrift_spec)


def read_plainly(iprot: Any, value: Any) -> None:
    def read(spec: Any) -> Any:
        made = spec[0]()
        read_plainly(iprot, made)
        return made

    iprot.readContainerStruct = read
    iprot.readStruct(value, value.thrift_spec)


class Handler:
    def __init__(self, module: Any) -> None:
        self.module = module
        self.told: list[str] = []

    def echo(self, thing: Any) -> Any:
        return thing

    def divide(self, a: int, b: int) -> Any:
        if b == 0:
            raise self.module.Refused("zero", self.module.Frozen(1, ("a", "b")))
        if b == -1:
            raise ValueError("boo")
        return None if b == -2 else a // b

    def nothing(self) -> None:
        pass

    def tell(self, text: str) -> None:
        self.told.append(text)


class Served:
    """A server of one side in a thread, for one connection."""

    def __init__(self, who: str, version: int, transport: str, protocol: str) -> None:
        module = MODULES[who, version]
        self.handler = Handler(module)
        processor = module.Processor(self.handler)
        listening = socket.create_server(("127.0.0.1", 0))
        self.port = listening.getsockname()[1]

        def serve() -> None:
            with listening:
                client = part(who, "transport.TSocket.TSocket")()
                client.setHandle(listening.accept()[0])
            trans = part(who, f"transport.TTransport.{transport}")(client)
            iprot = part(who, f"protocol.{protocol}")(trans)
            try:
                while True:
                    processor.process(iprot, iprot)
            except (EOFError, part(who, "transport.TTransport.TTransportException")):
                trans.close()

        self.thread = threading.Thread(target=serve, daemon=True)
        self.thread.start()


@pytest.mark.parametrize("transport", ["TBufferedTransport", "TFramedTransport"])
@pytest.mark.parametrize("protocol", [name + "Accelerated" for name in PROTOCOLS])
@pytest.mark.parametrize(("client", "server"), [("ours", "theirs"), ("theirs", "ours"), ("ours", "ours")])
def test_calls_between_both(client: str, server: str, transport: str, protocol: str) -> None:
    served = Served(server, 17, transport, protocol)
    module = MODULES[client, 25]
    sock = part(client, "transport.TSocket.TSocket")("127.0.0.1", served.port)
    sock.setTimeout(5000)
    trans = part(client, f"transport.TTransport.{transport}")(sock)
    calls = module.Client(part(client, f"protocol.{protocol}")(trans))
    trans.open()
    thing = random_everything(random.Random(5), module)
    thing.number = 5
    if thing.self_ is not None:
        thing.self_.number = 6
        thing.self_.self_ = None
    assert shown(calls.echo(thing)) == shown(thing)
    assert calls.divide(7, 2) == 3
    assert calls.nothing() is None
    calls.tell("é")
    with pytest.raises(module.Refused) as refused:
        calls.divide(1, 0)
    assert shown(refused.value) == "Refused(why='zero', frozen=Frozen(id=1, parts=('a', 'b')))"
    application = part(client, "Thrift.TApplicationException")
    with pytest.raises(application) as failed:
        calls.divide(1, -1)
    assert (failed.value.type, str(failed.value)) == (6, "Internal error")
    with pytest.raises(application) as missing:
        calls.divide(1, -2)
    assert (missing.value.type, str(missing.value)) == (5, "divide failed: unknown result")
    assert calls.divide(9, 3) == 3
    assert served.handler.told == ["é"]
    trans.close()
    served.thread.join(5)
    assert not served.thread.is_alive()
