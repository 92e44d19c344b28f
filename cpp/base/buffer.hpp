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
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { std::free(data_); }

  const std::uint8_t* data() const { return data_; }
  std::uint8_t* data() { return data_; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  Bytes bytes() const { return {data_, size_}; }

  // Room for `n` more bytes behind the last one; they count only once `commit` says so.
  std::uint8_t* prepare(std::size_t n) {
    if (capacity_ - size_ < n) [[unlikely]]
      grow(n);
    return data_ + size_;
  }
  void commit(std::size_t n) { size_ += n; }
  // The same for whoever wrote on from `prepare` without counting; `end_of_room` is as far as they may.
  void commit_to(const std::uint8_t* end) { size_ = static_cast<std::size_t>(end - data_); }
  std::uint8_t* end_of_room() { return data_ + capacity_; }

  // `n` bytes that the caller fills at once.
  std::uint8_t* extend(std::size_t n) {
    std::uint8_t* at = prepare(n);
    size_ += n;
    return at;
  }
  void append(const void* bytes, std::size_t n) {
    if (n != 0) std::memcpy(extend(n), bytes, n);
  }
  void append(Bytes bytes) { append(bytes.data(), bytes.size()); }
  void append(std::string_view text) { append(text.data(), text.size()); }

  void truncate(std::size_t size) { size_ = size; }
  void clear() { size_ = 0; }
  // Forgets the first `n` bytes; the others move to the front.
  void consume(std::size_t n) {
    if (n < size_) std::memmove(data_, data_ + n, size_ - n);
    size_ -= n;
  }
  void reserve(std::size_t capacity) {
    if (capacity > capacity_) grow(capacity - size_);
  }
  // Gives the memory back, for a connection that has become idle.
  void release() {
    std::free(data_);
    data_ = nullptr;
    size_ = capacity_ = 0;
  }

 protected:
  // Over memory of another kind, for a class that derives from this: `grow` makes room for `more` bytes
  // behind the last one, and the destructor of that class leaves `data_` null.
  using Grow = void (*)(Buffer& self, std::size_t more);
  Buffer(std::uint8_t* data, std::size_t capacity, Grow grow)
      : data_(data), capacity_(capacity), grow_(grow) {}

  void grow(std::size_t more);

  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  Grow grow_ = nullptr;  // null: the heap
};

}  // namespace fastthrift
