#include "python/application_exception.hpp"

#include "python/errors.hpp"

#include <stdexcept>

namespace fastthrift::python {

Ref read_application_exception(Input& in, const CodecOptions& options) {
  PyObject* type = registered_exception("TApplicationException");
  if (type == nullptr) raise(PyExc_RuntimeError, "TApplicationException is not registered");
  Ref exception = checked(PyObject_CallNoArgs(type));
  read_struct(in, exception.get(), options);
  return exception;
}

std::string words_of_exception(const wire::MessageHeader& header, Input& in, const CodecOptions& options) {
  if (header.type != wire::MessageType::exception) return {};
  try {
    const Ref exception = read_application_exception(in, options);
    const Ref text = checked(PyObject_Str(exception.get()));
    Py_ssize_t size = 0;
    const char* words = PyUnicode_AsUTF8AndSize(text.get(), &size);
    if (words == nullptr) throw PythonError();
    return ": " + std::string(words, static_cast<std::size_t>(size));
  } catch (const PythonError&) {
    PyErr_Clear();
  } catch (const std::runtime_error&) {
    // The header's error is the one to tell.
  }
  return {};
}

}  // namespace fastthrift::python
