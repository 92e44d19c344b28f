#include "python/arenas.hpp"

#if defined(__linux__) && PY_VERSION_HEX < 0x030C0000 && !defined(PYPY_VERSION)
#include <sys/mman.h>

#include <algorithm>

namespace fastthrift::python {
namespace {

constexpr int populate_write = 23;  // MADV_POPULATE_WRITE, which older headers lack; older systems refuse it
constexpr std::size_t least = 1 << 20;

}  // namespace

Arenas::Arenas(std::size_t wanted) : is_set_(wanted >= least), wanted_(wanted) {
  if (!is_set_) return;
  PyObject_GetArenaAllocator(&before_);
  PyObjectArenaAllocator ours{this, fetch, release};
  PyObject_SetArenaAllocator(&ours);
}

Arenas::~Arenas() {
  if (is_set_) PyObject_SetArenaAllocator(&before_);
}

void* Arenas::fetch(void* self, std::size_t size) {
  auto& arenas = *static_cast<Arenas*>(self);
  void* arena = arenas.before_.alloc(arenas.before_.ctx, size);
  const std::size_t ahead = std::min(size, arenas.wanted_) & ~std::size_t{0xffff};
  if (arena != nullptr && ahead != 0) madvise(arena, ahead, populate_write);
  arenas.wanted_ -= ahead;
  return arena;
}

void Arenas::release(void* self, void* arena, std::size_t size) {
  const auto& arenas = *static_cast<Arenas*>(self);
  arenas.before_.free(arenas.before_.ctx, arena, size);
}

}  // namespace fastthrift::python
#endif
