#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "idl/ast.hpp"

// What an IDL file means: flat tables, linked by index, immutable once compiled. Every name is resolved,
// typedefs are followed, constants are evaluated and checked. One Schema per file; a reference into an
// included file names its Schema. Made by `compile` (compile.hpp), read by the Python layer that builds a
// module from it.
namespace fastthrift::schema {

using idl::Annotations;
using idl::Place;
using idl::Requiredness;
using idl::StructKind;

class Schema;
using Index = std::uint32_t;

enum class TypeKind : std::uint8_t {
  void_,  // only as the result of a function
  bool_,
  i8,
  i16,
  i32,
  i64,
  double_,
  string,
  binary,
  uuid,
  enum_,
  struct_,  // struct_ stands for unions and exceptions as well
  list,
  set,
  map,
};

// A type with typedefs followed. Equal types of one schema need not share an index.
struct Type {
  TypeKind kind;
  Index element = 0;              // list, set: the element; map: the value. Into the types of the same schema
  Index key = 0;                  // map
  const Schema* owner = nullptr;  // enum_, struct_: the schema that defines it (this one or an included one)
  Index definition = 0;           // enum_, struct_: into owner->enums() or owner->structs()
};

// A constant or default, evaluated: converted to the declared type, elements included, references followed.
struct Value {
  enum class Kind : std::uint8_t {
    boolean,
    integer,
    big_integer,
    number,
    text,
    list,
    set,
    map,
    struct_,
    constant,
  };
  Kind kind;
  bool boolean = false;
  std::int64_t integer = 0;  // also the value of an enum member
  double number = 0;
  std::string text;           // text (UTF-8; of string, binary and uuid), big_integer: its decimal digits
  std::vector<Value> items;   // list, set; map: key, value, key, value, ...; struct_: the values of `fields`
  std::vector<Index> fields;  // struct_: which fields (by position in the struct) `items` gives
  const Schema* owner = nullptr;  // struct_: where it is defined; constant: where the constant is
  Index definition = 0;  // struct_: into structs(); constant: into constants(), the same object in Python
};

struct Field {
  std::int32_t id;
  std::string name;
  Index type;
  Requiredness requiredness;  // required, optional or neither
  std::optional<Value> default_value;
  Annotations annotations;
  std::string doc;
  Place place;  // of the name
};

struct Struct {
  StructKind kind;  // struct, union, exception
  std::string name;
  std::vector<Field> fields;  // in the order of declaration
  Annotations annotations;
  std::string doc;
  Place place;
};

struct EnumItem {
  std::string name;
  std::int64_t value;
  Annotations annotations;
  std::string doc;
  Place place;
};

struct Enum {
  std::string name;
  std::vector<EnumItem> items;
  Annotations annotations;
  std::string doc;
  Place place;
};

struct Typedef {
  std::string name;
  Index type;
  Annotations annotations;
  std::string doc;
  Place place;
};

struct Constant {
  std::string name;
  Index type;
  Value value;
  Annotations annotations;
  std::string doc;
  Place place;
};

struct Function {
  std::string name;
  bool is_oneway;
  Index result;                  // a type of kind void_ where nothing is returned
  std::vector<Field> arguments;  // in the order of declaration
  std::vector<Field> throws;
  Annotations annotations;
  std::string doc;
  Place place;
};

struct Service {
  std::string name;
  const Schema* parent_owner = nullptr;  // null: extends nothing
  Index parent = 0;
  std::vector<Function> functions;  // its own
  Annotations annotations;
  std::string doc;
  Place place;
};

enum class DefinitionKind : std::uint8_t { typedef_, constant, enum_, struct_, service };

// One name that the file defines.
struct Definition {
  DefinitionKind kind;
  Index index;
};

struct Include {
  std::string name;  // the prefix under which it is known: the file's basename without .thrift
  std::string path;  // as written
  std::shared_ptr<const Schema> schema;
};

class Schema {
 public:
  const std::string& file() const { return file_; }
  const std::string& doc() const { return doc_; }
  const std::vector<Include>& includes() const { return includes_; }
  // Scope and name in order; the last of a scope counts.
  const std::vector<std::pair<std::string, std::string>>& namespaces() const { return namespaces_; }
  const std::vector<Definition>& definitions() const { return definitions_; }  // in the order of the file
  const std::vector<Type>& types() const { return types_; }
  const std::vector<Typedef>& typedefs() const { return typedefs_; }
  const std::vector<Constant>& constants() const { return constants_; }
  const std::vector<Enum>& enums() const { return enums_; }
  const std::vector<Struct>& structs() const { return structs_; }
  const std::vector<Service>& services() const { return services_; }

  // The definition of a name, or null. Where different kinds share one, the last counts.
  const Definition* find(std::string_view name) const;

 private:
  friend class Compiler;  // compile.cpp

  std::string file_;
  std::string doc_;
  std::vector<Include> includes_;
  std::vector<std::pair<std::string, std::string>> namespaces_;
  std::vector<Definition> definitions_;
  std::vector<Type> types_;
  std::vector<Typedef> typedefs_;
  std::vector<Constant> constants_;
  std::vector<Enum> enums_;
  std::vector<Struct> structs_;
  std::vector<Service> services_;
  std::unordered_map<std::string_view, Index> names_;  // of the tables above, into definitions_
};

// Throws IdlError with the file and place. `includes` are the compiled files of document.includes, in that
// order.
std::shared_ptr<const Schema> compile(const idl::Document& document,
                                      std::vector<std::shared_ptr<const Schema>> includes);

}  // namespace fastthrift::schema
