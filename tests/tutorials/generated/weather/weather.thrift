include "units.thrift"

namespace py weather

struct Report {
  1: string city
  2: units.Celsius temperature
  3: units.Sky sky = units.Sky.CLEAR
  4: map<string, units.Celsius> hours
}

exception UnknownCity {
  1: string city
}

service WeatherService {
  Report current(1: string city) throws (1: UnknownCity unknown)
  list<Report> forecast(1: string city, 2: i32 days) throws (1: UnknownCity unknown)
  oneway void observe(1: Report report)
}
