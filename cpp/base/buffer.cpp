#include "base/buffer.hpp"

#include <algorithm>

namespace fastthrift {

void Buffer::grow(std::size_t more) {
  if (grow_ != nullptr) return grow_(*this, more);
  if (more > SIZE_MAX / 2 - size_) throw std::bad_alloc();
  std::size_t capacity = std::max({size_ + more, capacity_ * 2, std::size_t{64}});
  void* data = std::realloc(data_, capacity);
  if (data == nullptr) throw std::bad_alloc();
  data_ = static_cast<std::uint8_t*>(data);
  capacity_ = capacity;
}

}  // namespace fastthrift
