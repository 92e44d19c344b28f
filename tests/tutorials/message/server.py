import sys

import fastthrift
from fastthrift.protocol import TBinaryProtocolFactory
from fastthrift.server import TThreadedServer
from fastthrift.thrift import TProcessor
from fastthrift.transport import TBufferedTransportFactory, TServerSocket

message_thrift = fastthrift.load("message.thrift", module_name="message_thrift")


class Handler:
    seen = 0

    def echo(self, message):
        Handler.seen += 1
        message.headers["seen"] = str(Handler.seen)
        return message

    def count(self):
        return Handler.seen


processor = TProcessor(message_thrift.MessageService, Handler())
if "/" in sys.argv[1]:
    socket = TServerSocket(unix_socket=sys.argv[1], client_timeout=10000)
else:
    socket = TServerSocket(host="127.0.0.1", port=int(sys.argv[1]), client_timeout=10000)
server = TThreadedServer(
    processor, socket, iprot_factory=TBinaryProtocolFactory(), itrans_factory=TBufferedTransportFactory()
)
server.serve()
