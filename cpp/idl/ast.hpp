#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

// What an IDL file says, construct by construct, before anybody asks what it means. Everything keeps its
// place, its annotations and the doc comment in front of it, so that a stricter reader (the command line) can
// judge it later.
namespace fastthrift::idl {

// Line and column of a token, from 1. The file is the Document's.
struct Place {
  int line = 0;
  int column = 0;
};

// (name = "value", other): a missing value is kept as missing.
struct Annotation {
  std::string name;
  std::optional<std::string> value;
};
using Annotations = std::vector<Annotation>;

// void is only a function's result.
enum class BaseType : std::uint8_t { void_, bool_, i8, i16, i32, i64, double_, string, binary, uuid };

struct Type {
  enum class Kind : std::uint8_t { base, named, list, set, map };
  Kind kind = Kind::base;
  // named: what the name means where nothing defines it (uuid, slist), void where it must be defined
  BaseType base = BaseType::void_;
  std::string name;             // named: as written, with dots
  std::vector<Type> arguments;  // list, set: the element; map: key, value
  std::string cpp_type;
  Annotations annotations;
  Place place;
};

struct ConstValue {
  enum class Kind : std::uint8_t { boolean, integer, big_integer, number, text, identifier, list, map };
  Kind kind = Kind::integer;
  bool boolean = false;
  std::int64_t integer = 0;
  double number = 0;
  std::string text;  // text without quotes; identifier as written; big_integer: decimal digits with sign
  std::vector<ConstValue> items;  // list; map: key, value, key, value, ...
  Place place;
};

enum class Requiredness : std::uint8_t { unspecified, required, optional };

struct Field {
  std::optional<std::int64_t> id;  // as written; the schema numbers the missing ones -1, -2, ...
  Requiredness requiredness = Requiredness::unspecified;
  Type type;
  bool is_reference = false;  // &
  std::string name;
  std::optional<ConstValue> default_value;
  Annotations annotations;
  std::string doc;
  Place place;  // of the name
};

enum class StructKind : std::uint8_t { struct_, union_, exception };

struct Struct {
  StructKind kind = StructKind::struct_;
  std::string name;
  std::vector<Field> fields;
  Annotations annotations;
  std::string doc;
  Place place;
};

struct EnumItem {
  std::string name;
  std::optional<ConstValue> value;  // integer or big_integer
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

struct Senum {  // read as a typedef of string
  std::string name;
  std::vector<std::string> items;
  Annotations annotations;
  std::string doc;
  Place place;
};

struct Typedef {
  Type type;
  std::string name;
  Annotations annotations;
  std::string doc;
  Place place;
};

struct Const {
  Type type;
  std::string name;
  ConstValue value;
  Annotations annotations;
  std::string doc;
  Place place;
};

struct Function {
  bool is_oneway = false;
  Type result;
  std::string name;
  std::vector<Field> arguments;
  std::vector<Field> throws;
  Annotations annotations;
  std::string doc;
  Place place;
};

struct Service {
  std::string name;
  std::string extends;  // as written; empty: nothing
  Place extends_place;
  std::vector<Function> functions;
  Annotations annotations;
  std::string doc;
  Place place;
};

using Definition = std::variant<Typedef, Const, Enum, Senum, Struct, Service>;

struct Include {
  std::string path;  // as written
  bool is_cpp = false;
  Place place;
};

struct Namespace {
  std::string scope;  // "py", "py.twisted", "*"
  std::string name;
  Annotations annotations;
  Place place;
};

struct Document {
  std::string file;  // for messages; may be empty
  std::string doc;
  std::vector<Include> includes;  // cpp_include among them
  std::vector<Namespace> namespaces;
  std::vector<Definition> definitions;
};

}  // namespace fastthrift::idl
