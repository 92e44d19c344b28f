#pragma once

#include <Python.h>

#include <cstddef>
#include <cstdint>

#if defined(__linux__) && PY_VERSION_HEX < 0x030C0000 && !defined(PYPY_VERSION)
#define FASTTHRIFT_FETCHES_ARENAS
#endif

// Large values fill fresh memory, which the system gives page by page, each at its first touch: half the time
// of a list of a million ints. In huge pages, 512 in one, the list takes half as long.
namespace fastthrift::python {

// While it lives, what Python's allocator for objects fetches from the system comes in huge pages, where the
// system has them, as far as `wanted` bytes go. Only where no Python code runs and the GIL stays: the
// allocator is the process's. Python gives it back as any other, by munmap, so this leaves an allocator that
// is not Python's own alone; and versions whose interpreters may have a GIL each.
class Arenas {
 public:
#ifdef FASTTHRIFT_FETCHES_ARENAS
  explicit Arenas(std::size_t wanted);
  ~Arenas();
#else
  explicit Arenas(std::size_t) {}
#endif
  Arenas(const Arenas&) = delete;
  Arenas& operator=(const Arenas&) = delete;

#ifdef FASTTHRIFT_FETCHES_ARENAS
 private:
  static void* fetch(void* self, std::size_t size);
  static void release(void* self, void* arena, std::size_t size);
  void reserve_more();
  void let_go();

  PyObjectArenaAllocator before_{};
  std::size_t wanted_;
  std::uint8_t* next_ = nullptr;  // reserved, and not handed out yet
  std::size_t left_ = 0;
  bool is_set_ = false;
#endif
};

}  // namespace fastthrift::python
