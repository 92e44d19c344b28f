#include "python/number_block.hpp"

#include <string_view>

namespace fastthrift::python {

namespace {

bool may_hold_numbers(PyTypeObject* type) {
  if (type == &PyMemoryView_Type) return true;
  const std::string_view name = type->tp_name;
  return name == "array.array" || name == "numpy.ndarray";
}

// The codes of the struct module, native size and order, of numbers that are the element's to the bit.
bool holds(const Py_buffer& view, Form element) {
  const std::string_view code = view.format != nullptr ? view.format : "B";
  switch (element) {
    case Form::i16:
      return code == "h" && view.itemsize == 2;
    case Form::i32:
      return (code == "i" || code == "l") && view.itemsize == 4;
    case Form::i64:
      return (code == "l" || code == "q") && view.itemsize == 8;
    case Form::float64:
      return code == "d" && view.itemsize == 8;
    default:
      return false;
  }
}

}  // namespace

std::optional<NumberBlock> NumberBlock::of(PyObject* object, Form element) {
  if (!may_hold_numbers(Py_TYPE(object))) return std::nullopt;
  Py_buffer view;
  if (PyObject_GetBuffer(object, &view, PyBUF_ND | PyBUF_FORMAT) < 0) {
    PyErr_Clear();  // scattered, or released: iterating says what is wrong
    return std::nullopt;
  }
  NumberBlock block(view);
  if (view.ndim != 1 || !holds(view, element)) return std::nullopt;
  return block;
}

}  // namespace fastthrift::python
