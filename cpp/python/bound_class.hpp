#pragma once

#include <pybind11/pybind11.h>

#include <string>

namespace fastthrift::python {

// Whether pybind11 has made it, whose classes have a metaclass of their own.
inline bool is_bound_class(pybind11::handle object) {
  return Py_TYPE(object.ptr()) == pybind11::detail::get_internals().default_metaclass;
}

// pybind11 looks at a new object before it asks whether there is one. So where it makes the object of a
// result itself, inside a call that catches, no memory is an exception; and where Python makes it, a null.
inline PyObject* allocate_or_throw(PyTypeObject* type, Py_ssize_t items) {
  PyObject* object = PyType_GenericAlloc(type, items);
  if (object == nullptr) throw pybind11::error_already_set();
  return object;
}
inline PyObject* allocate_or_null(PyTypeObject* type, PyObject*, PyObject*) {
  PyObject* object = PyType_GenericAlloc(type, 0);
  if (object == nullptr) return nullptr;
  try {
    reinterpret_cast<pybind11::detail::instance*>(object)->allocate_layout();
    return object;
  } catch (const std::exception& error) {
    // Its deallocation wants the layout: it stays, which only memory that is gone may cost.
    PyErr_SetString(PyExc_MemoryError, error.what());
    return nullptr;
  }
}

// Closes what pybind11 leaves open in a class: `cls.__new__(cls)` alone gives an object of memory that nobody
// has initialised, and pickling by the old protocols ends the process.
inline void close_holes(pybind11::handle cls) {
  namespace py = pybind11;
  static const auto refuse = [](const char* what) {
    return [what](const py::args& args) -> py::object {
      PyTypeObject* type = args.empty() ? &PyBaseObject_Type : Py_TYPE(PyTuple_GET_ITEM(args.ptr(), 0));
      throw py::type_error(std::string("cannot ") + what + " '" + type->tp_name + "' object");
    };
  };
  cls.attr("__reduce__") = py::cpp_function(refuse("pickle"), py::is_method(cls), py::name("__reduce__"));
  cls.attr("__reduce_ex__") =
      py::cpp_function(refuse("pickle"), py::is_method(cls), py::name("__reduce_ex__"));
  // Past type.__setattr__, which would make it what a call of the class goes through too.
  auto* type = reinterpret_cast<PyTypeObject*>(cls.ptr());
  type->tp_alloc = allocate_or_throw;
  type->tp_new = allocate_or_null;
  const py::object none_made = py::cpp_function([](const py::args&, const py::kwargs&) -> py::object {
    throw py::type_error("the class has to be called: it makes nothing in two steps");
  });
  if (PyDict_SetItemString(type->tp_dict, "__new__", none_made.ptr()) < 0) throw py::error_already_set();
  PyType_Modified(type);
}

}  // namespace fastthrift::python
