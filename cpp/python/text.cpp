#include "python/text.hpp"

namespace fastthrift::python {
namespace {

// The UnicodeDecodeError that is set becomes one that is a TProtocolException, too.
[[noreturn]] void raise_as_protocol_error() {
  PyObject* both = registered_exception("TProtocolTextError");
  if (both == nullptr) throw PythonError();
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  PyErr_NormalizeException(&type, &value, &trace);
  const Ref kept[] = {Ref::steal(type), Ref::steal(value), Ref::steal(trace)};
  const Ref args = checked(PyObject_GetAttrString(value, "args"));
  const Ref error = checked(PyObject_Call(both, args.get(), nullptr));
  PyErr_SetObject(both, error.get());
  throw PythonError();
}

}  // namespace

Ref decoded_text(Bytes bytes, bool is_strict) {
  Ref text = Ref::steal(PyUnicode_DecodeUTF8(reinterpret_cast<const char*>(bytes.data()),
                                             static_cast<Py_ssize_t>(bytes.size()), nullptr));
  if (text) return text;
  if (!PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) throw PythonError();
  if (is_strict) raise_as_protocol_error();
  PyErr_Clear();
  return bytes_of(bytes);
}

}  // namespace fastthrift::python
