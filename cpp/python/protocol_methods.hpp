#pragma once

#include "python/protocol.hpp"

// The methods of the protocols; protocol.cpp puts them into types.
namespace fastthrift::python::protocol {

inline Object* as_object(PyObject* self) { return reinterpret_cast<Object*>(self); }

extern PyMethodDef base_methods[];  // of TProtocolBase: to be overridden
extern PyMethodDef methods[];       // of those that read and write

// The bytes of the JSON value that comes next, for a protocol that is one of JSON.
PyObject* read_json(PyObject* self);

}  // namespace fastthrift::python::protocol
