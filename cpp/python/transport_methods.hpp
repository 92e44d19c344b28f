#pragma once

#include "python/transport.hpp"

// The methods of the transports of ours, and how one is made and ends; transport.cpp puts them into types.
namespace fastthrift::python::transport {

inline Object* self_of(PyObject* self) { return reinterpret_cast<Object*>(self); }
inline PyObject* none() { Py_RETURN_NONE; }

namespace methods {

PyObject* read(PyObject* self, PyObject* argument);
PyObject* read_some(PyObject* self, PyObject* argument);
PyObject* write(PyObject* self, PyObject* argument);
PyObject* flush_method(PyObject* self, PyObject*);
PyObject* read_frame(PyObject* self, PyObject*);
PyObject* clean_method(PyObject* self, PyObject*);
PyObject* open(PyObject* self, PyObject*);
PyObject* close(PyObject* self, PyObject*);
PyObject* is_open(PyObject* self, PyObject*);
PyObject* get_sock(PyObject* self, void*);
PyObject* getvalue(PyObject* self, PyObject*);
PyObject* setvalue(PyObject* self, PyObject* value);
void set_memory(Object* object, PyObject* value);

}  // namespace methods

namespace life {

PyObject* make_buffered(PyTypeObject* type, PyObject*, PyObject*);
PyObject* make_framed(PyTypeObject* type, PyObject*, PyObject*);
PyObject* make_memory(PyTypeObject* type, PyObject*, PyObject*);
PyObject* make_recording(PyTypeObject* type, PyObject*, PyObject*);
void set_inner(Object* object, PyObject* inner);
int init_buffered(PyObject* self, PyObject* args, PyObject* keywords);
std::size_t limit_of(PyObject* value, std::size_t unset);
int init_framed(PyObject* self, PyObject* args, PyObject* keywords);
int init_memory(PyObject* self, PyObject* args, PyObject* keywords);
int init_recording(PyObject* self, PyObject* args, PyObject* keywords);
int traverse(PyObject* self, visitproc visit, void* arg);
int clear(PyObject* self);
void deallocate(PyObject* self);

}  // namespace life

}  // namespace fastthrift::python::transport
