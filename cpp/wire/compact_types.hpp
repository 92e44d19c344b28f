#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "wire/types.hpp"

// The compact protocol's own numbers of the types.
namespace fastthrift::wire {

struct CompactOptions {};

// By the nibble of the wire, 1 and 2 for a bool; void stands for what no specification has.
inline constexpr std::array<TType, 16> compact_types = {
    TType::stop,    TType::bool_,   TType::bool_,  TType::i8,   TType::i16, TType::i32,
    TType::i64,     TType::double_, TType::string, TType::list, TType::set, TType::map,
    TType::struct_, TType::uuid,    TType::void_,  TType::void_};

constexpr bool is_compact_code(unsigned code) { return code >= 1 && code <= 13; }

// By TType; a bool is 1, its value in a field's header 1 or 2.
inline constexpr std::array<std::uint8_t, 17> compact_codes = {0, 0, 1, 3,  7,  0,  4, 0, 5,
                                                               0, 6, 8, 12, 11, 10, 9, 13};
constexpr std::uint8_t compact_code(TType type) {
  const auto index = static_cast<std::size_t>(type);
  return index < compact_codes.size() ? compact_codes[index] : 0;
}

}  // namespace fastthrift::wire
