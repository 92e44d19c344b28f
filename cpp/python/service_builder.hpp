#pragma once

#include "python/bound_schema.hpp"
#include "python/class_builder.hpp"
#include "python/errors.hpp"
#include "python/ref.hpp"

namespace fastthrift::python {

// Makes the service classes of a file. `extends` is the Python base, so that a service which comes later in
// the file is made before those that extend it.
// The class of the services' classes; type until it is set.
PyObject* service_metaclass();
void set_service_metaclass(PyObject* metaclass);

class ServiceBuilder {
 public:
  ServiceBuilder(BoundSchema& bound, ClassBuilder& classes) : bound_(bound), classes_(classes) {}

  // Made at its first use. Borrowed.
  PyObject* service(schema::Index index);

 private:
  PyObject* parent_of(const schema::Service& declared);
  Ref make(const schema::Service& declared);

  BoundSchema& bound_;
  ClassBuilder& classes_;
  int depth_ = 0;
};

}  // namespace fastthrift::python
