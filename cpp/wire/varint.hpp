#pragma once

#include <bit>
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

// A number of at most eight bytes, eight of which are at hand: returns how many it takes, 0 where it takes
// more or is over its bytes or bits.
inline unsigned unpack_varint(const std::uint8_t* at, unsigned bits, std::uint64_t& value) {
  // Eight bytes at once: find the first without the top bit, drop what lies behind it, close the gaps of one
  // bit.
  std::uint64_t word = load_little_endian<std::uint64_t>(at);
  const std::uint64_t ends = ~word & 0x8080808080808080u;
  if (ends == 0) return 0;
  const unsigned size = static_cast<unsigned>(std::countr_zero(ends)) / 8 + 1;
  word &= (ends ^ (ends - 1)) & 0x7f7f7f7f7f7f7f7fu;
  word = ((word & 0x7f007f007f007f00u) >> 1) | (word & 0x007f007f007f007fu);
  word = ((word & 0xffff0000ffff0000u) >> 2) | (word & 0x0000ffff0000ffffu);
  word = ((word & 0xffffffff00000000u) >> 4) | (word & 0x00000000ffffffffu);
  if (size > varint_bytes(bits) || (bits < 64 && word >> bits != 0)) return 0;
  value = word;
  return size;
}

template <unsigned bits>
std::uint64_t read_varint(Input& in) {
  const std::uint8_t* at = in.need(1);
  if (*at < 0x80) [[likely]] {
    in.advance(1);
    return *at;
  }
  return read_long_varint(in, bits);
}

// Writes up to ten bytes, returns how many. There must be room for ten, however small the number: those
// behind it may be written over.
inline std::size_t write_varint(std::uint8_t* to, std::uint64_t value) {
  if (value < 0x80) [[likely]] {
    *to = static_cast<std::uint8_t>(value);
    return 1;
  }
  if (value >> 56 == 0) {
    // Eight bytes at once: spread the groups of seven bits, set the top bit of all but the last.
    const unsigned size = (static_cast<unsigned>(std::bit_width(value)) * 9 + 64) >> 6;
    std::uint64_t word = (value & 0x0fffffff) | (value & 0xfffffff0000000) << 4;
    word = (word & 0x00003fff00003fff) | (word & 0x0fffc0000fffc000) << 2;
    word = (word & 0x007f007f007f007f) | (word & 0x3f803f803f803f80) << 1;
    word |= 0x8080808080808080 & ((std::uint64_t{1} << (8 * (size - 1))) - 1);
    store_little_endian(to, word);
    return size;
  }
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
