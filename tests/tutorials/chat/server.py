import sys

import fastthrift
from fastthrift.rpc import make_server

chat = fastthrift.load("chat.thrift")


class ChatHandler:
    def __init__(self):
        self.lines = []

    def send(self, sender, text):
        self.lines.append(f"{sender}: {text}")
        return f"received {len(self.lines)}"

    def history(self):
        return self.lines


server = make_server(chat.Chat, ChatHandler(), "127.0.0.1", sys.argv[1])
print("serving...", flush=True)
server.serve()
