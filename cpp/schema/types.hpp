#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "schema/schema.hpp"
#include "schema/scope.hpp"

namespace fastthrift::schema {

// The types of the schema that is being compiled. Each type is there once, so equal types have equal indices.
class Types {
 public:
  Types(const Scope& scope, std::vector<Type>& types) : scope_(scope), types_(types) {}

  // The typedefs of the file; `resolve` follows them in any order.
  void add_typedef(Typedef& definition, const idl::Type& source, std::size_t position);
  void resolve_typedefs();

  // The type that the definition at `position` of the file names.
  Index resolve(const idl::Type& type, std::size_t position);
  // A type of another schema as one of this schema's.
  Index import(const Schema& owner, Index index);

  Index base(TypeKind kind);
  const Type& operator[](Index index) const { return types_[index]; }
  // As an IDL file would write it.
  std::string name(Index index) const;

 private:
  struct Alias {
    Typedef* definition;
    const idl::Type* source;
    std::size_t position;
    enum class State : std::uint8_t { fresh, resolving, done } state = State::fresh;
  };

  Index add(const Type& type, int depth, const Place& place);
  Index resolve_named(const idl::Type& type, std::size_t position);
  Index resolve_alias(Alias& alias, const idl::Type& use);

  const Scope& scope_;
  std::vector<Type>& types_;
  std::vector<int> depths_;
  std::vector<Alias> aliases_;
  int alias_depth_ = 0;
  struct Hash {
    std::size_t operator()(const Type& type) const;
  };
  struct Equal {
    bool operator()(const Type& one, const Type& other) const;
  };
  std::array<Index, 16> bases_{};  // index + 1 of each kind, 0 while there is none
  std::unordered_map<Type, Index, Hash, Equal> indices_;
  std::map<std::pair<const Schema*, Index>, Index> imported_;
};

}  // namespace fastthrift::schema
