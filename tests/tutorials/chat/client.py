import sys

import fastthrift
from fastthrift.rpc import make_client

chat = fastthrift.load("chat.thrift")
client = make_client(chat.Chat, "localhost", sys.argv[1])
print(client.send("alice", "hello"))
print(client.send("bob", "hi, alice"))
print(client.history())
client.close()
