#pragma once

#include <Python.h>

namespace fastthrift::python {

// References to None, counted together: most fields of most objects are None, and one by one each count would
// wait for the one before. Settle before anything that may run Python code or throw.
class Nones {
 public:
  void take() { ++taken_; }
  void drop() { --taken_; }
  void settle() {
#if PY_VERSION_HEX < 0x030C0000  // from then on None is not counted
    Py_SET_REFCNT(Py_None, Py_REFCNT(Py_None) + taken_);
#endif
    taken_ = 0;
  }

 private:
  Py_ssize_t taken_ = 0;
};

}  // namespace fastthrift::python
