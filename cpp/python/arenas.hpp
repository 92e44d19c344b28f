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

// What Python's allocator for objects fetches from the system for one value comes in huge pages, where the
// system has them, as far as `wanted` bytes go. Only while a `Use` lives, in which no Python code runs and
// the GIL stays: the allocator is the process's. Uses are cheap, as each value that is not plain ends one;
// what is reserved stays for the next. Python gives the memory back as any other, by munmap, so this leaves
// an allocator that is not Python's own alone; and versions whose interpreters may have a GIL each.
class Arenas {
 public:
#ifdef FASTTHRIFT_FETCHES_ARENAS
  explicit Arenas(std::size_t wanted) : wanted_(wanted < huge ? 0 : wanted) {}
  ~Arenas() {
    if (left_ != 0) [[unlikely]]
      let_go();
  }

  class Use {
   public:
    explicit Use(Arenas& arenas) {
      if (arenas.wanted_ != 0 || arenas.left_ != 0) [[unlikely]]
        begin(arenas);
    }
    ~Use() {
      if (in_use_ != nullptr) [[unlikely]]
        PyObject_SetArenaAllocator(&in_use_->before_);
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    void begin(Arenas& arenas);
    Arenas* in_use_ = nullptr;
  };
#else
  explicit Arenas(std::size_t) {}
  struct Use {
    explicit Use(Arenas&) {}
    ~Use() {}
  };
#endif
  Arenas(const Arenas&) = delete;
  Arenas& operator=(const Arenas&) = delete;

#ifdef FASTTHRIFT_FETCHES_ARENAS
 private:
  static constexpr std::size_t huge = std::size_t{2} << 20;

  static void* fetch(void* self, std::size_t size);
  static void release(void* self, void* arena, std::size_t size);
  void reserve_more();
  void let_go();

  PyObjectArenaAllocator before_{};
  std::size_t wanted_;
  std::uint8_t* next_ = nullptr;  // reserved, and not handed out yet
  std::size_t left_ = 0;
#endif
};

}  // namespace fastthrift::python
