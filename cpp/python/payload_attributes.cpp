#include "python/payload_type.hpp"

#include <cstddef>
#include <structmember.h>
#include <utility>

// How attributes of instances are set.
namespace fastthrift::python::payload {
namespace {

// TPayload.__setattr__: starts to track the instance for the collector when it stores what may close a cycle.
//
// Classes that do not override it have set_by_slot in tp_setattro, three times as fast as the lookup. Only
// CPython lets nobody but such a type's own `__setattr__` write to its instances: `object.__setattr__(self,
// name, value)` is refused. Users' classes call that in a `__setattr__` of their own, so no class above such
// a class keeps the slot (use_slot).
struct Setter {
  PyObject_HEAD vectorcallfunc vectorcall;
};

PyTypeObject setter_type = {PyVarObject_HEAD_INIT(nullptr, 0)};

// Stores where the class is compiled and the name is a plain field; false: not that simple.
bool store_directly(PyObject* self, PyObject* name, PyObject* value) {
  PyTypeObject* type = Py_TYPE(self);
  const ClassData& data = data_of(type);
  if (!data.is_plain || data.version == 0 || data.version != version_of(type)) return false;
  for (const Member& member : data.members) {
    if (member.name.get() != name) continue;
    if (!member.is_direct) return false;
    Py_INCREF(value);
    PyObject* before = std::exchange(slot(self, member.offset), value);
    Py_XDECREF(before);
    return true;
  }
  return false;
}

int set_by_slot(PyObject* self, PyObject* name, PyObject* value) {
  if (value != nullptr) {
    if (may_form_cycle(value)) track(self);
    if (store_directly(self, name, value)) return 0;
    // May become its `__class__`: object compares what a class without its body does not have yet.
    if (PyObject_TypeCheck(value, metaclass()) && !touch(reinterpret_cast<PyTypeObject*>(value))) return -1;
  }
  return PyObject_GenericSetAttr(self, name, value);
}

PyObject* set_attribute(PyObject*, PyObject* const* arguments, std::size_t flagged, PyObject* keywords) {
  const Py_ssize_t count = PyVectorcall_NARGS(flagged);
  if (count != 3 || (keywords != nullptr && PyTuple_GET_SIZE(keywords) > 0)) {
    return PyErr_Format(PyExc_TypeError, "expected 2 arguments, got %zd", count - 1);
  }
  PyObject *self = arguments[0], *name = arguments[1], *value = arguments[2];
  if (!is_payload_type(Py_TYPE(self))) {
    return PyErr_Format(PyExc_TypeError,
                        "descriptor '__setattr__' requires a 'TPayload' object but received a '%s'",
                        Py_TYPE(self)->tp_name);
  }
  if (set_by_slot(self, name, value) < 0) return nullptr;
  Py_RETURN_NONE;
}

PyObject* bind_setter(PyObject* self, PyObject* object, PyObject*) {
  if (object != nullptr && object != Py_None) return PyMethod_New(self, object);
  Py_INCREF(self);
  return self;
}

Ref make_setter() {
  setter_type.tp_name = "fastthrift._core.Setter";
  setter_type.tp_basicsize = sizeof(Setter);
  setter_type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR;
  setter_type.tp_vectorcall_offset = offsetof(Setter, vectorcall);
  setter_type.tp_call = PyVectorcall_Call;
  setter_type.tp_descr_get = bind_setter;
  if (PyType_Ready(&setter_type) < 0) return Ref();
  Setter* setter = PyObject_New(Setter, &setter_type);
  if (setter == nullptr) return Ref();
  setter->vectorcall = set_attribute;
  return Ref::steal(reinterpret_cast<PyObject*>(setter));
}

}  // namespace

PyObject* default_setattr() {
  static PyObject* const made = make_setter().release();
  return made;
}

PyObject* delete_attribute(PyObject* self, PyObject* name) {
  if (PyObject_GenericSetAttr(self, name, nullptr) < 0) return nullptr;
  Py_RETURN_NONE;
}

void use_slot(PyTypeObject* type, bool is_overridden) {
  static setattrofunc looked_up = type->tp_setattro;  // what type() sets for a `__setattr__` in a namespace
  if (!is_overridden) {
    type->tp_setattro = set_by_slot;
    return;
  }
  for (; type != nullptr && type != base(); type = type->tp_base) {
    if (type->tp_setattro == set_by_slot) type->tp_setattro = looked_up;
  }
}

}  // namespace fastthrift::python::payload
