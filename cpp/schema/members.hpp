#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "schema/schema.hpp"
#include "schema/scope.hpp"

namespace fastthrift::schema {

// What enums and structs have inside, by name; each is indexed when it is first asked for.
class Members {
 public:
  explicit Members(const Scope& scope) : scope_(scope) {}

  struct Items {
    std::unordered_map<std::string_view, std::int64_t> values;  // the last of a name counts
    std::unordered_set<std::int64_t> numbers;
  };
  const Items& items_of(const Enum& definition);

  struct Fields {
    std::unordered_map<std::string_view, Index> names;
    std::vector<Index> required;
  };
  const Fields& fields_of(const Struct& definition);

  // The number of `E.NAME`, as it reads at `position` of the file; of several meanings the one that `wanted`
  // has.
  std::optional<std::int64_t> number_of(std::string_view name, std::size_t position, const Type& wanted);

 private:
  std::optional<std::int64_t> number_in(const Enum& definition, std::string_view name);

  const Scope& scope_;
  std::unordered_map<const Enum*, Items> items_;
  std::unordered_map<const Struct*, Fields> fields_;
};

}  // namespace fastthrift::schema
