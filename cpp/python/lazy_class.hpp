#pragma once

#include "python/ref.hpp"

// A class in a service's namespace that is made when somebody first asks for it. A program uses few of the
// methods that its services have, and type() takes longer than all else of loading one (of
// hive_metastore.thrift it was 62 % of the instructions).
//
// The namespace has a descriptor in its place, which every way to an attribute goes through: it makes the
// class and puts it where it stands itself. Only whoever looks into the namespace would see it: the metaclass
// of services has `whole_namespace` for its `__dict__`, which makes all of them first.
namespace fastthrift::python {

// Stands for a subclass of TPayload; the arguments are those of payload::make_class.
Ref make_lazy_class(PyObject* name, PyObject* module_name, PyObject* thrift_spec, PyObject* default_spec,
                    PyObject* extra_attributes);

// Adds `whole_namespace`.
int add_lazy_class_to(PyObject* module);

}  // namespace fastthrift::python
