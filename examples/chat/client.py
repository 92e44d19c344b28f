"""The chat's client: python client.py [PORT] [NAME]. Each line of input is a message."""

from __future__ import annotations

import sys
from pathlib import Path

import fastthrift
from fastthrift.rpc import client_context

chat = fastthrift.load(Path(__file__).with_name("chat.thrift"), module_name="chat_thrift")


def main() -> None:
    port = sys.argv[1] if len(sys.argv) > 1 else "9090"
    name = sys.argv[2] if len(sys.argv) > 2 else "guest"
    with client_context(chat.Chat, "127.0.0.1", port) as client:
        print("in the room:", ", ".join(client.join("lobby", name)))
        seen = 0
        for line in sys.stdin:
            client.post("lobby", chat.Message(sender=name, text=line.strip()))
            for message in client.history("lobby", seen):
                print(f"{message.sender}: {message.text}")
                seen += 1


if __name__ == "__main__":
    main()
