import sys

sys.path.append("gen-py")

from fastthrift.apache.protocol import TBinaryProtocol
from fastthrift.apache.transport import TSocket, TTransport
from units.ttypes import Sky
from weather import WeatherService
from weather.ttypes import Report, UnknownCity

if "/" in sys.argv[1]:
    socket = TSocket.TSocket(unix_socket=sys.argv[1])
else:
    socket = TSocket.TSocket("127.0.0.1", int(sys.argv[1]))
transport = TTransport.TBufferedTransport(socket)
protocol = TBinaryProtocol.TBinaryProtocol(transport)
client = WeatherService.Client(protocol)
transport.open()
try:
    client.current("Atlantis")
except UnknownCity as error:
    print("unknown:", error.city)
client.observe(Report(city="Lisboa", temperature=21.5, sky=Sky.CLOUDS, hours={"12:00": 23.0}))
print(client.current("Lisboa"))
print([report.temperature for report in client.forecast("Lisboa", 2)])
transport.close()
