#include "python/decode.hpp"

namespace fastthrift::python {

Ref hashable(Ref value) {
  if (PyList_Check(value.get())) {
    Ref tuple = checked(PyTuple_New(PyList_GET_SIZE(value.get())));
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple.get()); ++i) {
      PyTuple_SET_ITEM(tuple.get(), i, hashable(Ref::share(PyList_GET_ITEM(value.get(), i))).release());
    }
    return tuple;
  }
  if (PySet_Check(value.get())) return checked(PyFrozenSet_New(value.get()));
  if (PyDict_Check(value.get())) {
    throw ProtocolError(ProtocolError::Kind::invalid_data,
                        "a map cannot be a key of a map or an element of a set");
  }
  return value;
}

Ref uuid_of(Bytes bytes) {
  const Ref value = bytes_of(bytes);
  const Ref module = checked(PyImport_ImportModule("uuid"));
  const Ref type = checked(PyObject_GetAttrString(module.get(), "UUID"));
  return checked(PyObject_CallFunctionObjArgs(type.get(), Py_None, value.get(), nullptr));
}

}  // namespace fastthrift::python
