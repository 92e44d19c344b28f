#pragma once

#include <cstdint>

namespace fastthrift::python {

// How much an instance's defaults hold, as they are copied into each instance. A few lines of IDL can double
// it line by line, so it is counted before anything of that size is made.
struct ValueSize {
  static constexpr std::uint64_t max_objects = 10'000;
  static constexpr std::uint64_t max_made = 500'000;  // copied by all struct values of a file together
  static constexpr std::uint32_t max_depth = 256;

  std::uint64_t objects = 1;
  std::uint32_t depth = 0;

  // Counts something that is held; stays where it is once it is too much.
  void add(const ValueSize& other) {
    if (objects <= max_made) objects += other.objects;
    if (depth < other.depth + 1) depth = other.depth + 1;
  }
  bool is_too_much() const { return objects > max_objects || depth > max_depth; }
};

}  // namespace fastthrift::python
