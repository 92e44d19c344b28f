#include "python/nones.hpp"
#include "python/payload_type.hpp"

#include <new>
#include <structmember.h>
#include <utility>

// The `__init__` of payload classes: one C object per class that fills an instance from positional and
// keyword arguments and copies mutable defaults. Inspection (`__code__`, signature, source) gets a Python
// function with the same parameters, made when somebody asks.
namespace fastthrift::python::payload {
namespace {

using Field = FieldDefault;  // whose value is owned here

struct InitializerObject {
  PyObject_HEAD vectorcallfunc vectorcall;
  PyObject* owner;     // name of the class, for the generated file name
  PyObject* function;  // the Python function for inspection; null until asked for
  std::vector<Ref>* names;
  std::vector<Field>* fields;
};

PyTypeObject initializer_type = {PyVarObject_HEAD_INIT(nullptr, 0)};

InitializerObject* as_initializer(PyObject* object) { return reinterpret_cast<InitializerObject*>(object); }

// --- defaults ---

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

namespace {

Ref default_of(const Field& field) {
  return field.is_copied ? copy_default(field.value) : Ref::share(field.value);
}

// --- arguments ---

[[noreturn]] void raise_too_many(std::size_t fields, std::size_t given) {
  // With self, as Python counts.
  if (fields == 0) {
    raise(PyExc_TypeError, "__init__() takes 1 positional argument but %zu were given", given + 1);
  }
  raise(PyExc_TypeError, "__init__() takes from 1 to %zu positional arguments but %zu were given", fields + 1,
        given + 1);
}

// The index of the field that a keyword names. Keywords are interned and mostly come in order of declaration.
std::size_t index_of(const std::vector<Ref>& names, PyObject* keyword, std::size_t expected) {
  if (expected < names.size() && names[expected].get() == keyword) return expected;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].get() == keyword) return i;
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (PyUnicode_Compare(names[i].get(), keyword) == 0) return i;
  }
  raise(PyExc_TypeError, "__init__() got an unexpected keyword argument '%S'", keyword);
}

// Calls `give(index, value)` for each argument; `has(index)` tells whether a field already got one.
template <class Has, class Give>
void bind_arguments(const std::vector<Ref>& names, PyObject* const* arguments, std::size_t count,
                    PyObject* keywords, Has&& has, Give&& give) {
  for (std::size_t i = 0; i < count && i < names.size(); ++i) give(i, arguments[i]);
  if (keywords != nullptr) {
    const auto size = static_cast<std::size_t>(PyTuple_GET_SIZE(keywords));
    for (std::size_t k = 0, expected = count; k < size; ++k) {
      PyObject* keyword = PyTuple_GET_ITEM(keywords, static_cast<Py_ssize_t>(k));
      const std::size_t at = index_of(names, keyword, expected);
      if (has(at)) raise(PyExc_TypeError, "__init__() got multiple values for argument '%S'", keyword);
      give(at, arguments[count + k]);
      expected = at + 1;
    }
  }
  if (count > names.size()) raise_too_many(names.size(), count);
}

// `__init__` on any object: what thriftpy2's generated function does, one setattr per field in order.
void initialise(InitializerObject* init, PyObject* self, PyObject* const* arguments, std::size_t count,
                PyObject* keywords) {
  Ref keep = Ref::share(reinterpret_cast<PyObject*>(init));
  const std::vector<Ref>& names = *init->names;
  std::vector<PyObject*> values(names.size(), nullptr);  // borrowed from the caller
  bind_arguments(
      names, arguments, count, keywords, [&](std::size_t i) { return values[i] != nullptr; },
      [&](std::size_t i, PyObject* value) { values[i] = value; });
  for (std::size_t i = 0; i < names.size(); ++i) {
    Ref value = values[i] != nullptr ? Ref::share(values[i]) : default_of((*init->fields)[i]);
    checked_status(assign(self, names[i].get(), value.get()));
  }
}

// A fresh object whose fields are slots: by offset.
void fill_defaults(InitializerObject* init, const ClassData& data, PyObject* self, bool& forms_cycle) {
  const std::size_t size = init->fields->size();
  const unsigned int generation = data.generation;
  Nones nones;
  for (std::size_t i = 0; i < size; ++i) {
    const Field& field = (*init->fields)[i];
    if (data.generation != generation)
        [[unlikely]] {  // copying a default has run Python that changed the class
      Ref value = default_of(field);
      checked_status(PyObject_SetAttr(self, (*init->names)[i].get(), value.get()));
      continue;
    }
    PyObject*& place = slot(self, data.members[i].offset);
    if (place != nullptr) continue;
    if (field.value == Py_None) [[likely]] {
      place = Py_None;
      nones.take();
      continue;
    }
    if (!field.is_copied) {
      Py_INCREF(field.value);
      place = field.value;
      forms_cycle |= may_form_cycle(field.value);
      continue;
    }
    nones.settle();
    place = copy_default(field.value).release();
    forms_cycle = true;
  }
  nones.settle();
}

