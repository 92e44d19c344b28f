"""The chat's server: python server.py [PORT]. Ctrl-C or SIGTERM stops it after the calls in flight."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import fastthrift
from fastthrift.rpc import make_server

chat = fastthrift.load(Path(__file__).with_name("chat.thrift"), module_name="chat_thrift")


class Rooms:
    """The handler: calls come from several threads at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._members: dict[str, list[str]] = defaultdict(list)
        self._messages: dict[str, list[Any]] = defaultdict(list)

    def join(self, room: str, who: str) -> list[str]:
        with self._lock:
            if who not in self._members[room]:
                self._members[room].append(who)
            return list(self._members[room])

    def post(self, room: str, message: Any) -> int:
        with self._lock:
            if message.sender not in self._members[room]:
                raise chat.NotInRoom(who=message.sender, room=room)
            message.sent_at = time.time()
            self._messages[room].append(message)
            return len(self._messages[room])

    def history(self, room: str, since: int) -> list[Any]:
        with self._lock:
            return self._messages[room][since:]

    def typing(self, room: str, who: str) -> None:
        print(f"server: {who} is typing in {room}", flush=True)


def main() -> None:
    port = sys.argv[1] if len(sys.argv) > 1 else "9090"
    server = make_server(chat.Chat, Rooms(), "127.0.0.1", port)
    signal.signal(signal.SIGTERM, lambda *_: server.close())
    try:
        server.serve()
    except KeyboardInterrupt:
        server.close()
    print("server: stopped", flush=True)


if __name__ == "__main__":
    main()
