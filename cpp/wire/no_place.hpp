#pragma once

#include <cstddef>
#include <cstdint>

#include "wire/types.hpp"

namespace fastthrift::wire {

// The Place of a protocol whose values have no form of their own on the wire (see BinaryWriter::Place and
// BinaryReader::Place): nothing is read or written there, everything goes through the Reader or Writer.
struct NoPlace {
  template <class ReaderOrWriter>
  explicit NoPlace(ReaderOrWriter&) {}

  void leave() {}
  void resume() {}
  void make_room() {}
  bool struct_end() { return false; }
  bool field_begin(TType, std::int16_t) { return false; }
};

}  // namespace fastthrift::wire
