#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "wire/binary_writer.hpp"

namespace fastthrift::wire {

// The elements of a list that lie side by side in memory, `count` of them, maybe not aligned; what stands
// before them is written already.
template <class Number, class Writer>
void write_numbers(Writer& out, const void* numbers, std::size_t count) {
  const auto* at = static_cast<const std::uint8_t*>(numbers);
  typename Writer::Place place(out);
  for (std::size_t i = 0; i < count; ++i, at += sizeof(Number)) {
    place.make_room(out);
    Number number;
    std::memcpy(&number, at, sizeof number);
    if constexpr (std::is_same_v<Number, std::int16_t>) {
      place.i16(number);
    } else if constexpr (std::is_same_v<Number, std::int32_t>) {
      place.i32(number);
    } else if constexpr (std::is_same_v<Number, std::int64_t>) {
      place.i64(number);
    } else {
      place.float64(number);
    }
  }
  place.leave(out);
}

// Of one size on the wire: room is asked for once.
template <class Number>
void write_numbers(BinaryWriter& out, const void* numbers, std::size_t count) {
  using Bits = std::conditional_t<sizeof(Number) == 2, std::uint16_t,
                                  std::conditional_t<sizeof(Number) == 4, std::uint32_t, std::uint64_t>>;
  const auto* from = static_cast<const std::uint8_t*>(numbers);
  std::uint8_t* to = out.buffer().extend(count * sizeof(Number));
  for (std::size_t i = 0; i < count; ++i, from += sizeof(Bits), to += sizeof(Bits)) {
    Bits bits;
    std::memcpy(&bits, from, sizeof bits);
    store_big_endian(to, bits);
  }
}

}  // namespace fastthrift::wire
