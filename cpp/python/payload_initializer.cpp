#include "python/payload_initializer.hpp"

#include <new>
#include <structmember.h>
#include <utility>

// The object that is a class's `__init__`. Inspection (`__code__`, signature, source) gets a Python function
// with the same parameters, made when somebody asks.
namespace fastthrift::python::payload {
namespace {

PyTypeObject initializer_type = {PyVarObject_HEAD_INIT(nullptr, 0)};

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
  static PyObject* const name = PyUnicode_InternFromString("linecache");
  PyObject* modules = PyImport_GetModuleDict();
  PyObject* module = modules == nullptr || name == nullptr ? nullptr : PyDict_GetItemWithError(modules, name);
  if (module == nullptr && PyErr_Occurred()) throw PythonError();
  if (module == nullptr) return;
  Ref cache = Ref::steal(PyObject_GetAttrString(module, "cache"));
  if (!cache) PyErr_Clear();  // another thread is importing it
  if (!cache || !PyDict_Check(cache.get())) return;
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
  pairs = checked(PySequence_Tuple(pairs.get()));  // a pair may run Python code that changes a list
  const Py_ssize_t size = PySequence_Fast_GET_SIZE(pairs.get());
  init->names->reserve(static_cast<std::size_t>(size));
  init->fields->reserve(static_cast<std::size_t>(size));
  Ref seen = checked(PySet_New(nullptr));
  for (Py_ssize_t i = 0; i < size; ++i) {
    Ref pair = checked(PySequence_Tuple(PySequence_Fast_GET_ITEM(pairs.get(), i)));
    if (PyTuple_GET_SIZE(pair.get()) != 2 || !PyUnicode_Check(PyTuple_GET_ITEM(pair.get(), 0))) {
      raise(PyExc_TypeError, "default_spec of %U must be a list of (name, default), got %R", owner,
            pair.get());
    }
    PyObject* name = PyTuple_GET_ITEM(pair.get(), 0);
    checked_status(PySet_Add(seen.get(), name));
    if (PySet_GET_SIZE(seen.get()) == i) {
      raise(PyExc_TypeError, "default_spec of %U has the field '%U' twice", owner, name);
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

FieldDefault default_at(PyObject* initializer, std::size_t index) {
  return (*as_initializer(initializer)->fields)[index];
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
