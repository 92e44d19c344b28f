#pragma once

#include <Python.h>

#include <cstddef>

// Up to CPython 3.11 the cyclic collector runs inside allocations: decoding a big message would walk
// everything that was decoded so far, again and again (a Parquet footer takes 2 to 11 times as long). So it
// rests once a message turns out to be big. Later versions collect between bytecodes only.
namespace fastthrift::python {

class CollectorPause {
 public:
  CollectorPause() = default;
  CollectorPause(const CollectorPause&) = delete;
  CollectorPause& operator=(const CollectorPause&) = delete;
  ~CollectorPause() { resume(); }

  // Counts one object that the collector tracks; the pause begins with the 256th and ends with this object. A
  // collector that was off stays off.
  void count_object() {
    if (++objects_ == 256) [[unlikely]]
      pause();
  }

 private:
#if PY_VERSION_HEX >= 0x030A0000 && PY_VERSION_HEX < 0x030C0000 && !defined(PYPY_VERSION)
  void pause() { is_paused_ = PyGC_Disable() != 0; }
  void resume() {
    if (is_paused_) PyGC_Enable();
  }
#else
  void pause() {}
  void resume() {}
#endif

  std::size_t objects_ = 0;
  bool is_paused_ = false;
};

}  // namespace fastthrift::python
