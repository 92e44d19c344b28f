#pragma once

#include <Python.h>

namespace fastthrift::python::protocol {

// serialize and deserialize of fastthrift.utils. With factories of ours no transport or protocol is made.
int add_serialize_to(PyObject* module);

}  // namespace fastthrift::python::protocol
