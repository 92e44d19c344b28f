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

// The next item of the storage if it has this name: then its value is brought up to date in place, so that
// iterators over the storage go on as over any dict.
bool follows(PyObject* storage, Py_ssize_t& position, PyObject* name, PyObject* value) {
  PyObject *stored_name, *stored;
  if (!PyDict_Next(storage, &position, &stored_name, &stored) || stored_name != name) return false;
  if (stored != value) checked_status(PyDict_SetItem(storage, name, value));
  return true;
}

// Whether the storage has the object's names in their order; brings the values up to date on the way.
bool is_in_step(PyObject* self) {
  PyObject* owner = owner_of(self);
  ClassData& data = current(Py_TYPE(owner));
  PyObject* dict = dict_of(owner);
  if (dict != nullptr && PyDict_GET_SIZE(dict) > 0) return false;  // rare: the slow way
  Py_ssize_t position = 0, seen = 0;
  for (std::size_t i = 0; i < data.members.size(); ++i) {
    const Ref value = value_of(owner, data.members[i]);
    const Ref name = data.members[i].name;
    if (!value) continue;
    if (!follows(self, position, name.get(), value.get())) return false;
    ++seen;
  }
  return seen == PyDict_GET_SIZE(self);
}

// Fills the storage with what the object has now.
void sync(PyObject* self) {
  if (is_in_step(self)) return;
  Ref plain = plain_dict(owner_of(self));
  Py_ssize_t at = 0, position = 0;
  PyObject *name, *value;
  bool in_step = PyDict_GET_SIZE(plain.get()) == PyDict_GET_SIZE(self);
  while (in_step && PyDict_Next(plain.get(), &at, &name, &value))
    in_step = follows(self, position, name, value);
  if (in_step) return;
  PyDict_Clear(self);
  checked_status(PyDict_Merge(self, plain.get(), 1));
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
  return guarded<Py_ssize_t>(-1, [&] {
    sync(self);
    return PyDict_GET_SIZE(self);
  });
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
    sync(self);
    return 0;
  });
}

int contains(PyObject* self, PyObject* name) {
  return guarded<int>(-1, [&] { return get(owner_of(self), name) != nullptr ? 1 : 0; });
}

PyObject* iterate(PyObject* self) {
  return answer([&] {
    sync(self);
    return checked(PyDict_Type.tp_iter(self));
  });
}

PyObject* compare_views(PyObject* self, PyObject* other, int operation) {
  return answer([&] {
    sync(self);
    if (Py_IS_TYPE(other, &view_type)) sync(other);
    return checked(PyDict_Type.tp_richcompare(self, other, operation));
  });
}

PyObject* represent(PyObject* self) {
  return answer([&] {
    sync(self);
    return checked(PyDict_Type.tp_repr(self));
  });
}

// dict's own method, on the storage as it should be.
PyObject* dict_method(const char* name) {
  return PyObject_GetAttrString(reinterpret_cast<PyObject*>(&PyDict_Type), name);
}

struct Methods {
  PyObject *keys, *values, *items, *reversed;
};
const Methods& methods_of_dict() {
  static const Methods found{dict_method("keys"), dict_method("values"), dict_method("items"),
                             dict_method("__reversed__")};
  return found;
}

PyObject* call_method(PyObject* self, PyObject* method) {
  return answer([&] {
    sync(self);
    return checked(PyObject_CallFunctionObjArgs(method, self, nullptr));
  });
}

PyObject* keys(PyObject* self, PyObject*) { return call_method(self, methods_of_dict().keys); }
PyObject* values(PyObject* self, PyObject*) { return call_method(self, methods_of_dict().values); }
PyObject* items(PyObject* self, PyObject*) { return call_method(self, methods_of_dict().items); }
PyObject* reversed(PyObject* self, PyObject*) { return call_method(self, methods_of_dict().reversed); }

PyObject* copy_view(PyObject* self, PyObject*) {
  return answer([&] { return plain_dict(owner_of(self)); });
}

PyObject* get_or(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
  if (count < 1 || count > 2)
    return PyErr_Format(PyExc_TypeError, "get expected 1 or 2 arguments, got %zd", count);
  return answer([&] {
    PyObject* value = get(owner_of(self), arguments[0]);
    if (value == nullptr) value = count == 2 ? arguments[1] : Py_None;
    return Ref::share(value);
  });
}

