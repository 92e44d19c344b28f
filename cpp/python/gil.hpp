#pragma once

#include <Python.h>

#include "python/parked.hpp"

namespace fastthrift::python {

// PyEval_RestoreThread for any moment.
void take_gil(PyThreadState* state);

// Gives the GIL away for a scope.
class GilReleased {
 public:
  GilReleased() : state_(PyEval_SaveThread()) {}
  GilReleased(const GilReleased&) = delete;
  ~GilReleased() noexcept(false) { take_gil(state_); }

  // Inside the scope: runs `body` with the GIL.
  template <class Body>
  auto with_gil(Body body) {
    take_gil(state_);
    struct Again {
      PyThreadState*& state;
      ~Again() { state = PyEval_SaveThread(); }
    } again{state_};
    return body();
  }

 private:
  PyThreadState* state_;
};

bool is_finalizing();

// Takes the GIL on a thread that may or may not have a thread state.
class GilEnsured {
 public:
  GilEnsured();
  GilEnsured(const GilEnsured&) = delete;
  ~GilEnsured() { PyGILState_Release(state_); }

 private:
  PyGILState_STATE state_;
};

}  // namespace fastthrift::python
