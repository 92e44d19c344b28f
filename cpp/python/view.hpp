#pragma once

#include "python/errors.hpp"

#include "base/bytes.hpp"

namespace fastthrift::python {

// The bytes of any object with the buffer protocol, C-contiguous; held for as long as this lives. Throws
// PythonError (TypeError, BufferError).
class View {
 public:
  explicit View(PyObject* object) { checked_status(PyObject_GetBuffer(object, &view_, PyBUF_SIMPLE)); }
  View(const View&) = delete;
  View& operator=(const View&) = delete;
  ~View() { PyBuffer_Release(&view_); }

  Bytes bytes() const {
    return {static_cast<const std::uint8_t*>(view_.buf), static_cast<std::size_t>(view_.len)};
  }

 private:
  Py_buffer view_;
};

}  // namespace fastthrift::python
