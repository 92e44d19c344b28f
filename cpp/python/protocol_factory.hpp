#pragma once

#include "python/codec.hpp"

// TBinaryProtocolFactory and TCompactProtocolFactory: the options of the protocols that they make.
namespace fastthrift::python::protocol {

int add_factories_to(PyObject* module);
// Of an object whose class is a factory of ours or derives from one.
CodecOptions& factory_options(PyObject* factory);

}  // namespace fastthrift::python::protocol