PyObject* call_type(PyObject* type, PyObject* const* arguments, std::size_t count, PyObject* keywords) {
  Ref positional = Ref::steal(PyTuple_New(static_cast<Py_ssize_t>(count)));
  if (!positional) return nullptr;
  for (std::size_t i = 0; i < count; ++i) {
    Py_INCREF(arguments[i]);
    PyTuple_SET_ITEM(positional.get(), static_cast<Py_ssize_t>(i), arguments[i]);
  }
  Ref named;
  if (keywords != nullptr && PyTuple_GET_SIZE(keywords) > 0) {
    named = Ref::steal(PyDict_New());
    if (!named) return nullptr;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(keywords); ++i) {
      PyObject* value = arguments[count + static_cast<std::size_t>(i)];
      if (PyDict_SetItem(named.get(), PyTuple_GET_ITEM(keywords, i), value) < 0) return nullptr;
    }
  }
  return PyType_Type.tp_call(type, positional.get(), named.get());
}

// --- the object ---

PyObject* call_initializer(PyObject* callable, PyObject* const* arguments, std::size_t flagged,
                           PyObject* keywords) {
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    const auto count = static_cast<std::size_t>(PyVectorcall_NARGS(flagged));
    if (count == 0) raise(PyExc_TypeError, "__init__() missing 1 required positional argument: 'self'");
    initialise(as_initializer(callable), arguments[0], arguments + 1, count - 1, keywords);
    Py_INCREF(Py_None);
    return Py_None;
  });
}

PyObject* bind_method(PyObject* self, PyObject* object, PyObject*) {
  if (object == nullptr || object == Py_None) {
    Py_INCREF(self);
    return self;
  }
  return PyMethod_New(self, object);
}

Ref defaults_of(InitializerObject* init) {
  if (init->fields->empty()) return Ref::share(Py_None);
  Ref defaults = checked(PyTuple_New(static_cast<Py_ssize_t>(init->fields->size())));
  for (std::size_t i = 0; i < init->fields->size(); ++i) {
    Py_INCREF((*init->fields)[i].value);
    PyTuple_SET_ITEM(defaults.get(), static_cast<Py_ssize_t>(i), (*init->fields)[i].value);
  }
  return defaults;
}

// The function that inspection sees: fastthrift.thrift writes and compiles it. Borrowed.
PyObject* function_of(InitializerObject* init) {
  if (init->function != nullptr) return init->function;
  Ref names = checked(PyList_New(0));
  for (const Ref& name : *init->names) checked_status(PyList_Append(names.get(), name.get()));
  Ref defaults = defaults_of(init);
  Ref module = checked(PyImport_ImportModule("fastthrift.thrift"));
  Ref made = checked(PyObject_CallMethod(module.get(), "_inspectable_init", "OOO", init->owner, names.get(),
                                         defaults.get()));
  if (init->function == nullptr) init->function = made.release();
  return init->function;
}

PyObject* get_attribute(PyObject* self, PyObject* name) {
  PyObject* found = PyObject_GenericGetAttr(self, name);
  if (found != nullptr || !PyErr_ExceptionMatches(PyExc_AttributeError)) return found;
  PyErr_Clear();
  return guarded<PyObject*>(nullptr,
                            [&] { return PyObject_GetAttr(function_of(as_initializer(self)), name); });
}

PyObject* get_defaults(PyObject* self, void*) {
  return guarded<PyObject*>(nullptr, [&] { return defaults_of(as_initializer(self)).release(); });
}

PyObject* get_signature(PyObject* self, void*) {
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    PyObject* function = function_of(as_initializer(self));
    Ref inspect = checked(PyImport_ImportModule("inspect"));
    return PyObject_CallMethod(inspect.get(), "signature", "O", function);
  });
}

PyObject* get_function(PyObject* self, void*) {
  return guarded<PyObject*>(nullptr, [&] { return Ref::share(function_of(as_initializer(self))).release(); });
}

PyObject* get_name(PyObject*, void*) { return PyUnicode_InternFromString("__init__"); }

PyObject* get_nothing(PyObject*, void*) { Py_RETURN_NONE; }

PyObject* represent(PyObject* self) {
  return PyUnicode_FromFormat("<function __init__ of %U at %p>", as_initializer(self)->owner, self);
}

