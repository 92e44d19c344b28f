#pragma once

#include "python/codec.hpp"

// Apache's face of the package, where it is native: structs by `[class, thrift_spec]`, heads of messages, and
// the read and write of the structs that our generator makes.
namespace fastthrift::python::apache {

// How Apache's protocol classes read and write: text is UTF-8 or an error, sets are sets, 64 structs inside
// each other.
CodecOptions options(wire::Protocol protocol);
// Whether a protocol object's `_fast_encode` is the core's.
bool is_native(PyObject* protocol, wire::Protocol kind);
// The same with the limits that a protocol object has as attributes.
CodecOptions options_of(PyObject* protocol, wire::Protocol kind);

// Whether a class leaves reading and writing to TStruct.
bool reads_plainly(PyTypeObject* type);
bool writes_plainly(PyTypeObject* type);
// Refuses a struct that lacks a required field, as its class does.
void validate(PyObject* object);

// TSerialization's functions, in apache_serialization.cpp.
int add_serialization_to(PyObject* module);

}  // namespace fastthrift::python::apache
