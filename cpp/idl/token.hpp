#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "idl/ast.hpp"

namespace fastthrift::idl {

// Words that cannot name a type, a constant or a service: thriftpy2's keywords. The younger and the forgotten
// words of the grammar (uuid, async, senum, cpp_type, xsd_all, ...) are names unless they stand where they
// mean something.
enum class Keyword : std::uint8_t {
  none,
  namespace_,
  include,
  cpp_include,
  void_,
  bool_,
  byte,
  i8,
  i16,
  i32,
  i64,
  double_,
  string,
  binary,
  map,
  list,
  set,
  oneway,
  typedef_,
  struct_,
  union_,
  exception,
  extends,
  throws,
  service,
  enum_,
  const_,
  required,
  optional,
};

struct Token {
  enum class Kind : std::uint8_t { end, identifier, keyword, boolean, integer, number, text, sign };
  Kind kind = Kind::end;
  Keyword keyword = Keyword::none;
  bool has_escapes = false;  // text
  std::string_view text;     // as written; of a text what stands between the quotes
  Place place;

  bool is_sign(char c) const { return kind == Kind::sign && text[0] == c; }
  bool is_word() const { return kind == Kind::identifier || kind == Kind::keyword; }
};

// What a text token means: its escapes replaced.
std::string unescaped(const Token& token);

// Integers are of any size: decimal digits, with a minus where negative.
std::string decimal(const Token& token);

// The token's value as Python's repr shows it, for messages.
std::string repr(const Token& token);

}  // namespace fastthrift::idl
