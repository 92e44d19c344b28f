"""Threads that are inside users' code below the codec while the interpreter goes away: the process ends as if they were not
there. Before Python 3.14 such a thread is ended by unwinding its stack, which the core's must stop.
"""

from __future__ import annotations

import pytest

from programs import run_program

PROGRAM = """
    import io, sys, threading, time
    import fastthrift
    from fastthrift import protocol
    from fastthrift.transport import TBufferedTransport, TFramedTransport, TMemoryBuffer, buffered
    from fastthrift.utils import deserialize, serialize

    idl = fastthrift.loads("struct Node { 1: i32 x, 2: list<i32> l, 3: bool b, 4: Node next, 5: double d, 6: map<i32, i32> m }")
    Node = idl.Node
    Protocol = getattr(protocol, sys.argv[1])
    factory = getattr(protocol, sys.argv[1] + "Factory")()
    data = serialize(Node(1, [2], True, Node(3)), factory)
    inside = threading.Semaphore(0)

    def stay(*arguments):
        inside.release()
        while True:  # each turn asks for the GIL
            time.sleep(0.0002)

    class Transport:
        read = write = flush = stay

    class Sink(Transport):
        def write(self, data):
            pass

    class File(io.BytesIO):
        read = stay

    class Assigned(Node):
        __setattr__ = stay

    class Made:
        thrift_spec = Node.thrift_spec
        __init__ = stay

    class Holder(fastthrift.thrift.TPayload):
        thrift_spec = {4: (12, "next", Made, False)}
        default_spec = [("next", None)]

    class Asked:
        thrift_spec = Node.thrift_spec
        __getattr__ = stay

    class Index:
        __index__ = stay

    class Truth:
        __bool__ = stay

    class Float:
        __float__ = stay

    class Sized:
        __len__ = stay

    class Items:
        __len__ = lambda self: 1
        __iter__ = stay

    class Pairs(dict):
        items = stay

    def flush(trans):
        Protocol(trans).write_struct(Node(1))
        trans.flush()

    CASES = {
        "read, buffered": lambda: Protocol(TBufferedTransport(Transport())).read_struct(Node()),
        "read, framed": lambda: Protocol(TFramedTransport(Transport())).read_struct(Node()),
        "read, pure": lambda: Protocol(buffered.TBufferedTransport(Transport())).read_struct(Node()),
        "read, directly": lambda: Protocol(Transport()).read_struct(Node()),
        "read, a file": lambda: Protocol(File()).read_struct(Node()),
        "read, the head": lambda: Protocol(TBufferedTransport(Transport())).read_message_begin(),
        "write, directly": lambda: Protocol(Transport()).write_struct(Node(1)),
        "write at flush": lambda: flush(TBufferedTransport(Transport())),
        "flush": lambda: flush(TBufferedTransport(Sink())),
        "__setattr__": lambda: deserialize(Assigned(), data, factory),
        "__init__": lambda: deserialize(Holder(), data, factory),
        "__getattr__": lambda: Protocol(TMemoryBuffer()).write_struct(Asked()),
        "__index__": lambda: serialize(Node(x=Index()), factory),
        "__bool__": lambda: serialize(Node(b=Truth()), factory),
        "__float__": lambda: serialize(Node(d=Float()), factory),
        "__len__": lambda: serialize(Node(l=Sized()), factory),
        "__iter__": lambda: serialize(Node(l=Items()), factory),
        "items": lambda: serialize(Node(m=Pairs(a=1)), factory),
    }

    if Protocol is protocol.TJSONProtocol:
        del CASES["__len__"]  # which it does not ask for

    def run(name):
        try:
            CASES[name]()
        except BaseException as error:
            print(name, repr(error))

    for name in CASES:
        threading.Thread(target=run, args=(name,), daemon=True).start()
        assert inside.acquire(timeout=20), name
"""


@pytest.mark.parametrize("protocol", ["TBinaryProtocol", "TCompactProtocol", "TJSONProtocol"])
def test_daemon_threads_below_the_codec_do_not_disturb_the_end(protocol: str) -> None:
    done = run_program(PROGRAM, protocol)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
