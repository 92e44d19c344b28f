import sys

import fastthrift
from fastthrift.protocol import TCompactProtocolFactory
from fastthrift.rpc import make_server
from fastthrift.transport import TFramedTransportFactory

weather_thrift = fastthrift.load("weather.thrift", module_name="weather_thrift")
reports = {}


class WeatherHandler:
    def observe(self, report):
        reports[report.city] = report

    def current(self, city):
        if city not in reports:
            raise weather_thrift.UnknownCity(city=city)
        return reports[city]

    def forecast(self, city, days):
        now = self.current(city)
        return [
            weather_thrift.Report(city=city, temperature=now.temperature + day, sky=now.sky)
            for day in range(1, days + 1)
        ]


where = {"unix_socket": sys.argv[1]} if "/" in sys.argv[1] else {"host": "127.0.0.1", "port": int(sys.argv[1])}
server = make_server(
    weather_thrift.Weather,
    WeatherHandler(),
    proto_factory=TCompactProtocolFactory(),
    trans_factory=TFramedTransportFactory(),
    **where,
)
server.serve()
