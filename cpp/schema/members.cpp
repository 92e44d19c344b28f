#include "schema/members.hpp"

namespace fastthrift::schema {
namespace {

bool is_enum(const Found& found) {
  if (found.definition.kind == DefinitionKind::enum_) return true;
  if (found.definition.kind != DefinitionKind::typedef_) return false;
  const Schema& owner = *found.owner;
  return owner.types()[owner.typedefs()[found.definition.index].type].kind == TypeKind::enum_;
}

// The enum that a definition is, or that it is a typedef of.
const Enum& enum_of(const Found& found) {
  const Schema* owner = found.owner;
  Index index = found.definition.index;
  if (found.definition.kind == DefinitionKind::typedef_) {
    const Type& type = owner->types()[owner->typedefs()[index].type];
    owner = type.owner;
    index = type.definition;
  }
  return owner->enums()[index];
}

}  // namespace

const Members::Items& Members::items_of(const Enum& definition) {
  const auto [entry, is_new] = items_.try_emplace(&definition);
  if (is_new) {
    for (const EnumItem& item : definition.items) {
      entry->second.values.insert_or_assign(item.name, item.value);
      entry->second.numbers.insert(item.value);
    }
  }
  return entry->second;
}

const Members::Fields& Members::fields_of(const Struct& definition) {
  const auto [entry, is_new] = fields_.try_emplace(&definition);
  if (is_new) {
    for (Index i = 0; i < definition.fields.size(); ++i) {
      entry->second.names.emplace(definition.fields[i].name, i);
      if (definition.fields[i].requiredness == Requiredness::required) entry->second.required.push_back(i);
    }
  }
  return entry->second;
}

std::optional<std::int64_t> Members::number_in(const Enum& definition, std::string_view name) {
  const auto& values = items_of(definition).values;
  const auto item = values.find(name);
  return item == values.end() ? std::nullopt : std::optional(item->second);
}

std::optional<std::int64_t> Members::number_of(std::string_view name, std::size_t position,
                                               const Type& wanted) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view item = name.substr(dot + 1);
  const Enum* declared = wanted.kind == TypeKind::enum_ ? &wanted.owner->enums()[wanted.definition] : nullptr;
  const auto found = scope_.find(name.substr(0, dot), position, is_enum);
  if (found) {
    const auto number = number_in(enum_of(*found), item);
    const bool fits = number && (declared == nullptr || items_of(*declared).numbers.count(*number) != 0);
    if (fits) return number;
    const auto same_name = declared == nullptr ? std::nullopt : number_in(*declared, item);
    return same_name ? same_name : number;
  }
  // Apache's compiler looks at the last part alone, in the enum of the declared type.
  return declared == nullptr ? std::nullopt : number_in(*declared, item);
}

}  // namespace fastthrift::schema
