#pragma once

#include "python/ref.hpp"

#include <cstdint>
#include <vector>

#include "schema/schema.hpp"

namespace fastthrift::python {

// What a payload class has beside its name: the parts of a class statement's body.
struct Body {
  Ref thrift_spec;         // dict
  Ref default_spec;        // list of (name, default)
  Ref attributes;          // dict of all others
  std::vector<Ref> slots;  // interned names of the fields that are slots, in order of declaration
};

// Makes the bodies of classes of one file whenever they are wanted.
class BodySource {
 public:
  virtual ~BodySource() = default;
  virtual Body body_of(std::uint32_t index) = 0;  // of a struct
  virtual Body body_of(const schema::Function& function, bool is_result) = 0;
  virtual PyObject* module_name() const = 0;  // borrowed
  virtual int traverse(visitproc visit, void* arg) const = 0;
};

// Of a file by its object, see bound_schema.hpp. Throws PythonError when that was collected.
BodySource& bodies_in(PyObject* bound_schema);

}  // namespace fastthrift::python
