#pragma once

#include <string_view>

#include "wire/types.hpp"

// What Apache's JSON protocol calls the types.
namespace fastthrift::wire {

struct JsonName {
  TType type;
  std::string_view name;
};

inline constexpr JsonName json_names[] = {
    {TType::bool_, "tf"}, {TType::i8, "i8"},       {TType::i16, "i16"},    {TType::i32, "i32"},
    {TType::i64, "i64"},  {TType::double_, "dbl"}, {TType::string, "str"}, {TType::struct_, "rec"},
    {TType::map, "map"},  {TType::list, "lst"},    {TType::set, "set"},    {TType::uuid, "uid"},
};

constexpr std::string_view json_name(TType type) {
  for (const JsonName& each : json_names) {
    if (each.type == type) return each.name;
  }
  return "?";
}

// void_ for a name that is none.
constexpr TType json_type(std::string_view name) {
  for (const JsonName& each : json_names) {
    if (each.name == name) return each.type;
  }
  return TType::void_;
}

}  // namespace fastthrift::wire
