#include "python/payload_type.hpp"

#include <utility>

// `obj.__dict__` of a struct: a dict that shows the fields and extras and writes through to the object.
//
// It is a subclass of dict, as `json.dumps(obj.__dict__)` and other C code accept nothing else. Such code
// reads the inherited storage past all methods, so the storage is filled when the view is made and again by
// every method.
namespace fastthrift::python::payload {
namespace {

struct View {
  PyDictObject dict;
  PyObject* owner;
};

PyTypeObject view_type = {PyVarObject_HEAD_INIT(nullptr, 0)};

PyObject* owner_of(PyObject* self) { return reinterpret_cast<View*>(self)->owner; }

bool is_same(PyObject* one, PyObject* other) {
  if (PyDict_GET_SIZE(one) != PyDict_GET_SIZE(other)) return false;
  Py_ssize_t at = 0, other_at = 0;
  PyObject *key, *value, *other_key, *other_value;
  while (PyDict_Next(one, &at, &key, &value)) {
    if (!PyDict_Next(other, &other_at, &other_key, &other_value)) return false;
    if (key != other_key || value != other_value) return false;
  }
  return true;
}

// The object's dict as it is now; the storage follows.
Ref now(PyObject* self) {
  Ref plain = plain_dict(owner_of(self));
  if (!is_same(self, plain.get())) {
    PyDict_Clear(self);
    checked_status(PyDict_Merge(self, plain.get(), 1));
  }
  return plain;
}

void set_item(PyObject* self, PyObject* name, PyObject* value) {
  checked_status(set(owner_of(self), name, value));
}

template <class Body>
PyObject* answer(Body&& body) {
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* { return body().release(); });
}

Ref none() { return Ref::share(Py_None); }

Py_ssize_t length(PyObject* self) {
  return guarded<Py_ssize_t>(-1, [&] { return PyDict_GET_SIZE(now(self).get()); });
}

PyObject* subscript(PyObject* self, PyObject* name) {
  return answer([&] {
    PyObject* value = get(owner_of(self), name);
    if (value == nullptr) {
      PyErr_SetObject(PyExc_KeyError, name);
      throw PythonError();
    }
    return Ref::share(value);
  });
}

int assign(PyObject* self, PyObject* name, PyObject* value) {
  return guarded<int>(-1, [&] {
    set_item(self, name, value);
    now(self);
    return 0;
  });
}

int contains(PyObject* self, PyObject* name) {
  return guarded<int>(-1, [&] { return PyDict_Contains(now(self).get(), name); });
}

PyObject* iterate(PyObject* self) {
  return answer([&] { return checked(PyObject_GetIter(now(self).get())); });
}

PyObject* compare_views(PyObject* self, PyObject* other, int operation) {
  return answer([&] {
    Ref right = Py_IS_TYPE(other, &view_type) ? now(other) : Ref::share(other);
    return checked(PyObject_RichCompare(now(self).get(), right.get(), operation));
  });
}

PyObject* represent(PyObject* self) {
  return answer([&] { return checked(PyObject_Repr(now(self).get())); });
}

// Everything that only reads is the plain dict's own method.
template <const char* const& name>
PyObject* read_by(PyObject* self, PyObject* arguments) {
  return answer([&] {
    Ref method = checked(PyObject_GetAttrString(now(self).get(), name));
    return checked(PyObject_CallObject(method.get(), arguments));
  });
}
const char* const keys_name = "keys";
const char* const values_name = "values";
const char* const items_name = "items";
const char* const get_name = "get";
const char* const copy_name = "copy";
const char* const reversed_name = "__reversed__";

PyObject* pop(PyObject* self, PyObject* arguments) {
  return answer([&] {
    PyObject *name, *fallback = nullptr;
    if (!PyArg_UnpackTuple(arguments, "pop", 1, 2, &name, &fallback)) throw PythonError();
    Ref value = Ref::share(get(owner_of(self), name));
    if (value) {
      set_item(self, name, nullptr);
      now(self);
      return value;
    }
    if (fallback != nullptr) return Ref::share(fallback);
    PyErr_SetObject(PyExc_KeyError, name);
    throw PythonError();
  });
}

PyObject* pop_item(PyObject* self, PyObject*) {
  return answer([&] {
    Ref item = checked(PyObject_CallMethod(now(self).get(), "popitem", nullptr));
    set_item(self, PyTuple_GET_ITEM(item.get(), 0), nullptr);
    now(self);
    return item;
  });
}

PyObject* set_default(PyObject* self, PyObject* arguments) {
  return answer([&] {
    PyObject *name, *value = Py_None;
    if (!PyArg_UnpackTuple(arguments, "setdefault", 1, 2, &name, &value)) throw PythonError();
    if (PyObject* found = get(owner_of(self), name)) return Ref::share(found);
    set_item(self, name, value);
    now(self);
    return Ref::share(value);
  });
}

PyObject* update(PyObject* self, PyObject* arguments, PyObject* keywords) {
  return answer([&] {
    Ref changes = checked(PyDict_New());
    Ref method = checked(PyObject_GetAttrString(changes.get(), "update"));
    checked(PyObject_Call(method.get(), arguments, keywords));
    Py_ssize_t position = 0;
    PyObject *name, *value;
    while (PyDict_Next(changes.get(), &position, &name, &value)) set_item(self, name, value);
    now(self);
    return none();
  });
}

PyObject* clear(PyObject* self, PyObject*) {
  return answer([&] {
    Ref empty = checked(PyDict_New());
    checked_status(replace_all(owner_of(self), empty.get()));
    now(self);
    return none();
  });
}

PyObject* unite(PyObject* left, PyObject* right) {
  return answer([&] {
    Ref one = Py_IS_TYPE(left, &view_type) ? now(left) : Ref::share(left);
    Ref other = Py_IS_TYPE(right, &view_type) ? now(right) : Ref::share(right);
    return checked(PyNumber_Or(one.get(), other.get()));
  });
}

PyObject* unite_in_place(PyObject* self, PyObject* other) {
  return answer([&] {
    checked(PyObject_CallMethod(self, "update", "O", other));
    return Ref::share(self);
  });
}

PyObject* reduce_view(PyObject* self, PyObject*) {
  return answer([&] {
    Ref plain = now(self);
    return checked(Py_BuildValue("O(O)", &PyDict_Type, plain.get()));
  });
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(owner_of(self));
  return PyDict_Type.tp_traverse(self, visit, arg);
}

int clear_references(PyObject* self) {
  return PyDict_Type.tp_clear(self);
}  // `owner` stays: methods rely on it

void dealloc(PyObject* self) {
  PyObject_GC_UnTrack(self);
  Py_CLEAR(reinterpret_cast<View*>(self)->owner);
  PyDict_Type.tp_dealloc(self);
}

PyMethodDef methods[] = {
    {"keys", read_by<keys_name>, METH_VARARGS, nullptr},
    {"values", read_by<values_name>, METH_VARARGS, nullptr},
    {"items", read_by<items_name>, METH_VARARGS, nullptr},
    {"get", read_by<get_name>, METH_VARARGS, nullptr},
    {"copy", read_by<copy_name>, METH_VARARGS, nullptr},
    {"__copy__", read_by<copy_name>, METH_VARARGS, nullptr},
    {"__reversed__", read_by<reversed_name>, METH_VARARGS, nullptr},
    {"pop", pop, METH_VARARGS, nullptr},
    {"popitem", pop_item, METH_NOARGS, nullptr},
    {"setdefault", set_default, METH_VARARGS, nullptr},
    {"update", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(update)),
     METH_VARARGS | METH_KEYWORDS, nullptr},
    {"clear", clear, METH_NOARGS, nullptr},
    {"__reduce_ex__", reduce_view, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyMappingMethods mapping{length, subscript, assign};
PySequenceMethods sequence{};
PyNumberMethods number{};

}  // namespace

// Exceptions keep their dict as it is: it is BaseException's.
PyObject* get_dict(PyObject* self, void*) {
  if (!data_of(Py_TYPE(self)).is_struct) return PyObject_GenericGetDict(self, nullptr);
  return answer([&] {
    Ref empty = checked(PyTuple_New(0));
    Ref view = checked(PyDict_Type.tp_new(&view_type, empty.get(), nullptr));
    Py_INCREF(self);
    reinterpret_cast<View*>(view.get())->owner = self;
    now(view.get());
    if (!PyObject_GC_IsTracked(view.get())) PyObject_GC_Track(view.get());
    return view;
  });
}

int set_dict(PyObject* self, PyObject* value, void*) {
  if (!data_of(Py_TYPE(self)).is_struct && value != nullptr)
    return PyObject_GenericSetDict(self, value, nullptr);
  return guarded<int>(-1, [&] {
    Ref items = value == nullptr ? checked(PyDict_New()) : Ref::share(value);
    if (!PyDict_Check(items.get())) {
      raise(PyExc_TypeError, "__dict__ must be set to a dictionary, not a '%s'", Py_TYPE(value)->tp_name);
    }
    Ref plain = Py_IS_TYPE(items.get(), &view_type) ? now(items.get()) : items;
    return replace_all(self, plain.get());
  });
}

int add_dict_view_to(PyObject* module) {
  sequence.sq_contains = contains;
  number.nb_or = unite;
  number.nb_inplace_or = unite_in_place;
  view_type.tp_name = "fastthrift._core.FieldDict";
  view_type.tp_doc = "The fields of a struct as a dict that writes through.";
  view_type.tp_base = &PyDict_Type;
  view_type.tp_basicsize = sizeof(View);
  view_type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DICT_SUBCLASS;
  view_type.tp_as_mapping = &mapping;
  view_type.tp_as_sequence = &sequence;
  view_type.tp_as_number = &number;
  view_type.tp_iter = iterate;
  view_type.tp_repr = represent;
  view_type.tp_richcompare = compare_views;
  view_type.tp_hash = PyObject_HashNotImplemented;
  view_type.tp_methods = methods;
  view_type.tp_traverse = traverse;
  view_type.tp_clear = clear_references;
  view_type.tp_dealloc = dealloc;
  if (PyType_Ready(&view_type) < 0) return -1;
  return PyObject_SetAttrString(module, "FieldDict", reinterpret_cast<PyObject*>(&view_type));
}

}  // namespace fastthrift::python::payload
