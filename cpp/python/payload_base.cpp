#include "python/payload_type.hpp"

#include <cstddef>

// TPayload: the base of all payload classes, and what users find in it.
namespace fastthrift::python::payload {
namespace {

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

// What a class statement has made, but past TPayloadMeta, has no bases that TPayloadMeta has seen.
PyObject* init_subclass(PyObject* cls, PyObject* arguments, PyObject* keywords) {
  return guarded<PyObject*>(nullptr, [&] {
    if (auto* type = reinterpret_cast<PyTypeObject*>(cls); is_payload_type(type)) data_of(type);
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

}  // namespace

// By hand, as before 3.12 there is no other way to make a heap type with a metaclass of C from C.
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
  type->tp_clear = clear_base;
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
  PyObject* setter = default_setattr();
  // Past `type.__setattr__`: TPayload's own tp_setattro stays object's, only the classes below look this one
  // up.
  if (!module || setter == nullptr || PyDict_SetItemString(type->tp_dict, "__setattr__", setter) < 0) {
    return nullptr;
  }
  PyType_Modified(type);
  if (PyObject_SetAttrString(made, "__module__", module.get()) < 0) return nullptr;
  return type;
}

}  // namespace fastthrift::python::payload
