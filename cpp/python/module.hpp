#pragma once

#include <Python.h>

// What each file of this folder adds to the extension module `_core`; called once by module.cpp. All return
// 0, or -1 with a Python error set.
namespace fastthrift::python {

// A function that takes more than METH_O's two arguments, as tables of methods have it.
template <class Function>
PyCFunction erased(Function function) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}

namespace errors {
int add_to(PyObject* module);
}  // namespace errors
namespace payload {
int add_to(PyObject* module);
}  // namespace payload
namespace transport {
int add_to(PyObject* module);
}  // namespace transport
namespace protocol {
int add_to(PyObject* module);
}  // namespace protocol
namespace client {
int add_to(PyObject* module);
}  // namespace client
namespace server {
int add_to(PyObject* module);
}  // namespace server
namespace header {
int add_to(PyObject* module);
}  // namespace header
namespace http {
int add_to(PyObject* module);
}  // namespace http
namespace apache {
int add_to(PyObject* module);
}  // namespace apache
namespace aio {
int add_to(PyObject* module);
}  // namespace aio
namespace named_json {
int add_to(PyObject* module);
}  // namespace named_json
namespace dict_entries {
int add_to(PyObject* module);
}  // namespace dict_entries
namespace idl_module {
int add_to(PyObject* module);
}  // namespace idl_module

}  // namespace fastthrift::python
