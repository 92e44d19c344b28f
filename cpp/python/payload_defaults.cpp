#include "python/nones.hpp"
#include "python/payload_initializer.hpp"

#include <utility>

// What a field holds that nobody has set: the default of its declaration, copied where it is mutable.
namespace fastthrift::python::payload {

namespace {

// What is nested deeper, a default that contains itself above all, is copy.deepcopy's, which knows an end.
constexpr int most_levels = 32;

bool is_mutable(PyObject* value, int levels) {
  if (levels == 0 || PyList_Check(value) || PyDict_Check(value) || PySet_Check(value) ||
      PyByteArray_Check(value)) {
    return true;
  }
  if (PyFrozenSet_Check(value)) {
    Ref items = checked(PySequence_Tuple(value));
    return is_mutable(items.get(), levels);
  }
  if (PyTuple_Check(value)) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(value); ++i) {
      if (is_mutable(PyTuple_GET_ITEM(value, i), levels - 1)) return true;
    }
    return false;
  }
  return is_payload_type(Py_TYPE(value));
}

Ref deep_copy_of(PyObject* value) {
  Ref module = checked(PyImport_ImportModule("copy"));
  return checked(PyObject_CallMethod(module.get(), "deepcopy", "(O)", value));
}

Ref copied(PyObject* value, int levels);

// Of a list of ours.
Ref copy_each(Ref items, int levels) {
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items.get()); ++i) {
    Ref item = Ref::share(PyList_GET_ITEM(items.get(), i));
    item = copied(item.get(), levels);
    if (!item) return Ref();
    checked_status(PyList_SetItem(items.get(), i, item.release()));
  }
  return items;
}

// Null where it is nested deeper than so many levels.
Ref copied(PyObject* value, int levels) {
  if (!is_mutable(value, levels)) return Ref::share(value);
  if (levels == 0) return Ref();
  if (PyList_CheckExact(value)) {
    return copy_each(checked(PyList_GetSlice(value, 0, PyList_GET_SIZE(value))), levels - 1);
  }
  if (PyTuple_CheckExact(value)) {
    Ref items = copy_each(checked(PySequence_List(value)), levels - 1);
    return items ? checked(PyList_AsTuple(items.get())) : Ref();
  }
  if (Py_IS_TYPE(value, &PySet_Type)) {
    Ref items = copy_each(checked(PySequence_List(value)), levels - 1);
    return items ? checked(PySet_New(items.get())) : Ref();
  }
  if (PyDict_CheckExact(value)) {
    Ref made = checked(PyDict_New());
    Ref items = checked(PyDict_Items(value));
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items.get()); ++i) {
      PyObject* pair = PyList_GET_ITEM(items.get(), i);
      Ref key = copied(PyTuple_GET_ITEM(pair, 0), levels - 1);
      Ref item = copied(PyTuple_GET_ITEM(pair, 1), levels - 1);
      if (!key || !item) return Ref();
      checked_status(PyDict_SetItem(made.get(), key.get(), item.get()));
    }
    return made;
  }
  return deep_copy_of(value);
}

}  // namespace

bool is_mutable(PyObject* value) { return is_mutable(value, most_levels); }

// Deep enough that nothing mutable is shared; containers that users derived go through copy.deepcopy.
Ref copy_default(PyObject* value) {
  Ref made = copied(value, most_levels);
  return made ? std::move(made) : deep_copy_of(value);
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
