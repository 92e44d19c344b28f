#pragma once

#include <exception>

// Before Python 3.14 a thread that takes the GIL while the interpreter goes away is ended by pthread_exit,
// which unwinds its stack; through a catch (...) or a noexcept function that ends the process, and the
// destructors on the way would touch objects without the GIL. Parked, such a thread waits for the end of the
// process, as Python itself does since 3.14.
namespace fastthrift::python {

[[noreturn]] void wait_for_the_end();

// Stands around a call that runs Python code or takes the GIL, and throws nothing of C++: unwinding stops
// here.
class Parked {
 public:
  Parked() = default;
  Parked(const Parked&) = delete;
  ~Parked() noexcept(false) {
    if (armed_) wait_for_the_end();
  }
  void disarm() { armed_ = false; }

 private:
  bool armed_ = true;
};

// What `call` gives, which runs Python code and throws nothing of C++.
template <class Call>
auto parked(Call call) {
  Parked guard;
  const auto result = call();
  guard.disarm();
  return result;
}

// The same around what may throw: only what is no C++ exception stops here.
class ParkedUnlessThrown {
 public:
  ParkedUnlessThrown() = default;
  ParkedUnlessThrown(const ParkedUnlessThrown&) = delete;
  ~ParkedUnlessThrown() noexcept(false) {
    if (armed_ && std::uncaught_exceptions() == 0) wait_for_the_end();
  }
  void disarm() { armed_ = false; }

 private:
  bool armed_ = true;
};

}  // namespace fastthrift::python
