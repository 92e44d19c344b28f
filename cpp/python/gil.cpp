#include "python/gil.hpp"

#include <chrono>
#include <thread>

namespace fastthrift::python {

void wait_for_the_end() {
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

void take_gil(PyThreadState* state) {
  Parked parked;
  PyEval_RestoreThread(state);
  parked.disarm();
}

GilEnsured::GilEnsured() {
  Parked parked;
  state_ = PyGILState_Ensure();
  parked.disarm();
}

bool is_finalizing() {
#if PY_VERSION_HEX >= 0x030D0000
  return Py_IsFinalizing() != 0;
#else
  return _Py_IsFinalizing() != 0;
#endif
}

}  // namespace fastthrift::python
