#include "base/buffer.hpp"

#include <algorithm>

namespace fastthrift {

void Buffer::grow(std::size_t more) {
  if (grow_ != nullptr) return grow_(*this, more);
  const std::size_t size = this->size();
  if (more > SIZE_MAX / 2 - size) throw std::bad_alloc();
  const std::size_t wanted = std::max({size + more, capacity() * 2, std::size_t{64}});
  void* data = std::realloc(data_, wanted);
  if (data == nullptr) throw std::bad_alloc();
  data_ = static_cast<std::uint8_t*>(data);
  end_ = data_ + size;
  limit_ = data_ + wanted;
}

}  // namespace fastthrift
