#include "python/nones.hpp"
#include "python/payload_type.hpp"

#include <algorithm>
#include <structmember.h>
#include <utility>

// TPayload: how an instance is allocated, traversed and freed, and how its attributes are set.
namespace fastthrift::python::payload {

int traverse_instance(PyObject* self, visitproc visit, void* arg) {
  PyTypeObject* type = Py_TYPE(self);
  Py_VISIT(reinterpret_cast<PyObject*>(type));
  auto** at = reinterpret_cast<PyObject**>(reinterpret_cast<char*>(self) + first_slot);
  auto** end = reinterpret_cast<PyObject**>(reinterpret_cast<char*>(self) + type->tp_basicsize);
  for (; at != end; ++at) Py_VISIT(*at);
#if PY_VERSION_HEX >= 0x030D0000
  return PyObject_VisitManagedDict(self, visit, arg);
#elif PY_VERSION_HEX >= 0x030C0000
  return _PyObject_VisitManagedDict(self, visit, arg);
#else
  Py_VISIT(reinterpret_cast<Instance*>(self)->dict);
  return 0;
#endif
}

namespace {

int clear_dict(PyObject* self) {
#if PY_VERSION_HEX >= 0x030D0000
  PyObject_ClearManagedDict(self);
#elif PY_VERSION_HEX >= 0x030C0000
  _PyObject_ClearManagedDict(self);
#else
  Py_CLEAR(reinterpret_cast<Instance*>(self)->dict);
#endif
  return 0;
}

// TPayload's own, for its direct instances and under type's generic functions: slots belong to the classes
// below.
int traverse_base(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(reinterpret_cast<PyObject*>(Py_TYPE(self)));
#if PY_VERSION_HEX >= 0x030D0000
  return PyObject_VisitManagedDict(self, visit, arg);
#elif PY_VERSION_HEX >= 0x030C0000
  return _PyObject_VisitManagedDict(self, visit, arg);
#else
  Py_VISIT(reinterpret_cast<Instance*>(self)->dict);
  return 0;
#endif
}

}  // namespace

namespace {

// Empty instances that wait to be used again, of one class and of all. None where a tool watches memory, or
// threads run at once; none with a finalizer, which would run once for all who have the place.
#if defined(__SANITIZE_ADDRESS__) || defined(Py_GIL_DISABLED) || defined(PYPY_VERSION)
constexpr unsigned most_spares = 0;
#else
constexpr unsigned most_spares = 512;
#endif
constexpr unsigned most_spares_of_all = 8192;

bool keep_spare(PyObject* self, PyTypeObject* type) {
  ClassData* data = reinterpret_cast<PayloadType*>(type)->data;
#if PY_VERSION_HEX >= 0x030D0000
  // Where a class has no slots the attributes stand behind the object: only a new object has that place
  // empty.
  if (PyType_HasFeature(type, Py_TPFLAGS_INLINE_VALUES)) return false;
#endif
  if (data == nullptr || data->spares >= most_spares || ClassData::spares_of_all >= most_spares_of_all ||
      type->tp_finalize != nullptr || type->tp_free != PyObject_GC_Del || !data->is_struct) {
    return false;
  }
  data->add_spare(self);
  return true;
}

void free_instance(PyObject* self, PyTypeObject* type) {
#if PY_VERSION_HEX >= 0x030C0000
  PyObject_ClearWeakRefs(self);
#else
  if (reinterpret_cast<Instance*>(self)->weak_references != nullptr) PyObject_ClearWeakRefs(self);
#endif
  auto** at = reinterpret_cast<PyObject**>(reinterpret_cast<char*>(self) + first_slot);
  auto** end = reinterpret_cast<PyObject**>(reinterpret_cast<char*>(self) + type->tp_basicsize);
  Nones nones;
  for (; at != end; ++at) {
    PyObject* value = std::exchange(*at, nullptr);
    if (value == Py_None) {
      nones.drop();
    } else {
      Py_XDECREF(value);
    }
  }
  nones.settle();
#if PY_VERSION_HEX >= 0x030C0000
  clear_dict(self);
#else
  if (reinterpret_cast<Instance*>(self)->dict != nullptr) clear_dict(self);
#endif
  if (!keep_spare(self, type)) type->tp_free(self);
  Py_DECREF(type);
}

}  // namespace

unsigned int ClassData::spares_of_all = 0;

void free_spares(PyTypeObject* type, ClassData& data) {
  while (PyObject* self = data.take_spare()) {
    self->ob_type = type;
    PyObject_GC_Del(self);
  }
}

void deallocate_instance(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  if (type->tp_finalize != nullptr && PyObject_CallFinalizerFromDealloc(self) < 0) return;
  // One that is not tracked holds nothing that could free a long chain, except when the trashcan has come
  // back with it.
  if (!PyObject_GC_IsTracked(self)) return free_instance(self, type);
  PyObject_GC_UnTrack(self);
#if PY_VERSION_HEX >= 0x030D0000 && PY_VERSION_HEX < 0x030E0000 && !defined(PYPY_VERSION)
  // Its trashcan lets 10,000 objects be freed inside each other: more than the stack of a small thread takes.
  constexpr int most_nested = 50;
  static thread_local int nested = 0;
  PyThreadState* thread = PyThreadState_GetUnchecked();
  if (nested >= most_nested && type->tp_dealloc == deallocate_instance)
    return _PyTrash_thread_deposit_object(thread, self);
  ++nested;
  free_instance(self, type);
  --nested;
  if (nested == 0 && thread->delete_later != nullptr) _PyTrash_thread_destroy_chain(thread);
#else
  Py_TRASHCAN_BEGIN(self, deallocate_instance) free_instance(self, type);
  Py_TRASHCAN_END
#endif
}

namespace {

// --- attributes ---

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
    if (PyType_Check(value) && is_payload_type(reinterpret_cast<PyTypeObject*>(value)) &&
        guarded<int>(-1, [value] {
          data_of(reinterpret_cast<PyTypeObject*>(value));
          return 0;
        }) < 0) {
      return -1;
    }
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

PyObject* read(PyObject* self, PyObject* protocol) {
  PyObject* result = PyObject_CallMethod(protocol, "read_struct", "O", self);
  if (result == nullptr) return nullptr;
  Py_DECREF(result);
  Py_RETURN_NONE;
}

PyObject* write(PyObject* self, PyObject* protocol) {
  PyObject* result = PyObject_CallMethod(protocol, "write_struct", "O", self);
  if (result == nullptr) return nullptr;
  Py_DECREF(result);
  Py_RETURN_NONE;
}

PyObject* str(PyObject* self) { return PyObject_Repr(self); }

PyObject* delete_attribute(PyObject* self, PyObject* name) {
  if (PyObject_GenericSetAttr(self, name, nullptr) < 0) return nullptr;
  Py_RETURN_NONE;
}

// What a class statement has made, but past TPayloadMeta, has no bases that TPayloadMeta has seen.
PyObject* init_subclass(PyObject* cls, PyObject* arguments, PyObject* keywords) {
  return guarded<PyObject*>(nullptr, [&] {
    if (is_payload_type(reinterpret_cast<PyTypeObject*>(cls))) data_of(reinterpret_cast<PyTypeObject*>(cls));
    const Ref next =
        checked(PyObject_CallFunction(reinterpret_cast<PyObject*>(&PySuper_Type), "OO", base(), cls));
    const Ref function = checked(PyObject_GetAttrString(next.get(), "__init_subclass__"));
    return PyObject_Call(function.get(), arguments, keywords);
  });
}

PyMethodDef methods[] = {
    {"__init_subclass__", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(init_subclass)),
     METH_VARARGS | METH_KEYWORDS | METH_CLASS, nullptr},
    {"__delattr__", delete_attribute, METH_O, nullptr},
    {"__copy__", copy, METH_NOARGS, nullptr},
    {"__deepcopy__", deep_copy, METH_O, nullptr},
    {"__reduce_ex__", reduce, METH_O, nullptr},
    {"__getstate__", get_state, METH_NOARGS, nullptr},
    {"__setstate__", set_state, METH_O, nullptr},
    {"read", read, METH_O,
     "read(iprot)\n\nFills the object from the struct that comes next in the protocol."},
    {"write", write, METH_O, "write(oprot)\n\nWrites the object as a struct to the protocol."},
    {nullptr, nullptr, 0, nullptr},
};

PyGetSetDef attributes[] = {
    {"__dict__", get_dict, set_dict, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

// By hand, as before 3.12 there is no other way to make a heap type with a metaclass of C from C.
}  // namespace

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

PyTypeObject* make_base() {
  PyTypeObject* meta = metaclass();
  auto* heap = reinterpret_cast<PyHeapTypeObject*>(meta->tp_alloc(meta, 0));
  if (heap == nullptr) return nullptr;
  PyTypeObject* type = &heap->ht_type;
  data_of(type).is_made = data_of(type).is_struct = true;
  heap->ht_name = PyUnicode_InternFromString("TPayload");
  Py_XINCREF(heap->ht_name);
  heap->ht_qualname = heap->ht_name;
  type->tp_name = "TPayload";
  Py_INCREF(&PyBaseObject_Type);
  type->tp_base = &PyBaseObject_Type;
  type->tp_basicsize = sizeof(Instance);
  type->tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HEAPTYPE | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC;
#if PY_VERSION_HEX >= 0x030C0000
  type->tp_flags |= Py_TPFLAGS_MANAGED_DICT | Py_TPFLAGS_MANAGED_WEAKREF;
#else
  type->tp_dictoffset = offsetof(Instance, dict);
  type->tp_weaklistoffset = offsetof(Instance, weak_references);
#endif
  type->tp_as_async = &heap->as_async;
  type->tp_as_number = &heap->as_number;
  type->tp_as_sequence = &heap->as_sequence;
  type->tp_as_mapping = &heap->as_mapping;
  type->tp_as_buffer = &heap->as_buffer;
  type->tp_alloc = PyType_GenericAlloc;
  type->tp_free = PyObject_GC_Del;
  type->tp_traverse = traverse_base;
  type->tp_clear = clear_dict;
  type->tp_dealloc = deallocate_instance;
  type->tp_hash = hash;
  type->tp_repr = repr;
  type->tp_str = str;
  type->tp_richcompare = compare;
  type->tp_methods = methods;
  type->tp_getset = attributes;
  if (heap->ht_name == nullptr || PyType_Ready(type) < 0) return nullptr;
  auto* made = reinterpret_cast<PyObject*>(type);
  Ref module = Ref::steal(PyUnicode_FromString("fastthrift.thrift"));
  Ref setter = make_setter();
  // Past `type.__setattr__`: TPayload's own tp_setattro stays object's, only the classes below look this one
  // up.
  if (!module || !setter || PyDict_SetItemString(type->tp_dict, "__setattr__", setter.get()) < 0)
    return nullptr;
  PyType_Modified(type);
  if (PyObject_SetAttrString(made, "__module__", module.get()) < 0) return nullptr;
  return type;
}

PyObject* allocate_anew(PyTypeObject* type) {
#if PY_VERSION_HEX >= 0x030D0000
  if (PyType_HasFeature(type, Py_TPFLAGS_INLINE_VALUES)) {  // which only this one prepares
    PyObject* self = PyType_GenericAlloc(type, 0);
    if (self != nullptr) PyObject_GC_UnTrack(self);
    return self;
  }
#endif
  PyObject* self = PyObject_GC_New(PyObject, type);
  if (self == nullptr) return nullptr;
  std::fill_n(reinterpret_cast<char*>(self) + sizeof(PyObject),
              static_cast<std::size_t>(type->tp_basicsize) - sizeof(PyObject), '\0');
  return self;
}

}  // namespace fastthrift::python::payload
