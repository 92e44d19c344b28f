#include "python/nones.hpp"
#include "python/payload_initializer.hpp"

// What a field holds that nobody has set: the default of its declaration, copied where it is mutable.
namespace fastthrift::python::payload {

bool is_mutable(PyObject* value) {
  if (PyList_Check(value) || PyDict_Check(value) || PySet_Check(value) || PyByteArray_Check(value))
    return true;
  if (PyFrozenSet_Check(value)) {
    Ref items = checked(PySequence_Tuple(value));
    return is_mutable(items.get());
  }
  if (PyTuple_Check(value)) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(value); ++i) {
      if (is_mutable(PyTuple_GET_ITEM(value, i))) return true;
    }
    return false;
  }
  return is_payload_type(Py_TYPE(value));
}

namespace {

Ref copy_each(Ref items) {  // a list of ours
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items.get()); ++i) {
    if (!is_mutable(PyList_GET_ITEM(items.get(), i))) continue;
    Ref item = Ref::share(PyList_GET_ITEM(items.get(), i));
    checked_status(PyList_SetItem(items.get(), i, copy_default(item.get()).release()));
  }
  return items;
}

}  // namespace

// Deep enough that nothing mutable is shared; containers that users derived go through copy.deepcopy.
Ref copy_default(PyObject* value) {
  if (!is_mutable(value)) return Ref::share(value);
  if (PyList_CheckExact(value)) return copy_each(checked(PyList_GetSlice(value, 0, PyList_GET_SIZE(value))));
  if (PyTuple_CheckExact(value)) {
    Ref items = copy_each(checked(PySequence_List(value)));
    return checked(PyList_AsTuple(items.get()));
  }
  if (Py_IS_TYPE(value, &PySet_Type)) {
    Ref items = copy_each(checked(PySequence_List(value)));
    return checked(PySet_New(items.get()));
  }
  if (PyDict_CheckExact(value)) {
    Ref copied = checked(PyDict_New());
    Ref items = checked(PyDict_Items(value));
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items.get()); ++i) {
      PyObject* pair = PyList_GET_ITEM(items.get(), i);
      Ref key = copy_default(PyTuple_GET_ITEM(pair, 0));
      Ref item = copy_default(PyTuple_GET_ITEM(pair, 1));
      checked_status(PyDict_SetItem(copied.get(), key.get(), item.get()));
    }
    return copied;
  }
  Ref module = checked(PyImport_ImportModule("copy"));
  return checked(PyObject_CallMethod(module.get(), "deepcopy", "(O)", value));
}

void fill_missing(PyObject* self, const Layout& layout) {
  const FieldDefault* at = layout.defaults().data();
  Nones nones;
  for (const FieldLayout& field : layout.fields()) {
    const Field& given = *at++;
    PyObject*& place = slot(self, field.offset);
    if (place != nullptr) continue;
    if (given.value == Py_None) [[likely]] {
      place = Py_None;
      nones.take();
    } else {
      nones.settle();  // copying may run Python code
      store(self, field.offset, default_of(given));
    }
  }
  nones.settle();
}

}  // namespace fastthrift::python::payload
