#pragma once

#include "python/payload_body.hpp"
#include "python/ref.hpp"

#include "schema/schema.hpp"

// A class in a service's namespace that is made when somebody first asks for it. A program uses few of the
// methods that its services have, and type() takes longer than all else of loading one (of
// hive_metastore.thrift it was 62 % of the instructions).
//
// The namespace has a descriptor in its place, which every way to an attribute goes through: it makes the
// class and puts it where it stands itself. Only whoever looks into the namespace would see it: the metaclass
// of services has `whole_namespace` for its `__dict__`, which makes all of them first.
namespace fastthrift::python {

// Stands for a subclass of TPayload whose body is made.
Ref make_lazy_class(PyObject* name, PyObject* module_name, const Body& body);
// The same for the arguments or the result of a function of this file, whose body is made with the class.
Ref make_lazy_class(PyObject* name, PyObject* bound_schema, const schema::Function& function, bool is_result);

// Adds `whole_namespace`.
int add_lazy_class_to(PyObject* module);

}  // namespace fastthrift::python