// As the lines of a linecache entry: the source is written when somebody reads it.
Py_ssize_t line_count(PyObject* self) {
  const std::size_t fields = as_initializer(self)->names->size();
  return static_cast<Py_ssize_t>(fields == 0 ? 2 : fields + 1);
}

PyObject* line_at(PyObject* self, PyObject* index) {  // or a slice of them
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    function_of(as_initializer(self));  // puts the real lines into linecache
    Ref module = checked(PyImport_ImportModule("linecache"));
    Ref cache = checked(PyObject_GetAttrString(module.get(), "cache"));
    Ref key = checked(PyUnicode_FromFormat("<generated %U.__init__>", as_initializer(self)->owner));
    Ref entry = checked(PyObject_GetItem(cache.get(), key.get()));
    Ref lines = checked(PySequence_GetItem(entry.get(), 2));
    if (lines.get() == self) raise(PyExc_IndexError, "no source");
    return PyObject_GetItem(lines.get(), index);
  });
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(as_initializer(self)->function);
  if (as_initializer(self)->fields != nullptr) {
    for (const Field& field : *as_initializer(self)->fields) Py_VISIT(field.value);
  }
  return 0;
}

int clear(PyObject* self) {
  Py_CLEAR(as_initializer(self)->function);
  if (as_initializer(self)->fields != nullptr) {
    for (Field& field : *as_initializer(self)->fields) {
      Py_INCREF(Py_None);
      Py_DECREF(std::exchange(field.value, Py_None));
    }
  }
  return 0;
}

void dealloc(PyObject* self) {
  PyObject_GC_UnTrack(self);
  InitializerObject* init = as_initializer(self);
  Py_CLEAR(init->owner);
  Py_CLEAR(init->function);
  if (init->fields != nullptr) {
    for (const Field& field : *init->fields) Py_DECREF(field.value);
  }
  delete init->fields;
  delete init->names;
  PyObject_GC_Del(self);
}

