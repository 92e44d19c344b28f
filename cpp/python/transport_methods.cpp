#include "python/transport_methods.hpp"

#include <structmember.h>

#include <algorithm>
#include <new>
#include <string>

#include "python/module.hpp"
#include "python/recursion.hpp"
#include "python/transport_bytes.hpp"

namespace fastthrift::python::transport::methods {

PyObject* bytes_of(const std::uint8_t* at, std::size_t size) {
  return checked(PyBytes_FromStringAndSize(reinterpret_cast<const char*>(at), static_cast<Py_ssize_t>(size)))
      .release();
}

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

}  // namespace fastthrift::python::transport::methods
