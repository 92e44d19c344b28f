import sys

import fastthrift
from fastthrift.protocol import TBinaryProtocol
from fastthrift.thrift import TClient
from fastthrift.transport import TBufferedTransport, TSocket
from fastthrift.utils import deserialize, serialize

message_thrift = fastthrift.load("message.thrift", module_name="message_thrift")

if "/" in sys.argv[1]:
    socket = TSocket(unix_socket=sys.argv[1])
else:
    socket = TSocket("127.0.0.1", int(sys.argv[1]))
transport = TBufferedTransport(socket)
protocol = TBinaryProtocol(transport)
client = TClient(message_thrift.MessageService, protocol)
transport.open()
for number in range(3):
    reply = client.echo(message_thrift.Message(number, "hello %d" % number, ["you"], {"lang": "en"}))
print(reply)
print(client.count())
transport.close()
print(deserialize(message_thrift.Message(), serialize(reply)) == reply)
