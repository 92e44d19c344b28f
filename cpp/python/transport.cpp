#include "python/transport.hpp"

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

namespace {

PyTypeObject* base_type = nullptr;
PyTypeObject* buffered_type = nullptr;
PyTypeObject* framed_type = nullptr;
PyTypeObject* memory_type = nullptr;

Object* self_of(PyObject* self) { return reinterpret_cast<Object*>(self); }

PyObject* none() { Py_RETURN_NONE; }

PyObject* bytes_of(const std::uint8_t* at, std::size_t size) {
  return checked(PyBytes_FromStringAndSize(reinterpret_cast<const char*>(at), static_cast<Py_ssize_t>(size)))
      .release();
}

// ---- reading and writing

PyObject* read(PyObject* self, PyObject* argument) {
  return guarded<PyObject*>(nullptr, [&] {
    Object* object = self_of(self);
    const Py_ssize_t wanted = PyNumber_AsSsize_t(argument, PyExc_OverflowError);
    if (wanted == -1 && PyErr_Occurred() != nullptr) throw PythonError();
    if (object->is_closed) raise(PyExc_ValueError, "I/O operation on closed file.");
    Reading reading(object);
    std::size_t n = static_cast<std::size_t>(wanted);
    if (object->kind == Kind::memory) {
      // As a file: what is there, even if that is less; all of it for a negative number.
      if (wanted < 0 || n > at_hand(object)) n = at_hand(object);
    } else if (wanted <= 0) {
      n = 0;
    }
    if (n > 0) fetch(object, n);
    PyObject* bytes = bytes_of(object->in.data() + object->in_used, n);
    object->in_used += n;
    return bytes;
  });
}

// What is there, for transports above that do not know how much comes.
PyObject* read_some(PyObject* self, PyObject* argument) {
  return guarded<PyObject*>(nullptr, [&] {
    Object* object = self_of(self);
    const Py_ssize_t most = PyNumber_AsSsize_t(argument, PyExc_OverflowError);
    if (most == -1 && PyErr_Occurred() != nullptr) throw PythonError();
    Reading reading(object);
    if (most > 0) fetch(object, 1);
    const std::size_t n = most > 0 ? std::min(static_cast<std::size_t>(most), at_hand(object)) : 0;
    PyObject* bytes = bytes_of(object->in.data() + object->in_used, n);
    object->in_used += n;
    return bytes;
  });
}

PyObject* write(PyObject* self, PyObject* argument) {
  return guarded<PyObject*>(nullptr, [&] {
    Object* object = self_of(self);
    if (PyUnicode_Check(argument) && object->kind == Kind::memory && !object->keeps_read) {
      Py_ssize_t size;
      const char* text = PyUnicode_AsUTF8AndSize(argument, &size);
      if (text == nullptr) throw PythonError();
      append(object, {reinterpret_cast<const std::uint8_t*>(text), static_cast<std::size_t>(size)});
      return none();
    }
    Py_buffer view;
    checked_status(PyObject_GetBuffer(argument, &view, PyBUF_SIMPLE));
    struct Release {
      Py_buffer* view;
      ~Release() { PyBuffer_Release(view); }
    } release{&view};
    append(object, {static_cast<const std::uint8_t*>(view.buf), static_cast<std::size_t>(view.len)});
    return none();
  });
}

PyObject* flush_method(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    flush(self_of(self));
    return none();
  });
}

// The next frame into the buffer, as TFramedTransport.read_frame of thriftpy2 does.
PyObject* read_frame(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    Object* object = self_of(self);
    Reading reading(object);
    const std::size_t before = at_hand(object);
    next_frame(object);
    fetch(object, before + (object->frame_end - object->in_used - before));
    return none();
  });
}

PyObject* clean_method(PyObject* self, PyObject*) {
  forget(self_of(self));
  Py_RETURN_NONE;
}

// ---- the connection below

Ref ask_below(PyObject* self, const char* method) {
  const Ref name = checked(PyUnicode_InternFromString(method));
  return call(below(self_of(self)), name.get());
}

PyObject* open(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    if (self_of(self)->kind == Kind::memory) return none();
    forget(self_of(self));  // of an earlier connection
    ask_below(self, "open");
    return none();
  });
}

PyObject* close(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    Object* object = self_of(self);
    if (object->kind == Kind::memory) {
      object->is_closed = object->keeps_read;
      return none();
    }
    forget(object);
    if (object->inner != nullptr) ask_below(self, "close");
    return none();
  });
}

PyObject* is_open(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    Object* object = self_of(self);
    if (object->kind == Kind::memory) return PyBool_FromLong(!object->is_closed);
    if (object->inner == nullptr) return PyBool_FromLong(false);
    return ask_below(self, "is_open").release();
  });
}

// The Python socket of the innermost transport, or None.
PyObject* get_sock(PyObject* self, void*) {
  return guarded<PyObject*>(nullptr, [&] {
    PyObject* inner = self_of(self)->inner;
    const Recursion recursion(" in a stack of transports");
    PyObject* sock = inner == nullptr ? none() : PyObject_GetAttrString(inner, "sock");
    if (sock != nullptr) return sock;
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) throw PythonError();
    PyErr_Clear();
    return none();
  });
}

PyObject* getvalue(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    Object* object = self_of(self);
    if (object->kind != Kind::memory) return ask_below(self, "getvalue").release();
    if (object->is_closed) raise(PyExc_ValueError, "I/O operation on closed file.");
    const std::size_t from = object->keeps_read ? 0 : object->in_used;
    return bytes_of(object->in.data() + from, object->in.size() - from);
  });
}

