#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"

namespace fastthrift {

// Bytes that are being written: grows geometrically, can be cut back to an earlier size when writing fails.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t capacity) { reserve(capacity); }
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        end_(std::exchange(other.end_, nullptr)),
        limit_(std::exchange(other.limit_, nullptr)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(end_, other.end_);
    std::swap(limit_, other.limit_);
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { std::free(data_); }

  const std::uint8_t* data() const { return data_; }
  std::uint8_t* data() { return data_; }
  std::size_t size() const { return static_cast<std::size_t>(end_ - data_); }
  std::size_t capacity() const { return static_cast<std::size_t>(limit_ - data_); }
  bool empty() const { return end_ == data_; }
  Bytes bytes() const { return {data_, size()}; }

  // Room for `n` more bytes behind the last one; they count only once `commit` says so.
  std::uint8_t* prepare(std::size_t n) {
    if (static_cast<std::size_t>(limit_ - end_) < n) [[unlikely]]
      grow(n);
    return end_;
  }
  void commit(std::size_t n) { end_ += n; }
  // The same for whoever writes on from `end` without counting; `end_of_room` is as far as they may.
  std::uint8_t* end() { return end_; }
  std::uint8_t* end_of_room() { return limit_; }
  void commit_to(std::uint8_t* end) { end_ = end; }

  // `n` bytes that the caller fills at once.
  std::uint8_t* extend(std::size_t n) {
    std::uint8_t* at = prepare(n);
    end_ += n;
    return at;
  }
  void append(const void* bytes, std::size_t n) {
    if (n != 0) std::memcpy(extend(n), bytes, n);
  }
  void append(Bytes bytes) { append(bytes.data(), bytes.size()); }
  void append(std::string_view text) { append(text.data(), text.size()); }

  void truncate(std::size_t size) { end_ = data_ + size; }
  void clear() { end_ = data_; }
  // Forgets the first `n` bytes; the others move to the front.
  void consume(std::size_t n) {
    if (n < size()) std::memmove(data_, data_ + n, size() - n);
    end_ -= n;
  }
  void reserve(std::size_t capacity) {
    if (capacity > this->capacity()) grow(capacity - size());
  }
  // Gives the memory back, for a connection that has become idle.
  void release() {
    std::free(data_);
    data_ = end_ = limit_ = nullptr;
  }

 protected:
  // Over memory of another kind, for a class that derives from this: `grow` makes room for `more` bytes
  // behind the last one, and the destructor of that class leaves `data_` null.
  using Grow = void (*)(Buffer& self, std::size_t more);
  Buffer(std::uint8_t* data, std::size_t capacity, Grow grow)
      : data_(data), end_(data), limit_(data + capacity), grow_(grow) {}

  void grow(std::size_t more);

  std::uint8_t* data_ = nullptr;
  std::uint8_t* end_ = nullptr;    // of what is written
  std::uint8_t* limit_ = nullptr;  // of the memory
  Grow grow_ = nullptr;            // null: the heap
};

}  // namespace fastthrift
