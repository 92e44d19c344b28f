#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "Later.h"
#include "Peer.h"
#include "Second.h"

// What arrived, in JSON of the form that README.md of these tests gives.
namespace words {

std::string quoted(const std::string& text);
std::string hex(const std::string& bytes);

inline std::string of(bool value) { return value ? "true" : "false"; }
inline std::string of(std::int8_t value) { return std::to_string(value); }
inline std::string of(std::int16_t value) { return std::to_string(value); }
inline std::string of(std::int32_t value) { return std::to_string(value); }
inline std::string of(std::int64_t value) { return std::to_string(value); }
std::string of(double value);
inline std::string of(const std::string& value) { return quoted(value); }
inline std::string of(interop::Color::type value) { return std::to_string(static_cast<int>(value)); }
std::string of(const interop::Point& value);
std::string of(const interop::Shape& value);
std::string of(const interop::Tree& value);
std::string of(const interop::Mixed& value);
std::string of(const interop::Everything& value);
std::string of(const interop::Refused& value);
std::string of(const interop::Broken& value);
std::string of(const interop::Narrow& value);

template <class T>
std::string of(const std::vector<T>& values);
template <class T>
std::string of(const std::set<T>& values);
template <class K, class V>
std::string of(const std::map<K, V>& values);

template <class Items, class Each>
std::string list(const Items& items, Each each) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out += ',';
    out += each(item);
  }
  return out + "]";
}

inline std::string of(const std::vector<bool>& values) {
  return list(values, [](bool value) { return of(value); });
}
template <class T>
std::string of(const std::vector<T>& values) {
  return list(values, [](const T& value) { return of(value); });
}
template <class T>
std::string of(const std::set<T>& values) {
  return list(values, [](const T& value) { return of(value); });
}
template <class K, class V>
std::string of(const std::map<K, V>& values) {
  return list(values, [](const auto& pair) { return "[" + of(pair.first) + "," + of(pair.second) + "]"; });
}

}  // namespace words
