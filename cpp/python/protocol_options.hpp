#pragma once

#include "python/codec.hpp"

// The arguments that the protocol classes and their factories share, and the attributes that they become.
namespace fastthrift::python::protocol {

// Reads a constructor's arguments over the defaults in `options`: thriftpy2's in thriftpy2's order, then by
// keyword max_message, max_string, max_container (None: no limit) and sets. `transport` gets the first
// argument of a protocol, borrowed; null for a factory, which has none. Throws PythonError.
void parse_arguments(CodecOptions& options, PyObject** transport, PyObject* args, PyObject* kwargs);

// The attributes for the class of a protocol; the classes of this folder that have them are known to
// `options_in`.
PyGetSetDef* option_attributes(wire::Protocol protocol);
CodecOptions& options_in(PyObject* object);

}  // namespace fastthrift::python::protocol
