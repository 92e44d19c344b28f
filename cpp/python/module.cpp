#include "python/module.hpp"

#include "python/bound_class.hpp"

#include <pybind11/pybind11.h>

namespace {

// Classes, interned names and the threads of servers belong to the interpreter that made them.
constexpr const char* refusal = "fastthrift can be imported by the main interpreter only";
bool is_in_main_interpreter() { return PyInterpreterState_Get() == PyInterpreterState_Main(); }

}  // namespace

// pybind11's own entry is called by ours, at the end of this file.
#define PyInit__core make_core
PYBIND11_MODULE(_core, module) {
  // Python 3.13 and newer enter by way of the main interpreter, whoever imports.
  if (!is_in_main_interpreter()) throw pybind11::import_error(refusal);
  module.doc() = "The native core of fastthrift; use the package fastthrift.";
  namespace py = fastthrift::python;
  for (auto add_to :
       {py::errors::add_to, py::payload::add_to, py::transport::add_to, py::protocol::add_to,
        py::idl_module::add_to, py::client::add_to, py::server::add_to, py::aio::add_to, py::header::add_to,
        py::http::add_to, py::apache::add_to, py::named_json::add_to, py::dict_entries::add_to}) {
    if (add_to(module.ptr()) < 0) throw pybind11::error_already_set();
  }
  for (auto [name, object] : pybind11::dict(module.attr("__dict__"))) {
    if (py::is_bound_class(object)) py::close_holes(object);
  }
}
#undef PyInit__core

// In another interpreter pybind11 would wait for the lock that this thread holds.
extern "C" PYBIND11_EXPORT PyObject* PyInit__core() {
  if (is_in_main_interpreter()) return make_core();
  PyErr_SetString(PyExc_ImportError, refusal);
  return nullptr;
}
