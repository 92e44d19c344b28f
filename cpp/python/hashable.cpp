#include "python/hashable.hpp"

#include "python/errors.hpp"

#include <utility>

namespace fastthrift::python {

Ref hashable(Ref value, Ref (*of_dict)(Ref dict)) {
  if (PyList_Check(value.get())) {
    Ref tuple = checked(PyTuple_New(PyList_GET_SIZE(value.get())));
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple.get()); ++i) {
      Ref element = hashable(Ref::share(PyList_GET_ITEM(value.get(), i)), of_dict);
      PyTuple_SET_ITEM(tuple.get(), i, element.release());
    }
    return tuple;
  }
  if (PySet_Check(value.get())) return checked(PyFrozenSet_New(value.get()));
  return PyDict_Check(value.get()) ? of_dict(std::move(value)) : value;
}

}  // namespace fastthrift::python
