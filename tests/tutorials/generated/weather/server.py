import sys

sys.path.append("gen-py")

from fastthrift.apache.protocol import TBinaryProtocol
from fastthrift.apache.server import TServer
from fastthrift.apache.transport import TSocket, TTransport
from weather import WeatherService
from weather.ttypes import Report, UnknownCity


class WeatherServiceImpl(WeatherService.Iface):
    def __init__(self):
        self.reports = {}

    def current(self, city):
        if city not in self.reports:
            raise UnknownCity(city)
        return self.reports[city]

    def forecast(self, city, days):
        now = self.current(city)
        return [Report(city, now.temperature + day, now.sky) for day in range(1, days + 1)]

    def observe(self, report):
        self.reports[report.city] = report


processor = WeatherService.Processor(WeatherServiceImpl())
if "/" in sys.argv[1]:
    transport = TSocket.TServerSocket(unix_socket=sys.argv[1])
else:
    transport = TSocket.TServerSocket(host="127.0.0.1", port=int(sys.argv[1]))
tfactory = TTransport.TBufferedTransportFactory()
pfactory = TBinaryProtocol.TBinaryProtocolFactory()
server = TServer.TThreadedServer(processor, transport, tfactory, pfactory)
server.serve()
