#include "python/descriptor_use.hpp"

#include <mutex>

namespace fastthrift::python {
namespace {

std::mutex mutex;  // not the GIL: there are interpreters without one
DescriptorUse* first = nullptr;

}  // namespace

DescriptorUse::DescriptorUse(net::SocketHandle handle) : handle_(handle) {
  const std::lock_guard lock(mutex);
  next_ = first;
  first = this;
}

DescriptorUse::~DescriptorUse() {
  const std::lock_guard lock(mutex);
  DescriptorUse** place = &first;
  while (*place != this) place = &(*place)->next_;
  *place = next_;
  if (!is_last_owner_) return;
  for (DescriptorUse* other = first; other != nullptr; other = other->next_) {
    if (other->handle_ == handle_) {
      other->is_last_owner_ = true;
      return;
    }
  }
  net::close(handle_);
}

bool DescriptorUse::leave_to_calls(net::SocketHandle handle) {
  const std::lock_guard lock(mutex);
  for (DescriptorUse* use = first; use != nullptr; use = use->next_) {
    if (use->handle_ != handle) continue;
    use->is_last_owner_ = true;
    return true;
  }
  return false;
}

}  // namespace fastthrift::python