PyGetSetDef attributes[] = {
    {"__defaults__", get_defaults, nullptr, nullptr, nullptr},
    {"__kwdefaults__", get_nothing, nullptr, nullptr, nullptr},
    {"__doc__", get_nothing, nullptr, nullptr, nullptr},
    {"__module__", get_nothing, nullptr, nullptr, nullptr},
    {"__name__", get_name, nullptr, nullptr, nullptr},
    {"__qualname__", get_name, nullptr, nullptr, nullptr},
    {"__signature__", get_signature, nullptr, nullptr, nullptr},
    {"__wrapped__", get_function, nullptr, nullptr, nullptr},  // where inspect.getsource looks
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyMappingMethods lines{line_count, line_at, nullptr};

// thriftpy2 registers the source of each __init__ with linecache; whoever has not imported linecache cannot
// tell.
void register_source(PyObject* init) {
  PyObject* modules = PyImport_GetModuleDict();
  PyObject* module = modules == nullptr ? nullptr : PyDict_GetItemString(modules, "linecache");
  if (module == nullptr) return;
  Ref cache = checked(PyObject_GetAttrString(module, "cache"));
  if (!PyDict_Check(cache.get())) return;
  Ref key = checked(PyUnicode_FromFormat("<generated %U.__init__>", as_initializer(init)->owner));
  Ref entry = checked(Py_BuildValue("(iOOO)", 0, Py_None, init, key.get()));
  checked_status(PyDict_SetItem(cache.get(), key.get(), entry.get()));
}

PyObject* make_from_python(PyObject*, PyObject* arguments) {
  PyObject *owner, *default_spec;
  if (!PyArg_ParseTuple(arguments, "UO:make_initializer", &owner, &default_spec)) return nullptr;
  return guarded<PyObject*>(nullptr, [&] { return make_initializer(owner, default_spec).release(); });
}

PyMethodDef functions[] = {
    {"make_initializer", make_from_python, METH_VARARGS,
     "make_initializer(owner, default_spec)\n\nAn __init__ from [(name, default)] for a class named "
     "`owner`."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool is_initializer(PyObject* object) { return Py_IS_TYPE(object, &initializer_type); }

const std::vector<Ref>& names_of(PyObject* initializer) { return *as_initializer(initializer)->names; }

Ref make_initializer(PyObject* owner, PyObject* default_spec) {
  InitializerObject* init = PyObject_GC_New(InitializerObject, &initializer_type);
  if (init == nullptr) throw PythonError();
  init->vectorcall = call_initializer;
  Py_INCREF(owner);
  init->owner = owner;
  init->function = nullptr;
  init->names = new (std::nothrow) std::vector<Ref>;
  init->fields = new (std::nothrow) std::vector<Field>;
  Ref made = Ref::steal(reinterpret_cast<PyObject*>(init));
  PyObject_GC_Track(made.get());
  if (init->names == nullptr || init->fields == nullptr) throw std::bad_alloc();
  Ref pairs = default_spec == Py_None
                  ? checked(PyTuple_New(0))
                  : checked(PySequence_Fast(default_spec, "default_spec must be a list of pairs"));
  const Py_ssize_t size = PySequence_Fast_GET_SIZE(pairs.get());
  init->names->reserve(static_cast<std::size_t>(size));
  init->fields->reserve(static_cast<std::size_t>(size));
  for (Py_ssize_t i = 0; i < size; ++i) {
    Ref pair = checked(PySequence_Tuple(PySequence_Fast_GET_ITEM(pairs.get(), i)));
    if (PyTuple_GET_SIZE(pair.get()) != 2 || !PyUnicode_Check(PyTuple_GET_ITEM(pair.get(), 0))) {
      raise(PyExc_TypeError, "default_spec of %U must be a list of (name, default), got %R", owner,
            pair.get());
    }
    PyObject* name = PyTuple_GET_ITEM(pair.get(), 0);
    for (const Ref& other : *init->names) {
      const int same = other.get() == name || PyUnicode_Compare(other.get(), name) == 0;
      if (same) raise(PyExc_TypeError, "default_spec of %U has the field '%U' twice", owner, name);
    }
    Py_INCREF(name);
    if (PyUnicode_CheckExact(name)) PyUnicode_InternInPlace(&name);
    init->names->push_back(Ref::steal(name));
    PyObject* value = PyTuple_GET_ITEM(pair.get(), 1);
    Py_INCREF(value);
    init->fields->push_back({value, is_mutable(value)});
  }
  register_source(made.get());
  return made;
}

PyObject* construct(PyObject* callable, PyObject* const* arguments, std::size_t flagged, PyObject* keywords) {
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    auto* type = reinterpret_cast<PyTypeObject*>(callable);
    const auto count = static_cast<std::size_t>(PyVectorcall_NARGS(flagged));
    ClassData& data = current(type);
    if (!data.constructs) return call_type(callable, arguments, count, keywords);
    Ref keep = data.initializer;
    InitializerObject* init = as_initializer(keep.get());
    Ref self = checked(allocate(type));
    if (!data.fills_slots) {
      track(self.get());
      initialise(init, self.get(), arguments, count, keywords);
      return self.release();
    }
    bool forms_cycle = false;
    bind_arguments(
        *init->names, arguments, count, keywords,
        [&](std::size_t i) { return slot(self.get(), data.members[i].offset) != nullptr; },
        [&](std::size_t i, PyObject* value) {
          Py_INCREF(value);
          slot(self.get(), data.members[i].offset) = value;
          forms_cycle |= may_form_cycle(value);
        });
    fill_defaults(init, data, self.get(), forms_cycle);
    if (forms_cycle) track(self.get());
    return self.release();
  });
}

FieldDefault default_at(PyObject* initializer, std::size_t index) {
  return (*as_initializer(initializer)->fields)[index];
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

Ref make(PyTypeObject* type) {
  if (is_payload_type(type)) {
    ClassData& data = current(type);
    if (data.fills_slots) [[likely]] {
      const Ref keep = data.initializer;  // copying a default may run Python that changes the class
      Ref self = checked(allocate(type));
      bool forms_cycle = false;
      fill_defaults(as_initializer(keep.get()), data, self.get(), forms_cycle);
      if (forms_cycle) track(self.get());
      return self;
    }
  }
  return checked(PyObject_CallObject(reinterpret_cast<PyObject*>(type), nullptr));
}

int add_initializer_to(PyObject* module) {
  initializer_type.tp_name = "fastthrift._core.Initializer";
  initializer_type.tp_basicsize = sizeof(InitializerObject);
  initializer_type.tp_flags =
      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR;
  initializer_type.tp_vectorcall_offset = offsetof(InitializerObject, vectorcall);
  initializer_type.tp_call = PyVectorcall_Call;
  initializer_type.tp_descr_get = bind_method;
  initializer_type.tp_getattro = get_attribute;
  initializer_type.tp_getset = attributes;
  initializer_type.tp_repr = represent;
  initializer_type.tp_as_mapping = &lines;
  initializer_type.tp_traverse = traverse;
  initializer_type.tp_clear = clear;
  initializer_type.tp_dealloc = dealloc;
  if (PyType_Ready(&initializer_type) < 0) return -1;
  return PyModule_AddFunctions(module, functions);
}

}  // namespace fastthrift::python::payload
