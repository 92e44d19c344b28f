#pragma once

#include "python/payload_body.hpp"
#include "python/ref.hpp"
#include "python/value_size.hpp"

#include <memory>
#include <unordered_map>
#include <vector>

#include "schema/schema.hpp"

namespace fastthrift::python {

// One compiled file together with the Python objects that were made from it, so that the files that include
// it can refer to them. Created empty, filled by ModuleBuilder, then only read. Needs the GIL from beginning
// to end.
//
// It lives in a Python object: classes whose bodies are not made yet refer to it, and it refers to them,
// which only the collector can see.
class BoundSchema {
 public:
  // The Python object; `includes` are those of the files that are included.
  static Ref make(std::shared_ptr<const schema::Schema> schema, const std::vector<Ref>& includes);
  static BoundSchema& in(const Ref& object);

  BoundSchema(const BoundSchema&) = delete;
  BoundSchema& operator=(const BoundSchema&) = delete;

  PyObject* object() const { return object_; }  // that it lives in
  const schema::Schema& schema() const { return *schema_; }
  const std::shared_ptr<const schema::Schema>& shared_schema() const { return schema_; }

  // Where the definitions of `owner` are: this file or one that it includes, at any distance. Never missing:
  // a schema only refers to what it was compiled with.
  const BoundSchema& of(const schema::Schema* owner) const;

  // By the indices of the schema; null until made.
  std::vector<Ref> enums;
  std::vector<Ref> structs;
  std::vector<Ref> constants;
  std::vector<Ref> services;
  std::vector<ValueSize> struct_sizes;  // of an instance
  std::vector<ValueSize> constant_sizes;
  // Of classes that wait for somebody to ask for them; may refer to all of the above.
  std::unique_ptr<BodySource> bodies;

  int traverse(visitproc visit, void* arg) const;
  void clear();

 private:
  friend std::default_delete<BoundSchema>;
  BoundSchema(std::shared_ptr<const schema::Schema> schema, const std::vector<Ref>& includes);
  ~BoundSchema() = default;

  PyObject* object_ = nullptr;
  std::shared_ptr<const schema::Schema> schema_;
  // Everything that can be reached through includes, kept alive.
  std::unordered_map<const schema::Schema*, Ref> included_;
};

}  // namespace fastthrift::python
