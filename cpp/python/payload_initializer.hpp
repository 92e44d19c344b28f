#pragma once

#include "python/payload_type.hpp"

#include <vector>

// The `__init__` of payload classes: one C object for each class that has fields. What it is for Python
// stands in payload_initializer.cpp, what it does with arguments in payload_init.cpp, what it gives for
// missing ones in payload_defaults.cpp.
namespace fastthrift::python::payload {

using Field = FieldDefault;  // whose value is owned here

struct InitializerObject {
  PyObject_HEAD vectorcallfunc vectorcall;
  PyObject* owner;     // name of the class, for the generated file name
  PyObject* function;  // the Python function for inspection; null until asked for
  std::vector<Ref>* names;
  std::vector<Field>* fields;
};

inline InitializerObject* as_initializer(PyObject* object) {
  return reinterpret_cast<InitializerObject*>(object);
}

// Whether each instance needs a copy of its own.
bool is_mutable(PyObject* value);
inline Ref default_of(const Field& field) {
  return field.is_copied ? copy_default(field.value) : Ref::share(field.value);
}

// `__init__` on any object: what thriftpy2's generated function does, one setattr per field in order.
void initialise(InitializerObject* init, PyObject* self, PyObject* const* arguments, std::size_t count,
                PyObject* keywords);

}  // namespace fastthrift::python::payload
