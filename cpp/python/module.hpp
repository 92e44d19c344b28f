#pragma once

#include <Python.h>

// What each file of this folder adds to the extension module `_core`; called once by module.cpp. All return 0, or -1 with
// a Python error set.
namespace fastthrift::python {

namespace errors { int add_to(PyObject* module); }      // register_exception
namespace payload { int add_to(PyObject* module); }     // TPayloadMeta, TPayload
namespace transport { int add_to(PyObject* module); }   // the transports
namespace protocol { int add_to(PyObject* module); }    // the protocols, serialize, deserialize
namespace client { int add_to(PyObject* module); }      // calls of a client
namespace server { int add_to(PyObject* module); }      // the engine under serve()
namespace idl_module { int add_to(PyObject* module); }  // parse, compile, build a Python module

}  // namespace fastthrift::python
