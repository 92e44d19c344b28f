#pragma once

#include <cstdint>

#include "wire/field_head.hpp"

namespace fastthrift::wire {

// The Place of a reader whose values have no form of their own on the wire (see BinaryReader::Place): nothing
// is read there, everything goes through the Reader.
template <class Owner>
class NoPlace {
 public:
  explicit NoPlace(Owner& owner) : owner_(owner) {}

  void leave() {}
  void resume() {}
  auto struct_begin() { return owner_.struct_begin(); }
  template <class Saved>
  void struct_end(Saved saved) {
    owner_.struct_end(saved);
  }
  bool stop() { return false; }
  bool field_begin(const FieldHead&) { return false; }
  const std::uint8_t* mark() const { return nullptr; }
  void back(const std::uint8_t*) {}

 private:
  Owner& owner_;
};

}  // namespace fastthrift::wire
