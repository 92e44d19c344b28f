#pragma once

#include "python/bound_schema.hpp"
#include "python/errors.hpp"
#include "python/ref.hpp"

#include <array>
#include <vector>

namespace fastthrift::python {

// Writes the types of one file as thriftpy2's specs do: a plain type is its number, anything else (number,
// spec), where the spec of a list or set is its element, of a map (key, value), of a struct or enum its
// class. Specs are made once for each type and shared by all fields that have it.
class SpecBuilder {
 public:
  explicit SpecBuilder(const BoundSchema& bound);

  // What a typedef is in the module and an element in a spec. Borrowed; null as long as a class in it is not
  // made yet.
  PyObject* type(schema::Index index);

  // (number, name, required), or (number, name, spec, required) where the type has a spec; null like `type`.
  Ref field(PyObject* name, schema::Index index, bool required);
  // The same field before the classes are known: its name is right, its type is not.
  static Ref unresolved(PyObject* name, bool required);

  // (required, type): an entry of `_tspec`. Borrowed; null like `type`.
  PyObject* entry(schema::Index index, bool required);

  int traverse(visitproc visit, void* arg) const;

 private:
  struct Specs {
    Ref type;
    std::array<Ref, 2> entries;  // [required]
  };

  Specs& specs(schema::Index index);
  Ref make(const schema::Type& type);

  const BoundSchema& bound_;
  std::array<Specs, 10> plain_;  // void to uuid, by kind: files repeat them for every field
  std::vector<Specs> others_;    // by index
};

}  // namespace fastthrift::python
