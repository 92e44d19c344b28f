#pragma once

#include <algorithm>
#include <cstddef>

#include "base/limits.hpp"
#include "wire/checks.hpp"

// How deep structs and containers may stand inside each other while one value is read, written or skipped.
namespace fastthrift::python {

class Depth {
 public:
  // Deeper than this the C stack is in danger, whatever the limits say (a level takes up to 1 KiB of it).
  static constexpr std::size_t most = 1000;

  explicit Depth(const Limits& limits)
      : left_(std::min(limits.depth, most)), allowed_(left_), structs_left_(limits.structs) {}

  // How many levels are used up for what is skipped.
  std::size_t open() const { return allowed_ - std::min(left_, structs_left_); }

  // One level, for as long as it lives.
  class Level {
   public:
    Level(Depth& depth, const char* doing) : depth_(depth) {
      if (depth_.left_ == 0) [[unlikely]]
        wire::refuse_depth(doing);
      --depth_.left_;
    }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    ~Level() { ++depth_.left_; }

   private:
    Depth& depth_;
  };

  // One that is a struct.
  class StructLevel : private Level {
   public:
    StructLevel(Depth& depth, const char* doing) : Level(depth, doing), structs_left_(depth.structs_left_) {
      if (structs_left_ == 0) [[unlikely]]
        wire::refuse_depth(doing);
      --structs_left_;
    }
    ~StructLevel() { ++structs_left_; }

   private:
    std::size_t& structs_left_;
  };

 private:
  // Apart: side by side, compilers add to both counters at once, and the processor would wait for the two
  // stores of a moment ago before it could load them as one.
  std::size_t left_;
  std::size_t allowed_;
  std::size_t structs_left_;
};

}  // namespace fastthrift::python
