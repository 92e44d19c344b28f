#pragma once

#include "python/errors.hpp"

#include <cstddef>

namespace fastthrift::python {

// Puts positional arguments and keywords in the order of `names`; the last may be missing (null).
template <std::size_t count>
void place_arguments(const char* function, const char* const (&names)[count], PyObject* (&given)[count],
                     PyObject* const* args, Py_ssize_t positional, PyObject* keywords) {
  if (positional > static_cast<Py_ssize_t>(count)) {
    raise(PyExc_TypeError, "%s() takes at most %zu arguments, %zd were given", function, count, positional);
  }
  for (Py_ssize_t i = 0; i < positional; ++i) given[i] = args[i];
  for (Py_ssize_t k = 0; keywords != nullptr && k < PyTuple_GET_SIZE(keywords); ++k) {
    PyObject* keyword = PyTuple_GET_ITEM(keywords, k);
    std::size_t i = 0;
    while (i < count && PyUnicode_CompareWithASCIIString(keyword, names[i]) != 0) ++i;
    if (i == count) raise(PyExc_TypeError, "%s() got an unexpected keyword argument '%U'", function, keyword);
    if (given[i] != nullptr) raise(PyExc_TypeError, "%s() got two values for '%s'", function, names[i]);
    given[i] = args[positional + k];
  }
  for (std::size_t i = 0; i + 1 < count; ++i) {
    if (given[i] == nullptr) raise(PyExc_TypeError, "%s() needs the argument '%s'", function, names[i]);
  }
}

}  // namespace fastthrift::python
