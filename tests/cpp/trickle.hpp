#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/input.hpp"

namespace fastthrift::test {

// A stream that gives exactly what it is asked for, never a byte more, and each time at another address, so
// that the sanitizer sees who keeps a view too long. `given` tells how far a reader has looked.
class Trickle : public Input {
 public:
  explicit Trickle(std::vector<std::uint8_t> bytes, std::size_t most = static_cast<std::size_t>(-1))
      : Input({}), bytes_(std::move(bytes)), most_(most) {}

  std::size_t left() const override { return most_; }
  std::size_t given() const { return given_; }

 protected:
  void refill(std::size_t n) override {
    const std::size_t start = offset();
    if (n > bytes_.size() - start) Input::refill(n);
    given_ = start + n;
    window_ = std::vector<std::uint8_t>(bytes_.begin() + static_cast<std::ptrdiff_t>(start),
                                        bytes_.begin() + static_cast<std::ptrdiff_t>(given_));
    set_window(window_, start);
  }

 private:
  const std::vector<std::uint8_t> bytes_;
  std::vector<std::uint8_t> window_;
  const std::size_t most_;
  std::size_t given_ = 0;
};

}  // namespace fastthrift::test
