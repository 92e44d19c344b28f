#pragma once

#include "python/errors.hpp"
#include "python/ref.hpp"

#if PY_VERSION_HEX < 0x030B0000
#include <longintrepr.h>
#endif

#include <cstdint>

// Python's numbers for the wire. Most ints are of one digit, and asking Python for those costs more than
// writing them.
namespace fastthrift::python {

// What has __index__ or __int__ (floats and decimals are cut off, as thriftpy2 does; text is refused). Throws
// PythonError with TypeError, or OverflowError beyond 64 bits. May run Python code.
std::int64_t converted_integer(PyObject* value);
// What has __float__ or __index__. May run Python code.
double converted_double(PyObject* value);

// An int of any size; false beyond 64 bits.
bool long_integer(PyObject* value, std::int64_t& number);

// The same for a number that the compiler should keep in a register.
inline bool long_integer_at(PyObject* value, std::int64_t& number) {
  std::int64_t found;
  if (!long_integer(value, found)) return false;
  number = found;
  return true;
}

// The number, where it is an int of at most 64 bits; runs no Python code.
inline bool small_integer(PyObject* value, std::int64_t& number) {
  if (!PyLong_CheckExact(value) && !PyLong_Check(value)) [[unlikely]]
    return false;
#if PY_VERSION_HEX >= 0x030C0000
  const auto* integer = reinterpret_cast<const PyLongObject*>(value);
  if (!PyUnstable_Long_IsCompact(integer)) return long_integer_at(value, number);
  number = PyUnstable_Long_CompactValue(integer);
  return true;
#else
  const digit* digits = reinterpret_cast<const PyLongObject*>(value)->ob_digit;
  const Py_ssize_t size = Py_SIZE(value);
  if (size == 1) [[likely]] {
    number = digits[0];
  } else if (size == 2) {
    number = std::int64_t{digits[1]} << PyLong_SHIFT | digits[0];
  } else if (size == 0) {
    number = 0;
  } else if (size == -1) {
    number = -std::int64_t{digits[0]};
  } else {
    return long_integer_at(value, number);
  }
  return true;
#endif
}

}  // namespace fastthrift::python
