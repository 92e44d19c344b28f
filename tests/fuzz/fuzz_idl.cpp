// Any bytes give a schema, or an IdlError whose place lies in the text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "base/errors.hpp"
#include "idl/parser.hpp"
#include "schema/schema.hpp"

using namespace fastthrift;

namespace {

void require(bool claim) {
  if (!claim) std::abort();
}

// What every include of the input is.
std::shared_ptr<const schema::Schema> included() {
  static const auto schema = schema::compile(
      idl::parse(
          "enum E { A = 1, B } typedef E F typedef map<string, list<S>> M struct S { 1: required i32 a; 2: S "
          "s }"
          "const list<S> L = [{'a': 1}] const M m = {'x': L} const string T = 't' service P { void p() }",
          "x.thrift"),
      {});
  return schema;
}

void check_type(const schema::Schema& schema, schema::Index index, int depth) {
  require(index < schema.types().size());
  require(depth <= idl::max_type_depth);
  const schema::Type& type = schema.types()[index];
  switch (type.kind) {
    case schema::TypeKind::map:
      check_type(schema, type.key, depth + 1);
      [[fallthrough]];
    case schema::TypeKind::list:
    case schema::TypeKind::set:
      check_type(schema, type.element, depth + 1);
      break;
    case schema::TypeKind::enum_:
      require(type.definition < type.owner->enums().size());
      break;
    case schema::TypeKind::struct_:
      require(type.definition < type.owner->structs().size());
      break;
    default:
      break;
  }
}

void check_value(const schema::Value& value, int depth) {
  require(depth <= idl::max_value_depth);
  if (value.kind == schema::Value::Kind::constant) {
    require(value.definition < value.owner->constants().size());
    return;
  }
  if (value.kind == schema::Value::Kind::struct_) {
    require(value.fields.size() == value.items.size());
    for (const auto field : value.fields)
      require(field < value.owner->structs()[value.definition].fields.size());
  }
  if (value.kind == schema::Value::Kind::map) require(value.items.size() % 2 == 0);
  for (const auto& item : value.items) check_value(item, depth + 1);
}

void check_fields(const schema::Schema& schema, const std::vector<schema::Field>& fields) {
  for (const auto& field : fields) {
    check_type(schema, field.type, 0);
    if (field.default_value) check_value(*field.default_value, 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const idl::Document document = idl::parse(text, "fuzz.thrift", {{"class", "from", "next"}});
    const auto schema = schema::compile(document, {document.includes.size(), included()});
    for (const auto& typedef_ : schema->typedefs()) check_type(*schema, typedef_.type, 0);
    for (const auto& struct_ : schema->structs()) check_fields(*schema, struct_.fields);
    for (const auto& constant : schema->constants()) {
      check_type(*schema, constant.type, 0);
      check_value(constant.value, 0);
    }
    for (const auto& service : schema->services()) {
      for (const auto& function : service.functions) {
        check_type(*schema, function.result, 0);
        check_fields(*schema, function.arguments);
        check_fields(*schema, function.throws);
      }
    }
    for (const auto& definition : document.definitions) {
      std::visit([&](const auto& source) { require(schema->find(source.name) != nullptr); }, definition);
    }
  } catch (const IdlError& error) {
    require(!error.text().empty());
    const auto& place = error.place();
    require(place.line >= 1 && place.column >= 1);
    require(static_cast<std::size_t>(place.line) + static_cast<std::size_t>(place.column) <= size + 2);
  }
  return 0;
}
