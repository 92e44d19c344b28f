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

  explicit Depth(const Limits& limits) : allowed_(std::min(limits.depth, most)), left_(allowed_) {}

  // How many levels there are now.
  std::size_t open() const { return allowed_ - left_; }

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

 private:
  std::size_t allowed_;
  std::size_t left_;
};

}  // namespace fastthrift::python
