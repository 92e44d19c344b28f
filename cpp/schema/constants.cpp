#include "schema/constants.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>

#include "idl/number.hpp"
#include "idl/parser.hpp"
#include "idl/unicode.hpp"
#include "schema/constant_source.hpp"

namespace fastthrift::schema {
namespace {

// Values that references of another type may be copied to: far beyond every real file, and it stops a short
// file whose constants double at each step.
constexpr std::size_t max_copied_values = 1'000'000;
constexpr int max_nesting = 600;  // constants inside constants that refer to later constants

Value integer(std::int64_t number) {
  Value value{Value::Kind::integer};
  value.integer = number;
  return value;
}

}  // namespace

// Counts how deep evaluation is, and refuses to go deeper than the stack bears.
class Constants::Nesting {
 public:
  Nesting(Constants& constants, const Target& target) : nesting_(constants.nesting_) {
    if (nesting_ >= max_nesting) {
      constants.scope_.fail(target.place, "Constants are nested too deeply at line " +
                                              std::to_string(target.place.line) + " (" + *target.name + ")");
    }
    ++nesting_;
  }
  ~Nesting() { --nesting_; }

 private:
  int& nesting_;
};

void Constants::evaluate_all() {
  for (Index i = 0; i < sources_.size(); ++i) evaluate(i);
}

void Constants::evaluate(Index index) {
  Pending& source = sources_[index];
  if (source.state == Pending::State::done) return;
  Constant& constant = constants_[index];
  source.state = Pending::State::evaluating;
  constant.value =
      typed(*source.value, constant.type, {"constant", &constant.name, constant.place, source.position});
  source.state = Pending::State::done;
  const int depth = depth_of(constant.value);
  if (depth > idl::max_value_depth) {
    scope_.fail(constant.place, "Constants are nested too deeply at line " +
                                    std::to_string(constant.place.line) + " (" + constant.name + ")");
  }
  depths_[&constant] = depth;
}

Value Constants::evaluate_default(const Field& field, const idl::ConstValue& source, std::size_t position) {
  return typed(source, field.type, {"field", &field.name, field.place, position});
}

Value Constants::typed(const idl::ConstValue& source, Index type, const Target& target) {
  const Nesting nesting(*this, target);
  if (source.kind == idl::ConstValue::Kind::identifier) return referred(source, type, target);
  return converted(source, type, target);
}

Value Constants::typed(const Value& source, Index type, const Target& target) {
  const Nesting nesting(*this, target);
  const Value& value = followed(source);
  copied_ += 1 + value.text.size() / sizeof(Value);
  if (copied_ > max_copied_values) {
    scope_.fail(target.place, "Constants that refer to constants of another type need more than " +
                                  std::to_string(max_copied_values) + " copies of values at line " +
                                  std::to_string(target.place.line) + " (" + *target.name + ")");
  }
  if (value.kind == Value::Kind::struct_) {
    const Type& wanted = types_[type];
    if (wanted.kind == TypeKind::struct_ && wanted.owner == value.owner &&
        wanted.definition == value.definition) {
      return value;
    }
    fail_type(value, type, target);
  }
  return converted(value, type, target);
}

template <class Any>
Value Constants::converted(const Any& source, Index type, const Target& target) {
  using Kind = typename Any::Kind;
  const TypeKind wanted = types_[type].kind;
  const bool is_integer = source.kind == Kind::integer;
  const bool is_boolean = source.kind == Kind::boolean;
  const bool is_big = source.kind == Kind::big_integer;
  Value value{};
  switch (wanted) {
    case TypeKind::bool_:
      if (!is_boolean && !is_integer && !is_big) break;
      value.kind = Value::Kind::boolean;
      value.boolean = is_boolean ? source.boolean : is_big || source.integer != 0;
      return value;
    case TypeKind::i8:
    case TypeKind::i16:
    case TypeKind::i32:
    case TypeKind::i64:
      if (!is_boolean && !is_integer && !is_big) break;
      value.kind = is_boolean ? Value::Kind::boolean
                   : is_big   ? Value::Kind::big_integer
                              : Value::Kind::integer;
      value.boolean = source.boolean;
      value.integer = source.integer;
      if (is_big) value.text = source.text;
      return value;
    case TypeKind::double_:
      if (!is_boolean && !is_integer && !is_big && source.kind != Kind::number) break;
      value.kind = Value::Kind::number;
      value.number = is_boolean   ? source.boolean
                     : is_integer ? static_cast<double>(source.integer)
                     : is_big     ? idl::double_of(source.text)
                                  : source.number;
      if (is_big && std::isinf(value.number)) break;
      return value;
    case TypeKind::uuid:
    case TypeKind::string:
    case TypeKind::binary:
      if (source.kind != Kind::text) break;
      value.kind = Value::Kind::text;
      if (wanted != TypeKind::uuid) {
        value.text = source.text;
        return value;
      }
      if (auto uuid = uuid_of(source.text)) {
        value.text = *std::move(uuid);
        return value;
      }
      break;
    case TypeKind::enum_:
      if (!is_boolean && !is_integer && !is_big) break;
      if (is_big) {
        const Type& enum_type = types_[type];
        scope_.fail(place_of(source, target.place), "Couldn't find a named value in enum " +
                                                        enum_type.owner->enums()[enum_type.definition].name +
                                                        " for value " + source.text);
      }
      return member_of(is_boolean ? source.boolean : source.integer, types_[type], target,
                       place_of(source, target.place));
    case TypeKind::list:
    case TypeKind::set:
      if (!is_list(source) && !is_empty_map(source)) break;
      return list_of(source, type, target);
    case TypeKind::map:
      if (source.kind != Kind::map && !is_empty_list(source)) break;
      return map_of(source, type, target);
    case TypeKind::struct_:
      if (source.kind != Kind::map) break;
      return struct_of(source, type, target);
    case TypeKind::void_:
      break;
  }
  fail_type(source, type, target);
}

template <class Any>
Value Constants::list_of(const Any& source, Index type, const Target& target) {
  const Type wanted = types_[type];
  Value value{wanted.kind == TypeKind::set ? Value::Kind::set : Value::Kind::list};
  value.items.reserve(source.items.size());
  for (const auto& item : source.items) value.items.push_back(typed(item, wanted.element, target));
  return value;
}

template <class Any>
Value Constants::map_of(const Any& source, Index type, const Target& target) {
  const Type wanted = types_[type];
  Value value{Value::Kind::map};
  value.items.reserve(source.items.size());
  for (std::size_t i = 0; i < source.items.size(); i += 2) {
    value.items.push_back(typed(source.items[i], wanted.key, target));
    value.items.push_back(typed(source.items[i + 1], wanted.element, target));
  }
  return value;
}

template <class Any>
Value Constants::struct_of(const Any& source, Index type, const Target& target) {
  const Type wanted = types_[type];
  const Struct& definition = wanted.owner->structs()[wanted.definition];
  const Members::Fields& fields = members_.fields_of(definition);
  Value value{Value::Kind::struct_};
  value.owner = wanted.owner;
  value.definition = wanted.definition;
  value.items.reserve(source.items.size() / 2);
  value.fields.reserve(source.items.size() / 2);
  std::unordered_map<Index, std::size_t> given;  // only of large values: few fields are found faster without
  const auto position_of = [&](Index field) -> std::size_t {
    if (source.items.size() <= 32) {
      return std::find(value.fields.begin(), value.fields.end(), field) - value.fields.begin();
    }
    const auto found = given.find(field);
    return found == given.end() ? value.fields.size() : found->second;
  };
  for (std::size_t i = 0; i < source.items.size(); i += 2) {
    const Index field = field_named(source.items[i], definition, target);
    const Index declared = definition.fields[field].type;
    const Index field_type = scope_.is_own(wanted.owner) ? declared : types_.import(*wanted.owner, declared);
    Value item = typed(source.items[i + 1], field_type, target);
    const std::size_t position = position_of(field);
    if (position < value.items.size()) {
      value.items[position] = std::move(item);  // the last counts, as in a dict
      continue;
    }
    if (source.items.size() > 32) given.emplace(field, position);
    value.fields.push_back(field);
    value.items.push_back(std::move(item));
  }
  for (const Index field : fields.required) {
    if (position_of(field) < value.items.size()) continue;
    scope_.fail(place_of(source, target.place),
                "Field " + idl::repr(std::string_view(definition.fields[field].name)) +
                    " was required to create constant for type " +
                    idl::repr(std::string_view(definition.name)));
  }
  return value;
}

template <class Any>
Index Constants::field_named(const Any& key, const Struct& definition, const Target& target) {
  const std::string* name = key.kind == Any::Kind::text ? &key.text : nullptr;
  Value text;
  if (is_name(key)) {
    text = typed(key, types_.base(TypeKind::string), target);
    name = &followed(text).text;
  }
  if (name != nullptr) {
    const auto& names = members_.fields_of(definition).names;
    if (const auto field = names.find(*name); field != names.end()) return field->second;
  }
  scope_.fail(place_of(key, target.place),
              "No field named " + (name != nullptr ? idl::repr(std::string_view(*name)) : described(key)) +
                  " was found in struct of type " + idl::repr(std::string_view(definition.name)));
}

Value Constants::member_of(std::int64_t number, const Type& type, const Target& target, const Place& place) {
  const Enum& definition = type.owner->enums()[type.definition];
  if (members_.items_of(definition).numbers.count(number) == 0) {
    scope_.fail(
        place,
        "Couldn't find a named value in enum " + definition.name + " for value " + std::to_string(number),
        target.what + (" " + *target.name));
  }
  return integer(number);
}

Value Constants::referred(const idl::ConstValue& name, Index type, const Target& target) {
  const auto is_constant = [](const Found& found) {
    return found.definition.kind == DefinitionKind::constant;
  };
  const auto found = scope_.find(name.text, target.position, is_constant);
  if (!found) {
    const auto member = members_.number_of(name.text, target.position, types_[type]);
    if (member) return converted(integer(*member), type, target);
  }
  const std::string quoted = idl::repr(std::string_view(name.text));
  if (!found) {
    const auto other = scope_.find(name.text, target.position, [](const Found&) { return true; });
    scope_.fail(name.place,
                other ? "No enum value or constant found named " + quoted
                      : "Can't find name " + quoted + " at line " + std::to_string(name.place.line));
  }

  const Index index = found->definition.index;
  const bool is_own_constant = scope_.is_own(found->owner);
  if (is_own_constant) {
    if (sources_[index].state == Pending::State::evaluating) {
      scope_.fail(name.place, "Can't find name " + quoted + " at line " + std::to_string(name.place.line),
                  "the constant refers to itself");
    }
    evaluate(index);
  }
  const Constant& constant = is_own_constant ? constants_[index] : found->owner->constants()[index];
  const Index constant_type = is_own_constant ? constant.type : types_.import(*found->owner, constant.type);
  if (constant_type != type) return typed(constant.value, type, target);
  switch (constant.value.kind) {
    case Value::Kind::boolean:
    case Value::Kind::integer:
    case Value::Kind::number:
    case Value::Kind::constant:
      return constant.value;
    default:
      break;
  }
  Value value{Value::Kind::constant};
  value.owner = found->owner;
  value.definition = index;
  return value;
}

const Value& Constants::followed(const Value& value) const {
  const Value* at = &value;
  while (at->kind == Value::Kind::constant) at = &at->owner->constants()[at->definition].value;
  return *at;
}

int Constants::depth_of(const Value& value) {
  if (value.kind == Value::Kind::constant) {
    const Constant& constant = value.owner->constants()[value.definition];
    if (const auto known = depths_.find(&constant); known != depths_.end()) return known->second;
    return depths_[&constant] = depth_of(constant.value);
  }
  int deepest = 0;
  for (const Value& item : value.items) deepest = std::max(deepest, depth_of(item) + 1);
  return deepest;
}

template <class Any>
void Constants::fail_type(const Any& source, Index type, const Target& target) {
  scope_.fail(place_of(source, target.place),
              "Type error for " + std::string(target.what) + " " + *target.name + " at line " +
                  std::to_string(target.place.line),
              "expected " + types_.name(type) + ", got " + described(source));
}

}  // namespace fastthrift::schema
