#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/errors.hpp"

namespace fastthrift {

// A window on bytes that are being read. Over memory the window is everything there is; a stream derives from
// this and moves the window on when a reader needs more than is at hand. Readers ask for exactly what they
// need, so that a stream never takes a byte that belongs to the next message.
class Input {
 public:
  explicit Input(Bytes window) : begin_(window.data()), position_(begin_), end_(begin_ + window.size()) {}
  virtual ~Input() = default;
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  // The next `n` bytes, contiguous, without moving on; valid until the next call.
  const std::uint8_t* need(std::size_t n) {
    if (at_hand() < n) [[unlikely]]
      refill(n);
    return position_;
  }
  const std::uint8_t* take(std::size_t n) {
    const std::uint8_t* at = need(n);
    position_ += n;
    return at;
  }
  // Moves on over bytes that `need` has shown.
  void advance(std::size_t n) { position_ += n; }

  std::size_t at_hand() const { return static_cast<std::size_t>(end_ - position_); }
  // How many bytes can still come at the most. A declared length above it is refused before anything is
  // allocated.
  virtual std::size_t left() const { return at_hand(); }
  // Where in the whole input the next byte stands.
  std::size_t offset() const { return base_ + static_cast<std::size_t>(position_ - begin_); }

 protected:
  // Makes at least `n` bytes available at the position or throws. Over memory there is nothing more to come.
  virtual void refill(std::size_t n);
  void set_window(Bytes window, std::size_t base) {
    begin_ = position_ = window.data();
    end_ = begin_ + window.size();
    base_ = base;
  }
  const std::uint8_t* position() const { return position_; }

 private:
  const std::uint8_t* begin_;
  const std::uint8_t* position_;
  const std::uint8_t* end_;
  std::size_t base_ = 0;
};

}  // namespace fastthrift
