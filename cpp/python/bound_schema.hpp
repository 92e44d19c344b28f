#pragma once

#include "python/ref.hpp"
#include "python/value_size.hpp"

#include <memory>
#include <unordered_map>
#include <vector>

#include "schema/schema.hpp"

namespace fastthrift::python {

// One compiled file together with the Python objects that were made from it, so that the files that include
// it can refer to them. Created empty, filled once by ModuleBuilder, then only read. Needs the GIL from
// beginning to end.
class BoundSchema {
 public:
  BoundSchema(std::shared_ptr<const schema::Schema> schema,
              const std::vector<std::shared_ptr<BoundSchema>>& includes);

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

 private:
  std::shared_ptr<const schema::Schema> schema_;
  // Everything that can be reached through includes, kept alive.
  std::unordered_map<const schema::Schema*, std::shared_ptr<const BoundSchema>> included_;
};

}  // namespace fastthrift::python
