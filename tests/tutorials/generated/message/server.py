import sys

sys.path.append("gen-py")

from fastthrift.apache.protocol import TBinaryProtocol
from fastthrift.apache.server import THttpServer
from message import MessageService


class Handler(MessageService.Iface):
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
server = THttpServer.THttpServer(processor, ("127.0.0.1", int(sys.argv[1])), TBinaryProtocol.TBinaryProtocolFactory())
server.serve()
