#include "python/transport_methods.hpp"

#include <structmember.h>

#include <algorithm>
#include <new>
#include <string>

#include "python/module.hpp"
#include "python/recursion.hpp"
#include "python/transport_bytes.hpp"

#ifndef Py_T_OBJECT_EX
#define Py_READONLY READONLY
#endif

namespace fastthrift::python::transport {

using namespace methods;
using namespace life;

namespace {

PyTypeObject* base_type = nullptr;
PyTypeObject* buffered_type = nullptr;
PyTypeObject* framed_type = nullptr;
PyTypeObject* memory_type = nullptr;

// ---- names

PyObject* get_inner(PyObject* self, void*) {
  PyObject* inner = self_of(self)->inner;
  if (inner == nullptr) return none();
  Py_INCREF(inner);
  return inner;
}

int set_inner_attribute(PyObject* self, PyObject* value, void*) {
  return guarded(-1, [&] {
    if (value == nullptr) raise(PyExc_AttributeError, "the transport below cannot be deleted");
    set_inner(self_of(self), value);
    return 0;
  });
}

PyObject* get_max_frame(PyObject* self, void*) {
  const std::size_t limit = self_of(self)->limits.frame;
  return limit == Limits::no_limit ? none() : PyLong_FromSize_t(limit);
}

int set_max_frame(PyObject* self, PyObject* value, void*) {
  return guarded(-1, [&] {
    self_of(self)->limits.frame = limit_of(value, Limits().frame);
    return 0;
  });
}

PyMethodDef base_methods[] = {
    {"read", read, METH_O,
     "read($self, sz, /)\n--\n\nExactly `sz` bytes; a memory buffer gives what it has."},
    {"_read", read_some, METH_O,
     "_read($self, sz, /)\n--\n\nAt most `sz` bytes, as many as are there, but one at least."},
    {"write", write, METH_O, "write($self, buf, /)\n--\n\nCollects bytes until flush."},
    {"flush", flush_method, METH_NOARGS, "flush($self, /)\n--\n\nSends what was written, in one write."},
    {"open", open, METH_NOARGS, "open($self, /)\n--\n\nOpens the transport below."},
    {"close", close, METH_NOARGS,
     "close($self, /)\n--\n\nCloses the transport below and forgets what is buffered."},
    {"is_open", is_open, METH_NOARGS, "is_open($self, /)\n--\n\nWhether the transport below is open."},
    {"clean", clean_method, METH_NOARGS,
     "clean($self, /)\n--\n\nForgets what is buffered in both directions."},
    {"getvalue", getvalue, METH_NOARGS, "getvalue($self, /)\n--\n\nThe bytes of the memory buffer (below)."},
    {},
};
PyMethodDef framed_methods[] = {
    {"read_frame", read_frame, METH_NOARGS,
     "read_frame($self, /)\n--\n\nReads the next frame into the buffer."},
    {},
};
PyMethodDef memory_methods[] = {
    {"setvalue", setvalue, METH_O, "setvalue($self, value, /)\n--\n\nStarts again with these bytes."},
    {"c_write_buffer", write, METH_O, "c_write_buffer($self, buf, /)\n--\n\nThe same as write."},
    {},
};

PyGetSetDef base_attributes[] = {
    {"sock", get_sock, nullptr, "The Python socket of the innermost transport, or None.", nullptr},
    {},
};
PyGetSetDef buffered_attributes[] = {
    {"_trans", get_inner, set_inner_attribute, "The transport below.", nullptr},
    {"trans", get_inner, set_inner_attribute, "The transport below.", nullptr},
    {},
};
PyGetSetDef framed_attributes[] = {
    {"_trans", get_inner, set_inner_attribute, "The transport below.", nullptr},
    {"trans", get_inner, set_inner_attribute, "The transport below.", nullptr},
    {"max_frame", get_max_frame, set_max_frame, "The most bytes of one frame, either way; None: no limit.",
     nullptr},
    {},
};

PyMemberDef base_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Object, weak_references), READONLY, nullptr},
    {},
};

template <class Function>
void* slot_value(Function function) {
  return reinterpret_cast<void*>(function);
}

PyTypeObject* make_type(PyObject* module, const char* name, PyTypeObject* base, PyType_Slot* slots) {
  PyType_Spec spec = {name, sizeof(Object), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
                      slots};
  Ref bases = base == nullptr ? Ref() : checked(PyTuple_Pack(1, base));
  Ref type = checked(PyType_FromSpecWithBases(&spec, bases.get()));
  const char* short_name = std::strrchr(name, '.') + 1;
  Py_INCREF(type.get());
  if (PyModule_AddObject(module, short_name, type.get()) < 0) {
    Py_DECREF(type.get());
    throw PythonError();
  }
  return reinterpret_cast<PyTypeObject*>(type.release());
}

