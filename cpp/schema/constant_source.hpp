#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "idl/ast.hpp"
#include "idl/number.hpp"
#include "idl/unicode.hpp"
#include "schema/schema.hpp"

// What a constant is made of: what the file says (Source), or the value of a constant of another type
// (Value). Both are asked the same questions.
namespace fastthrift::schema {

using Source = idl::ConstValue;

inline bool is_empty_map(const Source& source) {
  return source.kind == Source::Kind::map && source.items.empty();
}
inline bool is_empty_map(const Value& source) {
  return source.kind == Value::Kind::map && source.items.empty();
}
inline bool is_list(const Source& source) { return source.kind == Source::Kind::list; }
inline bool is_list(const Value& source) {
  return source.kind == Value::Kind::list || source.kind == Value::Kind::set;
}
inline bool is_empty_list(const Source& source) { return is_list(source) && source.items.empty(); }
inline bool is_empty_list(const Value& source) {
  return source.kind == Value::Kind::list && source.items.empty();
}

// `{8-4-4-4-12}` hexadecimal digits, with or without the braces: without them, or nothing.
inline std::optional<std::string> uuid_of(std::string_view text) {
  if (text.size() == 38 && text.front() == '{' && text.back() == '}') text = text.substr(1, 36);
  if (text.size() != 36) return std::nullopt;
  for (std::size_t i = 0; i < 36; ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (is_dash ? c != '-' : !is_hex) return std::nullopt;
  }
  return std::string(text);
}

template <class Any>
std::string described(const Any& source) {
  switch (source.kind) {
    case Any::Kind::boolean:
      return source.boolean ? "true" : "false";
    case Any::Kind::integer:
      return std::to_string(source.integer);
    case Any::Kind::big_integer:
      return source.text;
    case Any::Kind::number:
      return idl::repr(source.number);
    case Any::Kind::text:
      return idl::repr(std::string_view(source.text));
    case Any::Kind::list:
      return "a list";
    case Any::Kind::map:
      return "a map";
    default:
      return "a value of another type";
  }
}

inline bool is_name(const Source& source) { return source.kind == Source::Kind::identifier; }
inline bool is_name(const Value& source) { return source.kind == Value::Kind::constant; }

inline const Place& place_of(const Source& source, const Place&) { return source.place; }
inline const Place& place_of(const Value&, const Place& target) { return target; }

}  // namespace fastthrift::schema
