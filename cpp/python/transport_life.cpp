#include "python/transport_methods.hpp"

#include <structmember.h>

#include <algorithm>
#include <new>
#include <string>

#include "python/module.hpp"
#include "python/recursion.hpp"
#include "python/transport_bytes.hpp"

namespace fastthrift::python::transport::life {

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
    methods::set_memory(self_of(self), value);
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
    methods::set_memory(self_of(self), value);
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

}  // namespace fastthrift::python::transport::life
