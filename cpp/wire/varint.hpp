#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/input.hpp"

// Numbers of variable length (LEB128): seven bits a byte, the low ones first, the eighth bit says that more
// follow.
namespace fastthrift::wire {

// The most bytes that a number of `bits` bits takes: 3, 5 and 10 for 16, 32 and 64.
constexpr unsigned varint_bytes(unsigned bits) { return (bits + 6) / 7; }

// A number of two bytes and more. Over its bytes or bits it is refused (ProtocolError, invalid_data).
std::uint64_t read_long_varint(Input& in, unsigned bits);

template <unsigned bits>
std::uint64_t read_varint(Input& in) {
  const std::uint8_t* at = in.need(1);
  if (*at < 0x80) [[likely]] {
    in.advance(1);
    return *at;
  }
  return read_long_varint(in, bits);
}

// Writes up to ten bytes, returns how many.
inline std::size_t write_varint(std::uint8_t* to, std::uint64_t value) {
  std::uint8_t* at = to;
  for (; value >= 0x80; value >>= 7) *at++ = static_cast<std::uint8_t>(value | 0x80);
  *at++ = static_cast<std::uint8_t>(value);
  return static_cast<std::size_t>(at - to);
}

// How many bytes the number at the front takes, as far as `bytes` tell; one that is too long ends at its
// limit.
inline std::size_t varint_extent(Bytes bytes, unsigned bits) {
  const std::size_t most = varint_bytes(bits);
  std::size_t n = 0;
  while (n < bytes.size() && n < most && bytes[n] >= 0x80) ++n;
  return n < most ? n + 1 : most;
}

// Signed numbers as unsigned ones, small where they are near zero.
constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1) ^ (0 - (value & 1)));
}

}  // namespace fastthrift::wire
