#pragma once

#include "python/ref.hpp"

#include <cstddef>
#include <string>

// Where in a message an error happened: `Book.people[3].name`. Put together from the inside out while an
// exception passes, so that it costs nothing without one.
namespace fastthrift::python {

class Path {
 public:
  void enter_field(PyObject* name) noexcept;
  void enter_element(std::size_t index) noexcept;
  // Makes the exception being handled a Python exception; TProtocolException and TDecodeException get the
  // attribute `path`, which begins with the name of the struct's class. Call in a catch block; throws
  // PythonError.
  [[noreturn]] void raise_with(PyTypeObject* type);

 private:
  std::string steps_;
};

}  // namespace fastthrift::python
