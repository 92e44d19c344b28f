#include "schema/schema.hpp"

namespace fastthrift::schema {

const Definition* Schema::find(std::string_view name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : &definitions_[found->second];
}

}  // namespace fastthrift::schema
