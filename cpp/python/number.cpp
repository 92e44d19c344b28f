#include "python/number.hpp"

#include "python/new_object.hpp"
#include "python/parked.hpp"

namespace fastthrift::python {

std::int64_t converted_integer(PyObject* value) {
  if (PyLong_Check(value)) {
    const long long number = PyLong_AsLongLong(value);
    if (number == -1 && PyErr_Occurred() != nullptr) throw PythonError();
    return number;
  }
  const Ref keep = Ref::share(value);
  Ref number;
  if (PyIndex_Check(value)) {
    number = checked(parked([&] { return PyNumber_Index(value); }));
  } else {
    // Not PyNumber_Long: that would parse text.
    const PyNumberMethods* methods = Py_TYPE(value)->tp_as_number;
    if (methods == nullptr || methods->nb_int == nullptr) {
      raise(PyExc_TypeError, "an integer is required, not %.200s", Py_TYPE(value)->tp_name);
    }
    number = checked(parked([&] { return methods->nb_int(value); }));
    if (!PyLong_Check(number.get())) {
      raise(PyExc_TypeError, "__int__ returned %.200s", Py_TYPE(number.get())->tp_name);
    }
  }
  const long long result = PyLong_AsLongLong(number.get());
  if (result == -1 && PyErr_Occurred() != nullptr) throw PythonError();
  return result;
}

#ifdef FASTTHRIFT_WRITES_OBJECTS
PyObject* new_shared_integer(std::int64_t number) {
  PyObject* shared = PyLong_FromLong(static_cast<long>(number));
  if (shared != nullptr) {
    Py_INCREF(shared);
    shared_integers[static_cast<std::size_t>(number - first_shared)] = shared;
  }
  return shared;
}
#endif

bool long_integer(PyObject* value, std::int64_t& number) {
  int overflow = 0;
  number = PyLong_AsLongLongAndOverflow(value, &overflow);
  return overflow == 0;
}

double converted_double(PyObject* value) {
  const Ref keep = Ref::share(value);
  const double result = parked([&] { return PyFloat_AsDouble(value); });
  if (result == -1.0 && PyErr_Occurred() != nullptr) throw PythonError();
  return result;
}

}  // namespace fastthrift::python
