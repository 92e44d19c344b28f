#include "python/bound_schema.hpp"

#include <cassert>
#include <utility>

namespace fastthrift::python {

BoundSchema::BoundSchema(std::shared_ptr<const schema::Schema> schema,
                         const std::vector<std::shared_ptr<BoundSchema>>& includes)
    : enums(schema->enums().size()),
      structs(schema->structs().size()),
      constants(schema->constants().size()),
      services(schema->services().size()),
      struct_sizes(schema->structs().size()),
      constant_sizes(schema->constants().size()),
      schema_(std::move(schema)) {
  for (const auto& include : includes) {
    included_.insert(include->included_.begin(), include->included_.end());
    included_.emplace(include->schema_.get(), include);
  }
}

const BoundSchema& BoundSchema::of(const schema::Schema* owner) const {
  if (owner == schema_.get()) return *this;
  const auto found = included_.find(owner);
  assert(found != included_.end());
  return *found->second;
}

}  // namespace fastthrift::python
