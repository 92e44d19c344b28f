import sys

sys.path.append("gen-py")

from fastthrift.apache.protocol import TBinaryProtocol
from fastthrift.apache.Thrift import TApplicationException
from fastthrift.apache.transport import THttpClient
from message import MessageService
from message.ttypes import Message

transport = THttpClient.THttpClient("http://127.0.0.1:%s/" % sys.argv[1])
protocol = TBinaryProtocol.TBinaryProtocol(transport)
client = MessageService.Client(protocol)
transport.open()
print(client.echo(Message(1, "hello ", ["you"]), 2))
try:
    client.fail("on purpose")
except TApplicationException as error:
    print(error.type == TApplicationException.INTERNAL_ERROR)
print(client.count())
transport.close()
