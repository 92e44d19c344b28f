#include "wire/varint.hpp"

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
  std::uint64_t value = 0;
  const unsigned size = in.at_hand() < 8 ? 0 : unpack_varint(in.need(8), bits, value);
  if (size == 0) return read_bytewise(in, bits);
  in.advance(size);
  return value;
}

}  // namespace fastthrift::wire
