#include "python/path.hpp"

#include "python/errors.hpp"

namespace fastthrift::python {
namespace {

// Others show every attribute in their text, which programs take apart.
bool is_registered(const char* name, PyObject* exception) {
  PyObject* type = registered_exception(name);
  return type != nullptr && PyErr_GivenExceptionMatches(exception, type);
}

}  // namespace

void Path::enter_field(PyObject* name) noexcept {
  // The caller's exception may be a Python one; asking for the name must not disturb it.
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  try {
    const char* text = PyUnicode_AsUTF8(name);
    steps_.insert(0, std::string(".") + (text != nullptr ? text : "?"));
  } catch (...) {
    steps_.clear();
  }
  PyErr_Restore(type, value, traceback);
}

void Path::enter_element(std::size_t index) noexcept {
  try {
    steps_.insert(0, "[" + std::to_string(index) + "]");
  } catch (...) {
    steps_.clear();
  }
}

void Path::raise_with(PyTypeObject* class_of) {
  set_python_error();
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  if (value != nullptr &&
      (is_registered("TProtocolException", value) || is_registered("TDecodeException", value))) {
    const std::string name = class_of->tp_name;
    const Ref path = Ref::steal(PyUnicode_FromString((name.substr(name.rfind('.') + 1) + steps_).c_str()));
    if (!path || PyObject_SetAttrString(value, "path", path.get()) < 0) PyErr_Clear();
  }
  PyErr_Restore(type, value, traceback);
  throw PythonError();
}

}  // namespace fastthrift::python
