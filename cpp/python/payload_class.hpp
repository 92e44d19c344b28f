#pragma once

#include "python/ref.hpp"

// The class of a struct of an IDL, made without type(): for thousands of them that is most of a load.
namespace fastthrift::python::payload {

// A class below TPayload itself with this name and namespace, whose slots are the fields of `initializer`, as
// `make_type` makes it. Null where it has to: before `learn_from`, and where somebody has changed what
// type() would see in TPayload.
Ref make_struct_class(PyObject* name, PyObject* ns, PyObject* initializer);

// Tells it what type() has put into a class with an `__init__` of its own.
void learn_from(PyTypeObject* made);

}  // namespace fastthrift::python::payload
