"""A real server in a process of its own, and what can be seen of it from outside."""

from __future__ import annotations

import os
import re
import socket
import struct
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastthrift
from fastthrift.protocol import TBinaryProtocolFactory, TCompactProtocolFactory
from fastthrift.rpc import make_client
from fastthrift.transport import TBufferedTransportFactory, TFramedTransportFactory

IDL = Path(__file__).with_name("robust.thrift")
robust: Any = fastthrift.load(str(IDL), module_name="robust_thrift")

STACKS: dict[str, dict[str, Any]] = {
    "binary": {"proto_factory": TBinaryProtocolFactory(), "trans_factory": TBufferedTransportFactory()},
    "framed compact": {"proto_factory": TCompactProtocolFactory(), "trans_factory": TFramedTransportFactory()},
}

_SERVER = """
    import logging, sys
    sys.path.insert(0, {package!r})
    import fastthrift
    from fastthrift.protocol import *
    from fastthrift.rpc import make_server
    from fastthrift.transport import *

    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    robust = fastthrift.load({idl!r}, module_name="robust_thrift")

    class Handler:
        def add(self, a, b):
            return a + b
        def echo(self, tree):
            return tree
        def big(self, size):
            return b"x" * size
        def fail(self, how):
            raise {{"ValueError": ValueError, "SystemExit": SystemExit, "KeyboardInterrupt": KeyboardInterrupt,
                    "MemoryError": MemoryError, "RecursionError": RecursionError, "EOFError": EOFError,
                    "ConnectionResetError": ConnectionResetError, "BaseException": BaseException,
                    "GeneratorExit": GeneratorExit, "StopIteration": StopIteration}}[how]("secret")

    server = make_server(robust.Robust, Handler(), "127.0.0.1", 0, None, {factories}, client_timeout=20_000)
    server.trans.listen()
    print(server.trans.sock.getsockname()[1], flush=True)
    server.serve()
"""
_FACTORIES = {
    "binary": "TBinaryProtocolFactory(), TBufferedTransportFactory()",
    "framed compact": "TCompactProtocolFactory(), TFramedTransportFactory()",
}


def eventually(claim: Callable[[], bool], seconds: float = 10) -> bool:
    """Whether it becomes true in time."""
    deadline = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


class Server:
    def __init__(self, stack: str, log: Path) -> None:
        self.stack = stack
        self.log = log
        code = _SERVER.format(
            package=str(Path(fastthrift.__file__).resolve().parents[1]), idl=str(IDL), factories=_FACTORIES[stack]
        )
        with log.open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, stderr=stderr
            )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def client(self, timeout: int = 5_000) -> Any:
        return make_client(robust.Robust, "127.0.0.1", self.port, timeout=timeout, **STACKS[self.stack])

    def send(self, data: bytes, answers: bool = False) -> bytes:
        """Sends all on a new connection; the answers, where they are wanted, until the server ends it."""
        received = b""
        with self.connect() as sock:
            try:
                sock.sendall(data)
                if answers:
                    sock.shutdown(socket.SHUT_WR)
                    while piece := sock.recv(65536):
                        received += piece
            except (ConnectionResetError, BrokenPipeError):
                pass  # a server may hang up on such bytes
        return received

    def serves(self) -> None:
        """A client that behaves is answered, and soon."""
        began = time.monotonic()
        client = self.client(timeout=5_000)
        assert client.add(2, 3) == 5
        client.close()
        assert time.monotonic() - began < 2
        assert self.process.poll() is None

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory(self) -> int:
        """Resident bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> int:
        self.process.terminate()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return self.process.wait(20)


def frame(body: bytes) -> bytes:
    return struct.pack("!i", len(body)) + body


def call(name: str, args: Any, stack: str, kind: int = 1, seqid: int = 1) -> bytes:
    """A message as a client of the stack sends it; ``args`` is a struct or the bytes of one."""
    from fastthrift.transport import TMemoryBuffer

    protocol = STACKS[stack]["proto_factory"].get_protocol(TMemoryBuffer())
    protocol.write_message_begin(name, kind, seqid)
    if not isinstance(args, bytes):
        args.write(protocol)
        args = b""
    data: bytes = protocol.trans.getvalue() + args
    return frame(data) if stack.startswith("framed") else data
