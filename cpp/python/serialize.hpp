#pragma once

#include "python/codec.hpp"

namespace fastthrift::python::protocol {

// serialize and deserialize of fastthrift.utils. With factories of ours no transport or protocol is made.
int add_serialize_to(PyObject* module);

// A struct as bytes, whatever its class would say.
Ref struct_bytes(PyObject* object, const CodecOptions& options);

}  // namespace fastthrift::python::protocol
