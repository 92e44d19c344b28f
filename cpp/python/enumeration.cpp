#include "python/enumeration.hpp"

#include "python/errors.hpp"

namespace fastthrift::python {
namespace {

// Of the module enum; what Enum's own lookup by value begins with.
constexpr const char* members_attribute = "_value2member_map_";

}  // namespace

bool has_members(PyObject* enumeration) {
  if (Py_IS_TYPE(enumeration, &PyType_Type)) {  // an ordinary class: not worth an AttributeError each time
    static PyObject* const name = PyUnicode_InternFromString(members_attribute);
    return name != nullptr && _PyType_Lookup(reinterpret_cast<PyTypeObject*>(enumeration), name) != nullptr;
  }
  return PyObject_HasAttrString(enumeration, members_attribute) != 0;
}

Ref member_of(PyTypeObject* enumeration, Ref number) {
  const Ref members =
      checked(PyObject_GetAttrString(reinterpret_cast<PyObject*>(enumeration), members_attribute));
  if (!PyDict_Check(members.get())) return number;
  PyObject* member = PyDict_GetItemWithError(members.get(), number.get());
  if (member != nullptr) return Ref::share(member);
  if (PyErr_Occurred()) throw PythonError();
  return number;
}

}  // namespace fastthrift::python
