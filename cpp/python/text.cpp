#include "python/text.hpp"

namespace fastthrift::python {

Ref decoded_text(Bytes bytes, bool is_strict) {
  Ref text = Ref::steal(PyUnicode_DecodeUTF8(reinterpret_cast<const char*>(bytes.data()),
                                             static_cast<Py_ssize_t>(bytes.size()), nullptr));
  if (text) return text;
  if (is_strict || !PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) throw PythonError();
  PyErr_Clear();
  return bytes_of(bytes);
}

}  // namespace fastthrift::python
