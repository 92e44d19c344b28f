import sys

sys.path.append("gen-py")

from message import MessageService
from message.ttypes import Message
from thrift import Thrift
from thrift.protocol import TBinaryProtocol
from thrift.transport import TSocket, TTransport

try:
    transport = TSocket.TSocket("localhost", int(sys.argv[1]))
    transport = TTransport.TBufferedTransport(transport)
    protocol = TBinaryProtocol.TBinaryProtocol(transport)
    client = MessageService.Client(protocol)
    transport.open()
    print(client.echo(Message(1, "hello ", ["you"]), 2))
    print(client.count())
    client.fail("on purpose")
    transport.close()
except Thrift.TException as tx:
    print("%s" % tx)
