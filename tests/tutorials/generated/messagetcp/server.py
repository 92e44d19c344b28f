import sys

sys.path.append("gen-py")

from message import MessageService
from thrift.protocol import TBinaryProtocol
from thrift.server import TServer
from thrift.transport import TSocket, TTransport


class Handler:
    seen = 0

    def echo(self, message, times):
        Handler.seen += 1
        message.body *= times
        return message

    def count(self):
        return Handler.seen

    def fail(self, why):
        raise ValueError(why)


processor = MessageService.Processor(Handler())
transport = TSocket.TServerSocket(host="127.0.0.1", port=int(sys.argv[1]))
server = TServer.TSimpleServer(
    processor, transport, TTransport.TBufferedTransportFactory(), TBinaryProtocol.TBinaryProtocolFactory()
)
server.serve()
