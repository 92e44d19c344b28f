import sys

import fastthrift
from fastthrift.protocol import TCompactProtocolFactory
from fastthrift.rpc import make_client
from fastthrift.transport import TFramedTransportFactory

weather_thrift = fastthrift.load("weather.thrift", module_name="weather_thrift")
where = {"unix_socket": sys.argv[1]} if "/" in sys.argv[1] else {"host": "127.0.0.1", "port": int(sys.argv[1])}
client = make_client(
    weather_thrift.Weather,
    proto_factory=TCompactProtocolFactory(),
    trans_factory=TFramedTransportFactory(),
    timeout=5000,
    **where,
)
try:
    client.current("Atlantis")
except weather_thrift.UnknownCity as e:
    print("unknown:", e.city)
report = weather_thrift.Report(
    city="Lisboa", temperature=21.5, sky=weather_thrift.Sky.CLOUDS, hours={"12:00": 23.0}, at=2**40, picture=b"\x00\xff"
)
client.observe(report)
print(client.current("Lisboa"))
print([r.temperature for r in client.forecast("Lisboa", 2)])
client.close()
