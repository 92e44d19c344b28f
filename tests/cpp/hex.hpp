#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.hpp"
#include "base/bytes.hpp"

// Bytes as tables of tests write them: "80010001 00000003 616464", blanks where they help.
namespace fastthrift::test {

inline std::vector<std::uint8_t> from_hex(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  int high = -1;
  for (char c : text) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) continue;
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<std::uint8_t>(high << 4 | digit));
      high = -1;
    }
  }
  return bytes;
}

inline std::string to_hex(Bytes bytes) {
  std::string text;
  for (std::uint8_t byte : bytes) {
    char pair[3];
    std::snprintf(pair, sizeof pair, "%02x", byte);
    text += pair;
  }
  return text;
}

inline std::string to_hex(const Buffer& buffer) { return to_hex(buffer.bytes()); }

// A table's hex without its blanks, for comparing with `to_hex`.
inline std::string squeezed(std::string_view text) { return to_hex(from_hex(text)); }

inline std::vector<std::uint8_t> from_text(std::string_view text) { return {text.begin(), text.end()}; }

}  // namespace fastthrift::test
