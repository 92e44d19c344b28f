#include "python/arenas.hpp"

#ifdef FASTTHRIFT_FETCHES_ARENAS
#include <dlfcn.h>
#include <sys/mman.h>

#include <algorithm>
#include <utility>

namespace fastthrift::python {
namespace {

constexpr std::size_t huge = std::size_t{2} << 20;
constexpr std::size_t most = std::size_t{32} << 20;  // that is reserved at once

constexpr std::size_t whole(std::size_t size) { return (size + huge - 1) & ~(huge - 1); }

// Whether it is the one that Python brings: a function beside those that exchange it.
bool is_pythons_own(const PyObjectArenaAllocator& allocator) {
  Dl_info its{}, pythons{};
  return allocator.ctx == nullptr && dladdr(reinterpret_cast<void*>(allocator.alloc), &its) != 0 &&
         dladdr(reinterpret_cast<void*>(&PyObject_SetArenaAllocator), &pythons) != 0 &&
         its.dli_fbase == pythons.dli_fbase;
}

}  // namespace

Arenas::Arenas(std::size_t wanted) : wanted_(wanted) {
  if (wanted < huge) return;
  PyObject_GetArenaAllocator(&before_);
  if (!is_pythons_own(before_)) return;
  PyObjectArenaAllocator ours{this, fetch, release};
  PyObject_SetArenaAllocator(&ours);
  is_set_ = true;
}

Arenas::~Arenas() {
  if (!is_set_) return;
  PyObject_SetArenaAllocator(&before_);
  let_go();
}

void* Arenas::fetch(void* self, std::size_t size) {
  auto& arenas = *static_cast<Arenas*>(self);
  if (arenas.left_ < size) arenas.reserve_more();
  if (arenas.left_ < size) return arenas.before_.alloc(arenas.before_.ctx, size);
  arenas.left_ -= size;
  return std::exchange(arenas.next_, arenas.next_ + size);
}

void Arenas::release(void* self, void* arena, std::size_t size) {
  const auto& arenas = *static_cast<Arenas*>(self);
  arenas.before_.free(arenas.before_.ctx, arena, size);
}

// Addresses alone, where huge pages can lie. What is declared may be more than ever comes, or than there is.
void Arenas::reserve_more() {
  if (wanted_ == 0) return;
  const std::size_t size = std::min(whole(wanted_), most);
  wanted_ -= std::min(wanted_, size);
  void* mapped = mmap(nullptr, size + huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return;
  let_go();
  auto* const begin = static_cast<std::uint8_t*>(mapped);
  const std::size_t before =
      whole(reinterpret_cast<std::uintptr_t>(begin)) - reinterpret_cast<std::uintptr_t>(begin);
  if (before != 0) munmap(begin, before);
  munmap(begin + before + size, huge - before);
  next_ = begin + before;
  left_ = size;
  madvise(next_, left_, MADV_HUGEPAGE);
}

void Arenas::let_go() {
  if (left_ != 0) munmap(next_, left_);
  left_ = 0;
}

}  // namespace fastthrift::python
#endif
