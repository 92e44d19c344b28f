typedef double Celsius

enum Sky { CLEAR = 1, CLOUDS = 2, RAIN = 3 }

struct Report {
  1: string city;
  2: Celsius temperature;
  3: Sky sky = Sky.CLEAR;
  4: map<string, Celsius> hours;
  5: bool storm = false;
  6: i64 at;
  7: binary picture;
}

exception UnknownCity { 1: string city }

service Weather {
  Report current(1: string city) throws (1: UnknownCity unknown);
  list<Report> forecast(1: string city, 2: i16 days = 3) throws (1: UnknownCity unknown);
  oneway void observe(1: Report report);
}
