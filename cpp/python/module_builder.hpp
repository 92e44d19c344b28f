#pragma once

#include "python/bound_schema.hpp"
#include "python/class_builder.hpp"
#include "python/errors.hpp"
#include "python/ref.hpp"
#include "python/service_builder.hpp"

namespace fastthrift::python {

// Fills a Python module with the definitions of a compiled file, as thriftpy2 lays it out: enums, classes,
// constants, typedefs and services by name in the order of the file, the `__thrift_...__` attributes, and
// `__thrift_meta__`, which is always there. On an error the module is left half filled; nobody else has seen
// it then.
class ModuleBuilder {
 public:
  // `includes`: a Python module for each of the schema's includes. `enum_maker`: called with the name, bases
  // and body of each enum.
  ModuleBuilder(BoundSchema& bound, ModuleNames names, PyObject* module, PyObject* includes,
                PyObject* enum_maker);

  void build();

 private:
  void add_header();
  void add_includes();
  void add_definition(const schema::Definition& definition);
  void add_typedef(const schema::Typedef& declared);
  void add_constant(schema::Index index);

  Ref make_enum(const schema::Enum& declared);
  void set(const std::string& name, PyObject* value);
  void add_meta(const char* kind, PyObject* value);

  BoundSchema& bound_;
  const schema::Schema& schema_;
  ModuleNames names_;
  PyObject* module_;
  PyObject* includes_;
  PyObject* enum_maker_;
  Ref dict_;
  Ref meta_;  // defaultdict(list)
  ClassBuilder classes_;
  ServiceBuilder services_;
};

}  // namespace fastthrift::python
