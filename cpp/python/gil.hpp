#pragma once

#include <Python.h>

// The GIL of threads of ours. Before Python 3.14 a thread that takes it while the interpreter is going away
// is ended by pthread_exit, which unwinds its stack; through frames of C++ that ends the process. Parked,
// such a thread waits for the end of the process instead, as Python itself does since 3.14.
namespace fastthrift::python {

// Stands around a call that runs Python code or takes the GIL, and nothing that throws: unwinding stops here
// for ever.
class Parked {
 public:
  Parked() = default;
  Parked(const Parked&) = delete;
  ~Parked() noexcept(false) {
    if (armed_) wait_for_the_end();
  }
  void disarm() { armed_ = false; }

 private:
  [[noreturn]] static void wait_for_the_end();
  bool armed_ = true;
};

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
