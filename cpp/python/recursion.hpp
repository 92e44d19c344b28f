#pragma once

#include "python/errors.hpp"

namespace fastthrift::python {

// One level of a recursion that Python objects decide how deep it goes; as many as Python itself allows.
class Recursion {
 public:
  explicit Recursion(const char* where) {
    if (Py_EnterRecursiveCall(where) != 0) throw PythonError();  // 1, not -1, in some versions
  }
  Recursion(const Recursion&) = delete;
  Recursion& operator=(const Recursion&) = delete;
  ~Recursion() { Py_LeaveRecursiveCall(); }
};

}  // namespace fastthrift::python