PyObject* pop(PyObject* self, PyObject* arguments) {
  return answer([&] {
    PyObject *name, *fallback = nullptr;
    if (!PyArg_UnpackTuple(arguments, "pop", 1, 2, &name, &fallback)) throw PythonError();
    Ref value = Ref::share(get(owner_of(self), name));
    if (value) {
      set_item(self, name, nullptr);
      sync(self);
      return value;
    }
    if (fallback != nullptr) return Ref::share(fallback);
    PyErr_SetObject(PyExc_KeyError, name);
    throw PythonError();
  });
}

PyObject* pop_item(PyObject* self, PyObject*) {
  return answer([&] {
    Ref item = checked(PyObject_CallMethod(plain_dict(owner_of(self)).get(), "popitem", nullptr));
    set_item(self, PyTuple_GET_ITEM(item.get(), 0), nullptr);
    sync(self);
    return item;
  });
}

PyObject* set_default(PyObject* self, PyObject* arguments) {
  return answer([&] {
    PyObject *name, *value = Py_None;
    if (!PyArg_UnpackTuple(arguments, "setdefault", 1, 2, &name, &value)) throw PythonError();
    if (PyObject* found = get(owner_of(self), name)) return Ref::share(found);
    set_item(self, name, value);
    sync(self);
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
    sync(self);
    return none();
  });
}

PyObject* clear(PyObject* self, PyObject*) {
  return answer([&] {
    Ref empty = checked(PyDict_New());
    checked_status(replace_all(owner_of(self), empty.get()));
    sync(self);
    return none();
  });
}

PyObject* unite(PyObject* left, PyObject* right) {
  return answer([&] {
    Ref one = Py_IS_TYPE(left, &view_type) ? plain_dict(owner_of(left)) : Ref::share(left);
    Ref other = Py_IS_TYPE(right, &view_type) ? plain_dict(owner_of(right)) : Ref::share(right);
    return checked(PyNumber_Or(one.get(), other.get()));
  });
}

PyObject* unite_in_place(PyObject* self, PyObject* other) {
  return answer([&] {
    checked(PyObject_CallMethod(self, "update", "(O)", other));
    return Ref::share(self);
  });
}

PyObject* reduce_view(PyObject* self, PyObject*) {
  return answer([&] {
    Ref plain = plain_dict(owner_of(self));
    return checked(Py_BuildValue("O(O)", &PyDict_Type, plain.get()));
  });
}

Py_hash_t refuse_hash(PyObject*) {
  PyErr_SetString(PyExc_TypeError, "unhashable type: 'dict'");
  return -1;
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
    {"keys", keys, METH_NOARGS, nullptr},
    {"values", values, METH_NOARGS, nullptr},
    {"items", items, METH_NOARGS, nullptr},
    {"get", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(get_or)), METH_FASTCALL, nullptr},
    {"copy", copy_view, METH_NOARGS, nullptr},
    {"__copy__", copy_view, METH_NOARGS, nullptr},
    {"__reversed__", reversed, METH_NOARGS, nullptr},
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

PyObject* refuse_new(PyTypeObject*, PyObject*, PyObject*) {
  PyErr_SetString(PyExc_TypeError, "a FieldDict is what __dict__ of a struct gives; it cannot be made");
  return nullptr;
}

}  // namespace

// Exceptions keep their dict as it is: it is BaseException's.
PyObject* get_dict(PyObject* self, void*) {
  if (!data_of(Py_TYPE(self)).is_struct) return PyObject_GenericGetDict(self, nullptr);
  return answer([&] {
    static PyObject* no_arguments = checked(PyTuple_New(0)).release();
    Ref view = checked(PyDict_Type.tp_new(&view_type, no_arguments, nullptr));
    Py_INCREF(self);
    reinterpret_cast<View*>(view.get())->owner = self;
    fill_dict(view.get(), self);
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
    Ref plain = Py_IS_TYPE(items.get(), &view_type) ? plain_dict(owner_of(items.get())) : items;
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
  view_type.tp_hash = refuse_hash;
  view_type.tp_methods = methods;
  view_type.tp_traverse = traverse;
  view_type.tp_clear = clear_references;
  view_type.tp_dealloc = dealloc;
  view_type.tp_new = refuse_new;
  if (PyType_Ready(&view_type) < 0) return -1;
  return PyObject_SetAttrString(module, "FieldDict", reinterpret_cast<PyObject*>(&view_type));
}

}  // namespace fastthrift::python::payload
