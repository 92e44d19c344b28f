"""Programs in which gevent or eventlet have patched the sockets, and greenlets share a thread."""

from __future__ import annotations

import os
import socket

import pytest

from calc import calc
from fastthrift import connections, turns
from fastthrift.client import TClient
from fastthrift.protocol import TBinaryProtocol
from fastthrift.transport import TMemoryBuffer
from programs import run_program


class Patched(socket.socket):
    pass


def test_callers_take_turns_by_a_lock_of_their_client_where_sockets_are_patched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = (TClient(calc.Calc, TBinaryProtocol(TMemoryBuffer())) for _ in range(2))
    assert turns.turn_of(first) is turns.turn_of(second)
    monkeypatch.setattr(turns.socket, "socket", Patched)
    turn = turns.turn_of(first)
    assert turn is turns.turn_of(first)
    assert turn is not turns.turn_of(second)
    with turn, turn:  # a call from inside is refused by the core, it does not wait for itself
        pass


class OneByOne:
    """As eventlet's: the methods are the instance's."""

    def __init__(self) -> None:
        self.ended: list[int] = []
        self.shutdown = self.ended.append


def test_sockets_whose_class_has_no_methods_are_ended_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections.socket, "socket", OneByOne)

    class Client:
        sock = OneByOne()

    known = connections.Connections()
    known.add(Client)
    known.finish()
    assert Client.sock.ended == [socket.SHUT_RD]


PATCHED = """
import os
import socket
class Patched(socket.socket):
    pass
socket.socket = Patched
from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocol
from fastthrift.apache.transport import TSocket, TTransport
import fastthrift
from fastthrift.rpc import make_client
calc = fastthrift.loads("service Calc { i32 add(1: i32 a) }", module_name="calc_thrift")
with socket.create_server(("127.0.0.1", 0)) as listener:
    client = make_client(calc.Calc, "127.0.0.1", listener.getsockname()[1])
    client.close()
    try:
        client.add(1)
    except fastthrift.transport.TTransportException as error:
        print(error.type)
trans = TTransport.TBufferedTransport(TSocket.TSocket("127.0.0.1", 1))
try:
    calc.Calc.Client(TBinaryProtocol(trans)).add(1)
except TTransport.TTransportException as error:
    print(error.type)
"""


def test_a_closed_client_says_so_where_sockets_are_patched() -> None:
    done = run_program(PATCHED)
    assert (done.stdout, done.stderr) == ("1\n1\n", "")


GREENLETS = """
from gevent import monkey
monkey.patch_all()
import gevent
import fastthrift
from fastthrift.rpc import make_client, make_server
from fastthrift.thrift import TTransportException
calc = fastthrift.loads("service Calc { i32 wait(1: i32 a) }", module_name="calc_thrift")
class Handler:
    def wait(self, a):
        gevent.sleep(a / 1000)
        return a
server = make_server(calc.Calc, Handler(), "127.0.0.1", 0)
server.trans.listen()
serve = gevent.spawn(server.serve)
client = make_client(calc.Calc, "127.0.0.1", server.trans.sock.getsockname()[1])
print([each.get() for each in gevent.joinall([gevent.spawn(client.wait, each) for each in (20, 10, 0)])])
try:
    with gevent.Timeout(0.02):
        client.wait(1000)
except gevent.Timeout:
    print("timeout")
try:
    client.wait(0)
except TTransportException as error:
    print(error.type)
client._iprot.trans.open()
print(client.wait(1))
server.stop(0)
serve.join(5)
print(serve.dead)
"""


@pytest.mark.skipif("asan" in os.environ.get("LD_PRELOAD", ""), reason="greenlets move stacks behind the sanitizer")
def test_greenlets_share_a_client_and_give_up_calls() -> None:
    pytest.importorskip("gevent")
    done = run_program(GREENLETS)
    assert done.stdout.splitlines() == ["[20, 10, 0]", "timeout", "1", "1", "True"], done.stderr
