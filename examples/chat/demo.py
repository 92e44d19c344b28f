"""What `make demo` shows: a chat server in a process of its own, two people who talk, and how fast it goes."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import fastthrift
from fastthrift.rpc import make_client
from fastthrift.transport import TTransportException

HERE = Path(__file__).parent
chat = fastthrift.load(HERE / "chat.thrift", module_name="chat_thrift")
SECONDS = 2.0


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def connect(port: int, deadline: float) -> Any:
    """A client, as soon as the server listens."""
    while True:
        try:
            return make_client(chat.Chat, "127.0.0.1", str(port))
        except TTransportException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def talk(alice: Any, bob: Any) -> None:
    print("alice joins:", alice.join("lobby", "alice"))
    try:
        bob.post("lobby", chat.Message(sender="bob", text="anybody here?"))
    except chat.NotInRoom as error:
        print("bob is refused:", error)
    print("bob joins:", bob.join("lobby", "bob"))
    bob.typing("lobby", "bob")
    lines = [
        (bob, "bob", "anybody here?"),
        (alice, "alice", "I am. Zażółć gęślą jaźń, 你好, 👋"),
        (bob, "bob", "and the wire kept every letter"),
    ]
    for who, name, text in lines:
        who.post("lobby", chat.Message(sender=name, text=text))
    for message in alice.history("lobby"):
        print(f"  {message.sender}: {message.text}")


def calls_per_second(port: int, clients: int) -> float:
    """Calls that so many clients get answered together, each on a connection and a thread of its own."""
    counts = [0] * clients
    end = time.monotonic() + SECONDS

    def call(i: int) -> None:
        client = connect(port, end)
        while time.monotonic() < end:
            for _ in range(50):
                client.join("lobby", "alice")
            counts[i] += 50
        client.close()

    start = time.monotonic()
    threads = [threading.Thread(target=call, args=(i,)) for i in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.monotonic() - start)


def main() -> int:
    port = free_port()
    server = subprocess.Popen([sys.executable, str(HERE / "server.py"), str(port)])
    try:
        alice, bob = (connect(port, time.monotonic() + 10) for _ in range(2))
        talk(alice, bob)
        for clients in (1, 4):
            rate = calls_per_second(port, clients)
            print(f"{clients} client{'s'[: clients > 1]}: {rate:,.0f} calls per second", flush=True)
        alice.close()
        bob.close()
        server.terminate()
        return server.wait(10)
    finally:
        server.kill()


if __name__ == "__main__":
    sys.exit(main())
