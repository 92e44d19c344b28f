#include "wire/varint.hpp"

#include <bit>

#include "wire/checks.hpp"

namespace fastthrift::wire {
namespace {

// For the last bytes of an input, for streams and for nine and ten bytes: asks for one byte at a time, so
// that it never waits for one that does not belong to the number.
std::uint64_t read_bytewise(Input& in, unsigned bits) {
  const unsigned most = varint_bytes(bits);
  std::uint64_t value = 0;
  for (unsigned n = 0; n < most; ++n) {
    const std::uint8_t byte = in.need(n + 1)[n];
    if (n == 9 && byte > 1) break;
    value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * n);
    if (byte < 0x80) {
      if (bits < 64 && value >> bits != 0) break;
      in.advance(n + 1);
      return value;
    }
  }
  refuse_varint(bits, in);
}

}  // namespace

std::uint64_t read_long_varint(Input& in, unsigned bits) {
  if (in.at_hand() < 8) return read_bytewise(in, bits);
  // Eight bytes at once: find the first without the top bit, drop what lies behind it, close the gaps of one
  // bit.
  std::uint64_t word = load_little_endian<std::uint64_t>(in.need(8));
  const std::uint64_t ends = ~word & 0x8080808080808080u;
  if (ends == 0) return read_bytewise(in, bits);
  const unsigned size = static_cast<unsigned>(std::countr_zero(ends)) / 8 + 1;
  word &= (ends ^ (ends - 1)) & 0x7f7f7f7f7f7f7f7fu;
  word = ((word & 0x7f007f007f007f00u) >> 1) | (word & 0x007f007f007f007fu);
  word = ((word & 0xffff0000ffff0000u) >> 2) | (word & 0x0000ffff0000ffffu);
  word = ((word & 0xffffffff00000000u) >> 4) | (word & 0x00000000ffffffffu);
  if (size > varint_bytes(bits) || (bits < 64 && word >> bits != 0)) refuse_varint(bits, in);
  in.advance(size);
  return word;
}

}  // namespace fastthrift::wire