void make_types(PyObject* module) {
  PyType_Slot base[] = {
      {Py_tp_doc, const_cast<char*>("What the native transports have in common.")},
      {Py_tp_new, slot_value(make_buffered)},
      {Py_tp_dealloc, slot_value(deallocate)},
      {Py_tp_traverse, slot_value(traverse)},
      {Py_tp_clear, slot_value(clear)},
      {Py_tp_methods, base_methods},
      {Py_tp_getset, base_attributes},
      {Py_tp_members, base_members},
      {},
  };
  base_type = make_type(module, "fastthrift.transport.cybase.CyTransportBase", nullptr, base);
  PyType_Slot buffered[] = {
      {Py_tp_doc,
       const_cast<char*>("TCyBufferedTransport(trans, buf_size=4096)\n--\n\nCollects writes until flush and "
                         "reads ahead; puts nothing around messages.")},
      {Py_tp_new, slot_value(make_buffered)},
      {Py_tp_dealloc, slot_value(deallocate)},
      {Py_tp_traverse, slot_value(traverse)},
      {Py_tp_clear, slot_value(clear)},
      {Py_tp_init, slot_value(init_buffered)},
      {Py_tp_getset, buffered_attributes},
      {},
  };
  buffered_type =
      make_type(module, "fastthrift.transport.buffered.cybuffered.TCyBufferedTransport", base_type, buffered);
  PyType_Slot framed[] = {
      {Py_tp_doc, const_cast<char*>(
                      "TCyFramedTransport(trans, buf_size=4096, *, max_frame=16384000, read_ahead=True)\n--"
                      "\n\nPuts the length in front of what is written between two flushes.")},
      {Py_tp_new, slot_value(make_framed)},
      {Py_tp_dealloc, slot_value(deallocate)},
      {Py_tp_traverse, slot_value(traverse)},
      {Py_tp_clear, slot_value(clear)},
      {Py_tp_init, slot_value(init_framed)},
      {Py_tp_methods, framed_methods},
      {Py_tp_getset, framed_attributes},
      {},
  };
  framed_type =
      make_type(module, "fastthrift.transport.framed.cyframed.TCyFramedTransport", base_type, framed);
  PyType_Slot memory[] = {
      {Py_tp_doc,
       const_cast<char*>("TCyMemoryBuffer(value=b'', buf_size=4096)\n--\n\nBytes in memory: writes go to the "
                         "end, getvalue gives what was not read yet.")},
      {Py_tp_new, slot_value(make_memory)},
      {Py_tp_dealloc, slot_value(deallocate)},
      {Py_tp_traverse, slot_value(traverse)},
      {Py_tp_clear, slot_value(clear)},
      {Py_tp_init, slot_value(init_memory)},
      {Py_tp_methods, memory_methods},
      {},
  };
  memory_type = make_type(module, "fastthrift.transport.memory.cymemory.TCyMemoryBuffer", base_type, memory);
  PyType_Slot recording[] = {
      {Py_tp_doc,
       const_cast<char*>("Bytes in memory as a file has them: writes start at the front, getvalue gives "
                         "everything.")},
      {Py_tp_new, slot_value(make_recording)},
      {Py_tp_dealloc, slot_value(deallocate)},
      {Py_tp_traverse, slot_value(traverse)},
      {Py_tp_clear, slot_value(clear)},
      {Py_tp_init, slot_value(init_recording)},
      {Py_tp_methods, memory_methods},
      {},
  };
  Py_DECREF(make_type(module, "fastthrift._core.RecordingMemoryBuffer", base_type, recording));
}

PyObject* set_base(PyObject*, PyObject* type) {
  return guarded<PyObject*>(nullptr, [&] {
    set_transport_base(type);
    return none();
  });
}

PyMethodDef functions[] = {
    {"set_transport_base", set_base, METH_O,
     "set_transport_base(type)\n--\n\nTells the core which class is TTransportBase."},
    {},
};

bool overrides(PyObject* object, const char* name, PyCFunction expected) {
  const Ref method = Ref::steal(PyObject_GetAttrString(object, name));
  if (!method) {
    PyErr_Clear();
    return true;
  }
  return !PyCFunction_Check(method.get()) || PyCFunction_GET_SELF(method.get()) != object ||
         PyCFunction_GET_FUNCTION(method.get()) != expected;
}

bool overrides_nothing(PyObject* object) {
  return !overrides(object, "read", read) && !overrides(object, "write", write) &&
         !overrides(object, "flush", flush_method);
}

bool has_instance_dict(PyTypeObject* type) {
#if PY_VERSION_HEX >= 0x030b0000
  if (PyType_HasFeature(type, Py_TPFLAGS_MANAGED_DICT)) return true;
#endif
  return type->tp_dictoffset != 0;
}

}  // namespace

Object* as_ours(PyObject* object) {
  return PyObject_TypeCheck(object, base_type) ? reinterpret_cast<Object*>(object) : nullptr;
}

bool is_exact(const Object* object) {
  PyTypeObject* type = Py_TYPE(object);
  if (type == buffered_type || type == framed_type || type == memory_type) return true;
  // Our Python subclasses have no instance dict, so what was true of one instance stays true until the class
  // changes.
  static PyTypeObject* last_type = nullptr;
  static unsigned int last_version = 0;
  if (type == last_type && type->tp_version_tag != 0 && type->tp_version_tag == last_version) return true;
  PyObject* self = reinterpret_cast<PyObject*>(const_cast<Object*>(object));
  if (!overrides_nothing(self)) return false;
  if (!has_instance_dict(type)) {
    last_type = type;
    last_version = type->tp_version_tag;
  }
  return true;
}

int add_to(PyObject* module) {
  return guarded(-1, [&] {
    make_types(module);
    checked_status(PyModule_AddFunctions(module, functions));
    return 0;
  });
}

}  // namespace fastthrift::python::transport
