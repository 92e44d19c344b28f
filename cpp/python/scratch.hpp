#pragma once

#include <utility>

#include "base/buffer.hpp"

namespace fastthrift::python {

// A buffer that its thread keeps, for what becomes an object at once.
class Scratch {
 public:
  Scratch() : buffer_(std::exchange(kept_, Buffer())) { buffer_.clear(); }
  ~Scratch() {
    if (buffer_.capacity() <= most_kept) kept_ = std::move(buffer_);
  }
  Scratch(const Scratch&) = delete;
  Buffer& operator*() { return buffer_; }

 private:
  static constexpr std::size_t most_kept = 1 << 16;
  static inline thread_local Buffer kept_;
  Buffer buffer_;
};

}  // namespace fastthrift::python
