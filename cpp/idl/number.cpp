#include "idl/number.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <locale>
#include <sstream>
#include <system_error>
#include <vector>

namespace fastthrift::idl {
namespace {

// For what from_chars cannot do: libraries without it for double, and numbers out of range.
double slow_double_of(std::string_view text) {
  std::istringstream stream{std::string(text)};
  stream.imbue(std::locale::classic());
  double number = 0;
  stream >> number;
  if (stream.fail() && std::fabs(number) > 1) {  // libstdc++ answers with the largest finite number
    return std::copysign(std::numeric_limits<double>::infinity(), number);
  }
  return number;
}

}  // namespace

double double_of(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
#if defined(__cpp_lib_to_chars) || defined(_MSC_VER)
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc()) return number;
#endif
  return slow_double_of(text);
}

std::string repr(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number < 0 ? "-inf" : "inf";
  char text[40];
  int precision = 0;
  do {
    std::snprintf(text, sizeof(text), "%.*e", precision, number);
  } while (std::strtod(text, nullptr) != number && ++precision < 17);

  // d.ddde+xx: split into digits and exponent, whatever the locale's point is.
  std::string digits;
  std::string sign = number < 0 || (number == 0 && std::signbit(number)) ? "-" : "";
  const char* c = text + sign.size();
  for (; *c != 'e'; ++c) {
    if (*c >= '0' && *c <= '9') digits += *c;
  }
  const int exponent = std::atoi(c + 1);
  const int count = static_cast<int>(digits.size());
  if (exponent < -4 || exponent >= 16) {
    char tail[24];
    std::snprintf(tail, sizeof(tail), "e%c%02d", exponent < 0 ? '-' : '+', std::abs(exponent));
    return sign + digits.substr(0, 1) + (count > 1 ? "." + digits.substr(1) : "") + tail;
  }
  if (exponent < 0) return sign + "0." + std::string(-exponent - 1, '0') + digits;
  if (count <= exponent + 1) return sign + digits + std::string(exponent + 1 - count, '0') + ".0";
  return sign + digits.substr(0, exponent + 1) + "." + digits.substr(exponent + 1);
}

std::string decimal_of_hex(std::string_view digits) {
  std::vector<std::uint32_t> parts;  // base 10^9, lowest first
  for (char c : digits) {
    std::uint64_t carry = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    for (auto& part : parts) {
      carry += std::uint64_t{part} * 16;
      part = static_cast<std::uint32_t>(carry % 1'000'000'000);
      carry /= 1'000'000'000;
    }
    if (carry != 0) parts.push_back(static_cast<std::uint32_t>(carry));
  }
  std::string text;
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    char nine[12];
    std::snprintf(nine, sizeof(nine), text.empty() ? "%u" : "%09u", *part);
    text += nine;
  }
  return text.empty() ? "0" : text;
}

}  // namespace fastthrift::idl
