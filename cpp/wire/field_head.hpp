#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "wire/compact_types.hpp"
#include "wire/types.hpp"

namespace fastthrift::wire {

// The header of a field as each protocol has it, made once for each field of a schema: a writer stores it and
// a reader compares it as a whole.
struct FieldHead {
  std::int16_t id = 0;
  TType type = TType::stop;
  std::int32_t compact = 0;  // sixteen times the id, and the type's nibble; 1, which is true, for a bool
  std::uint32_t binary = 0;  // as it stands in memory: the type, the id in big endian, nothing

  static constexpr FieldHead of(TType type, std::int16_t id) {
    const auto bits = static_cast<std::uint16_t>(id);
    return {id, type, id * 16 + compact_code(type),
            std::bit_cast<std::uint32_t>(std::array<std::uint8_t, 4>{static_cast<std::uint8_t>(type),
                                                                     static_cast<std::uint8_t>(bits >> 8),
                                                                     static_cast<std::uint8_t>(bits), 0})};
  }
  // The bits of `binary` that are the header.
  static constexpr std::uint32_t binary_mask =
      std::bit_cast<std::uint32_t>(std::array<std::uint8_t, 4>{0xff, 0xff, 0xff, 0});
};

}  // namespace fastthrift::wire
