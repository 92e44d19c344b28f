#pragma once

#include "python/layout.hpp"
#include "python/ref.hpp"

#include <cstddef>
#include <optional>

namespace fastthrift::python {

// The numbers of an array.array, a memoryview or a numpy.ndarray that lie side by side, in one row, in just
// the form that a list's elements have: they are written without a Python object for each. Held for as long
// as this lives, so that the array can neither grow nor go.
class NumberBlock {
 public:
  // Nothing where the object is something else, holds other numbers or lies scattered: it is iterated then. A
  // subclass may iterate over other things than its memory shows, and is none.
  static std::optional<NumberBlock> of(PyObject* object, Form element);

  NumberBlock(NumberBlock&& other) noexcept : view_(other.view_) { other.view_.obj = nullptr; }
  NumberBlock& operator=(NumberBlock&&) = delete;
  ~NumberBlock() {
    if (view_.obj != nullptr) PyBuffer_Release(&view_);
  }

  std::size_t size() const { return static_cast<std::size_t>(view_.len / view_.itemsize); }
  const void* data() const { return view_.buf; }

 private:
  explicit NumberBlock(const Py_buffer& view) : view_(view) {}

  Py_buffer view_;
};

}  // namespace fastthrift::python
