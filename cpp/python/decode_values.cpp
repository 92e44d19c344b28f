#include "python/decode.hpp"

#include "python/hashable.hpp"

namespace fastthrift::python {

Ref roomy_list_of(std::uint32_t size) {
#ifdef FASTTHRIFT_WRITES_OBJECTS
  // PyList_New would clear the places first, which is another walk through all of them.
  if (size > 0) {
    Ref list = checked(PyList_New(0));
    auto* inside = reinterpret_cast<PyListObject*>(list.get());
    inside->ob_item = PyMem_New(PyObject*, size);
    if (inside->ob_item == nullptr) {
      PyErr_NoMemory();
      throw PythonError();
    }
    inside->allocated = static_cast<Py_ssize_t>(size);
    return list;
  }
#endif
  Ref list = checked(PyList_New(static_cast<Py_ssize_t>(size)));
  Py_SET_SIZE(list.get(), 0);
  return list;
}

void refuse_changed_list(PyObject* element) {
  Py_DECREF(element);
  raise(PyExc_RuntimeError, "list changed size while it was read");
}

Ref hashable(Ref value) {
  return hashable(std::move(value), [](Ref dict) {
    if (reinterpret_cast<PyObject*>(Py_TYPE(dict.get())) == payload::frozen_dict()) return dict;
    throw ProtocolError(ProtocolError::Kind::invalid_data,
                        "a map cannot be a key of a map or an element of a set");
  });
}

Ref frozen(Ref container) {
  PyObject* type =
      reinterpret_cast<PyObject*>(PyList_Check(container.get()) ? &PyTuple_Type : &PyFrozenSet_Type);
  if (PyDict_Check(container.get())) {
    type = payload::frozen_dict();
    if (type == nullptr) return container;
  }
  return checked(parked([&] { return PyObject_CallOneArg(type, container.get()); }));
}

void refuse_element(wire::TType expected, wire::TType came) {
  throw ProtocolError(ProtocolError::Kind::invalid_data, "got wrong ttype while reading field: expected " +
                                                             std::string(wire::name_of(expected)) +
                                                             " elements, got " +
                                                             std::string(wire::name_of(came)));
}

Ref uuid_of(Bytes bytes) {
  const Ref value = bytes_of(bytes);
  const Ref module = checked(PyImport_ImportModule("uuid"));
  const Ref type = checked(PyObject_GetAttrString(module.get(), "UUID"));
  return checked(PyObject_CallFunctionObjArgs(type.get(), Py_None, value.get(), nullptr));
}

}  // namespace fastthrift::python
