#pragma once

#include <Python.h>

#if PY_VERSION_HEX < 0x030B0000 && !defined(PYPY_VERSION)
#include <longintrepr.h>
#endif

#include <array>
#include <climits>
#include <cstddef>
#include <cstdint>

#include "base/hints.hpp"

// New ints, floats and strings, of which large values consist. Asking Python for one costs twice as much as
// the memory of it: several calls inside each other and checks of what is known here. So they are written
// here, as Python's headers show them and its functions leave them, in memory of Python's allocator for
// objects (what watches that sees them) and freed by Python as any other. Versions and builds that keep books
// of their own on objects are asked. All functions give a new reference, or null with an error: no memory.
namespace fastthrift::python {

#if PY_VERSION_HEX < 0x030E0000 && !defined(PYPY_VERSION) && !defined(Py_GIL_DISABLED) && \
    !defined(Py_REF_DEBUG) && !defined(Py_TRACE_REFS)
#define FASTTHRIFT_WRITES_OBJECTS
#endif

// Where they get their memory.
struct ObjectMemory {
  void* take(std::size_t size) const { return PyObject_Malloc(size); }
};
// The same without the way to it, as long as nothing runs that could exchange the allocator.
class BulkMemory {
 public:
  BulkMemory() { PyMem_GetAllocator(PYMEM_DOMAIN_OBJ, &allocator_); }
  void* take(std::size_t size) const { return allocator_.malloc(allocator_.ctx, size); }

 private:
  PyMemAllocatorEx allocator_;
};

#ifdef FASTTHRIFT_WRITES_OBJECTS
// The memory of an object that the collector does not know, of a type that is not counted.
template <class Object, class Memory>
FASTTHRIFT_INLINE Object* new_memory(const Memory& memory, std::size_t size, PyTypeObject& type) {
  auto* object = static_cast<PyObject*>(memory.take(size));
  if (object == nullptr) [[unlikely]] {
    PyErr_NoMemory();
    return nullptr;
  }
  object->ob_refcnt = 1;
  object->ob_type = &type;
  return reinterpret_cast<Object*>(object);
}

inline constexpr std::size_t int_digits = offsetof(PyLongObject,
#if PY_VERSION_HEX >= 0x030C0000
                                                   long_value.
#endif
                                                   ob_digit);
#endif

#ifdef FASTTHRIFT_WRITES_OBJECTS
// Python has one object for each of the small ones, which it keeps for good; those that came so far.
inline constexpr std::int64_t first_shared = -5;
inline std::array<PyObject*, 5 + 257> shared_integers = {};
PyObject* new_shared_integer(std::int64_t number);
#endif

template <class Memory = ObjectMemory>
FASTTHRIFT_INLINE PyObject* new_integer(std::int64_t number, [[maybe_unused]] const Memory& memory = {}) {
#ifdef FASTTHRIFT_WRITES_OBJECTS
  // Those of three digits are rare. The comparisons leave nothing to be kept over the call but the number.
  constexpr std::uint64_t most = (std::uint64_t{1} << (2 * PyLong_SHIFT)) - 1;
  const auto bits = static_cast<std::uint64_t>(number);
  if (bits - first_shared < shared_integers.size()) {
    PyObject* shared = shared_integers[bits - first_shared];
    if (shared == nullptr) [[unlikely]]
      return new_shared_integer(number);
    Py_INCREF(shared);
    return shared;
  }
  if (bits + most <= 2 * most) [[likely]] {
    auto* made = new_memory<PyLongObject>(memory, int_digits + 2 * sizeof(digit), PyLong_Type);
    if (made == nullptr) [[unlikely]]
      return nullptr;
    const std::uint64_t magnitude = number < 0 ? 0 - bits : bits;
    const std::size_t digits = magnitude >> PyLong_SHIFT != 0 ? 2 : 1;
#if PY_VERSION_HEX >= 0x030C0000
    auto& value = made->long_value;
    value.lv_tag = digits << _PyLong_NON_SIZE_BITS | (number < 0 ? 2 : 0);
#else
    auto& value = *made;
    const auto size = static_cast<Py_ssize_t>(digits);
    Py_SET_SIZE(made, number < 0 ? -size : size);
#endif
    digit* const first = value.ob_digit;
    first[0] = static_cast<digit>(magnitude & PyLong_MASK);
    first[1] = static_cast<digit>(magnitude >> PyLong_SHIFT);
    return reinterpret_cast<PyObject*>(made);
  }
#endif
  if (number >= LONG_MIN && number <= LONG_MAX) return PyLong_FromLong(static_cast<long>(number));
  return PyLong_FromLongLong(number);
}

template <class Memory = ObjectMemory>
FASTTHRIFT_INLINE PyObject* new_float(double number, [[maybe_unused]] const Memory& memory = {}) {
#ifdef FASTTHRIFT_WRITES_OBJECTS
  auto* made = new_memory<PyFloatObject>(memory, sizeof(PyFloatObject), PyFloat_Type);
  if (made == nullptr) [[unlikely]]
    return nullptr;
  made->ob_fval = number;
  return reinterpret_cast<PyObject*>(made);
#else
  return PyFloat_FromDouble(number);
#endif
}

// A string of ASCII characters that are still to be written, at `characters`; of two or more, as Python
// shares the shorter ones.
template <class Memory = ObjectMemory>
FASTTHRIFT_INLINE PyObject* new_ascii(std::size_t size, std::uint8_t*& characters,
                                      [[maybe_unused]] const Memory& memory = {}) {
#ifdef FASTTHRIFT_WRITES_OBJECTS
  auto* made = new_memory<PyASCIIObject>(memory, sizeof(PyASCIIObject) + size + 1, PyUnicode_Type);
  if (made == nullptr) [[unlikely]]
    return nullptr;
  made->length = static_cast<Py_ssize_t>(size);
  made->hash = -1;
  made->state = {};
  made->state.kind = PyUnicode_1BYTE_KIND;
  made->state.compact = 1;
  made->state.ascii = 1;
#if PY_VERSION_HEX < 0x030C0000
  made->state.ready = 1;
  made->wstr = nullptr;
#endif
  characters = reinterpret_cast<std::uint8_t*>(made + 1);
  characters[size] = 0;
  return reinterpret_cast<PyObject*>(made);
#else
  PyObject* made = PyUnicode_New(static_cast<Py_ssize_t>(size), 127);
  if (made != nullptr) characters = reinterpret_cast<std::uint8_t*>(PyUnicode_1BYTE_DATA(made));
  return made;
#endif
}

}  // namespace fastthrift::python
