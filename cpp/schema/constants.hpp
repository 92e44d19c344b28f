#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "schema/members.hpp"
#include "schema/schema.hpp"
#include "schema/scope.hpp"
#include "schema/types.hpp"

namespace fastthrift::schema {

// Evaluates constants and defaults: each is converted to its declared type, elements included, or refused.
// Names are followed in any order. Where types agree a name stays a reference, so that it is the same object
// later; where they do not, it becomes a converted copy, and the copies of one file are bounded.
class Constants {
 public:
  Constants(const Scope& scope, Types& types, std::vector<Constant>& constants)
      : scope_(scope), types_(types), constants_(constants) {}

  // In the order of the schema's constants, whose types are known.
  void add(const idl::ConstValue& source, std::size_t position) { sources_.push_back({&source, position}); }
  void evaluate_all();

  // The default of a field of the definition at `position`.
  Value evaluate_default(const Field& field, const idl::ConstValue& source, std::size_t position);

 private:
  struct Pending {
    const idl::ConstValue* value;
    std::size_t position;
    enum class State : std::uint8_t { fresh, evaluating, done } state = State::fresh;
  };
  // For whom a value is evaluated: the words of messages, and from where names are seen.
  struct Target {
    const char* what;  // "constant", "field"
    const std::string* name;
    Place place;
    std::size_t position;
  };
  class Nesting;

  void evaluate(Index index);

  // `Any` is what the file says (idl::ConstValue), or the value of a constant that has another type (Value).
  Value typed(const idl::ConstValue& source, Index type, const Target& target);
  Value typed(const Value& source, Index type, const Target& target);
  template <class Any>
  Value converted(const Any& source, Index type, const Target& target);
  template <class Any>
  Value list_of(const Any& source, Index type, const Target& target);
  template <class Any>
  Value map_of(const Any& source, Index type, const Target& target);
  template <class Any>
  Value struct_of(const Any& source, Index type, const Target& target);
  Value member_of(std::int64_t number, const Type& type, const Target& target, const Place& place);

  Value referred(const idl::ConstValue& name, Index type, const Target& target);
  const Value& followed(const Value& value) const;
  int depth_of(const Value& value);

  template <class Any>
  [[noreturn]] void fail_type(const Any& source, Index type, const Target& target);

  template <class Any>
  Index field_named(const Any& key, const Struct& definition, const Target& target);

  const Scope& scope_;
  Types& types_;
  std::vector<Constant>& constants_;
  std::vector<Pending> sources_;
  std::unordered_map<const Constant*, int> depths_;
  Members members_{scope_};
  int nesting_ = 0;
  std::size_t copied_ = 0;
};

}  // namespace fastthrift::schema
