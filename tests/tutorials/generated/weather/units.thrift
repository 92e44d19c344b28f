typedef double Celsius

enum Sky {
  CLEAR = 1
  CLOUDS = 2
}
