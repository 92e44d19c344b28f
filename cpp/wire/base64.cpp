#include "wire/base64.hpp"

namespace fastthrift::wire {
namespace {

constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int value_of(std::uint8_t byte) {
  if (byte >= 'A' && byte <= 'Z') return byte - 'A';
  if (byte >= 'a' && byte <= 'z') return byte - 'a' + 26;
  if (byte >= '0' && byte <= '9') return byte - '0' + 52;
  return byte == '+' ? 62 : byte == '/' ? 63 : -1;
}

}  // namespace

void append_base64(Buffer& out, Bytes bytes) {
  const std::uint8_t* from = bytes.data();
  std::size_t size = bytes.size();
  std::uint8_t* to = out.extend((size + 2) / 3 * 4);
  for (; size >= 3; size -= 3, from += 3) {
    const std::uint32_t group = from[0] << 16u | from[1] << 8u | from[2];
    for (unsigned shift = 18;; shift -= 6) {
      *to++ = static_cast<std::uint8_t>(alphabet[group >> shift & 63]);
      if (shift == 0) break;
    }
  }
  if (size != 0) {
    const std::uint32_t group = from[0] << 16u | (size == 2 ? from[1] << 8u : 0u);
    to[0] = static_cast<std::uint8_t>(alphabet[group >> 18]);
    to[1] = static_cast<std::uint8_t>(alphabet[group >> 12 & 63]);
    to[2] = size == 2 ? static_cast<std::uint8_t>(alphabet[group >> 6 & 63]) : '=';
    to[3] = '=';
  }
}

std::optional<std::size_t> decode_base64(std::string_view text, std::uint8_t* to) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::uint8_t* const first = to;  // and `to` is never ahead of what is read
  std::uint32_t group = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int value = value_of(static_cast<std::uint8_t>(text[i]));
    if (value < 0) return std::nullopt;
    group = group << 6 | static_cast<std::uint32_t>(value);
    if (i % 4 != 0) *to++ = static_cast<std::uint8_t>(group >> (6 - i % 4 * 2));
  }
  return static_cast<std::size_t>(to - first);
}

}  // namespace fastthrift::wire
