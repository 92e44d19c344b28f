#pragma once

#include <Python.h>

#include <cstddef>

// Large values fill fresh memory, and the system gives it page by page, each at the first touch: half the
// time of a list of a million ints. Asked for at once the same pages come in three quarters of that.
namespace fastthrift::python {

// While it lives, memory that Python's allocator for objects fetches from the system comes with its pages, as
// far as `wanted` bytes go. Only where no Python code runs and the GIL stays: the allocator is the process's.
// Versions whose interpreters may have a GIL each are left alone.
class Arenas {
 public:
#if defined(__linux__) && PY_VERSION_HEX < 0x030C0000 && !defined(PYPY_VERSION)
  explicit Arenas(std::size_t wanted);
  ~Arenas();
#else
  explicit Arenas(std::size_t) {}
#endif
  Arenas(const Arenas&) = delete;
  Arenas& operator=(const Arenas&) = delete;

#if defined(__linux__) && PY_VERSION_HEX < 0x030C0000 && !defined(PYPY_VERSION)
 private:
  static void* fetch(void* self, std::size_t size);
  static void release(void* self, void* arena, std::size_t size);

  bool is_set_;
  std::size_t wanted_;
  PyObjectArenaAllocator before_;
#endif
};

}  // namespace fastthrift::python