void set_memory(Object* object, PyObject* value) {
  Reading reading(object);
  object->in.clear();
  object->in_used = object->write_at = 0;
  object->is_closed = false;
  if (value == nullptr || value == Py_None) return;
  if (PyUnicode_Check(value) && !object->keeps_read) {
    Py_ssize_t size;
    const char* text = PyUnicode_AsUTF8AndSize(value, &size);
    if (text == nullptr) throw PythonError();
    object->in.append(text, static_cast<std::size_t>(size));
    return;
  }
  Py_buffer view;
  checked_status(PyObject_GetBuffer(value, &view, PyBUF_SIMPLE));
  struct Release {
    Py_buffer* view;
    ~Release() { PyBuffer_Release(view); }
  } release{&view};
  object->in.append(view.buf, static_cast<std::size_t>(view.len));
}

PyObject* setvalue(PyObject* self, PyObject* value) {
  return guarded<PyObject*>(nullptr, [&] {
    set_memory(self_of(self), value);
    return none();
  });
}

// ---- life

PyObject* make(PyTypeObject* type, Kind kind, bool keeps_read) {
  PyObject* self = type->tp_alloc(type, 0);
  if (self == nullptr) return nullptr;
  Object* object = self_of(self);
  object->kind = kind;
  object->keeps_read = keeps_read;
  object->reads_ahead = true;
  object->buffer_size = 4096;
  new (&object->in) Buffer();
  new (&object->out) Buffer();
  new (&object->limits) Limits();
  return self;
}

PyObject* make_buffered(PyTypeObject* type, PyObject*, PyObject*) {
  return make(type, Kind::buffered, false);
}
PyObject* make_framed(PyTypeObject* type, PyObject*, PyObject*) { return make(type, Kind::framed, false); }
PyObject* make_memory(PyTypeObject* type, PyObject*, PyObject*) { return make(type, Kind::memory, false); }
PyObject* make_recording(PyTypeObject* type, PyObject*, PyObject*) { return make(type, Kind::memory, true); }

void set_inner(Object* object, PyObject* inner) {
  if (object->is_reading) raise(PyExc_RuntimeError, "a transport cannot change while it is being read");
  Py_INCREF(inner);
  Py_XSETREF(object->inner, inner);
  forget(object);
}

int init_buffered(PyObject* self, PyObject* args, PyObject* keywords) {
  return guarded(-1, [&] {
    static const char* const names[] = {"trans", "buf_size", nullptr};
    PyObject* inner;
    Py_ssize_t buffer_size = 4096;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "O|n:TCyBufferedTransport", const_cast<char**>(names),
                                     &inner, &buffer_size)) {
      throw PythonError();
    }
    if (buffer_size < 1024) raise(PyExc_Exception, "buffer too small");
    self_of(self)->buffer_size = static_cast<std::size_t>(buffer_size);
    set_inner(self_of(self), inner);
    return 0;
  });
}

std::size_t limit_of(PyObject* value, std::size_t unset) {
  if (value == nullptr) return unset;
  if (value == Py_None) return Limits::no_limit;
  const Py_ssize_t limit = PyNumber_AsSsize_t(value, PyExc_OverflowError);
  if (limit == -1 && PyErr_Occurred() != nullptr) throw PythonError();
  if (limit <= 0)
    raise(PyExc_ValueError, "max_frame must be a positive number of bytes, or None for no limit");
  return static_cast<std::size_t>(limit);
}

int init_framed(PyObject* self, PyObject* args, PyObject* keywords) {
  return guarded(-1, [&] {
    static const char* const names[] = {"trans", "buf_size", "max_frame", "read_ahead", nullptr};
    PyObject *inner, *max_frame = nullptr;
    Py_ssize_t buffer_size = 4096;
    int read_ahead = 1;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "O|n$Op:TCyFramedTransport", const_cast<char**>(names),
                                     &inner, &buffer_size, &max_frame, &read_ahead)) {
      throw PythonError();
    }
    Object* object = self_of(self);
    object->buffer_size = buffer_size < 1 ? 1 : static_cast<std::size_t>(buffer_size);
    object->limits.frame = limit_of(max_frame, Limits().frame);
    object->reads_ahead = read_ahead != 0;
    set_inner(object, inner);
    return 0;
  });
}

int init_memory(PyObject* self, PyObject* args, PyObject* keywords) {
  return guarded(-1, [&] {
    static const char* const names[] = {"value", "buf_size", nullptr};
    PyObject* value = nullptr;
    Py_ssize_t buffer_size = 0;  // thriftpy2's initial capacity: ours grows as it must
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "|On:TCyMemoryBuffer", const_cast<char**>(names), &value,
                                     &buffer_size)) {
      throw PythonError();
    }
    set_memory(self_of(self), value);
    return 0;
  });
}

int init_recording(PyObject* self, PyObject* args, PyObject* keywords) {
  return guarded(-1, [&] {
    static const char* const names[] = {"value", nullptr};
    PyObject* value = nullptr;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "|O:TMemoryBuffer", const_cast<char**>(names), &value)) {
      throw PythonError();
    }
    set_memory(self_of(self), value);
    return 0;
  });
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(self_of(self)->inner);
#if PY_VERSION_HEX >= 0x03090000
  Py_VISIT(Py_TYPE(self));
#endif
  return 0;
}

int clear(PyObject* self) {
  Py_CLEAR(self_of(self)->inner);
  return 0;
}

void deallocate(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  Object* object = self_of(self);
  if (object->weak_references != nullptr) PyObject_ClearWeakRefs(self);
  Py_CLEAR(object->inner);
  object->in.~Buffer();
  object->out.~Buffer();
  type->tp_free(self);
  Py_DECREF(type);
}

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
