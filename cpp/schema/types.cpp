#include "schema/types.hpp"

#include <algorithm>

#include "idl/parser.hpp"
#include "idl/unicode.hpp"

namespace fastthrift::schema {
namespace {

TypeKind kind_of(idl::BaseType base) {
  switch (base) {
    case idl::BaseType::void_:
      return TypeKind::void_;
    case idl::BaseType::bool_:
      return TypeKind::bool_;
    case idl::BaseType::i8:
      return TypeKind::i8;
    case idl::BaseType::i16:
      return TypeKind::i16;
    case idl::BaseType::i32:
      return TypeKind::i32;
    case idl::BaseType::i64:
      return TypeKind::i64;
    case idl::BaseType::double_:
      return TypeKind::double_;
    case idl::BaseType::string:
      return TypeKind::string;
    case idl::BaseType::binary:
      return TypeKind::binary;
    case idl::BaseType::uuid:
      return TypeKind::uuid;
  }
  return TypeKind::void_;
}

bool is_type(const Found& found) {
  const DefinitionKind kind = found.definition.kind;
  return kind == DefinitionKind::typedef_ || kind == DefinitionKind::enum_ || kind == DefinitionKind::struct_;
}

std::string no_type_found(const idl::Type& type) {
  return "No type found: " + idl::repr(std::string_view(type.name)) + ", at line " +
         std::to_string(type.place.line);
}

}  // namespace

std::size_t Types::Hash::operator()(const Type& type) const {
  std::size_t hash = static_cast<std::size_t>(type.kind);
  for (const std::size_t part : {std::size_t{type.element}, std::size_t{type.key},
                                 std::size_t{type.definition}, reinterpret_cast<std::size_t>(type.owner)}) {
    hash = (hash ^ part) * 0x9E3779B97F4A7C15u;
    hash ^= hash >> 29;
  }
  return hash;
}

bool Types::Equal::operator()(const Type& one, const Type& other) const {
  return one.kind == other.kind && one.element == other.element && one.key == other.key &&
         one.owner == other.owner && one.definition == other.definition;
}

Index Types::base(TypeKind kind) {
  Index& known = bases_[static_cast<std::size_t>(kind)];
  if (known == 0) known = add({kind}, 0, {}) + 1;
  return known - 1;
}

void Types::add_typedef(Typedef& definition, const idl::Type& source, std::size_t position) {
  aliases_.push_back({&definition, &source, position});
}

void Types::resolve_typedefs() {
  for (Alias& alias : aliases_) resolve_alias(alias, *alias.source);
}

Index Types::resolve(const idl::Type& type, std::size_t position) {
  if (type.kind == idl::Type::Kind::base) return base(kind_of(type.base));
  if (type.kind == idl::Type::Kind::named) return resolve_named(type, position);

  Type container{};
  int depth = 0;
  if (type.kind == idl::Type::Kind::map) {
    container.kind = TypeKind::map;
    container.key = resolve(type.arguments[0], position);
    depth = depths_[container.key];
  } else {
    container.kind = type.kind == idl::Type::Kind::list ? TypeKind::list : TypeKind::set;
  }
  container.element = resolve(type.arguments.back(), position);
  return add(container, std::max(depth, depths_[container.element]) + 1, type.place);
}

Index Types::resolve_named(const idl::Type& type, std::size_t position) {
  const auto found = scope_.find(type.name, position, is_type);
  if (!found) {
    if (type.base != idl::BaseType::void_) return base(kind_of(type.base));  // uuid, slist
    scope_.fail(type.place, no_type_found(type));
  }
  const Index definition = found->definition.index;
  if (found->definition.kind != DefinitionKind::typedef_) {
    const bool is_enum = found->definition.kind == DefinitionKind::enum_;
    return add({is_enum ? TypeKind::enum_ : TypeKind::struct_, 0, 0, found->owner, definition}, 0,
               type.place);
  }
  if (scope_.is_own(found->owner)) {
    Alias& alias = aliases_[definition];
    const bool is_around_base = type.base != idl::BaseType::void_ && alias.state == Alias::State::resolving;
    return is_around_base ? base(kind_of(type.base)) : resolve_alias(alias, type);  // `typedef uuid uuid`
  }
  return import(*found->owner, found->owner->typedefs()[definition].type);
}

Index Types::resolve_alias(Alias& alias, const idl::Type& use) {
  if (alias.state == Alias::State::done) return alias.definition->type;
  if (alias.state == Alias::State::resolving) {
    scope_.fail(use.place, no_type_found(use), "the typedef refers to itself");
  }
  if (++alias_depth_ > idl::max_type_depth) {
    scope_.fail(use.place, no_type_found(use),
                "more than " + std::to_string(idl::max_type_depth) + " typedefs refer to later ones");
  }
  alias.state = Alias::State::resolving;
  alias.definition->type = resolve(*alias.source, alias.position);
  alias.state = Alias::State::done;
  --alias_depth_;
  return alias.definition->type;
}

Index Types::import(const Schema& owner, Index index) {
  const auto known = imported_.find({&owner, index});
  if (known != imported_.end()) return known->second;
  const Type& source = owner.types()[index];
  Type type = source;
  int depth = 0;
  if (source.kind == TypeKind::list || source.kind == TypeKind::set || source.kind == TypeKind::map) {
    type.element = import(owner, source.element);
    depth = depths_[type.element] + 1;
    if (source.kind == TypeKind::map) {
      type.key = import(owner, source.key);
      depth = std::max(depth, depths_[type.key] + 1);
    }
  }
  const Index imported = add(type, depth, {});
  imported_.emplace(std::pair(&owner, index), imported);
  return imported;
}

Index Types::add(const Type& type, int depth, const Place& place) {
  const auto [entry, is_new] = indices_.emplace(type, static_cast<Index>(types_.size()));
  if (is_new) {
    if (depth > idl::max_type_depth) {
      scope_.fail(place, "Containers are nested too deeply at line " + std::to_string(place.line),
                  "at most " + std::to_string(idl::max_type_depth) + " levels are allowed");
    }
    types_.push_back(type);
    depths_.push_back(depth);
  }
  return entry->second;
}

std::string Types::name(Index index) const {
  static constexpr const char* names[] = {"void", "bool",   "i8",     "i16",    "i32",
                                          "i64",  "double", "string", "binary", "uuid"};
  const Type& type = types_[index];
  switch (type.kind) {
    case TypeKind::enum_:
      return type.owner->enums()[type.definition].name;
    case TypeKind::struct_:
      return type.owner->structs()[type.definition].name;
    // Only the outermost container: its elements have a place of their own in messages.
    case TypeKind::list:
      return "a list";
    case TypeKind::set:
      return "a set";
    case TypeKind::map:
      return "a map";
    default:
      return names[static_cast<int>(type.kind)];
  }
}

}  // namespace fastthrift::schema
