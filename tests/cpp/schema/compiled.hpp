#pragma once

#include <boost/core/lightweight_test.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/errors.hpp"
#include "idl/parser.hpp"
#include "schema/schema.hpp"

// Schemas from text, and texts from schemas, for tests.
namespace fastthrift::schema {

using Shared = std::shared_ptr<const Schema>;

inline Shared compiled(const std::string& text, std::vector<Shared> includes = {},
                       std::string file = "a.thrift") {
  return compile(idl::parse(text, std::move(file)), std::move(includes));
}

inline std::string shown(const Schema& schema, Index index) {
  static constexpr const char* bases[] = {"void", "bool",   "i8",     "i16",    "i32",
                                          "i64",  "double", "string", "binary", "uuid"};
  const Type& type = schema.types()[index];
  switch (type.kind) {
    case TypeKind::enum_:
      return "enum " + type.owner->enums()[type.definition].name;
    case TypeKind::struct_:
      return type.owner->structs()[type.definition].name;
    case TypeKind::list:
      return "list<" + shown(schema, type.element) + ">";
    case TypeKind::set:
      return "set<" + shown(schema, type.element) + ">";
    case TypeKind::map:
      return "map<" + shown(schema, type.key) + "," + shown(schema, type.element) + ">";
    default:
      return bases[static_cast<int>(type.kind)];
  }
}

inline std::string shown(const Value& value) {
  std::string all;
  const auto join = [&](const char* open, const char* close) {
    all = open;
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      if (i != 0) all += value.kind == Value::Kind::map && i % 2 == 1 ? ":" : ",";
      if (value.kind == Value::Kind::struct_) {
        all += value.owner->structs()[value.definition].fields[value.fields[i]].name + "=";
      }
      all += shown(value.items[i]);
    }
    return all + close;
  };
  switch (value.kind) {
    case Value::Kind::boolean:
      return value.boolean ? "true" : "false";
    case Value::Kind::integer:
      return std::to_string(value.integer);
    case Value::Kind::big_integer:
      return value.text;
    case Value::Kind::number: {
      std::string number = std::to_string(value.number);
      while (number.back() == '0') number.pop_back();
      return number;
    }
    case Value::Kind::text:
      return "'" + value.text + "'";
    case Value::Kind::list:
      return join("[", "]");
    case Value::Kind::set:
      return join("{", "}");
    case Value::Kind::map:
      return join("{", "}");
    case Value::Kind::struct_:
      return join((value.owner->structs()[value.definition].name + "(").c_str(), ")");
    case Value::Kind::constant:
      return "&" + value.owner->constants()[value.definition].name;
  }
  return "?";
}

inline const Constant& constant_named(const Schema& schema, const std::string& name) {
  const Definition* found = schema.find(name);
  if (found == nullptr || found->kind != DefinitionKind::constant)
    throw std::runtime_error("no constant " + name);
  return schema.constants()[found->index];
}

// A text that must not compile, and what is said about it.
struct Refused {
  const char* text;
  const char* error;
  const char* hint;
  int line;
  int column;
  IdlError::Kind kind = IdlError::Kind::parser;
};

inline void check_refused(const Refused& row, const std::vector<Shared>& includes = {}) {
  try {
    compiled(row.text, includes);
    BOOST_ERROR(row.text);
  } catch (const IdlError& error) {
    BOOST_TEST_EQ(error.text(), row.error);
    BOOST_TEST_EQ(error.hint(), row.hint);
    BOOST_TEST(error.kind() == row.kind);
    BOOST_TEST_EQ(error.place().file, "a.thrift");
    BOOST_TEST_EQ(error.place().line, row.line);
    BOOST_TEST_EQ(error.place().column, row.column);
  }
}

}  // namespace fastthrift::schema
