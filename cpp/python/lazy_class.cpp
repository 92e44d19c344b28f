#include "python/lazy_class.hpp"

#include "python/errors.hpp"
#include "python/payload.hpp"

#include <utility>
#include <vector>

namespace fastthrift::python {
namespace {

struct LazyClass {
  PyObject_HEAD PyObject* name;
  // Both null once the class is made: (module name, thrift_spec, default_spec, attributes), or what makes
  // them.
  PyObject* parts;
  PyObject* bound_schema;
  const schema::Function* function;  // of that schema
  bool is_result;
  PyObject* made;
};
PyTypeObject lazy_type = {PyVarObject_HEAD_INIT(nullptr, 0)};

LazyClass* as_lazy(PyObject* object) { return reinterpret_cast<LazyClass*>(object); }

Ref parts_in(PyObject* module_name, const Body& body) {
  return checked(
      PyTuple_Pack(4, module_name, body.thrift_spec.get(), body.default_spec.get(), body.attributes.get()));
}

Ref parts_of(LazyClass* self) {
  BodySource& bodies = bodies_in(self->bound_schema);
  return parts_in(bodies.module_name(), bodies.body_of(*self->function, self->is_result));
}

Ref class_of(LazyClass* self) {
  if (self->made != nullptr) return Ref::share(self->made);
  const Ref bound_schema = Ref::share(self->bound_schema);
  const Ref parts = bound_schema ? parts_of(self) : Ref::share(self->parts);
  if (!parts) raise(PyExc_RuntimeError, "%U was collected", self->name);
  const auto part = [&parts](Py_ssize_t i) { return PyTuple_GET_ITEM(parts.get(), i); };
  Ref made = payload::make_class(self->name, part(0), payload::base(), part(1), part(2), part(3));
  // Making a class may let another thread run: all get the same one.
  if (self->made == nullptr) {
    self->made = made.release();
    Ref before = Ref::steal(std::exchange(self->parts, nullptr));
    Ref schema_before = Ref::steal(std::exchange(self->bound_schema, nullptr));
  }
  return Ref::share(self->made);
}

Ref namespace_of(PyTypeObject* type) {
#if PY_VERSION_HEX >= 0x030C0000
  return Ref::steal(PyType_GetDict(type));
#else
  return Ref::share(type->tp_dict);
#endif
}

// The class takes the descriptor's place, if it still stands there.
void settle(PyTypeObject* type, LazyClass* self, PyObject* made) {
  const Ref order = Ref::share(type->tp_mro);
  for (Py_ssize_t i = 0; order && i < PyTuple_GET_SIZE(order.get()); ++i) {
    auto* each = reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(order.get(), i));
    const Ref ns = namespace_of(each);
    PyObject* found = ns ? PyDict_GetItemWithError(ns.get(), self->name) : nullptr;
    if (found == nullptr) {
      if (PyErr_Occurred()) throw PythonError();
      continue;
    }
    if (found == reinterpret_cast<PyObject*>(self)) {
      checked_status(PyType_Type.tp_setattro(reinterpret_cast<PyObject*>(each), self->name, made));
    }
    return;
  }
}

PyObject* get(PyObject* self, PyObject* object, PyObject* type) {
  return guarded<PyObject*>(nullptr, [&] {
    const Ref keep = Ref::share(self);
    PyTypeObject* asked = type != nullptr && PyType_Check(type) ? reinterpret_cast<PyTypeObject*>(type)
                          : object != nullptr                   ? Py_TYPE(object)
                                                                : nullptr;
    Ref made = class_of(as_lazy(self));
    if (asked != nullptr) settle(asked, as_lazy(self), made.get());
    return made.release();
  });
}

PyObject* whole_namespace(PyObject*, PyObject* cls) {
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    if (!PyType_Check(cls)) raise(PyExc_TypeError, "a class is required, not %.200s", Py_TYPE(cls)->tp_name);
    auto* type = reinterpret_cast<PyTypeObject*>(cls);
    const Ref ns = namespace_of(type);
    std::vector<Ref> waiting;
    Py_ssize_t position = 0;
    PyObject *name, *value;
    while (PyDict_Next(ns.get(), &position, &name, &value)) {
      if (Py_IS_TYPE(value, &lazy_type)) waiting.push_back(Ref::share(value));
    }
    for (const Ref& each : waiting) {
      LazyClass* lazy = as_lazy(each.get());
      settle(type, lazy, class_of(lazy).get());
    }
    return PyDictProxy_New(ns.get());
  });
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(as_lazy(self)->parts);
  Py_VISIT(as_lazy(self)->bound_schema);
  Py_VISIT(as_lazy(self)->made);
  return 0;
}

int clear(PyObject* self) {
  Ref parts = Ref::steal(std::exchange(as_lazy(self)->parts, nullptr));
  Ref schema = Ref::steal(std::exchange(as_lazy(self)->bound_schema, nullptr));
  Ref made = Ref::steal(std::exchange(as_lazy(self)->made, nullptr));
  return 0;
}

void deallocate(PyObject* self) {
  PyObject_GC_UnTrack(self);
  clear(self);
  Py_DECREF(as_lazy(self)->name);
  PyObject_GC_Del(self);
}

PyMethodDef functions[] = {
    {"whole_namespace", whole_namespace, METH_O,
     "whole_namespace(cls, /)\n\nThe class's namespace, after all classes in it that wait to be made are."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

namespace {

Ref make(PyObject* name, Ref parts, PyObject* bound_schema, const schema::Function* function,
         bool is_result) {
  LazyClass* made = PyObject_GC_New(LazyClass, &lazy_type);
  if (made == nullptr) throw PythonError();
  made->name = Ref::share(name).release();
  made->parts = parts.release();
  made->bound_schema = Ref::share(bound_schema).release();
  made->function = function;
  made->is_result = is_result;
  made->made = nullptr;
  PyObject_GC_Track(made);
  return Ref::steal(reinterpret_cast<PyObject*>(made));
}

}  // namespace

Ref make_lazy_class(PyObject* name, PyObject* module_name, const Body& body) {
  return make(name, parts_in(module_name, body), nullptr, nullptr, false);
}

Ref make_lazy_class(PyObject* name, PyObject* bound_schema, const schema::Function& function,
                    bool is_result) {
  return make(name, Ref(), bound_schema, &function, is_result);
}

int add_lazy_class_to(PyObject* module) {
  lazy_type.tp_name = "fastthrift._core.LazyClass";
  lazy_type.tp_basicsize = sizeof(LazyClass);
  lazy_type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC;
  lazy_type.tp_descr_get = get;
  lazy_type.tp_traverse = traverse;
  lazy_type.tp_clear = clear;
  lazy_type.tp_dealloc = deallocate;
  if (PyType_Ready(&lazy_type) < 0) return -1;
  return PyModule_AddFunctions(module, functions);
}

}  // namespace fastthrift::python
